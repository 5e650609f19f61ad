// SPDX-License-Identifier: Apache-2.0
/**
 * Builds one test program with one fault of the engine (or none) and runs the one test that must notice it.
 *
 * The file that the fault is in is compiled as a copy, in the original's place. One folder serves all faults
 * in turn: cmake compiles anew only the copy. It is not the folder of the other tests, so that no sabotaged
 * object can end up in them.
 */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { repositoryFiles, root, type SourceFile } from "../architecture/tree.js";
import { placeOf, type EngineFault } from "./fault.js";

const run = promisify(execFile);
const folder = join(root, "build/sabotage");
const buildLimitMs = 600_000;
const testLimitMs = 120_000;

type Verdict = "green" | "red";

/** `copy` undefined: a sound build. */
async function verdictOf({ program, test }: EngineFault, place?: SourceFile, copy = ""): Promise<Verdict> {
  const options = { maxBuffer: 1 << 26, timeout: buildLimitMs };
  const exchanged = [`-DSABOTAGED=${place?.path ?? ""}`, `-DSABOTAGED_COPY=${copy}`];
  await run("cmake", ["-S", join(root, "test/native"), "-B", folder, ...exchanged], options);
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

function sabotagedCopy({ name, from, to }: EngineFault, place: SourceFile): string {
  const copies = join(folder, "copies", name);
  mkdirSync(copies, { recursive: true });
  const copy = join(copies, basename(place.path));
  writeFileSync(
    copy,
    place.text.replace(from, () => to),
  );
  return copy;
}

/** A sound build is green and the sabotaged one red: only then the test is worth its name. */
export async function isEngineNoticed(fault: EngineFault): Promise<string | undefined> {
  const place = placeOf(fault, repositoryFiles());
  if (typeof place === "string") return place;
  const { name, test } = fault;
  if ((await verdictOf(fault)) !== "green") return `${test} is red without any fault`;
  if ((await verdictOf(fault, place, sabotagedCopy(fault, place))) !== "red")
    return `${test} stays green with the fault ${name}`;
  return undefined;
}
