// SPDX-License-Identifier: Apache-2.0
// Both nodes' history for the list: pages that a person asks for, and a tail that follows by itself, from the
// live stream where it tells of a node and by asking where it does not. A node that does not answer is named;
// the other one's part is shown.

import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { HistoryEntry } from "../../../core/api/contract.js";
import { failureOf, type ApiFailure, type Transport } from "../../api.js";
import { reading, useTransport } from "../../asking.js";
import { useHistoryTail } from "../../live/live.js";
import { askedHistory, meets, type Filter } from "./filter.js";
import { merged, type NodePage } from "./merge.js";

const pageMax = 100;
const tailMax = 500;
const tailEveryMs = 3_000;

/** Node → read on below this id; a node that is missing has been read to its end. */
type Places = Readonly<Record<string, number | null>>;

interface Page {
  readonly parts: readonly NodePage[];
  readonly silent: readonly { readonly node: string; readonly failure: ApiFailure }[];
  readonly next: Places | null;
}

export interface FoundEntries {
  readonly entries: readonly HistoryEntry[];
  readonly silent: Page["silent"];
  readonly isAsking: boolean;
  readonly hasOlder: boolean;
  readonly isAskingOlder: boolean;
  readonly older: () => void;
}

export function useHistory(nodes: readonly string[], filter: Filter, live: boolean): FoundEntries {
  const transport = useTransport();
  const wanted = filter.node === "" ? nodes : nodes.filter((node) => node === filter.node);
  const beginning: Places = Object.fromEntries(wanted.map((node) => [node, null]));
  const query = useInfiniteQuery({
    queryKey: ["events", wanted.join(), filter],
    initialPageParam: beginning,
    queryFn: ({ pageParam }) => readPage(transport, filter, pageParam),
    getNextPageParam: ({ next }) => next,
    enabled: wanted.length > 0,
    staleTime: Infinity,
  });
  const pages = query.data?.pages;
  const tail = useTail(filter, pages?.[0], live);
  const entries = useMemo(() => merged(pages?.flatMap(({ parts }) => parts) ?? [], tail), [pages, tail]);
  return {
    entries,
    silent: pages?.at(-1)?.silent ?? [],
    isAsking: query.isPending && wanted.length > 0,
    hasOlder: query.hasNextPage,
    isAskingOlder: query.isFetchingNextPage,
    older: () => void query.fetchNextPage(),
  };
}

async function readPage(transport: Transport, filter: Filter, places: Places): Promise<Page> {
  const asked = Object.entries(places).map(async ([node, before]) => {
    const place = { node, limit: pageMax, ...(before !== null && { before }) };
    const entries = await transport.ask("GET /history", askedHistory(filter, place));
    return { node, entries, more: entries.length >= pageMax };
  });
  const nodes = Object.keys(places);
  const answers = await Promise.allSettled(asked);
  const parts = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const silent = answers.flatMap((one, index) =>
    one.status === "rejected" ? [{ node: nodes[index] ?? "", failure: failureOf(one.reason) }] : [],
  );
  const [first] = silent;
  // Nobody answered at all: that is the query's failure, tried again by it. No session: the login's matter.
  const isWhole = first?.failure.isLoggedOut === true || (parts.length === 0 && first?.failure.isSilence);
  if (first !== undefined && isWhole === true) throw first.failure;
  const older = parts.flatMap(({ node, entries, more }) => {
    const last = entries.at(-1);
    return more && last !== undefined ? [[node, last.id] as const] : [];
  });
  return { parts, silent, next: older.length === 0 ? null : Object.fromEntries(older) };
}

/** What has happened since the first page was read. */
function useTail(filter: Filter, first: Page | undefined, live: boolean): readonly HistoryEntry[] {
  const transport = useTransport();
  const streamed = useHistoryTail();
  const asked = useQueries({
    queries: (live ? (first?.parts ?? []) : []).map(({ node, entries }) => {
      const wanted = askedHistory(filter, { node, after: entries[0]?.id ?? 0, limit: tailMax });
      return { ...reading(transport, "GET /history", [wanted]), refetchInterval: tailEveryMs };
    }),
    combine: (answers) => answers.flatMap(({ data }) => data ?? []),
  });
  return useMemo(
    () => (live ? [...asked, ...streamed.filter((entry) => meets(filter, entry))] : []),
    [asked, streamed, filter, live],
  );
}

const exportPageMax = 1_000;
const exportMax = 20_000;

/** All that meets the filter, as far back as it goes (bounded), for a file. */
export async function readAll(
  transport: Transport,
  nodes: readonly string[],
  filter: Filter,
): Promise<readonly HistoryEntry[]> {
  const pages: NodePage[] = [];
  for (const node of nodes.filter((one) => filter.node === "" || one === filter.node)) {
    let before: number | undefined;
    for (let count = 0; count < exportMax; count += exportPageMax) {
      const place = { node, limit: exportPageMax, ...(before !== undefined && { before }) };
      const entries = await transport.ask("GET /history", askedHistory(filter, place));
      pages.push({ node, entries, more: false });
      before = entries.at(-1)?.id;
      if (entries.length < exportPageMax) break;
    }
  }
  return merged(pages, []);
}
