// SPDX-License-Identifier: Apache-2.0
// The past of the figures, in /var/lib/gemel/figures.db: a row per subject every 10 s for 24 h, and every
// 5 min for 30 d (means; of p99 the highest). A convenience: nothing is decided by it, so a file that is
// broken is set aside and a new one begun, one that cannot be written costs a line in the log and the rows,
// never the daemon.
//
// Bounded: 8,640 rows per subject in each of the two tables; with 32 modules and 2 hosts 34 × 17,280 rows of
// about 110 bytes, 65 MB. One transaction per sample. Rows lie together by subject, so that a chart reads
// pages that are its own.

import Database from "better-sqlite3";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Series, SeriesName, SeriesRange, Trend } from "../../api/contract.js";
import { seriesNames } from "../../base/vocabulary.js";
import type { MetricsRow } from "./row.js";
import { pointsOf, ranges, recentGrid, type Grid, type Point } from "./series.js";
import { fineSeconds, coarseSeconds, figuresFutureMax } from "../../base/limits/edge.js";

const format = 1;
const day = 86_400;
const fineKept = day;
const coarseKept = 30 * day;

const columns = seriesNames.join(", ");
const holders = seriesNames.map((name) => `@${name}`).join(", ");
const table = (name: string): string =>
  `CREATE TABLE IF NOT EXISTS ${name} (subject TEXT NOT NULL, at INTEGER NOT NULL, node TEXT NOT NULL,
     ${seriesNames.map((column) => `${column} REAL`).join(", ")},
     PRIMARY KEY (subject, at, node)) WITHOUT ROWID;`;
/** How rows become one: means, and of the slowest the slowest. */
const merged = (as: boolean): string =>
  seriesNames
    .map((name) => `${name === "writeP99Us" ? "max" : "avg"}(${name})${as ? ` AS ${name}` : ""}`)
    .join(", ");

export class MetricsStore {
  private database: Database.Database | undefined;
  private isClosed = false;
  /** The last complaint: each is made once. */
  private complaint = "";

  constructor(
    private readonly file: string,
    private readonly log: (sentence: string, outcome: string) => void,
  ) {
    this.open();
  }

  /** `at`: Unix seconds; the row takes the place of one of the same ten seconds. */
  write(at: number, rows: readonly MetricsRow[]): void {
    const slot = Math.floor(at / fineSeconds) * fineSeconds;
    this.attempt((database) => {
      const insert = database.prepare(
        `INSERT OR REPLACE INTO fine (subject, at, node, ${columns})
         VALUES (@subject, @at, @node, ${holders})`,
      );
      database.transaction(() => {
        for (const { subject, node, values } of rows) {
          const given = seriesNames.map((name) => [name, values[name] ?? null] as const);
          insert.run({ subject, node, at: slot, ...Object.fromEntries(given) });
        }
      })();
    });
  }

  /** Every five minutes: whole windows of fine rows become coarse ones, what is too old goes. */
  condense(now: number): void {
    this.attempt((database) => {
      const until = Math.floor(now / coarseSeconds) * coarseSeconds;
      const last = database.prepare("SELECT max(at) AS at FROM coarse WHERE subject = ? AND at < ?");
      const fold = database.prepare(
        `INSERT OR REPLACE INTO coarse (subject, at, node, ${columns})
         SELECT subject, at / ${coarseSeconds} * ${coarseSeconds} AS slot, node, ${merged(false)}
         FROM fine WHERE subject = ? AND at >= ? AND at < ? GROUP BY subject, slot, node`,
      );
      database.transaction(() => {
        for (const subject of subjects(database, "fine")) {
          const { at } = last.get(subject, until) as { readonly at: number | null };
          fold.run(subject, at === null ? 0 : at + coarseSeconds, until);
        }
        prune(database, "fine", now - fineKept, now + figuresFutureMax);
        prune(database, "coarse", now - coarseKept, now + figuresFutureMax);
      })();
    });
  }

  series(
    subject: string,
    name: string,
    range: SeriesRange,
    now: number,
    wanted: readonly SeriesName[],
  ): Series {
    const { source, ...grid } = ranges(range, now);
    const points = this.points(subject, grid, source);
    return { subject: name, range, stepSeconds: grid.step, ...pointsOf(points, grid, wanted) };
  }

  /** The last two minutes. */
  trend(subject: string, name: string, now: number, wanted: readonly SeriesName[]): Trend {
    const grid = recentGrid(now);
    const { values } = pointsOf(this.points(subject, grid, "fine"), grid, wanted);
    return { subject: name, values };
  }

  private points(subject: string, { from, step, now }: Grid, source: "fine" | "coarse"): readonly Point[] {
    const points = this.attempt((database) =>
      database
        .prepare(
          // Whole numbers by text: a bound one is a fraction to SQLite. The node is the latest row's.
          `SELECT at / ${step} * ${step} AS slot, substr(max(printf('%012d', at) || node), 13) AS node,
             ${merged(true)}
           FROM ${source} WHERE subject = @subject AND at >= @from AND at <= @now
           GROUP BY slot ORDER BY slot`,
        )
        .all({ subject, from, now }),
    );
    return (points ?? []) as readonly Point[];
  }

  /** Mean since then; null: nothing is known. */
  mean(subject: string, of: SeriesName, since: number): number | null {
    const found = this.attempt((database) =>
      database
        .prepare(`SELECT avg(${of}) AS mean FROM fine WHERE subject = ? AND at >= ?`)
        .get(subject, since),
    ) as { readonly mean: number | null } | undefined;
    return found?.mean ?? null;
  }

  /** What a node last said of itself, for when it is silent. */
  keepFacts(node: string, facts: unknown): void {
    this.attempt((database) =>
      database
        .prepare("INSERT OR REPLACE INTO facts (node, said) VALUES (?, ?)")
        .run(node, JSON.stringify(facts)),
    );
  }

  facts(node: string): unknown {
    const found = this.attempt((database) =>
      database.prepare("SELECT said FROM facts WHERE node = ?").get(node),
    ) as { readonly said: string } | undefined;
    return found === undefined ? undefined : (JSON.parse(found.said) as unknown);
  }

  close(): void {
    this.isClosed = true;
    this.letGo();
  }

  private letGo(): void {
    this.database?.close();
    this.database = undefined;
  }

  /** Why the figures cannot be kept just now. */
  get trouble(): string | undefined {
    return this.complaint === "" ? undefined : this.complaint;
  }

  private attempt<T>(work: (database: Database.Database) => T): T | undefined {
    if (this.database === undefined && !this.isClosed) this.open();
    if (this.database === undefined) return undefined;
    try {
      const result = work(this.database);
      this.complaint = "";
      return result;
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  private failed(error: unknown): void {
    const { code = "", message } = error as Error & { readonly code?: string };
    this.complain("The figures cannot be kept.", message);
    if (!/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return;
    this.letGo();
    this.setAside(message);
  }

  private open(): void {
    try {
      this.database = this.opened();
    } catch (error) {
      const { code = "", message } = error as Error & { readonly code?: string };
      const isBroken = /^SQLITE_(CORRUPT|NOTADB)/.test(code) || error instanceof NewerFormat;
      if (isBroken) this.setAside(message);
      else this.complain("The figures cannot be kept.", message);
    }
  }

  private opened(): Database.Database {
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o755 });
    const database = new Database(this.file);
    try {
      const found = database.pragma("user_version", { simple: true }) as number;
      if (found > format) throw new NewerFormat(`It has format ${found}; this Gemel reads up to ${format}.`);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = NORMAL");
      const facts = "CREATE TABLE IF NOT EXISTS facts (node TEXT PRIMARY KEY, said TEXT NOT NULL);";
      database.exec(table("fine") + table("coarse") + facts);
      database.pragma(`user_version = ${format}`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** One is kept for whoever wants to look at it; the one before it goes. */
  private setAside(why: string): void {
    const aside = `${this.file}.set-aside`;
    try {
      renameSync(this.file, aside);
      for (const suffix of ["-wal", "-shm"]) rmSync(this.file + suffix, { force: true });
      this.database = this.opened();
      this.log("The figures of the past cannot be read; new ones are begun.", `${why} Kept as ${aside}.`);
    } catch (error) {
      this.complain("The figures cannot be kept.", (error as Error).message);
    }
  }

  private complain(sentence: string, outcome: string): void {
    if (this.complaint !== outcome) this.log(sentence, outcome);
    this.complaint = outcome;
  }
}

/** Stepping from one to the next in the key; DISTINCT would walk through every row. */
function subjects(database: Database.Database, name: string): readonly string[] {
  const rows = database
    .prepare(
      `WITH RECURSIVE found(subject) AS (SELECT min(subject) FROM ${name} UNION ALL
         SELECT (SELECT min(subject) FROM ${name} WHERE subject > found.subject) FROM found
         WHERE found.subject IS NOT NULL)
       SELECT subject FROM found WHERE subject IS NOT NULL`,
    )
    .all();
  return (rows as { readonly subject: string }[]).map(({ subject }) => subject);
}

/** By subject: ranges of the key, not a walk through the table. */
function prune(database: Database.Database, name: string, oldest: number, newest: number): void {
  const before = database.prepare(`DELETE FROM ${name} WHERE subject = ? AND at < ?`);
  const later = database.prepare(`DELETE FROM ${name} WHERE subject = ? AND at > ?`);
  for (const subject of subjects(database, name)) {
    before.run(subject, oldest);
    later.run(subject, newest);
  }
}

/** R30: written by a newer Gemel; left as it is, under another name. */
class NewerFormat extends Error {}
