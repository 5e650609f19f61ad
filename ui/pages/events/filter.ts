// SPDX-License-Identifier: Apache-2.0
// What of the history is wanted: read from the page's address, so that a filtered list can be bookmarked and
// sent to a colleague, and turned into the API's query. The same judgement for entries that arrive by the
// live stream, which nobody has filtered.

import type { HistoryEntry, HistoryQuery } from "../../../core/api/contract.js";

export type View = "all" | "audit";
export type Kind = HistoryEntry["kind"];

export interface Filter {
  /** audit: who did what from where. */
  readonly view: View;
  readonly kind: Kind | "";
  readonly node: string;
  readonly module: string;
  readonly search: string;
  /** As the browser's own field has them: local time, "2026-11-21T03:12"; "" for no bound. */
  readonly from: string;
  readonly to: string;
}

export const noFilter: Filter = {
  view: "all",
  kind: "",
  node: "",
  module: "",
  search: "",
  from: "",
  to: "",
};

const kinds: readonly string[] = ["decision", "audit", "log"] satisfies readonly Kind[];
export const isKind = (text: string): text is Kind => kinds.includes(text);

export function filterFrom(address: URLSearchParams): Filter {
  const word = (name: string): string => address.get(name) ?? "";
  const kind = word("kind");
  return {
    view: word("view") === "audit" ? "audit" : "all",
    kind: isKind(kind) ? kind : "",
    node: word("node"),
    module: word("module"),
    search: word("search"),
    from: word("from"),
    to: word("to"),
  };
}

export function addressOf(filter: Filter): URLSearchParams {
  const wanted = Object.entries(filter).filter(
    ([name, value]) => value !== "" && !(name === "view" && value === "all"),
  );
  return new URLSearchParams(Object.fromEntries(wanted));
}

export const isFiltered = (filter: Filter): boolean => addressOf({ ...filter, view: "all" }).size > 0;

const kindOf = ({ view, kind }: Filter): Kind | "" => (view === "audit" ? "audit" : kind);

/** undefined: no bound, or a half-typed one. */
function instantOf(local: string): string | undefined {
  const at = new Date(local);
  return local === "" || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** Of which node, and which part. */
export type Place = Pick<HistoryQuery, "before" | "after" | "limit"> & { readonly node: string };

/** What the API is asked of one node's part of it. */
export function askedHistory(filter: Filter, place: Place): HistoryQuery {
  const [from, to] = [instantOf(filter.from), instantOf(filter.to)];
  const [kind, search] = [kindOf(filter), filter.search.trim()];
  return {
    ...place,
    ...(kind !== "" && { kind }),
    ...(filter.module !== "" && { module: filter.module }),
    ...(search !== "" && { search }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

export function meets(filter: Filter, entry: HistoryEntry): boolean {
  const [from, to] = [instantOf(filter.from), instantOf(filter.to)];
  const kind = kindOf(filter);
  const wanted = filter.search.trim().toLowerCase();
  return (
    (kind === "" || entry.kind === kind) &&
    (filter.node === "" || entry.node === filter.node) &&
    (filter.module === "" || entry.module === filter.module) &&
    (from === undefined || entry.at >= from) &&
    (to === undefined || entry.at <= to) &&
    (wanted === "" || textOf(entry).includes(wanted))
  );
}

function textOf({ sentence, outcome, rule, module, inputs }: HistoryEntry): string {
  const evidence = Object.entries(inputs).map(([name, value]) => `${name}=${String(value)}`);
  return [sentence, outcome, rule, module ?? "", ...evidence].join(" ").toLowerCase();
}
