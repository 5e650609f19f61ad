// SPDX-License-Identifier: Apache-2.0
// How pages ask: the transport out of a context, answers kept by react-query under their way. A page never
// calls fetch and never invents a cache key.

import {
  QueryCache,
  QueryClient,
  skipToken,
  useMutation,
  useQuery,
  useQueryClient,
  type QueryKey,
  type SkipToken,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Answer, Asking, CallWay } from "../core/api/calls/ask.js";
import { ApiFailure, failureOf, type Transport } from "./api.js";

const TransportContext = createContext<Transport | undefined>(undefined);
export const TransportProvider = TransportContext.Provider;

export function useTransport(): Transport {
  const transport = useContext(TransportContext);
  if (transport === undefined) throw new Error("No transport above this component");
  return transport;
}

/** An answer that says "logged out" is about the session, whoever asked. */
export function queryClient(loggedOut: () => void): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (thrown) => {
        if (failureOf(thrown).isLoggedOut) loggedOut();
      },
    }),
    defaultOptions: {
      queries: {
        retry: (count, thrown) => thrown instanceof ApiFailure && thrown.isSilence && count < 2,
        refetchOnWindowFocus: false,
        // A browser without internet is no browser without a cluster.
        networkMode: "always",
        staleTime: 5000,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
  return client;
}

type ReadingWay = Extract<CallWay, `GET ${string}`>;

/** What an answer is kept under, and how it is asked for; null: not now. */
export const reading = <W extends ReadingWay>(
  transport: Transport,
  way: W,
  asking: Asking<W> | null,
): { readonly queryKey: QueryKey; readonly queryFn: (() => Promise<Answer<W>>) | SkipToken } =>
  asking === null
    ? { queryKey: [way, null], queryFn: skipToken }
    : { queryKey: [way, ...asking], queryFn: () => asked(transport.ask(way, ...asking)) };

/** The answer of a GET. `everyMs`: asked again and again while the page is open. */
export function useAnswer<W extends ReadingWay>(
  way: W,
  asking: Asking<W> | null,
  options: { readonly everyMs?: number } = {},
): UseQueryResult<Answer<W>, ApiFailure> {
  const transport = useTransport();
  return useQuery<Answer<W>, ApiFailure>({
    ...reading(transport, way, asking),
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
  });
}

/** Changes something; afterwards the answers to the ways of `stale` are asked anew. */
export function useChange<W extends CallWay>(
  way: W,
  stale: readonly CallWay[] = [],
): UseMutationResult<Answer<W>, ApiFailure, Asking<W>> {
  const transport = useTransport();
  const client = useQueryClient();
  return useMutation<Answer<W>, ApiFailure, Asking<W>>({
    mutationFn: (asking) => asked(transport.ask(way, ...asking)),
    onSuccess: () => refresh(client, stale),
    onError: (failure) => {
      // The session's own query finds out and leads to the login.
      if (failure.isLoggedOut) void refresh(client, ["GET /session"]);
    },
  });
}

export async function refresh(client: QueryClient, ways: readonly CallWay[]): Promise<void> {
  await Promise.all(ways.map((way) => client.invalidateQueries({ queryKey: [way] })));
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw failureOf(thrown);
  }
}
