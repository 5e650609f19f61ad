// SPDX-License-Identifier: Apache-2.0
// A qcow2 image with snapshots, written by QEMU's own block layer: what a disk of a VM is.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { type Database, ran, said, Writing } from "./database.js";

const regionBytes = 65_536;
/** qemu-img check: sound but for clusters that nobody refers to, which a crash may leave. */
const onlyLeaks = 3;

const pathIn = (folder: string): string => join(folder, "disk.qcow2");

export const qcow2: Database = {
  name: "qcow2",
  missing: () => (existsSync("/usr/bin/qemu-io") ? undefined : "there is no /usr/bin/qemu-io"),
  start: (folder) => {
    said(["qemu-img", "create", "-q", "-f", "qcow2", pathIn(folder), "256M"]);
    return Promise.resolve();
  },
  resume: () => Promise.resolve(),
  write: (folder) => new Writing(["qcow2", pathIn(folder)]),
  check: (folder) => {
    const path = pathIn(folder);
    const { status, text } = ran(["qemu-img", "check", path]);
    if (status !== 0 && status !== onlyLeaks) throw new Error(`qemu-img check: ${String(status)}: ${text}`);
    // Its snapshots are listed, or this fails.
    said(["qemu-img", "snapshot", "-l", path]);
    let highest = 0;
    while (isWritten(path, highest + 1)) highest++;
    return Promise.resolve(highest);
  },
  kill: () => Promise.resolve(),
};

function isWritten(path: string, number: number): boolean {
  const command = `read -P ${(number % 255) + 1} ${number * regionBytes} 64k`;
  const { status, text } = ran(["qemu-io", "-r", "-f", "qcow2", path, "-c", command]);
  return status === 0 && !text.includes("Pattern verification failed");
}
