// SPDX-License-Identifier: Apache-2.0
// The history as a file: JSON as the API has it, or CSV for a spreadsheet. Times are UTC in both, because a
// file outlives the zone that it was made in.

import type { HistoryEntry } from "../../../core/api/contract.js";

const columns = [
  "at",
  "node",
  "kind",
  "module",
  "rule",
  "sentence",
  "outcome",
  "by",
  "from",
  "inputs",
] as const;

export const asJson = (entries: readonly HistoryEntry[]): string => `${JSON.stringify(entries, null, 2)}\n`;

export function asCsv(entries: readonly HistoryEntry[]): string {
  const rows = entries.map((entry) =>
    [
      entry.at,
      entry.node,
      entry.kind,
      entry.module ?? "",
      entry.rule,
      entry.sentence,
      entry.outcome,
      String(entry.inputs["by"] ?? ""),
      String(entry.inputs["from"] ?? ""),
      JSON.stringify(entry.inputs),
    ].map(cell),
  );
  return [columns.join(","), ...rows.map((row) => row.join(","))].join("\r\n") + "\r\n";
}

/** Quoted where needed; what a spreadsheet would take for a formula is told to be text. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
