// SPDX-License-Identifier: Apache-2.0
// One small file that must survive power loss whole: written beside itself, flushed, renamed over, its folder
// flushed. Inside: one line of header {format, crc}, then JSON. A file of a newer format is refused and
// untouched, one that does not match its CRC is refused too: nothing is ever guessed from a damaged record
// (R30).

import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
  mkdirSync,
  unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { crc32c } from "../../base/crc32c.js";

export type DurableRead =
  | { readonly kind: "absent" }
  | { readonly kind: "value"; readonly value: unknown; readonly format: number }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "newer"; readonly format: number };

export function readDurable(path: string, formatMax: number): DurableRead {
  const text = readText(path);
  if (text === undefined) return { kind: "absent" };
  const end = text.indexOf("\n");
  const header = /^gemel format=(\d+) crc=([0-9a-f]{8})$/.exec(text.slice(0, end));
  if (header === null) return { kind: "damaged", reason: "the first line is not a Gemel header" };
  const format = Number(header[1]);
  if (format > formatMax) return { kind: "newer", format };
  const body = text.slice(end + 1);
  if (checksum(body) !== header[2]) return { kind: "damaged", reason: "the checksum does not match" };
  return { kind: "value", value: JSON.parse(body) as unknown, format };
}

export function writeDurable(path: string, format: number, value: unknown, mode = 0o600): void {
  writeWhole(path, durableText(format, value), mode);
}

export function durableText(format: number, value: unknown): string {
  const body = `${JSON.stringify(value, null, 1)}\n`;
  return `gemel format=${format} crc=${checksum(body)}\n${body}`;
}

/** Replaces a file as a whole: after a crash the old one is there or the new one. */
export function writeWhole(path: string, text: string | Buffer, mode = 0o600): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const temporary = `${path}.new`;
  const file = openSync(temporary, "w", mode);
  try {
    writeSync(file, Buffer.from(text));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  flushFolder(folder);
}

export function removeWhole(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  flushFolder(dirname(path));
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function flushFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function checksum(body: string): string {
  return crc32c(Buffer.from(body)).toString(16).padStart(8, "0");
}
