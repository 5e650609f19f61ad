// SPDX-License-Identifier: Apache-2.0
/**
 * A host's data disk: a file system in a sparse file, mounted through a loop device inside the host only.
 * When the host's last process is gone its mount goes, and with it the loop device (it clears itself);
 * until then the disk must not be mounted a second time.
 */
import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { must, run } from "./command.js";

export const fileSystems = ["ext4", "xfs", "btrfs"] as const;
export type FileSystem = (typeof fileSystems)[number];

/** -K, -E nodiscard: the file is sparse already. */
const makeCommands: Record<FileSystem, string[]> = {
  ext4: ["mkfs.ext4", "-q", "-F", "-E", "nodiscard"],
  xfs: ["mkfs.xfs", "-q", "-f", "-K", "-m", "reflink=1"],
  btrfs: ["mkfs.btrfs", "-q", "-f", "-K"],
};

export async function makeVolume(path: string, kind: FileSystem, sizeMiB: number): Promise<void> {
  if (existsSync(path)) return;
  writeFileSync(path, "");
  truncateSync(path, sizeMiB * 1024 * 1024);
  await must([...makeCommands[kind], path], { timeoutMs: 60_000 });
}

/** The loop devices that hold the file. */
export async function loopsOf(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  const { stdout } = await run(["losetup", "--noheadings", "--output", "NAME", "--associated", path]);
  return stdout.split("\n").filter((name) => name !== "");
}

/** For a loop device that outlived its host: detaches it once nothing mounts it any more. */
export async function detachLoops(path: string): Promise<void> {
  for (const name of await loopsOf(path)) await run(["losetup", "--detach", name]);
}
