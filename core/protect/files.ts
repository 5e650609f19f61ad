// SPDX-License-Identifier: Apache-2.0
// Files of a VM on their way into a folder or out of it. Within one mount a file is renamed: nothing can be
// half done. From one mount to another (a bind mount of the same file system is another one) it is copied
// under a name of its own, flushed, compared byte by byte and only then given its name; the original stays
// until the whole procedure is past its point of no return (removeOriginals).
//
// Everything can be repeated: what is done already is recognised by what is there. Nothing is ever
// overwritten.

import { execFile } from "node:child_process";
import { mkdir, open, readFile, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { GemelError } from "../base/errors.js";
import type { FileMove } from "../ports/hypervisor.js";
import { protectProgressEveryMs } from "../base/limits/edge.js";

const run = promisify(execFile);
const unfinished = (path: string): string => `${path}.gemel-unfinished`;

export type Progress = (bytesDone: number, bytesTotal: number) => void;

/** Whether these files can be renamed into the folder, and what must be copied otherwise. */
export async function bytesToCopy(moves: readonly FileMove[], folder: string): Promise<number> {
  const place = await mountOf(await existingAbove(folder));
  let bytes = 0;
  for (const { from, bytes: size, keep } of moves) {
    if (keep === true || (await mountOf(from)) !== place) bytes += Math.max(size, 0);
  }
  return bytes;
}

/** Of an open descriptor the kernel tells the mount it came through, whatever links lead there. */
async function mountOf(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { dev } = await file.stat();
    const info = await readFile(`/proc/self/fdinfo/${file.fd}`, "utf8");
    return `${dev} ${/^mnt_id:\s*(\d+)/m.exec(info)?.[1] ?? ""}`;
  } finally {
    await file.close();
  }
}

/**
 * Asked before the first move, and journaled with the plan: from then on what has a file's new name is that
 * file.
 */
export async function refuseOccupied(moves: readonly FileMove[]): Promise<void> {
  for (const { to } of moves) {
    if ((await sizeOf(to)) === undefined) continue;
    throw new GemelError("GEMEL-5006", to, "The file is in the way; nothing is overwritten.");
  }
}

export async function moveFiles(moves: readonly FileMove[], progress: Progress): Promise<void> {
  const sizes = await Promise.all(
    moves.map(async ({ from, to }) => (await sizeOf(from)) ?? (await sizeOf(to)) ?? 0),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const [index, move] of moves.entries()) {
    const before = done;
    await moveFile(move, (copied) => progress(before + copied, total));
    done += sizes[index] ?? 0;
    progress(done, total);
  }
}

/**
 * Back to where they were; copies that were made are removed, their originals are still there. `folder`: the
 * module's.
 */
export async function moveFilesBack(moves: readonly FileMove[], folder: string): Promise<void> {
  for (const { from, to } of moves) {
    await rm(unfinished(to), { force: true });
    if ((await sizeOf(to)) === undefined) continue;
    if ((await sizeOf(from)) === undefined) await renameFlushed(to, from);
    else await rm(to);
  }
  for (const { to } of moves) await removeEmptied(dirname(to), folder);
}

/** A folder below `above` that was made for files which have gone back. */
async function removeEmptied(folder: string, above: string): Promise<void> {
  if (!folder.startsWith(`${above}/`)) return;
  await rmdir(folder).catch(() => undefined);
  await removeEmptied(dirname(folder), above);
}

/** After the point of no return: what was copied is not needed at its old place. */
export async function removeOriginals(moves: readonly FileMove[]): Promise<void> {
  for (const { from, to, keep } of moves) {
    if (keep !== true && (await sizeOf(to)) !== undefined) await rm(from, { force: true });
  }
}

/** Folders that hold nothing (any more): those of a TPM's state, once its files have gone back. */
export async function removeEmptyBelow(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    await removeEmptyBelow(path);
    await rmdir(path).catch(() => undefined);
  }
}

async function moveFile({ from, to, keep }: FileMove, copied: (bytes: number) => void): Promise<void> {
  const [source, target] = [await sizeOf(from), await sizeOf(to)];
  // Copied before, or renamed before: a finished name means a finished file.
  if (target !== undefined && (source === undefined || source === target)) return;
  if (target !== undefined)
    throw new GemelError("GEMEL-5006", to, "The file is in the way; nothing is overwritten.");
  if (source === undefined) throw new GemelError("GEMEL-5006", from, "The file is missing.");
  await mkdir(dirname(to), { recursive: true });
  if (keep !== true && (await mountOf(from)) === (await mountOf(dirname(to)))) await renameFlushed(from, to);
  else await copyChecked(from, to, copied);
}

async function renameFlushed(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await flush(dirname(to));
  await flush(dirname(from));
}

/**
 * By cp and cmp, in processes of their own: sparse, cloned where the file system can, and off the daemon's
 * threads.
 */
async function copyChecked(from: string, to: string, copied: (bytes: number) => void): Promise<void> {
  const growing = unfinished(to);
  const watch = setInterval(() => {
    void stat(growing).then(
      ({ size }) => copied(size),
      () => undefined,
    );
  }, protectProgressEveryMs);
  try {
    await run("cp", ["--sparse=always", "--reflink=auto", "--preserve=all", "--", from, growing]);
    await flush(growing);
    await run("cmp", ["-s", "--", from, growing]);
    await rename(growing, to);
    await flush(dirname(to));
  } catch (error) {
    await rm(growing, { force: true });
    throw new GemelError("GEMEL-5006", from, `It could not be copied to ${to}: ${(error as Error).message}`);
  } finally {
    clearInterval(watch);
  }
}

export async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    },
  );
}

async function existingAbove(path: string): Promise<string> {
  return path === "/" || (await sizeOf(path)) !== undefined ? path : existingAbove(dirname(path));
}
