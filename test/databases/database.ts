// SPDX-License-Identifier: Apache-2.0
// A real database in a module's folder: how it is made, started and written to, and what its own tools say
// of it.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const writer = resolve(import.meta.dirname, "../../../test/databases/writer.py");

export interface Database {
  readonly name: string;
  /** Why it cannot be tried on this machine. */
  missing(): string | undefined;
  /** Made and running, in this folder. */
  start(folder: string): Promise<void>;
  /** Running again, after check(). */
  resume(folder: string): Promise<void>;
  /** Commits number after number. */
  write(folder: string): Writing;
  /** Started again after a loss; its own check; the highest number that it has, if none below is missing. */
  check(folder: string): Promise<number>;
  /** Every process of it is killed. */
  kill(): Promise<void>;
}

/** A writer, and the last number of which it was told that it is committed. */
export class Writing {
  acknowledged = 0;
  readonly #child: ChildProcess;
  constructor(argv: readonly string[]) {
    this.#child = spawn("python3", [writer, ...argv], { stdio: ["ignore", "pipe", "ignore"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const numbers = text.trim().split("\n").map(Number);
      this.acknowledged = Math.max(this.acknowledged, ...numbers.filter((number) => number > 0));
    });
  }
  /** So many more, or a writer that has ended. */
  async goesOn(count: number, limitMs: number): Promise<void> {
    const wanted = this.acknowledged + count;
    const end = performance.now() + limitMs;
    while (this.acknowledged < wanted && this.#child.exitCode === null) {
      if (performance.now() > end) throw new Error(`${this.acknowledged} committed, wanted ${wanted}`);
      await pause(20);
    }
  }
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((settle) => this.#child.once("exit", settle));
    this.#child.kill("SIGKILL");
    await gone;
  }
}

export function ran(argv: readonly string[]): { status: number | string; text: string } {
  const [program = "", ...rest] = argv;
  const done = spawnSync(program, rest, { encoding: "utf8", timeout: 120_000, maxBuffer: 1 << 26 });
  return { status: done.status ?? done.signal ?? "not started", text: `${done.stdout}${done.stderr}` };
}

export function said(argv: readonly string[]): string {
  const { status, text } = ran(argv);
  if (status === 0) return text;
  throw new Error(`${argv.join(" ")}: ${String(status)}: ${text}`);
}

/** `count` and `highest` as the database tells them: nothing is missing in between. */
export function unbroken(count: number, highest: number): number {
  if (count !== highest) throw new Error(`${count} rows, and the highest number is ${highest}`);
  return highest;
}

export function sqlite(mode: "wal" | "delete"): Database {
  const pathIn = (folder: string): string => join(folder, "base.sqlite");
  return {
    name: `sqlite-${mode}`,
    missing: () => (existsSync("/usr/bin/sqlite3") ? undefined : "there is no /usr/bin/sqlite3"),
    start: () => Promise.resolve(),
    resume: () => Promise.resolve(),
    write: (folder) => new Writing(["sqlite", pathIn(folder), mode]),
    check: (folder) => {
      const query = "PRAGMA integrity_check; SELECT count(*), coalesce(max(number), 0) FROM kept;";
      const [verdict, rows = ""] = said(["sqlite3", pathIn(folder), query])
        .trim()
        .split("\n");
      if (verdict !== "ok") throw new Error(`integrity_check says ${String(verdict)}`);
      const [count, highest] = rows.split("|").map(Number);
      return Promise.resolve(unbroken(count ?? -1, highest ?? -2));
    },
    kill: () => Promise.resolve(),
  };
}
