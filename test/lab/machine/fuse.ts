// SPDX-License-Identifier: Apache-2.0
/**
 * The FUSE connections of a host. When the host dies its mirror processes die too and the kernel ends their
 * connections; where one survives (its descriptor is held elsewhere) a process that waits on it could not
 * end, so the lab aborts it by its number.
 */
import { readFileSync } from "node:fs";
import { run } from "./command.js";

/**
 * Numbers of the FUSE connections mounted in the host, for /sys/fs/fuse/connections. What is mounted out
 * here as well was there when the host's namespace was copied: it is somebody else's.
 */
export function fuseConnectionsOf(pid: number): string[] {
  const others = connectionsIn("self");
  return connectionsIn(String(pid)).filter((number) => !others.includes(number));
}

function connectionsIn(process: string): string[] {
  try {
    return readFileSync(`/proc/${process}/mountinfo`, "utf8")
      .split("\n")
      .filter((line) => / - fuse(\.\S+)? /.test(line))
      .map((line) => line.split(" ")[2]?.split(":")[1])
      .filter((minor) => minor !== undefined);
  } catch {
    return [];
  }
}

/** In a mount namespace of its own: the machine itself shall not get fusectl mounted by us. */
export async function abortConnections(connections: readonly string[]): Promise<void> {
  const script = `mount -t fusectl none /sys/fs/fuse/connections 2>/dev/null
    for n; do echo 1 >/sys/fs/fuse/connections/$n/abort; done`;
  await run(["unshare", "--mount", "sh", "-c", script, "sh", ...connections]);
}
