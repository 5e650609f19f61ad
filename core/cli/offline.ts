// SPDX-License-Identifier: Apache-2.0
// While the daemon is silent: what it left in its state directory, read-only, and said so first. Nothing here
// opens a path below a mount (R33) or changes a byte; the caller still exits with 4.

import Database from "better-sqlite3";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HistoryEntry, HistoryQuery, Status } from "../api/contract.js";

const stateFolder = (): string => process.env["GEMEL_STATE"] ?? "/var/lib/gemel";

/** The last status that the daemon wrote down: one line of header, then JSON. */
export function lastStatus(): Status | undefined {
  try {
    const text = readFileSync(join(stateFolder(), "status.json"), "utf8");
    return JSON.parse(text.slice(text.indexOf("\n") + 1)) as Status;
  } catch {
    return undefined;
  }
}

export function lastHistory(query: Pick<HistoryQuery, "module" | "kind" | "limit">): readonly HistoryEntry[] {
  const file = join(stateFolder(), "history.db");
  if (!existsSync(file)) return [];
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true });
    const rows = database
      .prepare(
        `SELECT id, at, node, kind, module, rule, sentence, inputs, outcome FROM entries
         WHERE (@module IS NULL OR module = @module) AND (@kind IS NULL OR kind = @kind)
         ORDER BY id DESC LIMIT @limit`,
      )
      .all({ module: query.module ?? null, kind: query.kind ?? null, limit: query.limit });
    database.close();
    return (rows as (HistoryEntry & { readonly inputs: string })[]).map((row) => ({
      ...row,
      inputs: JSON.parse(row.inputs) as HistoryEntry["inputs"],
    }));
  } catch {
    return [];
  }
}

export function sayOffline(why: string): void {
  process.stderr.write(
    `The daemon is silent (${why}). What follows is what it last wrote down, not what is.\n`,
  );
}
