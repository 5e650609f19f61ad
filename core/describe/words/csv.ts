// SPDX-License-Identifier: Apache-2.0
// The history as a spreadsheet reads it: the same file from the CLI and from the console (RFC 4180). Times
// are UTC, because a file outlives the zone that it was made in.

import type { HistoryEntry } from "../../api/contract.js";

type Cell = (entry: HistoryEntry) => string;

const columns: Readonly<Record<string, Cell>> = {
  at: ({ at }) => at,
  node: ({ node }) => node,
  kind: ({ kind }) => kind,
  module: ({ module }) => module ?? "",
  rule: ({ rule }) => rule,
  sentence: ({ sentence }) => sentence,
  outcome: ({ outcome }) => outcome,
  by: ({ inputs }) => String(inputs["by"] ?? ""),
  from: ({ inputs }) => String(inputs["from"] ?? ""),
  inputs: ({ inputs }) => JSON.stringify(inputs),
};

/** The first line, which names the columns. */
export const csvHead: string = lineOf(Object.keys(columns));

/** A line for each entry, in the order given. */
export const csvOf = (entries: readonly HistoryEntry[]): string =>
  entries.map((entry) => lineOf(Object.values(columns).map((cellOf) => quoted(cellOf(entry))))).join("");

function lineOf(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}

/** Quoted where needed; what a spreadsheet would take for a formula is told to be text. */
function quoted(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
