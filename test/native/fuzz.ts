// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run fuzz [-- --seconds N] [--target NAME]`: libFuzzer on everything that reads what somebody else
 * wrote.
 *
 * Builds the targets with clang (address and undefined-behaviour checks on), runs each for its share of the
 * time and keeps what it learnt in build/fuzz/corpus. An input that breaks a target is left in
 * build/fuzz/found and named; the exit status is 1 then.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dirname, "../../..");
const sources = join(root, "test/native");
const build = join(root, "build/fuzz");

/** Longest input worth trying: a state block or a few frames. */
const inputBytesMax = 32_768;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, target: { type: "string" } },
});
const targets = readdirSync(sources)
  .filter((name) => /^fuzz_.*\.cc$/.test(name))
  .map((name) => name.replace(/\.cc$/, ""))
  .filter((name) => values.target === undefined || name === values.target);
const secondsEach = Math.max(1, Math.floor(Number(values.seconds) / Math.max(targets.length, 1)));

function run(argv: readonly string[]): boolean {
  const [program = "", ...rest] = argv;
  return spawnSync(program, rest, { stdio: "inherit", cwd: root }).status === 0;
}

function buildTargets(): boolean {
  const options = ["-DFUZZ=ON", "-DSANITIZE=address,undefined", "-DCMAKE_CXX_COMPILER=clang++"];
  return (
    run(["cmake", "-S", sources, "-B", build, ...options]) &&
    run(["cmake", "--build", build, "--target", ...targets, "--", "-j2"])
  );
}

function fuzz(target: string): boolean {
  const corpus = join(build, "corpus", target);
  const found = join(build, "found", target);
  mkdirSync(corpus, { recursive: true });
  mkdirSync(found, { recursive: true });
  process.stdout.write(`\n${target}, ${String(secondsEach)} s\n`);
  return run([
    join(build, target),
    corpus,
    `-max_total_time=${String(secondsEach)}`,
    `-max_len=${String(inputBytesMax)}`,
    `-artifact_prefix=${found}/`,
    "-timeout=10",
    "-print_final_stats=1",
    "-verbosity=0",
  ]);
}

if (targets.length === 0) {
  process.stderr.write(`There is no target ${values.target ?? ""}.\n`);
  process.exitCode = 2;
} else if (!buildTargets()) {
  process.exitCode = 1;
} else {
  const broken = targets.filter((target) => !fuzz(target));
  process.stdout.write(broken.length === 0 ? "\nNothing found.\n" : `\nBroken: ${broken.join(", ")}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
