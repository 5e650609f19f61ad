// SPDX-License-Identifier: Apache-2.0
// When the node that served the page dies, the page says so and goes to the other node by itself, logged in
// still. For that it keeps a one-time ticket in memory (never stored, never in a URL), fetched anew before it
// expires, and posts it as a form.
//
// Invariant: nothing is posted to a node that has not just answered.

import { Button } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef, useState, type ReactNode, type RefObject } from "react";
import type { HandOver } from "../../core/api/contract.js";
import { failureOf, type Transport } from "../api.js";
import { useTransport } from "../asking.js";
import { remember } from "../live/last-known.js";
import { useStatus, useStream } from "../live/live.js";
// Not lazy: the node that would serve this part is the one that has died.
import NobodyAnswers from "../pages/nobody/NobodyAnswers.js";
import { sessionWay, useSession } from "../session.js";
import { goWith, whoAnswers } from "./nodes.js";
import { heard, type Silence, type SilenceEvent } from "./silence.js";

/** Tickets live ten minutes: one in hand is good for at least half of that. */
const ticketEveryMs = 300_000;
const askEveryMs = 1500;
const askMsMax = 3000;

export function HandOverGuard({ children }: { readonly children: ReactNode }): ReactNode {
  const { node } = useSession();
  const status = useStatus();
  const stream = useStream();
  const ticket = useTicket();
  const [silence, tell] = useReducer(heard, { kind: "fine" });
  const isStale = stream.state === "stale";
  useEffect(() => tell({ kind: "stream", isStale }), [isStale]);
  useAsking(silence, tell);
  useEffect(() => {
    if (status !== undefined) remember(status);
  }, [status]);
  useSearch(silence, node, ticket, tell);
  useEffect(() => {
    if (silence.kind === "moving" && ticket.current !== null) goWith(ticket.current.ticket, silence.url);
  }, [silence, ticket]);
  const isLost = silence.kind === "lost" || silence.kind === "moving";
  return (
    <>
      {isLost ? (
        <main>
          <WayOut silence={silence} self={node} ticket={ticket} />
          <NobodyAnswers
            lastKnown={status}
            since={stream.state === "stale" ? stream.since : undefined}
            onAskAgain={() => location.reload()}
          />
        </main>
      ) : null}
      {/* Kept, not rebuilt: when the node is back, the person goes on where they were. */}
      <div className="gm-kept" hidden={isLost}>
        {children}
      </div>
    </>
  );
}

/**
 * The way by hand: a browser that does not trust the cluster's CA cannot see by itself that the other node
 * answers, but a person can go there.
 */
function WayOut({
  silence,
  self,
  ticket,
}: {
  readonly silence: Silence;
  readonly self: string;
  readonly ticket: RefObject<HandOver | null>;
}): ReactNode {
  const [held] = useState(() => ticket.current);
  const others = (held?.nodes ?? []).filter(({ name }) => name !== self);
  return (
    <div className="gm-lost" role="status">
      {silence.kind === "moving" ? (
        <strong>{silence.node} answers: the console moves there.</strong>
      ) : (
        <span>{self} does not answer. As soon as another node does, the console moves there by itself.</span>
      )}
      {others.map(({ name, urls: [url] }) =>
        url === undefined || held === null ? null : (
          <Button key={name} variant="secondary" onClick={() => goWith(held.ticket, url)}>
            Go to {name} now
          </Button>
        ),
      )}
    </div>
  );
}

function useTicket(): RefObject<HandOver | null> {
  const transport = useTransport();
  const ticket = useRef<HandOver | null>(null);
  useEffect(() => {
    const fetchOne = (): void => {
      transport.ask("POST /session/handover").then(
        (answer) => {
          ticket.current = answer;
        },
        // Without a new one the old one stays, as long as it lasts; without any the person logs in there.
        () => undefined,
      );
    };
    fetchOne();
    const timer = setInterval(fetchOne, ticketEveryMs);
    return () => clearInterval(timer);
  }, [transport]);
  return ticket;
}

/** While in doubt or lost the own node is asked again and again: it may be back first. */
function useAsking(silence: Silence, tell: (event: SilenceEvent) => void): void {
  const transport = useTransport();
  const client = useQueryClient();
  const isAsking = silence.kind === "doubted" || silence.kind === "lost";
  useEffect(() => {
    if (!isAsking) return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      const answer = await answerOf(transport);
      if (isOver) return;
      // The stream ended because the session did: its own question leads to the login.
      if (answer === "logged-out") void client.invalidateQueries({ queryKey: [sessionWay] });
      tell({ kind: "asked", answered: answer !== "none" });
      timer = setTimeout(() => void ask(), askEveryMs);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isAsking, transport, client, tell]);
}

/** Any answer is one, a refusal too. */
async function answerOf(transport: Transport): Promise<"some" | "logged-out" | "none"> {
  const limit = new Promise<"none">((done) => setTimeout(() => done("none"), askMsMax));
  const answer = transport.ask(sessionWay).then(
    () => "some" as const,
    (thrown: unknown) => {
      const failure = failureOf(thrown);
      return failure.isSilence ? "none" : failure.isLoggedOut ? "logged-out" : "some";
    },
  );
  return await Promise.race([answer, limit]);
}

function useSearch(
  silence: Silence,
  self: string,
  ticket: RefObject<HandOver | null>,
  tell: (event: SilenceEvent) => void,
): void {
  const isLost = silence.kind === "lost";
  useEffect(() => {
    if (!isLost) return;
    let isOver = false;
    const look = async (): Promise<void> => {
      const others = (ticket.current?.nodes ?? []).filter(({ name }) => name !== self);
      const found = await whoAnswers(others);
      if (!isOver && found !== null) tell({ kind: "found", ...found });
    };
    void look();
    const timer = setInterval(() => void look(), askEveryMs * 2);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [isLost, self, ticket, tell]);
}
