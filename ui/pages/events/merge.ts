// SPDX-License-Identifier: Apache-2.0
// Two nodes' histories in one list, newest first. Each node is read in pages of its own, so one of them may
// have been read further back than the other: what lies before the nearest unread page is held back, or the
// list would have holes that nobody sees.

import type { HistoryEntry } from "../../../core/api/contract.js";

export interface NodePage {
  readonly node: string;
  readonly entries: readonly HistoryEntry[];
  /** There may be older ones. */
  readonly more: boolean;
}

export const entryKeyOf = ({ node, id }: HistoryEntry): string => `${node}/${id}`;

export function merged(pages: readonly NodePage[], tail: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const horizon = horizonOf(pages);
  const found = new Map<string, HistoryEntry>();
  for (const entry of [...tail, ...pages.flatMap(({ entries }) => entries)])
    found.set(entryKeyOf(entry), entry);
  return [...found.values()].filter(({ at }) => at >= horizon).sort(newestFirst);
}

/** The latest of the oldest entries of nodes that have more; "" when all was read. */
function horizonOf(pages: readonly NodePage[]): string {
  const oldest = new Map<string, string>();
  for (const { node, entries, more } of pages) {
    const last = entries.at(-1);
    if (more && last !== undefined) oldest.set(node, last.at);
    else oldest.delete(node);
  }
  return [...oldest.values()].sort().at(-1) ?? "";
}

function newestFirst(a: HistoryEntry, b: HistoryEntry): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.node === b.node ? b.id - a.id : a.node < b.node ? -1 : 1;
}
