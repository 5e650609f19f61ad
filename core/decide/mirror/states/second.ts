// SPDX-License-Identifier: Apache-2.0
// SECOND: the other node runs the VM, this copy follows. Ready when in sync, Transient while it is being
// filled. It takes over when its copy is current (R19) and the other is proven not to run: goodbye, word, a
// lease, or with `none` the silence of every network (R20, R21). A closed data link alone is no failover
// while the other daemon answers (R24).

import { elapsed, instant } from "../../../base/units.js";
import { holdOf } from "../evidence/hold.js";
import { epochOf, rightOf } from "../evidence/not-running.js";
import { exists, isPaired, isUpToDate, peerRuns, peerVerdict, peerView } from "../evidence/proofs.js";
import {
  become,
  beginMirror,
  failed,
  isDue,
  isFree,
  mirrorStatus,
  record,
  refine,
  requestName,
  send,
  setDurable,
  succeeded,
  type Case,
} from "../evidence/turn.js";
import { stepArbiter } from "../rules/arbitration.js";
import { startClaim } from "../rules/cold-start.js";
import { keepLinkOn, tellWord } from "../rules/upkeep.js";
import { followFarewell, takeOver } from "../rules/takeover.js";
import { decideLeave, leave, leaveTaskDone } from "../rules/leaving.js";
import type { AskingArbiter, SecondWork, Task, TaskOutcome } from "../types.js";
import { waiting } from "./wait.js";
import { primaryPatience, handOverLimit } from "../../../base/limits/decision.js";

export function decideSecond(c: Case, work: SecondWork): boolean {
  if (work.kind === "leaving") return decideLeave(c, work);
  if (mirrorWasLost(c)) return true;
  if (c.m.durable.wish.kind === "stop") {
    leave(c, { purpose: "stop" }, "stop", "The module stops on this node.");
    return true;
  }
  if (work.kind === "asking-arbiter") return askArbiter(c, work);
  if (tellWord(c) || keepLinkOn(c)) return false;
  if (followFarewell(c)) return true;
  if (isSettled(c)) return false;
  repeatHandOver(c);
  return primaryLost(c) || primaryMissing(c);
}

function mirrorWasLost(c: Case): boolean {
  const isLost = c.m.mirror.kind === "dead" || c.m.mirror.kind === "none";
  if (!isLost && !exists(c.m)) return false;
  delete c.m.task;
  delete c.m.handOver;
  const sentence = isLost
    ? "The mirror process ended here; the copy is not current before a handshake."
    : "A VM runs here that may not.";
  become(c, { state: "WAIT", work: { kind: "burying", giveWord: false } }, "R25", sentence);
  return true;
}

/** The normal case: paired and the other runs it. */
function isSettled(c: Case): boolean {
  const status = mirrorStatus(c);
  if (status === undefined || !isPaired(status) || !peerRuns(c)) return false;
  delete c.m.handOver;
  if (status.inSync) {
    const { wish, held, lastPrim } = c.m.durable;
    // Being in sync ends what was special: a hold, and the wish to be second only.
    if (wish.kind === "run" && wish.as === "second") setDurable(c, { wish: { kind: "run", as: "any" } });
    if (held || lastPrim) setDurable(c, { held: false, lastPrim: false });
  }
  return true;
}

function primaryLost(c: Case): boolean {
  if (peerVerdict(c) !== "dead") return false;
  if (!isUpToDate(c)) {
    become(c, waiting("not-current"), "R19", "The primary is lost and this copy is not up to date.");
    return true;
  }
  if (c.turn.node.hypervisor === "lost") return false;
  const { right } = rightOf(c, { occasion: "takeover" });
  if (right.kind === "ask" && holdOf(c) === undefined) {
    const work: AskingArbiter = { kind: "asking-arbiter", request: requestName(c) };
    become(c, { state: "SECOND", work }, "R17", "The primary is silent; the arbiter is asked.");
    return true;
  }
  takeOver(
    c,
    "silence",
    "R21",
    "Every network has been silent for the heartbeat timeout, the data link too.",
  );
  return true;
}

/** The other answers but does not run the VM: after a while this is no following any more. */
function primaryMissing(c: Case): boolean {
  const view = peerView(c);
  if (c.m.farewell !== undefined || view === undefined || view.primary) return false;
  const patience = c.m.handOver === undefined ? primaryPatience : handOverLimit;
  const since = Math.max(c.m.since, c.m.peer?.idleSince ?? 0);
  if (elapsed(instant(since), c.at) < patience && view.state !== "STOP") return false;
  delete c.m.handOver;
  become(c, waiting("peer-deciding"), "R23", "The other node answers but does not run the VM.");
  return true;
}

function repeatHandOver(c: Case): void {
  const { handOver } = c.m;
  if (handOver === undefined || !isDue(c, handOver.sent)) return;
  send(c, { kind: "hand-over", module: c.id, session: handOver.session });
  c.m.handOver = { ...handOver, sent: c.at };
}

/** Swap, the winner's side: "your turn". It claims, so that both agree on one primary in this session. */
export function hearHandOver(c: Case, session: number): void {
  const status = mirrorStatus(c);
  const { phase } = c.m;
  const isMine = status !== undefined && isPaired(status) && status.inSync && status.session === session;
  if (phase.state !== "SECOND" || phase.work.kind !== "following" || !isMine || !isUpToDate(c)) return;
  become(c, waiting("swapping"), "swap", "The other node hands over.");
  startClaim(c);
}

/** Election, the loser's side. */
export function agreeToClaim(c: Case, claim: string): void {
  const { phase } = c.m;
  delete c.m.handOver;
  delete c.m.forced;
  if (phase.state === "WAIT") {
    become(c, { state: "SECOND", work: { kind: "following" } }, "R23", "The other node becomes primary.", {
      claim,
    });
  } else {
    record(c, "R23", "The other node becomes primary.", { claim }, "agreed");
    c.m.since = c.at;
  }
}

function askArbiter(c: Case, work: AskingArbiter): boolean {
  if (peerVerdict(c) !== "dead") {
    if (isFree(c)) beginMirror(c, "link-on", { do: "link", on: true });
    return false;
  }
  const right = stepArbiter(c, work, (next) => refine(c, { state: "SECOND", work: next }));
  if (right.kind === "run") {
    const phase = { state: "ALONE", work: { kind: "promoting", basis: right.basis } } as const;
    become(c, phase, "R20", "The arbiter gave this node the right.", epochOf(work.answer));
    return true;
  }
  if (right.kind === "deny" && isFree(c)) beginMirror(c, "link-on", { do: "link", on: true });
  return false;
}

/** The end of a task begun in SECOND. */
export function secondTaskDone(c: Case, work: SecondWork, task: Task, outcome: TaskOutcome): void {
  if (work.kind === "leaving") {
    leaveTaskDone(c, work, task, outcome);
    return;
  }
  if (task.what === "word") c.m.told = { ...c.m.told, word: true };
  if (!outcome.ok) {
    failed(c, outcome.failure);
    return;
  }
  succeeded(c);
  if (work.kind !== "asking-arbiter") return;
  if (task.what === "link-off") refine(c, { state: "SECOND", work: { ...work, closed: c.at } });
  else if (task.what === "link-on") {
    become(c, { state: "SECOND", work: { kind: "following" } }, "R20", "The data link is open again.");
  }
}
