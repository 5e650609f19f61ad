// SPDX-License-Identifier: Apache-2.0
/**
 * Runs one test file, or one command, in a process group of its own and says what became of each test in it.
 *
 * A group of its own, so that a file which passes its limit is ended with all its children, first politely
 * (its own clean-up runs), then not. A file that fails without naming a test, or that runs none, is itself a
 * failed test: silence never counts as success.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ReportedTest, ReportLine } from "./reporter.js";

/** Time between the polite end and the other one: a lab that is taken down needs about ten seconds. */
const politeEndMs = 30_000;
/** Enough of a failed file's output to see the way to the failure. */
const outputLinesShown = 60;

export type Ending =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: string }
  | { readonly kind: "overtime"; readonly limitMs: number };

export type ProcessResult = { readonly ending: Ending; readonly output: string; readonly ms: number };

const running = new Set<ChildProcess>();

/** Ends what is still running, politely; for Ctrl-C. */
export function endRunningTests(): void {
  for (const child of running) killGroup(child, "SIGTERM");
}

export const reportOf = (root: string, file: string): string =>
  join(root, "build", "test-run", `${file.replaceAll("/", "-")}.jsonl`);

export async function runTestFile(
  root: string,
  file: string,
  limitMs: number,
  environment: NodeJS.ProcessEnv,
): Promise<ReportedTest[]> {
  const report = reportOf(root, file);
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const argv = [
    "--enable-source-maps",
    `--test-reporter=${join(root, "dist/test/runner/reporter.js")}`,
    `--test-reporter-destination=${report}`,
    join(root, "dist", file.replace(/\.ts$/, ".js")),
  ];
  const result = await runNode(root, argv, limitMs, environment);
  const lines = existsSync(report) ? parseReport(readFileSync(report, "utf8")) : [];
  const tests = testsIn(lines);
  const anyFailed = tests.some(({ status }) => status === "failed");
  const exitedWell = result.ending.kind === "exited" && result.ending.code === 0;
  if (exitedWell && tests.length > 0) return tests;
  if (anyFailed && result.ending.kind === "exited") return tests;
  const reason = exitedWell ? "the file ran no test" : `${inFlight(lines)}${describe(result)}`;
  return [...tests, { name: "(the file itself)", status: "failed", ms: result.ms, reason }];
}

export async function runCommand(
  root: string,
  argv: readonly string[],
  limitMs: number,
  environment: NodeJS.ProcessEnv,
): Promise<ReportedTest[]> {
  const result = await runNode(root, argv, limitMs, environment);
  const isGood = result.ending.kind === "exited" && result.ending.code === 0;
  const reason = isGood ? undefined : describe(result);
  return [{ name: argv.join(" "), status: isGood ? "passed" : "failed", ms: result.ms, reason }];
}

async function runNode(
  root: string,
  argv: readonly string[],
  limitMs: number,
  environment: NodeJS.ProcessEnv,
): Promise<ProcessResult> {
  const began = performance.now();
  const child = spawn(process.execPath, argv, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running.add(child);
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const ending = await endOf(child, limitMs);
  running.delete(child);
  // Whatever the file left in its own group would disturb the files after it.
  killGroup(child, "SIGKILL");
  const ms = Math.round(performance.now() - began);
  return { ending, output: Buffer.concat(output).toString("utf8"), ms };
}

function endOf(child: ChildProcess, limitMs: number): Promise<Ending> {
  return new Promise((resolve) => {
    let isOvertime = false;
    const hard = (): void => killGroup(child, "SIGKILL");
    let timer = setTimeout(() => {
      isOvertime = true;
      killGroup(child, "SIGTERM");
      timer = setTimeout(hard, politeEndMs);
    }, limitMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ kind: "killed", signal: error.message });
    });
    // "exit", not "close": a grandchild that keeps the pipe open must not hold up the run.
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (isOvertime) resolve({ kind: "overtime", limitMs });
      else if (code !== null) setImmediate(() => resolve({ kind: "exited", code }));
      else resolve({ kind: "killed", signal: signal ?? "an unknown signal" });
    });
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // No process of the group is left: that is what was asked for.
  }
}

function parseReport(text: string): ReportLine[] {
  // A file that was killed may have left half a line.
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ReportLine);
}

/** The tests that ended, each with what it has said. */
function testsIn(lines: readonly ReportLine[]): ReportedTest[] {
  const tests: ReportedTest[] = [];
  for (const line of lines) {
    if ("name" in line) tests.push(line);
    const last = tests.at(-1);
    if ("note" in line && last !== undefined)
      tests.splice(-1, 1, { ...last, notes: [...(last.notes ?? []), line.note] });
  }
  return tests;
}

/** Tests that had begun and never ended: where a file hung or died. */
function inFlight(lines: readonly ReportLine[]): string {
  const ended = new Set(lines.map((line) => ("name" in line ? line.name.split(" › ").at(-1) : "")));
  const names = lines.flatMap((line) => ("begun" in line && !ended.has(line.begun) ? [line.begun] : []));
  return names.length === 0 ? "" : `in the middle of: ${names.join(", ")}\n`;
}

function describe({ ending, output }: ProcessResult): string {
  const tail = output.trimEnd().split("\n").slice(-outputLinesShown).join("\n");
  switch (ending.kind) {
    case "exited":
      return `ended with status ${ending.code}\n${tail}`;
    case "killed":
      return `ended by ${ending.signal}\n${tail}`;
    case "overtime":
      return `still running after its limit of ${ending.limitMs / 1000} s\n${tail}`;
  }
}
