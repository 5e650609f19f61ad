// SPDX-License-Identifier: Apache-2.0
/**
 * Builds one test program with one fault (or none) and runs the one test that must notice it.
 *
 * One folder serves all faults in turn: cmake compiles anew only the file that knows the fault. It is not the
 * folder of the other tests, so that no sabotaged object can end up in them.
 */
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Fault } from "./faults.js";

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, "../../..");
const folder = join(repository, "build/sabotage");
const buildLimitMs = 600_000;
const testLimitMs = 120_000;

export type Verdict = "green" | "red";

/** `fault` undefined: a sound build. */
async function verdictOf(program: string, test: string, fault: string | undefined): Promise<Verdict> {
  const options = { maxBuffer: 1 << 26, timeout: buildLimitMs };
  const sources = join(repository, "test/native");
  await run("cmake", ["-S", sources, "-B", folder, `-DSABOTAGE=${fault ?? "none"}`], options);
  await run("cmake", ["--build", folder, "--target", program, "--", "-j2"], options);
  const ran = await run(join(folder, program), [test], { timeout: testLimitMs, killSignal: "SIGKILL" }).catch(
    (failure: unknown) => failure as { stdout: string },
  );
  const lines = ran.stdout.split("\n");
  if (lines.includes(`ok ${test}`)) return "green";
  if (lines.some((line) => line.startsWith(`not ok ${test}:`))) return "red";
  // It died or hung before its verdict. With a fault that is noticing it, too: `npm test` would be red. That
  // the program has such a test is seen in the sound build.
  return "red";
}

/** A sound build is green and the sabotaged one red: only then the test is worth its name. */
export async function isNoticed({ name, program, test }: Fault): Promise<string | undefined> {
  if ((await verdictOf(program, test, undefined)) !== "green") return `${test} is red without any fault`;
  if ((await verdictOf(program, test, name)) !== "red") return `${test} stays green with the fault ${name}`;
  return undefined;
}
