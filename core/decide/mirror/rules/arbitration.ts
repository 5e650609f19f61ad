// SPDX-License-Identifier: Apache-2.0
// "Is the other not running?" (R20, R21) for a primary whose engine has frozen (R13), and the lease's part
// in a takeover (R17, R25). Rows are tried from the top; the first that fits counts.
//
//   row │ peer's word or   │ peer goes    │ arbiter  │ peer            │ verdict
//       │ farewell at (G,s)│ ahead itself │          │                 │
//   ────┼──────────────────┼──────────────┼──────────┼─────────────────┼──────────────────────────────
//    A  │ yes              │ –            │ –        │ –               │ grant on it
//    B  │ no               │ yes          │ –        │ –               │ deny: QEMU dies (R14)
//    C  │ no               │ no           │ granted  │ –               │ grant: lease
//    D  │ no               │ no           │ denied   │ –               │ deny
//    E  │ no               │ no           │ lease    │ –               │ ask arbiter and peer (R15)
//    F  │ no               │ no           │ none     │ dead            │ grant: silence (R21)
//    G  │ no               │ no           │ none     │ alive, suspect  │ ask the peer for its word
//
// The engine pauses the guest by itself at its deadline (R15, R16); a verdict may come later and is as good
// then. A grant names the freeze it answers; for any other freeze it is void.

import { without } from "../../../base/fields.js";
import { askLimit, leaseTakeoverWait } from "../../../base/limits.js";
import { elapsed, later } from "../../../base/units.js";
import type { FreezeId, GrantBasis, MirrorStatus } from "../../../../native/index.js";
import { isDenied, peerRuns, peerVerdict } from "../evidence/proofs.js";
import {
  answerMirror,
  beginMirror,
  isDue,
  isFree,
  mirrorStatus,
  record,
  requestName,
  send,
  type Case,
} from "../evidence/turn.js";
import type { AskingArbiter, FreezeCase } from "../types.js";

export type FreezeVerdict =
  | { readonly row: "A" | "C" | "F"; readonly kind: "grant"; readonly basis: GrantBasis }
  | { readonly row: "B" | "D"; readonly kind: "deny"; readonly why: string }
  | { readonly row: "E" | "G"; readonly kind: "ask"; readonly arbiter: boolean };

export interface FreezeInputs {
  readonly farewell: "word" | "goodbye" | undefined;
  readonly peerRuns: boolean;
  readonly arbiter: "none" | "granted" | "denied" | "unanswered";
  readonly peer: "alive" | "suspect" | "dead";
}

export function judgeFreeze({ farewell, peerRuns: runs, arbiter, peer }: FreezeInputs): FreezeVerdict {
  if (farewell !== undefined) return { row: "A", kind: "grant", basis: farewell };
  if (runs) return { row: "B", kind: "deny", why: "the other node has gone ahead" };
  if (arbiter === "granted") return { row: "C", kind: "grant", basis: "lease" };
  if (arbiter === "denied")
    return { row: "D", kind: "deny", why: "the arbiter gave the right to the other node" };
  if (arbiter === "unanswered") return { row: "E", kind: "ask", arbiter: true };
  if (peer === "dead") return { row: "F", kind: "grant", basis: "silence" };
  return { row: "G", kind: "ask", arbiter: false };
}

const sameFreeze = (a: FreezeId, b: FreezeId): boolean => a.session === b.session && a.counter === b.counter;

/** Once per turn in ALONE and PRIM: opens, asks for, answers and closes the case of the engine's freeze. */
export function answerFreeze(c: Case): void {
  const status = mirrorStatus(c);
  if (status?.freeze === undefined) {
    delete c.m.freeze;
    return;
  }
  const { session, counter } = status.freeze;
  const freeze = { session, counter };
  if (c.m.freeze === undefined || !sameFreeze(c.m.freeze.freeze, freeze)) {
    c.m.freeze = { freeze, since: c.at, request: requestName(c) };
    const evidence = { freeze: counter, reason: status.freeze.reason, peer: peerVerdict(c) };
    record(c, "R13", "The mirror has frozen the guest's writes.", evidence, "asking who may go on");
  }
  if (c.m.freeze.answer === undefined) judge(c, c.m.freeze, status);
  if (c.m.freeze.answer !== undefined && c.m.freeze.task === undefined) deliver(c, c.m.freeze);
}

function judge(c: Case, open: FreezeCase, status: MirrorStatus): void {
  const { farewell, config } = c.m;
  const isSame = farewell?.generation === status.generation && farewell.session === open.freeze.session;
  const inputs: FreezeInputs = {
    farewell: isSame ? farewell.basis : undefined,
    peerRuns: peerRuns(c) || isDenied(c),
    arbiter: config.arbiter === "none" ? "none" : (arbiterSaid(open) ?? "unanswered"),
    peer: peerVerdict(c),
  };
  const found = judgeFreeze(inputs);
  if (found.kind === "ask") {
    ask(c, open, status, found.arbiter);
    return;
  }
  const answer =
    found.kind === "grant"
      ? { kind: "grant" as const, basis: found.basis }
      : { kind: "deny" as const, why: found.why };
  c.m.freeze = { ...open, answer };
  const evidence = { row: found.row, peer: inputs.peer, waitedMs: elapsed(open.since, c.at) };
  const outcome = found.kind === "grant" ? `granted on ${found.basis}` : `denied: ${found.why}`;
  record(
    c,
    found.row === "F" ? "R21" : found.kind === "grant" ? "R20" : "R14",
    "The freeze is answered.",
    evidence,
    outcome,
  );
}

const arbiterSaid = ({ arbiter }: FreezeCase): "granted" | "denied" | undefined =>
  arbiter === undefined || arbiter.kind === "silent" ? undefined : arbiter.kind;

function ask(c: Case, open: FreezeCase, { generation }: MirrorStatus, arbiter: boolean): void {
  if (isDue(c, open.asked)) {
    send(c, {
      kind: "word-request",
      module: c.id,
      request: open.request,
      generation,
      why: "frozen",
      rank: Number.MAX_SAFE_INTEGER,
    });
    c.m.freeze = { ...open, asked: c.at };
  }
  const isUnanswered = open.askedArbiter === undefined || open.arbiter?.kind === "silent";
  if (arbiter && isUnanswered && isDue(c, open.askedArbiter, askLimit)) {
    c.turn.effects.push({
      do: "ask-arbiter",
      module: c.id,
      request: open.request,
      generation,
      why: "frozen",
    });
    c.m.freeze = { ...without(c.m.freeze ?? open, "arbiter"), askedArbiter: c.at };
  }
}

function deliver(c: Case, open: FreezeCase): void {
  const { answer, freeze } = open;
  if (answer === undefined) return;
  const task =
    answer.kind === "grant"
      ? answerMirror(c, { do: "grant", freeze, basis: answer.basis }, answer.basis === "silence")
      : answerMirror(c, { do: "deny", freeze, why: answer.why });
  c.m.freeze = { ...open, task };
}

/** The engine has (not) taken the answer. A void or failed one is judged anew from the evidence of then. */
export function freezeAnswered(c: Case, ok: boolean): void {
  const open = c.m.freeze;
  if (open === undefined) return;
  if (ok) {
    c.m.freeze = { ...open, delivered: true };
    if (open.answer?.kind === "grant" && open.answer.basis === "word" && c.m.config.arbiter !== "none") {
      tellArbiterAfterwards(c);
    }
    return;
  }
  c.m.freeze = without(open, "answer", "task");
}

/** R20: where a lease is configured, a run alone on the peer's word is recorded there too, afterwards. */
export function tellArbiterAfterwards(c: Case): void {
  const generation = mirrorStatus(c)?.generation ?? "";
  c.turn.effects.push({
    do: "ask-arbiter",
    module: c.id,
    request: requestName(c),
    generation,
    why: "afterwards",
  });
}

export type ArbiterStep = "working" | "granted" | "denied";

/**
 * A secondary or waiting node asks a lease: close the data link, wait until the other must have stopped
 * (T_link + T_ask + T_stop), ask until there is an answer. Silence is no answer: it waits on (R15's other
 * side).
 */
export function stepArbiter(c: Case, work: AskingArbiter, keep: (work: AskingArbiter) => void): ArbiterStep {
  if (work.answer?.kind === "granted" || work.answer?.kind === "denied") return work.answer.kind;
  if (work.closed === undefined) {
    if (isFree(c)) beginMirror(c, "link-off", { do: "link", on: false });
    return "working";
  }
  const generation = mirrorStatus(c)?.generation ?? "";
  const isUnanswered = work.asked === undefined || work.answer?.kind === "silent";
  if (c.at >= later(work.closed, leaseTakeoverWait) && isUnanswered && isDue(c, work.asked, askLimit)) {
    const why = c.m.phase.state === "SECOND" ? "takeover" : "cold-start";
    c.turn.effects.push({ do: "ask-arbiter", module: c.id, request: work.request, generation, why });
    keep({ ...without(work, "answer"), asked: c.at });
  }
  return "working";
}
