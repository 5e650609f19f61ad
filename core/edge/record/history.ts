// SPDX-License-Identifier: Apache-2.0
// What happened and why, in /var/lib/gemel/history.db (SQLite): decisions with their evidence (P9), audit,
// log. Entries are gathered and written in one transaction a few times a second: a slow disk under the
// history never holds up a decision. Bounded: the oldest entries go. Losing the last moments in a power cut
// is acceptable here; what must survive is in node.json.

import Database from "better-sqlite3";
import {
  historyRowsMax,
  historyWaitingMax,
  historyWriteAfterMs,
  historyWriteAgainMs,
} from "../../base/limits/edge.js";
import type { HistoryEntry, HistoryQuery } from "../../api/contract.js";
import { KeptDatabase, type DatabaseKind } from "./database.js";

export type NewEntry = Omit<HistoryEntry, "id">;

/** Times are ISO 8601 in UTC, as they are stored: compared as text. */
export type HistoryFilter = Omit<HistoryQuery, "node">;

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

type StoredRow = Omit<HistoryEntry, "inputs"> & { readonly inputs: string };

const schema = `CREATE TABLE IF NOT EXISTS entries (
     id INTEGER PRIMARY KEY, at TEXT NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL, module TEXT,
     rule TEXT NOT NULL, sentence TEXT NOT NULL, inputs TEXT NOT NULL, outcome TEXT NOT NULL);
   CREATE INDEX IF NOT EXISTS entries_of_module ON entries (module, id);
   CREATE INDEX IF NOT EXISTS entries_of_kind ON entries (kind, id);`;

export class History {
  private readonly kept: KeptDatabase;
  private waiting: HistoryEntry[] = [];
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;
  private dropped = 0;

  constructor(
    file: string,
    private readonly listener: (row: HistoryEntry) => void,
    said: DatabaseKind["said"] = () => undefined,
  ) {
    this.kept = new KeptDatabase({ file, name: "history", format: 1, schema, said });
    this.nextId = (this.kept.read(lastId) ?? 0) + 1;
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

  /** Newest first; what waits to be written is part of it. */
  read(query: HistoryFilter): HistoryEntry[] {
    this.write();
    const rows = this.kept.read((database) => select(database, query)) ?? [];
    if (this.waiting.length === 0) return rows;
    const memory = new Database(":memory:").exec(schema);
    insert(memory, this.waiting);
    return [...select(memory, query), ...rows].slice(0, query.limit);
  }

  /** Why entries wait unwritten. */
  get trouble(): string | undefined {
    return this.waiting.length === 0 ? undefined : this.kept.trouble;
  }

  close(): void {
    this.write();
    clearTimeout(this.timer);
    this.kept.close();
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const rows = this.waiting;
    if (rows.length === 0) return;
    const written = this.kept.write((database) =>
      database.transaction(() => {
        const shift = Math.max(0, lastId(database) + 1 - (rows[0]?.id ?? 0));
        insert(database, shift === 0 ? rows : rows.map((row) => ({ ...row, id: row.id + shift })));
        const next = this.nextId + shift;
        database.prepare("DELETE FROM entries WHERE id <= ?").run(next - 1 - historyRowsMax);
        return next;
      })(),
    );
    if (written === undefined) {
      // The entries wait, bounded; a full disk must not stop the node.
      this.timer = setTimeout(() => this.write(), historyWriteAgainMs);
      return;
    }
    this.nextId = written;
    this.waiting = [];
  }
}

const lastId = (database: Database.Database): number =>
  (database.prepare("SELECT coalesce(max(id), 0) AS id FROM entries").get() as { readonly id: number }).id;

function insert(database: Database.Database, rows: readonly HistoryEntry[]): void {
  const one = database.prepare(
    `INSERT INTO entries (id, at, node, kind, module, rule, sentence, inputs, outcome)
     VALUES (@id, @at, @node, @kind, @module, @rule, @sentence, @inputs, @outcome)`,
  );
  for (const row of rows) one.run({ ...row, inputs: JSON.stringify(row.inputs) });
}

/** Only the conditions that are asked for are in the question, so that an index serves it. */
function select(database: Database.Database, query: HistoryFilter): HistoryEntry[] {
  const { limit, search } = query;
  const asked = (Object.keys(conditions) as Condition[]).filter((one) => query[one] !== undefined);
  const where = ["1", ...asked.map((one) => conditions[one])].join(" AND ");
  const text = search === undefined ? {} : { search: `%${search.replace(/[%_\\]/g, "\\$&")}%` };
  const values = Object.fromEntries(asked.map((one) => [one, query[one]]));
  const rows = database
    .prepare(
      `SELECT id, at, node, kind, module, rule, sentence, inputs, outcome FROM entries
       WHERE ${where} ORDER BY id DESC LIMIT @limit`,
    )
    .all({ ...values, ...text, limit }) as StoredRow[];
  return rows.map((row) => ({ ...row, inputs: JSON.parse(row.inputs) as HistoryEntry["inputs"] }));
}
