// SPDX-License-Identifier: Apache-2.0
/** Builds one test program with one fault (or none) and runs the one test that must notice it. */
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Fault } from "./faults.js";

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, "../../..");
const buildLimitMs = 600_000;
const testLimitMs = 120_000;

export type Verdict = "green" | "red";

/** `fault` undefined: the same test in a sound build, which must be green. */
export async function verdictOf(program: string, test: string, fault: string | undefined): Promise<Verdict> {
  const folder = join(repository, "build", "sabotage", fault ?? "sound");
  const options = { maxBuffer: 1 << 26, timeout: buildLimitMs };
  await run(
    "cmake",
    ["-S", join(repository, "test/native"), "-B", folder, `-DSABOTAGE=${fault ?? ""}`],
    options,
  );
  await run("cmake", ["--build", folder, "-j2", "--target", program], options);
  const ran = await run(join(folder, program), [test], { timeout: testLimitMs, killSignal: "SIGKILL" }).catch(
    (failure: unknown) => failure as { stdout: string },
  );
  if (ran.stdout.includes(`not ok ${test}`)) return "red";
  if (ran.stdout.includes(`ok ${test}`)) return "green";
  // It died or hung before its verdict: noticed as well, an `npm test` with it is red.
  return "red";
}

/** A sound build is green and the sabotaged one red: only then the test is worth its name. */
export async function isNoticed({ name, program, test }: Fault): Promise<string | undefined> {
  if ((await verdictOf(program, test, undefined)) !== "green") return `${test} is red without any fault`;
  if ((await verdictOf(program, test, name)) !== "red") return `${test} stays green with the fault ${name}`;
  return undefined;
}
