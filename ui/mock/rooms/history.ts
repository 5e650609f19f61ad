// SPDX-License-Identifier: Apache-2.0
// What happened and why, as the mock keeps it: filtered like the daemon's, which has a database for it.

import type { HistoryEntry } from "../../../core/api/contract.js";
import type { HistoryFilter } from "../../../core/edge/record/history.js";
import type { World } from "../world/world.js";

/** Newest first. */
export function readHistory(world: World, node: string, filter: HistoryFilter): HistoryEntry[] {
  const { module, kind, search, from, to, after, before, limit } = filter;
  const wanted = search?.toLowerCase();
  const meets = (row: HistoryEntry): boolean =>
    (module === undefined || row.module === module) &&
    (kind === undefined || row.kind === kind) &&
    (before === undefined || row.id < before) &&
    (after === undefined || row.id > after) &&
    (from === undefined || row.at >= from) &&
    (to === undefined || row.at <= to) &&
    (wanted === undefined || textOf(row).includes(wanted));
  return world.historyOf(node).filter(meets).reverse().slice(0, limit);
}

function textOf({ sentence, outcome, rule, module, inputs }: HistoryEntry): string {
  return [sentence, outcome, rule, module ?? "", JSON.stringify(inputs)].join(" ").toLowerCase();
}
