// SPDX-License-Identifier: Apache-2.0
/** Compiles the lab's small C programs into the cache, anew whenever their source changes. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { must } from "./command.js";
import { cachePath, labSourcePath } from "./folders.js";

const flags = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror"];

/** Two hosts that boot at once may ask for the same program. */
let attempts = 0;

/** Compiles test/lab/SOURCE; gives the program's path. Two that do it at once do no harm. */
export async function compiledProgram(source: string, extraFlags: readonly string[] = []): Promise<string> {
  const sourcePath = join(labSourcePath, source);
  const key = createHash("sha256")
    .update(readFileSync(sourcePath))
    .update([...flags, ...extraFlags].join(" "))
    .digest("hex")
    .slice(0, 12);
  const program = join(cachePath(), "programs", `${basename(source, ".c")}-${key}`);
  if (existsSync(program)) return program;
  mkdirSync(join(cachePath(), "programs"), { recursive: true });
  const unfinished = `${program}.${process.pid}-${++attempts}`;
  await must(["gcc", ...flags, ...extraFlags, "-o", unfinished, sourcePath], { timeoutMs: 120_000 });
  renameSync(unfinished, program);
  return program;
}
