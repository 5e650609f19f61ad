// SPDX-License-Identifier: Apache-2.0
// One stream for the whole page. What it brings is spread at once: the status into react-query's cache (the
// same place where GET /status puts it), the figures into their store, the history's newest entries into a
// short tail. Pages only use the hooks below.
//
// Invariant: there is one EventSource per page, whatever the number of components that listen.

import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import type { CallWay, HistoryEntry, LiveEvent, ModuleStatus, Status } from "../../core/api/contract.js";
import type { Transport } from "../api.js";
import { refresh, useAnswer, useTransport } from "../asking.js";
import { FiguresStore, type HostTrend, type ModuleTrend } from "./figures.js";
import { StreamStore, type StreamHealth } from "./stream.js";

const statusWay = "GET /status" satisfies CallWay;
const tailKey = "history-tail";
const tailMax = 500;
const lookMs = 1000;

interface Live {
  readonly figures: FiguresStore;
  readonly stream: StreamStore;
}

const LiveContext = createContext<Live | undefined>(undefined);

export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const transport = useTransport();
  const client = useQueryClient();
  const [live] = useState<Live>(() => ({
    figures: new FiguresStore(),
    stream: new StreamStore(() => Date.now()),
  }));
  useEffect(() => {
    const stop = transport.events({
      opened: () => {
        // What was missed in between is asked for: history above all.
        void refresh(client, ["GET /history"]);
        void recallTrends(transport, live.figures);
      },
      event: (event) => {
        live.stream.heard();
        spread(event, client, live.figures);
      },
      lost: () => {
        live.stream.look();
      },
    });
    const timer = setInterval(() => {
      live.stream.look();
    }, lookMs);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [transport, client, live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** A convenience: without it the small charts begin empty, which they would have done anyway. */
async function recallTrends(transport: Transport, figures: FiguresStore): Promise<void> {
  figures.begin();
  const trends = await transport.ask("GET /trends").catch(() => undefined);
  if (trends !== undefined) figures.recall(trends);
}

function spread(event: LiveEvent, client: QueryClient, figures: FiguresStore): void {
  switch (event.kind) {
    case "status":
      client.setQueryData<Status>([statusWay], event.status);
      return;
    case "figures":
      figures.push(event.figures);
      return;
    case "history":
      client.setQueryData<readonly HistoryEntry[]>([tailKey], (before = []) => [
        event.entry,
        ...before.slice(0, tailMax - 1),
      ]);
      return;
    default:
      // A newer daemon may say more than this page understands.
      event satisfies never;
  }
}

function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("No LiveProvider above this component");
  return live;
}

/** The cluster as last told; undefined before the first word. Kept while the node is silent. */
export function useStatus(): Status | undefined {
  return useAnswer(statusWay, []).data;
}

export function useModule(id: string): ModuleStatus | undefined {
  return useStatus()?.modules.find((module) => module.id === id);
}

export function useStream(): StreamHealth {
  const { stream } = useLive();
  return useSyncExternalStore(stream.subscribe, stream.snapshot);
}

export function useModuleFigures(id: string): ModuleTrend | undefined {
  const { figures } = useLive();
  const subscribe = useCallback((tell: () => void) => figures.subscribe(`module/${id}`, tell), [figures, id]);
  return useSyncExternalStore(subscribe, () => figures.module(id));
}

export function useHostFigures(name: string): HostTrend | undefined {
  const { figures } = useLive();
  const subscribe = useCallback(
    (tell: () => void) => figures.subscribe(`host/${name}`, tell),
    [figures, name],
  );
  return useSyncExternalStore(subscribe, () => figures.host(name));
}

/** What the history said since the page was opened, newest first. */
export function useHistoryTail(): readonly HistoryEntry[] {
  const client = useQueryClient();
  const cache = client.getQueryCache();
  const subscribe = useCallback((tell: () => void) => cache.subscribe(tell), [cache]);
  return useSyncExternalStore(
    subscribe,
    () => client.getQueryData<readonly HistoryEntry[]>([tailKey]) ?? nothingYet,
  );
}

const nothingYet: readonly HistoryEntry[] = [];
