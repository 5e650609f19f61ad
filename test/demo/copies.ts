// SPDX-License-Identifier: Apache-2.0
/** Counting on the copies themselves, from outside: nothing here trusts what Gemel says about them. */
import { closeSync, copyFileSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { diskOf, nodeNames } from "../e2e/twins.js";
import type { ModuleName, NodeName, Twins } from "../e2e/twins.js";

const chunkBytes = 1 << 20;

/** Bytes that differ between two files; what one file has beyond the other's end counts as different. */
export function differingBytes(leftPath: string, rightPath: string): number {
  const left = openSync(leftPath, "r");
  const right = openSync(rightPath, "r");
  try {
    const buffers = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)] as const;
    let differing = 0;
    for (let offset = 0; ; offset += chunkBytes) {
      const counts = [
        readSync(left, buffers[0], 0, chunkBytes, offset),
        readSync(right, buffers[1], 0, chunkBytes, offset),
      ] as const;
      const both = Math.min(...counts);
      differing += Math.max(...counts) - both;
      if (!buffers[0].subarray(0, both).equals(buffers[1].subarray(0, both))) {
        for (let at = 0; at < both; at++) if (buffers[0][at] !== buffers[1][at]) differing++;
      }
      if (both < chunkBytes) return differing;
    }
  } finally {
    closeSync(left);
    closeSync(right);
  }
}

/** Where the machine outside finds a module's disk on a node that is up. */
export const copyPath = (twins: Twins, node: NodeName, module: ModuleName): string =>
  twins.host(node).path(diskOf(module));

/** DIR/NODE/MODULE.raw of both stopped copies, DIR/MODULE.serial of everything the guest said. */
export function keepCopies(twins: Twins, dir: string, modules: readonly ModuleName[]): void {
  for (const node of nodeNames) {
    for (const module of modules) {
      const to = join(dir, node, `${module}.raw`);
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(copyPath(twins, node, module), to);
    }
  }
}
