// SPDX-License-Identifier: Apache-2.0
// How full the file system is that holds the modules' folders. Asked by a process of its own (`stat -f`) and
// of the folder's parent, never below a mount of ours: a disk that hangs holds up that process and nothing
// here, not even a thread of the pool (R33). While one hangs no second one is sent after it.

import { execFile } from "node:child_process";
import type { HostFacts } from "../../describe/host-facts.js";
import { diskSpaceLimitMs } from "../../base/limits/edge.js";

let asking = false;

/** Undefined: not told in time, or the folder is not there. */
export async function diskSpace(path: string): Promise<HostFacts["disk"] | undefined> {
  if (asking) return undefined;
  asking = true;
  return await new Promise((done) => {
    const late = setTimeout(() => done(undefined), diskSpaceLimitMs);
    const options = { timeout: diskSpaceLimitMs, killSignal: "SIGKILL", env: { LC_ALL: "C" } } as const;
    execFile("stat", ["-f", "-c", "%S %b %a", "--", path], options, (error, said) => {
      asking = false;
      clearTimeout(late);
      const [block = 0, all = 0, free = 0] = said.trim().split(" ").map(Number);
      done(error === null && all > 0 ? { path, total: block * all, free: block * free } : undefined);
    });
  });
}
