// SPDX-License-Identifier: Apache-2.0
/** Counting on the copies themselves, from outside: nothing here trusts what Gemel says about them. */
import { closeSync, copyFileSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { diskOf, nodeNames } from "../e2e/twins.js";
import type { ModuleName, NodeName, Twins } from "../e2e/twins.js";

const chunkBytes = 1 << 20;

/** What reintegration compares and sends at a time (a region). */
const regionBytes = 64 * 1024;

/** What one file has beyond the other's end counts as different. */
export interface Difference {
  readonly bytes: number;
  /** The bytes of all regions that hold a different byte: what must be sent at least. */
  readonly regionBytes: number;
}

export function difference(leftPath: string, rightPath: string): Difference {
  const left = openSync(leftPath, "r");
  const right = openSync(rightPath, "r");
  try {
    const buffers = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)] as const;
    let bytes = 0;
    let regions = 0;
    for (let offset = 0; ; offset += chunkBytes) {
      const counts = [
        readSync(left, buffers[0], 0, chunkBytes, offset),
        readSync(right, buffers[1], 0, chunkBytes, offset),
      ] as const;
      const both = Math.min(...counts);
      bytes += Math.max(...counts) - both;
      for (let at = 0; at < both; at += regionBytes) {
        const found = differingIn(buffers, at, Math.min(at + regionBytes, both));
        bytes += found;
        if (found > 0) regions++;
      }
      if (both < chunkBytes) return { bytes, regionBytes: regions * regionBytes };
    }
  } finally {
    closeSync(left);
    closeSync(right);
  }
}

function differingIn([left, right]: readonly [Buffer, Buffer], from: number, to: number): number {
  if (left.subarray(from, to).equals(right.subarray(from, to))) return 0;
  let differing = 0;
  for (let at = from; at < to; at++) if (left[at] !== right[at]) differing++;
  return differing;
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
