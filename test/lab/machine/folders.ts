// SPDX-License-Identifier: Apache-2.0
/**
 * Where a lab keeps its things. One folder holds everything of one lab (state, disks, logs), so removing the
 * folder forgets the lab; what is costly to make and the same for all labs (guest kernel, small programs) is
 * kept beside it in a cache.
 *
 *   DIR/state.json             options, cuts, delays
 *   DIR/HOST/volume.img        the host's data disk (a file system in a sparse file)
 *   DIR/HOST/files/…           the host's own /etc and /var folders (they survive a power-off);
 *                              the Gemel daemon's output is files/var/log/gemel/gemel.log
 *   DIR/HOST/log/…             init.log, libvirtd.log
 *   DIR/HOST/serial/NAME.serial  what a guest printed while it ran on this host
 */
import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository: this file is compiled to dist/test/lab/machine/. */
export const repositoryPath = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "..");

/** Sources that are not TypeScript (scripts, C) stay where they are. */
export const labSourcePath = join(repositoryPath, "test", "lab");

/** All labs of this repository live here unless they are named otherwise. */
export function labsPath(): string {
  return join(repositoryPath, ".lab");
}

/** The lab's folder: what was asked for, else GEMEL_LAB_DIR, else .lab/default. */
export function labFolder(asked?: string): string {
  return resolve(asked ?? process.env["GEMEL_LAB_DIR"] ?? join(labsPath(), "default"));
}

export function cachePath(): string {
  return resolve(process.env["GEMEL_LAB_CACHE"] ?? join(labsPath(), "cache"));
}

/** A short name for things outside the folder (control groups) that still tells the labs apart. */
export function labTag(dir: string): string {
  return `gemel-lab-${createHash("sha256").update(dir).digest("hex").slice(0, 10)}`;
}
