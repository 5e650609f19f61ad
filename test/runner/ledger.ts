// SPDX-License-Identifier: Apache-2.0
/**
 * The book of one run: every test with its outcome, the minutes per suite, the report file and the last line.
 *
 * The last line is read by machines (`N passed, N failed, N skipped`, alone on its line): nothing is printed
 * after it.
 */
import { writeFileSync } from "node:fs";
import type { ReportedTest } from "./reporter.js";

export type Entry = ReportedTest & { readonly suite: string; readonly file: string };

export class Ledger {
  readonly #entries: Entry[] = [];
  readonly #suites: { name: string; ms: number; budgetMinutes: number }[] = [];

  add(suite: string, file: string, tests: readonly ReportedTest[]): void {
    for (const test of tests) {
      this.#entries.push({ suite, file, ...test });
      if (test.status === "failed") console.log(`    FAILED ${test.name}\n${indent(test.reason ?? "")}`);
      if (test.status === "skipped") console.log(`    skipped ${test.name}: ${test.reason ?? ""}`);
      for (const note of test.notes ?? []) console.log(indent(note));
    }
  }

  endSuite(name: string, ms: number, budgetMinutes: number): void {
    this.#suites.push({ name, ms, budgetMinutes });
  }

  count(status: Entry["status"]): number {
    return this.#entries.filter((entry) => entry.status === status).length;
  }

  /** Good only when something ran and nothing failed. */
  isGood(): boolean {
    return this.count("failed") === 0 && this.count("passed") > 0;
  }

  writeReport(path: string): void {
    const lines = this.#entries.map(({ name, suite, file, status, ms, reason }) =>
      JSON.stringify({ name, suite, file, status, ms, reason: reason ?? null }),
    );
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  }

  print(): void {
    console.log("\nminutes  budget  passed  failed  skipped  suite");
    for (const { name, ms, budgetMinutes } of this.#suites) {
      const of = (status: Entry["status"]): string =>
        String(this.#entries.filter((entry) => entry.suite === name && entry.status === status).length);
      const minutes = (ms / 60_000).toFixed(1).padStart(7);
      const counts = `${of("passed").padStart(6)}  ${of("failed").padStart(6)}  ${of("skipped").padStart(7)}`;
      console.log(`${minutes}  ${String(budgetMinutes).padStart(6)}  ${counts}  ${name}`);
    }
    const failed = this.#entries.filter(({ status }) => status === "failed");
    if (failed.length > 0) console.log("\nFailed:");
    for (const { suite, file, name } of failed) console.log(`  ${suite}: ${file}: ${name}`);
    const counts = [this.count("passed"), this.count("failed"), this.count("skipped")];
    console.log(`\n${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped`);
  }
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n");
}
