// SPDX-License-Identifier: Apache-2.0
// A file that only takes room. When the disk is full it is given up by the first write that fails, so that
// what comes then can still be written down: the settings by which a person makes room, the history of it.
// Made anew once there is room again (R101).
//
// Known by file system, and to everybody in this process: who finds the disk full does not ask whose it is.

import { randomBytes } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { mkdir, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reserveBytes } from "../../base/limits/edge.js";

/** Device → file. */
const held = new Map<number, string>();

/** Whether there was one on the file system of this folder: a second try has room then. */
export function giveReserveUp(folder: string): boolean {
  const device = statSync(folder, { throwIfNoEntry: false })?.dev ?? -1;
  const file = held.get(device);
  if (file === undefined) return false;
  held.delete(device);
  rmSync(file, { force: true });
  return true;
}

export class Reserve {
  private readonly file: string;
  private device: number | undefined;
  private isMaking = false;

  constructor(
    private readonly folder: string,
    private readonly said: (sentence: string, outcome: string) => void,
  ) {
    this.file = join(folder, "reserve");
    const found = statSync(this.file, { throwIfNoEntry: false });
    if (found?.size === reserveBytes) this.hold(found.dev);
  }

  /** Every few seconds: says that it was given up, and makes it anew where there is room for two. */
  async keep(): Promise<void> {
    if (this.device !== undefined && held.get(this.device) !== this.file) {
      this.device = undefined;
      this.said("The disk is full: the reserve is given up for what must be written now.", this.file);
    }
    if (this.device !== undefined || this.isMaking) return;
    this.isMaking = true;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o755 });
      const { bavail, bsize } = await statfs(this.folder);
      if (bavail * bsize < 2 * reserveBytes) return;
      // Not zeros: a file system may keep none of them.
      await writeFile(this.file, randomBytes(reserveBytes), { mode: 0o600 });
      this.hold((await stat(this.file)).dev);
    } catch {
      await rm(this.file, { force: true }).catch(() => undefined);
    } finally {
      this.isMaking = false;
    }
  }

  private hold(device: number): void {
    this.device = device;
    held.set(device, this.file);
  }
}
