// SPDX-License-Identifier: Apache-2.0
// Gemel itself: two mirror processes, mutual TLS over loopback, both copies on the same disk as every other
// target.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { MirrorPair, type PairOptions } from "../native/mirror-pair.js";
import { directFile } from "./raw-target.js";
import { diskBytes, type RunningTarget, type Target } from "./work.js";

export function gemelTarget(acknowledge: "written" | "received"): Target {
  return {
    name: `gemel-${acknowledge}`,
    missing: () => undefined,
    start: (dir) => startGemel({ dir, acknowledge, index: acknowledge === "written" ? 0 : 1 }),
  };
}

/** A pair of mirror processes in sync, with the test disk on its mount. */
export async function startGemel(options: PairOptions): Promise<RunningTarget> {
  const pair = MirrorPair.make(options);
  try {
    await pair.startInSync();
    const disk = join(pair.first.root, "disk.raw");
    execFileSync("fallocate", ["-l", String(diskBytes), disk]);
    return {
      fio: directFile(disk),
      commands: [
        `mirror pair, acknowledge=${options.acknowledge ?? "written"}, TLS 1.3 mutual, ` +
          `fallocate -l ${diskBytes} disk.raw`,
      ],
      processes: [pair.first.pid, pair.second.pid].filter((pid) => pid !== undefined),
      stop: () => pair.remove(),
    };
  } catch (failure) {
    await pair.remove();
    throw failure;
  }
}
