// SPDX-License-Identifier: Apache-2.0
// The past of the figures, in /var/lib/gemel/figures.db: a row per subject every 10 s for 24 h, and every
// 5 min for 30 d (means; of p99 the highest).
//
// Bounded: 8,640 rows per subject in each of the two tables; with 32 modules and 2 hosts 34 × 17,280 rows of
// about 110 bytes, 65 MB. One transaction per sample. Rows lie together by subject, so that a chart reads
// pages that are its own.

import type Database from "better-sqlite3";
import type { Series, SeriesName, SeriesRange, Trend } from "../../api/contract.js";
import { seriesNames } from "../../base/vocabulary.js";
import { KeptDatabase, type DatabaseKind } from "../record/database.js";
import type { MetricsRow } from "./row.js";
import { pointsOf, ranges, recentGrid, type Grid, type Point } from "./series.js";
import { fineSeconds, coarseSeconds, figuresFutureMax } from "../../base/limits/edge.js";

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
  private readonly kept: KeptDatabase;

  constructor(file: string, said: DatabaseKind["said"]) {
    const facts = "CREATE TABLE IF NOT EXISTS facts (node TEXT PRIMARY KEY, said TEXT NOT NULL);";
    const schema = table("fine") + table("coarse") + facts;
    this.kept = new KeptDatabase({ file, name: "figures", format: 1, schema, said });
  }

  /** `at`: Unix seconds; the row takes the place of one of the same ten seconds. */
  write(at: number, rows: readonly MetricsRow[]): void {
    const slot = Math.floor(at / fineSeconds) * fineSeconds;
    this.kept.write((database) => {
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
    this.kept.write((database) => {
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
    const points = this.kept.read((database) =>
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
    const found = this.kept.read((database) =>
      database
        .prepare(`SELECT avg(${of}) AS mean FROM fine WHERE subject = ? AND at >= ?`)
        .get(subject, since),
    ) as { readonly mean: number | null } | undefined;
    return found?.mean ?? null;
  }

  /** What a node last said of itself, for when it is silent. */
  keepFacts(node: string, facts: unknown): void {
    this.kept.write((database) =>
      database
        .prepare("INSERT OR REPLACE INTO facts (node, said) VALUES (?, ?)")
        .run(node, JSON.stringify(facts)),
    );
  }

  facts(node: string): unknown {
    const found = this.kept.read((database) =>
      database.prepare("SELECT said FROM facts WHERE node = ?").get(node),
    ) as { readonly said: string } | undefined;
    return found === undefined ? undefined : (JSON.parse(found.said) as unknown);
  }

  close(): void {
    this.kept.close();
  }

  /** Why the figures cannot be kept just now. */
  get trouble(): string | undefined {
    return this.kept.trouble;
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
