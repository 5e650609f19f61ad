// SPDX-License-Identifier: Apache-2.0
/**
 * The engine simulator (engine_sim.cc) from TypeScript: builds it and plays a batch of seeds. The program
 * says a line for each seed; what these lines say is all that is read.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildCpp, cppBuild } from "../native/cmake.js";

const program = join(cppBuild, "engine_sim");

export interface EngineRuns {
  readonly passed: number;
  /** One line per seed that broke an invariant or did not converge, with how to replay it. */
  readonly failed: readonly string[];
  /** Why the program ended, unless by itself: a crash counts for the seed after the last one told. */
  readonly ending: string | undefined;
}

/** An empty string, or why it can't be built. */
export function buildEngineSimulator(): string {
  return buildCpp(["engine_sim"]);
}

/** `errors`: one of the two hosts is a sick one, too. */
export async function playEngine(
  first: number,
  count: number,
  errors: boolean,
  say: (line: string) => void = () => undefined,
): Promise<EngineRuns> {
  const options = errors ? ["--errors"] : [];
  const child = spawn(program, ["--seed", String(first), "--runs", String(count), ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const failed: string[] = [];
  let passed = 0;
  const complaints: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => complaints.push(text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    say(line);
    if (line.startsWith("ok seed")) passed += 1;
    if (line.startsWith("not ok seed")) failed.push(line);
  });
  const ended = await new Promise<string>((settle, refuse) => {
    child.once("error", refuse);
    child.once("close", (code, signal) => {
      settle(signal ?? `exit status ${String(code)}`);
    });
  });
  const isWhole = passed + failed.length === count;
  const ending = isWhole ? undefined : `${ended} ${complaints.join("").slice(-2000)}`;
  return { passed, failed, ending };
}
