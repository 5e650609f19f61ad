// SPDX-License-Identifier: Apache-2.0
// One small file that must survive power loss whole: written beside itself, flushed, renamed over, its folder
// flushed (R100). Inside: one line of header {format, crc}, then JSON. A file of a newer format is refused
// and untouched, one that does not match its CRC is refused too: nothing is ever guessed from a damaged
// record (R30).
//
// write(2) may take less than it was given, and on a disk that is just becoming full it does, without an
// error: whoever does not look replaces a good file by the beginning of the next one.

import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
  mkdirSync,
  unlinkSync,
} from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { GemelError } from "../../base/errors.js";
import { giveReserveUp } from "./reserve.js";
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

export interface WholeFile {
  readonly path: string;
  readonly text: string | Buffer;
  readonly mode?: number;
}

/** A file as a whole: after a crash, or on a full disk, the old one is there or the new one (R100). */
export function writeWhole(path: string, text: string | Buffer, mode = 0o600): void {
  writeTogether([{ path, text, mode }]);
}

/** Files of one folder that mean nothing without each other: none gets its name before all are on disk. */
export function writeTogether(files: readonly [WholeFile, ...WholeFile[]]): void {
  const folder = dirname(files[0].path);
  try {
    replace(folder, files);
  } catch (error) {
    const isFull = (error as NodeJS.ErrnoException).code === "ENOSPC";
    if (!isFull || !giveReserveUp(folder)) throw named(files[0].path, error);
    try {
      replace(folder, files);
    } catch (again) {
      throw named(files[0].path, again);
    }
  }
}

/** What the disk says, and whoever has asked for the change is told where. */
const diskWords: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EROFS: "the file system is read-only",
  EIO: "the disk reported an error",
};

function named(path: string, error: unknown): unknown {
  const words = diskWords[(error as NodeJS.ErrnoException).code ?? ""];
  return words === undefined ? error : new GemelError("GEMEL-4026", path, `${path}: ${words}.`);
}

function replace(folder: string, files: readonly WholeFile[]): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o755 });
  const temporary = (path: string): string => `${path}.new`;
  try {
    for (const { path, text, mode = 0o600 } of files) writeFlushed(temporary(path), Buffer.from(text), mode);
    for (const { path } of files) renameSync(temporary(path), path);
  } catch (error) {
    // On a full disk they would take the room that somebody is about to make.
    for (const { path } of files) rmSync(temporary(path), { force: true });
    throw error;
  }
  flushFolder(folder);
  // A folder that is new is an entry of the one above it.
  for (let at = folder; made !== undefined && at.length >= made.length; at = dirname(at))
    flushFolder(dirname(at));
}

/**
 * For what nothing rests on: off this thread and not flushed, so that a power cut may cost it; a full disk
 * does not.
 */
export async function keepWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function writeFlushed(path: string, bytes: Buffer, mode: number): void {
  // What a crash has left has the mode of then.
  rmSync(path, { force: true });
  const file = openSync(path, "wx", mode);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
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
