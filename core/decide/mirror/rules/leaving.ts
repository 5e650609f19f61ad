// SPDX-License-Identifier: Apache-2.0
// Leaving, one step after the other (R22, R26). A step that does not apply is passed over:
//
//   wait-turn   a secondary that stops together with its primary leaves last
//   vm          the VM ends: shutdown, then off, then kill; verified off
//   demote      no writer left, both sides flushed, secondary
//   give-up     durably "gave up G, not current until a handshake" (only when the peer's copy counts)
//   goodbye     told and taken (control connection, repeated), so that the peer may go on at once
//   hand-over   swap only: instead of the two before; this node stays as SECOND
//   close       clean record, unmounted, process ended
//   set-aside   resolve only: the losing copy is kept (P8)
//
// A crash between two steps is a plain loss: each step is durable before the next begins. The only complete
// copy never gives up: who leaves while the peer is not up to date stays proven current and can start again
// alone.
//
// No step lasts for ever (R38). A VM that does not end is ended ever harder; a mirror that cannot be demoted
// (somebody keeps a file open, a disk does not flush) is tried a few times: then a swap goes back, and any
// other leaving ends the mirror process and gives the word that it could not give in order.

import { seconds, elapsed, milliseconds } from "../../../base/units.js";
import { without } from "../../../base/fields.js";
import { failure } from "../../../base/errors.js";
import { answerFreeze } from "./arbitration.js";
import { isPaired, peerAnswers, peerRuns, peerVerdict, peerView, runKind } from "../evidence/proofs.js";
import {
  abandonTask,
  become,
  beginTask,
  beginMirror,
  clearOutdated,
  clearResolving,
  failed,
  isDue,
  isFree,
  mirrorClosed,
  mirrorHangs,
  mirrorStatus,
  record,
  refine,
  send,
  setDurable,
  succeeded,
  type Case,
  type RecordInputs,
} from "../evidence/turn.js";
import type { LeavePurpose, LeaveStep, LeaveWork, Phase, Task, TaskOutcome } from "../types.js";
import { demoteTriesMax, goodbyeLimit, turnSlack, writerPatience } from "../../../base/limits/decision.js";

export interface LeaveWish {
  readonly purpose: LeavePurpose;
  readonly both?: boolean;
  readonly force?: boolean;
}

export function leave(
  c: Case,
  { purpose, both = false, force = false }: LeaveWish,
  rule: string,
  sentence: string,
  evidence: RecordInputs = {},
): void {
  const { phase } = c.m;
  const isSecond = phase.state === "SECOND" || phase.state === "WAIT";
  const step: LeaveStep = both && isSecond && peerRuns(c) ? "wait-turn" : "vm";
  // Two who give up at once would leave nobody with a proof.
  const yields = purpose !== "resolve" && !(both && isSecond);
  const how = force ? "off" : c.m.config.stopHow;
  // What a force interrupts: a stop that waits for the guest. Everything else has its end first.
  if (force && c.m.task?.what === "stop-workload") abandonTask(c);
  delete c.m.forced;
  const work: LeaveWork = { kind: "leaving", purpose, step, both, yields, how, since: c.at };
  become(c, leavingPhase(c, work), rule, sentence, { ...evidence, purpose, both });
}

/** The state shown stays while the VM runs; without it leaving is a kind of waiting. */
function leavingPhase(c: Case, work: LeaveWork): Phase {
  const { state } = c.m.phase;
  if (state === "SECOND" && work.step === "wait-turn") return { state, work };
  if ((state === "ALONE" || state === "PRIM") && c.m.run.kind !== "off") return { state, work };
  return { state: "WAIT", work };
}

function goTo(c: Case, work: LeaveWork, step: LeaveStep): void {
  const next: LeaveWork = { ...without(work, "sent"), step, since: c.at };
  const phase = leavingPhase(c, next);
  succeeded(c);
  if (phase.state === c.m.phase.state) refine(c, phase);
  else become(c, phase, "R22", "The VM is off; this node goes on leaving.", { step });
}

/** Where the VM has ended meanwhile the state shown changes with the detail. */
function keep(c: Case, work: LeaveWork): void {
  const phase = leavingPhase(c, work);
  if (phase.state === c.m.phase.state) refine(c, phase);
  else become(c, phase, "R22", "The VM is off; this node goes on leaving.", { step: work.step });
}

/**
 * One turn of leaving: passes what does not apply, begins what does. Returns false when there is nothing
 * more to do now.
 */
export function decideLeave(c: Case, work: LeaveWork): boolean {
  // A frozen engine neither writes nor demotes: whoever leaves answers it as ALONE and PRIM do.
  if (mirrorStatus(c)?.role === "primary") answerFreeze(c);
  if (c.m.task !== undefined) return false;
  switch (work.step) {
    case "wait-turn":
      return waitTurn(c, work);
    case "vm":
      return endVm(c, work);
    case "demote":
      return demote(c, work);
    case "give-up":
      return giveUp(c, work);
    case "goodbye":
      return sayGoodbye(c, work);
    case "hand-over":
      return handOver(c, work);
    case "close":
      return close(c, work);
    case "set-aside":
      return setAside(c);
  }
}

function waitTurn(c: Case, work: LeaveWork): boolean {
  const limit = milliseconds(c.m.config.niceStop + c.m.config.forceStop + turnSlack);
  const state = peerView(c)?.state;
  const isOver = c.m.farewell?.recorded === true || peerVerdict(c) === "dead" || state === "STOP";
  if (isOver || elapsed(work.since, c.at) > limit) {
    goTo(c, work, "vm");
    return true;
  }
  // Also when it does not run the VM just now: its host may have booted since, and wants to start it again.
  if (!peerAnswers(c) || !isDue(c, work.sent, seconds(2))) return false;
  const command = { do: "stop", module: c.id, scope: "both", force: false } as const;
  send(c, { kind: "command", module: c.id, command, by: c.self });
  keep(c, { ...work, sent: c.at });
  return false;
}

function endVm(c: Case, work: LeaveWork): boolean {
  if (runKind(c) === "off") {
    goTo(c, work, "demote");
    return true;
  }
  if (!isFree(c)) return false;
  stopWorkload(c, work.how);
  return false;
}

/** One that was never let run, or has crashed inside, hears nothing and has no memory worth keeping. */
export function stopWorkload(c: Case, wanted: LeaveWork["how"]): void {
  const { niceStop, forceStop } = c.m.config;
  const isGentle = wanted === "shutdown" || wanted === "save";
  const { run } = c.m;
  const heard = isGentle && run.kind === "on" && run.crashed === true ? "off" : wanted;
  const how = run.kind === "held" ? "kill" : heard;
  const limit = isGentle ? niceStop : forceStop;
  beginTask(c, "stop-workload", (task) => ({ do: "stop-workload", module: c.id, task, how, limit }));
}

/** After a way of ending the VM that has not ended it. */
export const harder = (how: LeaveWork["how"]): LeaveWork["how"] =>
  how === "shutdown" || how === "save" ? "off" : "kill";

function demote(c: Case, work: LeaveWork): boolean {
  const status = mirrorStatus(c);
  if (status?.role !== "primary") {
    goTo(c, work, work.purpose === "swap" ? "hand-over" : "give-up");
    return true;
  }
  if (isFree(c)) beginMirror(c, "demote", { do: "demote", timeoutMs: writerPatience });
  return false;
}

/** R38: tried often enough. A frozen engine refuses until it is answered: that is none of these failures. */
function demoteFailed(c: Case, work: LeaveWork): void {
  const status = mirrorStatus(c);
  const tries = c.m.failures?.count ?? 0;
  if (tries < demoteTriesMax || status === undefined) return;
  const trouble = c.m.trouble;
  if (work.purpose === "swap") goBack(c, status.inSync);
  else if (status.freeze === undefined) {
    const { generation, session } = status;
    const owes = work.yields && isPaired(status) && status.inSync && c.m.config.failover;
    goTo(c, { ...work, ...(owes && { owes: { generation, session } }) }, "close");
    record(c, "R38", "This copy cannot be demoted in order.", { tries }, "the mirror process is ended");
  }
  if (trouble !== undefined) c.m.trouble = trouble;
}

/** The roles stay as they were before the swap. */
function goBack(c: Case, isInSync: boolean): void {
  delete c.m.notBefore;
  c.m.swapFailed = c.at;
  const work = { kind: "starting", attempt: 0, notBefore: c.at } as const;
  const sentence = "This copy cannot be demoted: the swap is given up, the VM starts again here.";
  const evidence = { reason: c.m.trouble?.message ?? "" };
  become(c, { state: isInSync ? "PRIM" : "ALONE", work }, "R38", sentence, evidence);
}

function giveUp(c: Case, work: LeaveWork): boolean {
  const status = mirrorStatus(c);
  // Both stop: whoever has had the other's goodbye leaves last and keeps its right.
  const isLast = c.m.farewell !== undefined;
  const counts = status !== undefined && isPaired(status) && status.inSync;
  if (!counts || isLast || !work.yields) {
    goTo(c, work, "close");
    return true;
  }
  if (!isFree(c)) return false;
  const { generation, session } = status;
  keep(c, { ...work, gaveUp: { generation, session } });
  beginMirror(c, "give-up", { do: "give-up", generation });
  return false;
}

function sayGoodbye(c: Case, work: LeaveWork): boolean {
  const isUseless = peerVerdict(c) === "dead" || elapsed(work.since, c.at) > goodbyeLimit;
  if (work.gaveUp === undefined || isUseless) {
    goTo(c, work, "close");
    return true;
  }
  if (!isDue(c, work.sent)) return false;
  send(c, { kind: "goodbye", module: c.id, ...work.gaveUp, both: work.both });
  keep(c, { ...work, sent: c.at });
  return false;
}

export function goodbyeTaken(c: Case): void {
  const { work } = c.m.phase;
  if (work.kind !== "leaving" || work.step !== "goodbye") return;
  goTo(c, work, "close");
}

/**
 * Swap: both in sync and the VM off here. Not so any more (the peer was lost meanwhile): the VM comes back
 * here.
 */
function handOver(c: Case, work: LeaveWork): boolean {
  const status = mirrorStatus(c);
  if (status === undefined || !isPaired(status) || !status.inSync || !peerAnswers(c)) {
    const phase: Phase = { state: "WAIT", work: { kind: "waiting", reason: "peer-deciding" } };
    become(c, phase, "swap", "The other node was lost during the swap; whoever may run decides anew.");
    return true;
  }
  c.m.handOver = { session: status.session, since: c.at };
  setDurable(c, { lastPrim: false });
  const phase: Phase = { state: "SECOND", work: { kind: "following" } };
  become(c, phase, "swap", "The VM is off here and both copies are flushed; it is the other node's turn.", {
    purpose: work.purpose,
  });
  return true;
}

function close(c: Case, work: LeaveWork): boolean {
  if (c.m.mirror.kind === "none") {
    afterClose(c, work);
    return true;
  }
  if (!isFree(c)) return false;
  if (c.m.mirror.kind === "up") beginMirror(c, "close", { do: "close" });
  else beginTask(c, "terminate", (task) => ({ do: "terminate", module: c.id, task }));
  return false;
}

function afterClose(c: Case, work: LeaveWork): void {
  delete c.m.farewell;
  if (work.owes !== undefined) giveWordLate(c, work.owes);
  if (work.purpose === "resolve") {
    goTo(c, work, "set-aside");
  } else if (work.purpose === "stopstart" && c.m.durable.wish.kind === "run") {
    become(c, { state: "WAIT", work: { kind: "opening" } }, "R22", "The module has left and starts again.");
  } else {
    become(c, { state: "WAIT", work: { kind: "opening" } }, "R22", "The module has left.");
    become(
      c,
      { state: "STOP", work: { kind: "idle" } },
      "R22",
      "Stopped: unmounted, its files lie in the folder.",
    );
  }
}

/** R20: the VM is verified dead; the word does not wait for a process that the kernel holds. */
function closeHangs(c: Case, { owes, ...work }: LeaveWork): void {
  if (owes !== undefined) giveWordLate(c, owes);
  mirrorHangs(c);
  keep(c, work);
}

/** R20: VM and mirror process are verified dead, and this copy is not current before a handshake. */
function giveWordLate(c: Case, owed: NonNullable<LeaveWork["owes"]>): void {
  setDurable(c, { outdated: owed, lastPrim: false });
  c.m.owed = owed;
  record(c, "R38", "The mirror process has ended.", owed, "the other node gets the word");
}

function setAside(c: Case): boolean {
  if (isFree(c)) beginTask(c, "set-aside", (task) => ({ do: "set-aside", module: c.id, task }));
  return false;
}

/** The end of a task that belongs to leaving. */
export function leaveTaskDone(c: Case, work: LeaveWork, task: Task, outcome: TaskOutcome): void {
  if (!outcome.ok) {
    failed(c, outcome.failure);
    leaveTaskFailed(c, work, task);
    return;
  }
  succeeded(c);
  // Done means verified off, also where no hypervisor could say so any more.
  if (task.what === "stop-workload" && c.m.run.kind === "unknown") c.m.run = { kind: "off" };
  if (task.what === "give-up") goTo(c, work, "goodbye");
  else if (task.what === "terminate" && outcome.hangs === true) closeHangs(c, work);
  else if (task.what === "close" || task.what === "terminate") {
    mirrorClosed(c);
  } else if (task.what === "set-aside") {
    settleAfterSetAside(c, outcome.cloned === true);
    become(
      c,
      { state: "WAIT", work: { kind: "opening" } },
      "P8",
      "The losing copy is kept; this node starts anew.",
      {
        cloned: outcome.cloned === true,
      },
    );
  }
}

/**
 * A cloned copy still knows its lineage and must be told to follow; a renamed one is gone, this node is
 * empty.
 */
function settleAfterSetAside(c: Case, isCloned: boolean): void {
  const { resolving } = c.m.durable;
  clearOutdated(c);
  if (!isCloned) {
    clearResolving(c);
    setDurable(c, { known: { kind: "set-aside" }, lastPrim: false });
  } else if (resolving !== undefined) {
    setDurable(c, { resolving: { ...resolving, step: "settle" }, lastPrim: false });
  }
}

function leaveTaskFailed(c: Case, work: LeaveWork, { what }: Task): void {
  if (what === "stop-workload" && c.m.run.kind === "off") {
    // Off is what leaving needs; what could not be cleared away after it (a definition) keeps nobody.
    delete c.m.notBefore;
    const reason = c.m.trouble?.message ?? "";
    record(c, "R38", "The VM is off, and something of it is left here.", { reason }, "it goes on leaving");
  } else if (what === "demote") {
    demoteFailed(c, work);
  } else if (what === "stop-workload") {
    const how = harder(work.how);
    const isWorst = work.how === "kill";
    // A guest that ignores the shutdown is switched off at once; a process that will not die is tried again
    // and again.
    if (!isWorst) succeeded(c);
    c.m.trouble = failure(isWorst ? "GEMEL-3006" : "GEMEL-3003", c.id);
    keep(c, { ...work, how });
  } else if (what === "give-up") {
    // Not recorded, so not said: the peer finds out by itself, as after a crash.
    goTo(c, work, "close");
  } else if (what === "close") {
    // A mirror that cannot close in order (a writer is left, its disk hangs) ends as after a crash: nothing
    // is lost by it.
    become(
      c,
      leavingPhase(c, { ...work, step: "close" }),
      "R35",
      "The mirror process does not close; it is ended.",
    );
    abandonTask(c);
    beginTask(c, "terminate", (task) => ({ do: "terminate", module: c.id, task }));
  }
}
