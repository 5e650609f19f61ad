// SPDX-License-Identifier: Apache-2.0
// The measure of all others: a preallocated file on this machine's own file system, O_DIRECT.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { diskBytes, type RunningTarget, type Target } from "./work.js";

export const directFile = (path: string): string[] => [
  "--ioengine=libaio",
  "--direct=1",
  `--filename=${path}`,
];

export const rawTarget: Target = {
  name: "raw",
  missing: () => undefined,
  async start(dir: string): Promise<RunningTarget> {
    mkdirSync(dir, { recursive: true });
    const disk = join(dir, "disk.raw");
    execFileSync("fallocate", ["-l", String(diskBytes), disk]);
    return Promise.resolve({
      fio: directFile(disk),
      commands: [`fallocate -l ${diskBytes} disk.raw`],
      processes: [],
      stop: () => Promise.resolve(),
    });
  },
};
