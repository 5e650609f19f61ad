// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run fuzz [-- --seconds N] [--target NAME] [--learn]`: libFuzzer on everything that reads what
 * somebody else wrote.
 *
 * Builds the targets with clang (address and undefined-behaviour checks on), runs each for its share of the
 * time, from test/native/corpus on, and keeps what it learnt in build/fuzz/corpus; with `--learn` the least
 * that reaches all of it becomes the corpus of the tree, which every run of the native suite reads. An input
 * that breaks a target is left in build/fuzz/found and named; the exit status is 1 then.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dirname, "../../..");
const sources = join(root, "test/native");
const build = join(root, "build/fuzz");

/** Longest input worth trying: a state block or a few frames. */
const inputBytesMax = 32_768;
/** Of the tree's own corpus: what fits into a page of a diff. */
const learntBytesMax = 1024;
const learntMax = 200;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    target: { type: "string" },
    learn: { type: "boolean", default: false },
  },
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

/** One input a line, in hexadecimal digits. */
const treeCorpus = (target: string): string => join(sources, "corpus", `${target}.hex`);

function fuzz(target: string): boolean {
  const corpus = join(build, "corpus", target);
  const found = join(build, "found", target);
  mkdirSync(corpus, { recursive: true });
  mkdirSync(found, { recursive: true });
  for (const [index, line] of readFileSync(treeCorpus(target), "utf8").trim().split("\n").entries())
    writeFileSync(join(corpus, `tree-${String(index)}`), Buffer.from(line, "hex"));
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

/** The least of it that reaches what all of it reaches, short inputs first. */
function learn(target: string): void {
  const least = join(build, "least", target);
  rmSync(least, { recursive: true, force: true });
  mkdirSync(least, { recursive: true });
  run([join(build, target), "-merge=1", least, join(build, "corpus", target), "-verbosity=0"]);
  const lines = readdirSync(least)
    .map((name) => readFileSync(join(least, name)))
    .filter(({ length }) => length > 0 && length <= learntBytesMax)
    .sort((one, other) => one.length - other.length || one.compare(other))
    .slice(0, learntMax)
    .map((input) => input.toString("hex"));
  writeFileSync(treeCorpus(target), `${lines.join("\n")}\n`);
}

if (targets.length === 0) {
  process.stderr.write(`There is no target ${values.target ?? ""}.\n`);
  process.exitCode = 2;
} else if (!buildTargets()) {
  process.exitCode = 1;
} else {
  const broken = targets.filter((target) => !fuzz(target));
  if (values.learn && broken.length === 0) targets.forEach(learn);
  process.stdout.write(broken.length === 0 ? "\nNothing found.\n" : `\nBroken: ${broken.join(", ")}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
