// SPDX-License-Identifier: Apache-2.0
// What is mounted where, read from /proc/self/mountinfo and never by touching a path (R33): a frozen mount
// would take this process with it. A FUSE connection's number is its mount's minor device number.

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { unmountLimitMs } from "../../base/limits/edge.js";

const run = promisify(execFile);

export interface FuseMount {
  readonly path: string;
  readonly connection: number;
}

/** The FUSE mount exactly at `path`, if there is one. */
export function fuseMountAt(path: string): FuseMount | undefined {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  for (const line of lines.reverse()) {
    const [front = "", back = ""] = line.split(" - ");
    const [, , device = "", , point = ""] = front.split(" ");
    if (unescape(point) !== path || !back.startsWith("fuse")) continue;
    return { path, connection: Number(device.split(":")[1]) };
  }
  return undefined;
}

/**
 * Ends every request that waits on this connection with an error: only after the VM above it got its SIGKILL
 * (R14).
 */
export function abortConnection(connection: number): string | undefined {
  try {
    writeFileSync(`/sys/fs/fuse/connections/${connection}/abort`, "1");
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** By a child with a limit. Never lazily: what is still open below is named instead (R32). */
export async function unmount(path: string): Promise<string | undefined> {
  try {
    await run("umount", ["-i", path], { timeout: unmountLimitMs, killSignal: "SIGKILL" });
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n").slice(1).join(" ").trim() || (error as Error).message;
  }
}

/**
 * Who has something open at or below `path`, one file of each process: "tail (pid 4711) has /… open". Told by
 * the kernel's own words (/proc), so that a frozen mount is not touched (R33, R38). `except`: our own.
 */
export async function openBelow(
  path: string,
  { except, writing }: { readonly except: readonly number[]; readonly writing: boolean },
): Promise<readonly string[]> {
  const told: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || except.includes(Number(pid))) continue;
    const file = await heldBelow(`/proc/${pid}`, path, writing);
    if (file === undefined) continue;
    const program = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "?");
    told.push(`${program.trim()} (pid ${pid}) has ${file} open${writing ? " for writing" : ""}`);
  }
  return told;
}

async function heldBelow(process_: string, path: string, writing: boolean): Promise<string | undefined> {
  const isBelow = (file: string): boolean => file === path || file.startsWith(`${path}/`);
  for (const place of writing ? [] : ["cwd", "root"]) {
    const file = await readlink(`${process_}/${place}`).catch(() => "");
    if (isBelow(file)) return file;
  }
  for (const number of await readdir(`${process_}/fd`).catch(() => [])) {
    const file = await readlink(`${process_}/fd/${number}`).catch(() => "");
    if (!isBelow(file)) continue;
    const info = writing ? await readFile(`${process_}/fdinfo/${number}`, "utf8").catch(() => "") : "";
    // The kernel's flags in octal: the last digit's two low bits are 0 for reading only.
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? "0", 8);
    if (!writing || (flags & 3) !== 0) return file;
  }
  return undefined;
}

/** mountinfo writes space, tab, newline and backslash as octal escapes of bytes. */
function unescape(text: string): string {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  const plain = bytes.replace(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
  return Buffer.from(plain, "latin1").toString("utf8");
}
