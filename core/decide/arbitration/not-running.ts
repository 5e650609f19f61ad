// SPDX-License-Identifier: Apache-2.0
// "Is the other not running?" (R20, R21), answered in one place for whoever needs to know: a primary whose
// engine has frozen (R13), a secondary that has lost its primary, a node that starts cold, a person who
// forces this copy. What is known comes in as evidence; out comes a right: run on this basis, do not run,
// ask, or wait.
//
// "Is my copy current?" is the other question (R19), and is answered before: by the engine's proof, or, where
// a person forces it, by the person.

import type { GrantBasis } from "../../../native/index.js";
import type { ArbiterKind } from "../../ports/arbiter.js";
import { rowFor, type Row, type Table } from "./table.js";

export interface Evidence {
  readonly occasion: "frozen" | "takeover" | "cold-start" | "forced";
  /** For this very generation and session. */
  readonly farewell: "none" | "word" | "goodbye";
  readonly peerRuns: "yes" | "no";
  readonly lease: "none" | "unanswered" | "granted" | "denied";
  /** Of lease-and-fence, for the epoch under which the lease was granted. */
  readonly fence: "none" | "unanswered" | "off";
  readonly peer: "answers" | "quiet" | "dead";
}

export type Right =
  | { readonly kind: "run"; readonly basis: GrantBasis }
  | { readonly kind: "deny"; readonly why: string }
  | { readonly kind: "ask"; readonly whom: readonly ("peer" | "arbiter" | "fence")[] }
  /** Nobody to ask now. */
  | { readonly kind: "wait" };

type NotRunning = Row<Evidence, Right>;

const run = (basis: GrantBasis): Right => ({ kind: "run", basis });
const deny = (why: string): Right => ({ kind: "deny", why });
const wait: Right = { kind: "wait" };
const askPeer: Right = { kind: "ask", whom: ["peer"] };
const askArbiter: Right = { kind: "ask", whom: ["arbiter"] };
const askBoth: Right = { kind: "ask", whom: ["peer", "arbiter"] };
const askFence: Right = { kind: "ask", whom: ["fence"] };

const ahead = "the other node has gone ahead";
const givenAway = "the arbiter gave the right to the other node";

const row = (letter: string, when: NotRunning["when"], then: Right): NotRunning => ({
  row: letter,
  when,
  then,
});

const anyone = { occasion: ["frozen", "takeover", "cold-start"] } as const;
/** What is left when it has neither said that it does not run, nor shown that it does. */
const untold = { farewell: ["none"], peerRuns: ["no"] } as const;
/** A secondary follows one that runs: the last view of a primary that is lost says nothing about now. */
const lost = { occasion: ["takeover"], farewell: ["none"] } as const;
const frozen = { ...untold, occasion: ["frozen"] } as const;
const cold = { ...untold, occasion: ["cold-start"] } as const;
const forced = { occasion: ["forced"], farewell: ["none"] } as const;
const there = ["answers", "quiet"] as const;
/** A fence is asked under a granted epoch only: without one its answer says nothing. */
const leased = { lease: ["granted"], fence: ["none"] } as const;
const unfenced = { lease: ["granted"], fence: ["unanswered"] } as const;
const fenced = { lease: ["granted"], fence: ["off"] } as const;

const rows: readonly NotRunning[] = [
  // -- it has said so itself: nothing is better
  row("A", { ...anyone, farewell: ["word"] }, run("word")),
  row("A2", { ...anyone, farewell: ["goodbye"] }, run("goodbye")),
  row("A3", { occasion: ["forced"], farewell: ["word", "goodbye"] }, run("forced")),
  // -- it runs: QEMU dies here (R14), or does not start
  row("B", { occasion: ["frozen", "cold-start"], farewell: ["none"], peerRuns: ["yes"] }, deny(ahead)),
  row("B2", { ...forced, peerRuns: ["yes"] }, deny(ahead)),
  // -- a frozen primary: with a lease it goes by the answer; without one, by silence on every network (R21)
  //    (whoever follows it runs nothing, so there is nothing to fence)
  row("C", { ...frozen, lease: ["granted"], fence: ["none", "unanswered"] }, run("lease")),
  row("C2", { ...frozen, ...fenced }, run("fence")),
  row("D", { ...frozen, lease: ["denied"] }, deny(givenAway)),
  row("E", { ...frozen, lease: ["unanswered"] }, askBoth),
  row("F", { ...frozen, lease: ["none"], peer: ["dead"] }, run("silence")),
  row("G", { ...frozen, lease: ["none"], peer: there }, askPeer),
  // -- a secondary without its primary: only what is dead is taken over
  row("H", { ...lost, lease: ["none"], peer: ["dead"] }, run("silence")),
  row("H2", { ...lost, lease: ["unanswered"], peer: ["dead"] }, askArbiter),
  row("H3", { ...lost, ...leased, peer: ["dead"] }, run("lease")),
  row("H7", { ...lost, ...unfenced, peer: ["dead"] }, askFence),
  row("H4", { ...lost, ...fenced, peer: ["dead"] }, run("fence")),
  row("H5", { ...lost, lease: ["denied"], peer: ["dead"] }, deny(givenAway)),
  row("H6", { ...lost, peer: there }, wait),
  // -- a cold start: whoever answers is asked for its word
  row("K", { ...cold, lease: ["none"], peer: ["dead"] }, run("silence")),
  row("K2", { ...cold, lease: ["unanswered"], peer: ["dead"] }, askArbiter),
  row("K3", { ...cold, ...leased, peer: ["dead"] }, run("lease")),
  row("K8", { ...cold, ...unfenced, peer: ["dead"] }, askFence),
  row("K4", { ...cold, ...fenced, peer: ["dead"] }, run("fence")),
  row("K5", { ...cold, lease: ["denied"], peer: ["dead"] }, deny(givenAway)),
  row("K6", { ...cold, peer: ["answers"] }, askPeer),
  row("K7", { ...cold, peer: ["quiet"] }, wait),
  // -- a person's order: stands above lease and fence, never above a VM that runs
  row("P", { ...forced, peerRuns: ["no"], peer: ["dead"] }, run("forced")),
  row("P2", { ...forced, peerRuns: ["no"], peer: ["answers"] }, askPeer),
  row("P3", { ...forced, peerRuns: ["no"], peer: ["quiet"] }, wait),
];

export const notRunning: Table<Evidence, Right> = {
  title: "Is the other not running?",
  legend: {
    occasion: {
      asks: "who wants to know",
      values: {
        frozen: "a primary whose engine has frozen",
        takeover: "a secondary that has lost its primary",
        "cold-start": "a node whose copy is current and that starts without the other",
        forced: "a person's `prim`",
      },
    },
    farewell: {
      asks: "what the other said for this generation and session",
      values: { none: "nothing", word: "its word that it is outdated", goodbye: "that it has left" },
    },
    peerRuns: {
      asks: "whether it goes ahead itself, by its own view or the engine's denial",
      values: { yes: "yes", no: "no" },
    },
    lease: {
      asks: "what the arbiter said to this request, under its epoch",
      values: {
        none: "there is no arbiter",
        unanswered: "nothing yet",
        granted: "this node holds it",
        denied: "the other holds it",
      },
    },
    fence: {
      asks: "whether a fence has read back that it is off",
      values: { none: "there is none", unanswered: "no", off: "yes" },
    },
    peer: {
      asks: "how much of it is heard",
      values: {
        answers: "its daemon answers",
        quiet: "its daemon does not answer, not every way is silent for long enough",
        dead: "every network, the data link too, is silent for the heartbeat timeout",
      },
    },
  },
  rows,
};

export function arbitrate(evidence: Evidence): { readonly row: string; readonly right: Right } {
  const { row, then } = rowFor(notRunning, evidence);
  return { row, right: then };
}

/** When a third place learns that this node runs alone. */
export type ToldToArbiter = "before" | "afterwards" | "never";

const toldOn: Readonly<Record<GrantBasis, ToldToArbiter>> = {
  word: "afterwards",
  goodbye: "never",
  silence: "never",
  lease: "before",
  fence: "before",
  forced: "never",
};

/** R20: where a lease is configured, a run alone on the peer's word is recorded there too, afterwards. */
export const toldToArbiter = (basis: GrantBasis, kind: ArbiterKind): ToldToArbiter =>
  kind === "none" ? "never" : toldOn[basis];
