// SPDX-License-Identifier: Apache-2.0
// All calls of the API, by their way.

import { apiRoot } from "../contract.js";
import type { CallWay } from "./ask.js";
import { accessRows } from "./access.js";
import { clusterRows } from "./cluster.js";
import { oneLine, type AskedFields, type Deed } from "./deed.js";
import { loadRows } from "./load.js";
import { moduleRows } from "./modules.js";
import { protectRows } from "./protect.js";
import type { CallRow } from "./row.js";
import { historyRows, statusRows } from "./status.js";

export const calls = {
  ...statusRows,
  ...historyRows,
  ...moduleRows,
  ...protectRows,
  ...clusterRows,
  ...loadRows,
  ...accessRows,
} as const satisfies Readonly<Record<CallWay, CallRow>>;

export const rowOf = (way: CallWay): CallRow => calls[way];

/** Those that are about HTTP itself. */
export type HttpWay = {
  [W in CallWay]: (typeof calls)[W] extends { readonly http: true } ? W : never;
}[CallWay];

export const ways = Object.keys(calls) as readonly CallWay[];

/** A form posts it and a load balancer asks it: their addresses are short. */
const outsideRoot: readonly string[] = ["/handover", "/ready/:module"] satisfies readonly PathOf<CallWay>[];
type PathOf<W> = W extends `${string} ${infer Path}` ? Path : never;

/** "GET /status" → "GET /api/v1/status", as it is registered and as the audit knows it. */
export function routeOf(way: CallWay): {
  readonly method: string;
  readonly url: string;
  readonly route: string;
} {
  const [method = "", path = ""] = way.split(" ");
  const url = outsideRoot.includes(path) ? path : apiRoot + path;
  return { method, url, route: `${method} ${url}` };
}

/** Route → its words; of what changes something. */
export const deeds: Readonly<Record<string, Deed>> = Object.fromEntries(
  ways.flatMap((way) => {
    const { deed } = rowOf(way);
    return deed === undefined ? [] : [[routeOf(way).route, deed] as const];
  }),
);

/** What to record of a request; null: nothing. A route that nobody knows is told as it came. */
export function deedOf(route: string, asked: AskedFields): string | null {
  const deed = deeds[route];
  return deed === undefined ? oneLine(route) : deed(asked);
}
