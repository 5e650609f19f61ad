// SPDX-License-Identifier: Apache-2.0
// A real disk that is full: a tiny tmpfs in a mount namespace of its own, which ends with the program that
// was started in it. Needs no root where the kernel lets anybody have a namespace.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, statfsSync, writeSync, openSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const mounting = 'mount -t tmpfs -o size="$0" none "$1" && exec "$2" "$3" "$1"';
const programLimitMs = 110_000;

/** What the program of this folder, run on a disk of this size, says last: a line of JSON. */
export function onSmallDisk(program: string, size: string): unknown {
  const place = mkdtempSync(join(tmpdir(), "gemel-small-disk-"));
  try {
    const own = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
    const ran = spawnSync(
      "unshare",
      [...own, "--mount", "sh", "-c", mounting, size, place, process.execPath, join(here, program)],
      { encoding: "utf8", timeout: programLimitMs, killSignal: "SIGKILL" },
    );
    if (ran.status !== 0) throw new Error(`${program} ended with ${String(ran.status)}: ${ran.stderr}`);
    return JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "");
  } finally {
    rmdirSync(place);
  }
}

/** Takes all room of the disk; at most so many bytes stay free. */
export function fill(file: string, left = 0): void {
  const { bavail, bsize } = statfsSync(dirname(file));
  const handle = openSync(file, "a");
  try {
    const bytes = Buffer.alloc(bsize, "x");
    for (let page = 0; page < bavail - Math.floor(left / bsize); page++) writeSync(handle, bytes);
  } catch (error) {
    // Somebody else was faster.
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(handle);
  }
}
