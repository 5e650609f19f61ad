// SPDX-License-Identifier: Apache-2.0
// What happened and why, in /var/lib/gemel/history.db (SQLite): decisions with their evidence (P9), audit,
// log. Entries are gathered and written in one transaction a few times a second: a slow disk under the
// history never holds up a decision. Bounded: the oldest entries go. Losing the last moments in a power cut
// is acceptable here; what must survive is in node.json.

import Database from "better-sqlite3";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { historyRowsMax, historyWriteAfterMs, historyWaitingMax } from "../../base/limits/edge.js";

export interface HistoryRow {
  readonly id: number;
  readonly at: string;
  readonly node: string;
  readonly kind: "decision" | "audit" | "log";
  readonly module: string | null;
  readonly rule: string;
  readonly sentence: string;
  readonly inputs: Readonly<Record<string, string | number | boolean>>;
  readonly outcome: string;
}

export type NewEntry = Omit<HistoryRow, "id">;

const format = 1;

export interface HistoryFilter {
  readonly module?: string;
  readonly kind?: string;
  readonly search?: string;
  /** ISO 8601 in UTC, as they are stored: compared as text. */
  readonly from?: string;
  readonly to?: string;
  readonly after?: number;
  readonly before?: number;
  readonly limit: number;
}

type Condition = Exclude<keyof HistoryFilter, "limit">;

const conditions: Readonly<Record<Condition, string>> = {
  module: "module = @module",
  kind: "kind = @kind",
  search:
    "(sentence || ' ' || outcome || ' ' || rule || ' ' || coalesce(module, '') || ' ' || inputs)" +
    " LIKE @search ESCAPE '\\'",
  from: "at >= @from",
  to: "at <= @to",
  after: "id > @after",
  before: "id < @before",
};

type StoredRow = Omit<HistoryRow, "inputs"> & { readonly inputs: string };

export class History {
  private readonly database: Database.Database;
  private waiting: HistoryRow[] = [];
  private timer: NodeJS.Timeout | undefined;
  private nextId: number;
  private dropped = 0;
  private unwritten: string | undefined;

  constructor(
    file: string,
    private readonly listener: (row: HistoryRow) => void,
  ) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    this.database = new Database(file);
    this.database.pragma("journal_mode = WAL");
    this.database.pragma("synchronous = NORMAL");
    this.prepareFormat(file);
    const last = this.database.prepare("SELECT max(id) AS id FROM entries").get() as {
      readonly id: number | null;
    };
    this.nextId = (last.id ?? 0) + 1;
  }

  add(entry: NewEntry): void {
    const row = { id: this.nextId++, ...entry };
    this.waiting.push(row);
    if (this.waiting.length > historyWaitingMax) {
      this.waiting.shift();
      this.dropped++;
    }
    this.timer ??= setTimeout(() => this.write(), historyWriteAfterMs);
    this.listener(row);
  }

  /** Newest first. Only the conditions that are asked for are in the question, so that an index serves it. */
  read(query: HistoryFilter): HistoryRow[] {
    this.write();
    const { limit, search } = query;
    const asked = (Object.keys(conditions) as Condition[]).filter((one) => query[one] !== undefined);
    const where = ["1", ...asked.map((one) => conditions[one])].join(" AND ");
    const text = search === undefined ? {} : { search: `%${search.replace(/[%_\\]/g, "\\$&")}%` };
    const values = Object.fromEntries(asked.map((one) => [one, query[one]]));
    const rows = this.database
      .prepare(
        `SELECT id, at, node, kind, module, rule, sentence, inputs, outcome FROM entries
         WHERE ${where} ORDER BY id DESC LIMIT @limit`,
      )
      .all({ ...values, ...text, limit }) as StoredRow[];
    return rows.map((row) => ({ ...row, inputs: JSON.parse(row.inputs) as HistoryRow["inputs"] }));
  }

  /** Why entries wait unwritten. */
  get trouble(): string | undefined {
    return this.unwritten;
  }

  close(): void {
    this.write();
    this.database.close();
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const rows = this.waiting;
    if (rows.length === 0) return;
    try {
      const insert = this.database.prepare(
        `INSERT INTO entries (id, at, node, kind, module, rule, sentence, inputs, outcome)
         VALUES (@id, @at, @node, @kind, @module, @rule, @sentence, @inputs, @outcome)`,
      );
      this.database.transaction(() => {
        for (const row of rows) insert.run({ ...row, inputs: JSON.stringify(row.inputs) });
        this.database.prepare("DELETE FROM entries WHERE id <= ?").run(this.nextId - 1 - historyRowsMax);
      })();
      this.waiting = [];
      this.unwritten = undefined;
    } catch (error) {
      this.unwritten = (error as Error).message;
      // A full disk must not stop the node: the entries wait, bounded.
      process.stderr.write(
        `history: ${(error as Error).message}; ${rows.length} wait, ${this.dropped} dropped\n`,
      );
      this.timer = setTimeout(() => this.write(), 5_000);
    }
  }

  /** R30: a newer file is refused and untouched. */
  private prepareFormat(file: string): void {
    const found = this.database.pragma("user_version", { simple: true }) as number;
    if (found > format) throw new Error(`${file} has format ${found}; this Gemel reads up to ${format}`);
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS entries (
         id INTEGER PRIMARY KEY, at TEXT NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL, module TEXT,
         rule TEXT NOT NULL, sentence TEXT NOT NULL, inputs TEXT NOT NULL, outcome TEXT NOT NULL);
       CREATE INDEX IF NOT EXISTS entries_of_module ON entries (module, id);
       CREATE INDEX IF NOT EXISTS entries_of_kind ON entries (kind, id);`,
    );
    this.database.pragma(`user_version = ${format}`);
  }
}
