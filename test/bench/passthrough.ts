// SPDX-License-Identifier: Apache-2.0
// libfuse's own passthrough (its example passthrough_ll.c, as the package libfuse3-dev ships it): what any
// file system in user space costs here, before it does anything.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { waitFor } from "../lab/wait.js";

const source = "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c";

export interface Passthrough {
  readonly target: string;
  readonly folder: string;
  remove(): Promise<void>;
}

/** Undefined, and said, where the example is not on this machine. */
export async function passthrough(dir: string): Promise<Passthrough | undefined> {
  if (!existsSync(source)) {
    console.log(`passthrough: left out, there is no ${source}`);
    return undefined;
  }
  const below = join(dir, "below");
  const folder = join(dir, "mount");
  for (const made of [below, folder]) mkdirSync(made, { recursive: true });
  const program = join(dir, "passthrough_ll");
  const flags = execFileSync("pkg-config", ["--cflags", "--libs", "fuse3"], { encoding: "utf8" });
  execFileSync("cc", ["-O2", "-w", source, "-o", program, ...flags.trim().split(/\s+/)]);
  const device = statSync(folder).dev;
  const options = `source=${below},cache=never`;
  const child = spawn(program, ["-f", "-o", options, folder], { stdio: ["ignore", "ignore", "inherit"] });
  await waitFor(
    "the passthrough's mount",
    () => Promise.resolve(statSync(folder).dev !== device || undefined),
    10_000,
  );
  return { target: "passthrough", folder, remove: () => unmounted(folder, child) };
}

async function unmounted(folder: string, child: ChildProcess): Promise<void> {
  const ended = new Promise((settle) => child.once("exit", settle));
  execFileSync("umount", [folder]);
  await ended;
}
