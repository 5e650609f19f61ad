// SPDX-License-Identifier: Apache-2.0
// How a right is asked for and carried out: for a primary whose engine has frozen (R13), and the lease's part
// in a takeover (R17, R25). Which right follows from which evidence is one table for all
// (decide/arbitration/not-running.ts).
//
// The engine pauses the guest by itself at its deadline (R15, R16); a verdict may come later and is as good
// then. A grant names the freeze it answers; for any other freeze it is void.

import { without } from "../../../base/fields.js";
import { askLimit, leaseTakeoverWait } from "../../../base/limits.js";
import { elapsed, later } from "../../../base/units.js";
import type { FreezeId, GrantBasis, MirrorStatus } from "../../../../native/index.js";
import { toldToArbiter, type Right } from "../../arbitration/not-running.js";
import { epochOf, rightOf } from "../evidence/not-running.js";
import { peerVerdict } from "../evidence/proofs.js";
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
  validUntil,
} from "../evidence/turn.js";
import type { AskingArbiter, FreezeCase } from "../types.js";

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
  const { farewell } = c.m;
  const isSame = farewell?.generation === status.generation && farewell.session === open.freeze.session;
  const said = isSame ? farewell.basis : undefined;
  const { row, right } = rightOf(c, { occasion: "frozen", farewell: said, answer: open.arbiter });
  if (right.kind === "ask") ask(c, open, status, right.whom.includes("arbiter"));
  if (right.kind !== "run" && right.kind !== "deny") return;
  const answer =
    right.kind === "run"
      ? { kind: "grant" as const, basis: right.basis }
      : { kind: "deny" as const, why: right.why };
  c.m.freeze = { ...open, answer };
  const waitedMs = elapsed(open.since, c.at);
  const evidence = { row, peer: peerVerdict(c), waitedMs, ...epochOf(open.arbiter) };
  const outcome = answer.kind === "grant" ? `granted on ${answer.basis}` : `denied: ${answer.why}`;
  record(c, ruleOf(right), "The freeze is answered.", evidence, outcome);
}

const ruleOf = (right: Extract<Right, { kind: "run" | "deny" }>): string =>
  right.kind === "deny" ? "R14" : right.basis === "silence" ? "R21" : "R20";

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
      ? answerMirror(
          c,
          { do: "grant", freeze, basis: answer.basis },
          answer.basis === "silence" ? validUntil(c) : undefined,
        )
      : answerMirror(c, { do: "deny", freeze, why: answer.why });
  c.m.freeze = { ...open, task };
}

/** The engine has (not) taken the answer. A void or failed one is judged anew from the evidence of then. */
export function freezeAnswered(c: Case, ok: boolean): void {
  const open = c.m.freeze;
  if (open === undefined) return;
  if (ok) {
    c.m.freeze = { ...open, delivered: true };
    if (open.answer?.kind === "grant") tellArbiter(c, open.answer.basis);
    return;
  }
  c.m.freeze = without(open, "answer", "task");
}

/** The right is used: what the arbiter is to learn afterwards is told now. */
export function tellArbiter(c: Case, basis: GrantBasis): void {
  if (toldToArbiter(basis, c.m.config.arbiter) !== "afterwards") return;
  const generation = mirrorStatus(c)?.generation ?? "";
  c.turn.effects.push({
    do: "ask-arbiter",
    module: c.id,
    request: requestName(c),
    generation,
    why: "afterwards",
  });
}

/**
 * A secondary or waiting node asks a lease: close the data link, wait until the other must have stopped
 * (T_link + T_ask + T_stop), ask until there is an answer. Silence is no answer: it waits on (R15's other
 * side). With a fence the granted right is used only when the other is read back to be off; a fence that
 * refuses or is silent is asked again. Returns the right it has come to; "ask": still working.
 */
export function stepArbiter(c: Case, work: AskingArbiter, keep: (work: AskingArbiter) => void): Right {
  const occasion = c.m.phase.state === "SECOND" ? "takeover" : "cold-start";
  const { right } = rightOf(c, { occasion, answer: work.answer, fence: work.fence });
  if (right.kind !== "ask") return right;
  if (right.whom.includes("fence")) {
    askFence(c, work, keep);
    return right;
  }
  if (work.closed === undefined) {
    if (isFree(c)) beginMirror(c, "link-off", { do: "link", on: false });
    return right;
  }
  const generation = mirrorStatus(c)?.generation ?? "";
  const isUnanswered = work.asked === undefined || work.answer?.kind === "silent";
  if (c.at >= later(work.closed, leaseTakeoverWait) && isUnanswered && isDue(c, work.asked, askLimit)) {
    c.turn.effects.push({
      do: "ask-arbiter",
      module: c.id,
      request: work.request,
      generation,
      why: occasion,
    });
    keep({ ...without(work, "answer"), asked: c.at });
  }
  return right;
}

function askFence(c: Case, work: AskingArbiter, keep: (work: AskingArbiter) => void): void {
  const { answer, request } = work;
  const isUnanswered = work.fenceAsked === undefined || work.fence !== undefined;
  if (answer?.kind !== "granted" || !isUnanswered || !isDue(c, work.fenceAsked, askLimit)) return;
  const { epoch } = answer;
  if (work.fenceAsked === undefined)
    record(c, "P3", "The other node is to be off before this one runs.", { epoch }, "the fence is asked");
  c.turn.effects.push({ do: "ask-fence", module: c.id, node: c.other, epoch, request });
  keep({ ...without(work, "fence"), fenceAsked: c.at });
}
