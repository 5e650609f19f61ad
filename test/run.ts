// SPDX-License-Identifier: Apache-2.0
/**
 * `npm test`: runs the suites of suites.ts one after the other and keeps the book.
 *
 * Test files are found by their sources, so that a compiled file whose source is gone can't pass. With root
 * and /dev/fuse nothing is left out; without them the suites that need them are named, not skipped in
 * silence. At the end the machine is searched for what the lab may have left behind, and finding something
 * fails the run.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endRunningTests, runCommand, runTestFile } from "./runner/file.js";
import { Ledger } from "./runner/ledger.js";
import { leftoversAfter, runMark } from "./runner/leftovers.js";
import { type Options, readOptions, usage } from "./runner/options.js";
import { type Suite, suites } from "./suites.js";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const labFolder = process.env["GEMEL_LAB_DIR"] ?? join(root, ".lab");
const leftoverLimitMs = 15_000;

let isInterrupted = false;

const options = readOptions(process.argv.slice(2));
if (typeof options === "string") {
  console.error(`${options}\n${usage}`);
  process.exitCode = 2;
} else {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  process.exitCode = await main(options);
}

async function main(options: Options): Promise<number> {
  const unknown = options.suites.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no suite ${unknown.join(", ")}. Suites: ${suites.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  const ledger = new Ledger();
  const mark = `${process.pid}-${Math.round(performance.timeOrigin)}`;
  const chosen = suites.filter((suite) => isChosen(suite, options));
  console.log(`seed ${options.seed}`);
  if (options.soak) await soak(chosen, options, ledger, mark);
  else for (const suite of chosen) await runSuite(suite, options, options.seed, ledger, mark);
  const left = await leftoversAfter(leftoverLimitMs, mark, labFolder);
  if (chosen.some(({ needsRoot }) => needsRoot)) addLeftovers(ledger, left);
  if (options.report !== undefined) ledger.writeReport(options.report);
  ledger.print();
  return ledger.isGood() && !isInterrupted ? 0 : 1;
}

/** Rounds with ever new seeds until the time is used up or something fails. */
async function soak(chosen: readonly Suite[], options: Options, ledger: Ledger, mark: string): Promise<void> {
  const deadline = performance.now() + options.minutes * 60_000;
  for (let seed = options.seed; performance.now() < deadline && !isInterrupted; seed += 1) {
    console.log(`\nround with seed ${seed}`);
    for (const suite of chosen) await runSuite(suite, options, seed, ledger, mark);
    if (ledger.count("failed") > 0) return;
  }
}

function isChosen(suite: Suite, options: Options): boolean {
  if (options.suites.length > 0) return options.suites.includes(suite.name);
  const leaveOut = (why: string): boolean => {
    console.log(`left out: ${suite.name} (${why})`);
    return false;
  };
  if (options.soak && suite.soak === false) return false;
  if (!options.soak && suite.soak === "only") return false;
  if (options.quick && !suite.quick) return leaveOut("--quick");
  if (suite.needsRoot && !canMount()) return leaveOut("needs root and /dev/fuse");
  return true;
}

async function runSuite(
  suite: Suite,
  options: Options,
  seed: number,
  ledger: Ledger,
  mark: string,
): Promise<void> {
  const environment: NodeJS.ProcessEnv = { ...process.env, GEMEL_SEED: String(seed), [runMark]: mark };
  // A test file that finds this variable would report to the runner that started us.
  delete environment["NODE_TEST_CONTEXT"];
  const began = performance.now();
  const limitMs = suite.fileMinutesMax * 60_000;
  if (suite.source.kind === "command") {
    console.log(`\n${suite.name}: ${suite.proves}`);
    const { argv } = suite.source;
    ledger.add(suite.name, argv[0] ?? suite.name, await runCommand(root, argv, limitMs, environment));
  } else {
    const files = testFiles(suite.source.under).filter((file) => file.includes(options.filePart));
    if (files.length === 0) {
      console.log(`\n${suite.name}: not run, no test file of it is here`);
      return;
    }
    console.log(`\n${suite.name}: ${suite.proves}`);
    const run = async (file: string): Promise<void> => {
      const tests = await runTestFile(root, file, limitMs, environment);
      const ms = tests.reduce((sum, test) => sum + test.ms, 0);
      console.log(`  ${file}: ${tests.length} tests, ${(ms / 1000).toFixed(1)} s`);
      ledger.add(suite.name, file, tests);
    };
    await eachOf(files, suite.source.atOnce, run);
  }
  ledger.endSuite(suite.name, performance.now() - began, suite.budgetMinutes);
}

/** Carries out `action` for each item, at most `atOnce` at a time, beginning in order. */
async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      if (!isInterrupted) await action(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

function testFiles(under: readonly string[]): string[] {
  return under.flatMap((path) => {
    const full = join(root, path);
    if (!existsSync(full)) return [];
    if (statSync(full).isFile()) return [path];
    const names = readdirSync(full, { recursive: true, encoding: "utf8" });
    return names
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(path, name))
      .sort();
  });
}

function addLeftovers(ledger: Ledger, left: readonly string[]): void {
  const isClean = left.length === 0;
  const reason = isClean ? undefined : left.join("\n");
  const name = "no process, mount, namespace or loop device of the lab is left";
  ledger.add("leftovers", "test/run.ts", [{ name, status: isClean ? "passed" : "failed", ms: 0, reason }]);
}

function canMount(): boolean {
  return process.getuid?.() === 0 && existsSync("/dev/fuse");
}

function interrupt(): void {
  isInterrupted = true;
  endRunningTests();
}
