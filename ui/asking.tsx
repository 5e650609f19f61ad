// SPDX-License-Identifier: Apache-2.0
// How pages ask: the transport out of a context, answers kept by react-query under their path. A page never
// calls fetch and never invents a cache key.

import {
  QueryCache,
  QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { ApiFailure, failureOf, type Method, type Transport } from "./api.js";

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

/** The answer of a GET. `everyMs`: asked again and again while the page is open; `path` null: not now. */
export function useAnswer<T>(
  path: string | null,
  options: { readonly everyMs?: number } = {},
): UseQueryResult<T, ApiFailure> {
  const transport = useTransport();
  return useQuery<T, ApiFailure>({
    queryKey: [path],
    queryFn: () => asked(transport.request<T>("GET", path ?? "")),
    enabled: path !== null,
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
  });
}

export interface Change {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
}

/** A request that changes something; afterwards the answers below `stale` are asked anew. */
export function useChange<T>(stale: readonly string[] = []): UseMutationResult<T, ApiFailure, Change> {
  const transport = useTransport();
  const client = useQueryClient();
  return useMutation<T, ApiFailure, Change>({
    mutationFn: ({ method, path, body }) => asked(transport.request<T>(method, path, body)),
    onSuccess: () => refresh(client, stale),
    onError: (failure) => {
      // The session's own query finds out and leads to the login.
      if (failure.isLoggedOut) void client.invalidateQueries({ queryKey: ["/session"] });
    },
  });
}

async function refresh(client: QueryClient, paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map((path) =>
      client.invalidateQueries({
        predicate: ({ queryKey: [key] }) => typeof key === "string" && key.startsWith(path),
      }),
    ),
  );
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw failureOf(thrown);
  }
}
