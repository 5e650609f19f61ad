// SPDX-License-Identifier: Apache-2.0
// What happened and why: the mock's history, filtered and paged like the daemon's.

import type { HistoryEntry } from "../../../core/api/contract.js";
import { refuse } from "../world/refusal.js";
import type { World } from "../world/world.js";

export interface HistoryQuery {
  readonly node?: string;
  readonly module?: string;
  readonly kind?: string;
  readonly search?: string;
  readonly from?: string;
  readonly to?: string;
  readonly before?: string;
  readonly after?: string;
  readonly limit?: string;
}

const kinds: readonly string[] = ["decision", "audit", "log"];
const limitMax = 1_000;

/** Newest first. */
export function readHistory(world: World, self: string, query: HistoryQuery): readonly HistoryEntry[] {
  const host = world.host(query.node ?? self);
  if (!world.cluster.host(host.name).isDaemonUp) throw refuse("GEMEL-1009", host.name);
  if (query.kind !== undefined && !kinds.includes(query.kind)) {
    throw refuse("GEMEL-4008", "kind", `It is one of ${kinds.join(", ")}.`);
  }
  const limit = whole(query.limit, "limit") ?? 100;
  if (limit < 1 || limit > limitMax) throw refuse("GEMEL-4008", "limit", `It is 1 to ${limitMax}.`);
  const meets = filterOf(query);
  return world.historyOf(host.name).filter(meets).reverse().slice(0, limit);
}

function filterOf(query: HistoryQuery): (entry: HistoryEntry) => boolean {
  const [before, after] = [whole(query.before, "before"), whole(query.after, "after")];
  const [from, to] = [moment(query.from, "from"), moment(query.to, "to")];
  const wanted = query.search?.toLowerCase();
  return (entry) =>
    (query.module === undefined || entry.module === query.module) &&
    (query.kind === undefined || entry.kind === query.kind) &&
    (before === undefined || entry.id < before) &&
    (after === undefined || entry.id > after) &&
    (from === undefined || Date.parse(entry.at) >= from) &&
    (to === undefined || Date.parse(entry.at) <= to) &&
    (wanted === undefined || textOf(entry).includes(wanted));
}

function textOf({ sentence, outcome, rule, module, inputs }: HistoryEntry): string {
  const evidence = Object.entries(inputs).map(([name, value]) => `${name}=${String(value)}`);
  return [sentence, outcome, rule, module ?? "", ...evidence].join(" ").toLowerCase();
}

function whole(text: string | undefined, where: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw refuse("GEMEL-4008", where, "It must be a whole number.");
  return Number(text);
}

function moment(text: string | undefined, where: string): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw refuse("GEMEL-4008", where, "It must be a time as in 2026-11-21T03:12:00Z.");
  return at;
}
