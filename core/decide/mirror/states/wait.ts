// SPDX-License-Identifier: Apache-2.0
// WAIT: the mirror is open (or being opened) as secondary, the VM is verified off, and this node finds out
// whether it may run it (rules/cold-start.ts), must follow, or has to wait, and for what.
//
//   discovering ─▶ (adopts: P6)   burying ─▶ opening ─▶ waiting ─▶ claiming / asking-word /
//                                                        ▲         asking-arbiter / initialising
//                                                        └── refused ──┘        └─▶ ALONE, PRIM, SECOND

import { elapsed } from "../../../base/units.js";
import { failure } from "../../../base/errors.js";
import { epochOf, rightOf } from "../evidence/not-running.js";
import {
  exists,
  inConflict,
  isCurrent,
  isNothing,
  isPaired,
  isUpToDate,
  peerAnswers,
  peerRuns,
  peerVerdict,
} from "../evidence/proofs.js";
import {
  become,
  beginTask,
  beginMirror,
  clearOutdated,
  failed,
  isDue,
  isFree,
  mirrorClosed,
  mirrorHangs,
  mirrorStatus,
  record,
  refine,
  requestName,
  send,
  setDurable,
  succeeded,
  type Case,
} from "../evidence/turn.js";
import { answerFreeze, stepArbiter } from "../rules/arbitration.js";
import { askWord, followColdStart, judgeColdStart, startClaim } from "../rules/cold-start.js";
import { decideLeave, leave, leaveTaskDone } from "../rules/leaving.js";
import { followFarewell } from "../rules/takeover.js";
import { settled, stepResolve } from "../rules/resolve.js";
import { keepLinkOn, prepareMirror, tellWord } from "../rules/upkeep.js";
import type { Task, TaskOutcome, WaitWork } from "../types.js";
import { adopt, deathsTooMany } from "./adoption.js";
import {
  demoteTriesMax,
  openPause,
  requestLimit,
  wordPatience,
  writerPatience,
} from "../../../base/limits/decision.js";

type Work<K extends WaitWork["kind"]> = Extract<WaitWork, { kind: K }>;

export const waiting = (reason: Work<"waiting">["reason"] = "none"): { state: "WAIT"; work: WaitWork } => ({
  state: "WAIT",
  work: { kind: "waiting", reason },
});

/** Returns whether something changed, so that it is looked at again in the same turn. */
export function decideWait(c: Case, work: WaitWork): boolean {
  if (work.kind === "discovering") return adopt(c);
  if (work.kind === "leaving") return decideLeave(c, work);
  if (work.kind === "burying") return terminate(c);
  if (mirrorWasLost(c, work)) return true;
  if (c.m.durable.wish.kind === "stop" && c.m.durable.resolving === undefined) {
    leave(c, { purpose: "stop" }, "stop", "The module stops on this node.");
    return true;
  }
  if (work.kind === "opening") return open(c);
  if (leftOverRoleStays(c)) return true;
  if (roleIsLeftOver(c)) return false;
  if (work.kind !== "asking-arbiter" && (tellWord(c) || keepLinkOn(c))) return false;
  if (stepResolve(c)) return true;
  if (c.m.durable.resolving?.step === "settle") return false;
  if (followFarewell(c)) return true;
  switch (work.kind) {
    case "waiting":
      return c.m.forced === undefined ? followColdStart(c, judgeColdStart(c)) : force(c, c.m.forced);
    case "claiming":
      return claim(c, work);
    case "asking-word":
      return askOn(c, work);
    case "asking-arbiter":
      return askArbiter(c, work);
    case "initialising":
      if (isFree(c)) beginMirror(c, "initialise", { do: "initialise", as: "source" });
      return false;
  }
}

/**
 * R35, R25: a mirror process that ended under a waiting node has nothing to terminate but its mount; then a
 * new one.
 */
function mirrorWasLost(c: Case, work: WaitWork): boolean {
  const isLost = c.m.mirror.kind === "dead" || (c.m.mirror.kind === "none" && work.kind !== "opening");
  const strayVm = exists(c.m) && mirrorStatus(c)?.role !== "primary";
  if (!isLost && !strayVm) return false;
  const sentence = isLost ? "The mirror process ended." : "A VM runs here that may not: it is ended.";
  delete c.m.task;
  become(c, { state: "WAIT", work: { kind: "burying", giveWord: false } }, "R24", sentence);
  return true;
}

function terminate(c: Case): boolean {
  if (isFree(c)) beginTask(c, "terminate", (task) => ({ do: "terminate", module: c.id, task }));
  return false;
}

function terminated(c: Case, { giveWord, hangs }: Work<"burying">, stillHangs: boolean): void {
  const last = c.m.mirror.kind === "dead" ? c.m.mirror.last : mirrorStatus(c);
  if (stillHangs) mirrorHangs(c);
  else mirrorClosed(c);
  c.m.run = { kind: "off" };
  delete c.m.freeze;
  if (giveWord && last !== undefined) {
    setDurable(c, { outdated: { generation: last.generation, session: last.session }, lastPrim: false });
    c.m.owed = { generation: last.generation, session: last.session };
    record(
      c,
      "R24",
      "The VM is verified dead.",
      { generation: last.generation },
      "the other node gets the word",
    );
  }
  if (stillHangs) {
    const phase = { state: "WAIT", work: { kind: "burying", giveWord: false, hangs: true } } as const;
    const sentence = "The kernel still holds the mirror process that was killed.";
    if (hangs === undefined) become(c, phase, "R20", sentence);
    return;
  }
  if (deathsTooMany(c)) {
    setDurable(c, { wish: { kind: "stop", by: "failed" } });
    c.m.trouble = failure("GEMEL-2012", c.id);
  }
  become(
    c,
    { state: "WAIT", work: { kind: "opening" } },
    "R35",
    "The mirror process is started anew, not as current.",
  );
  if (c.m.durable.wish.kind === "stop") {
    become(c, { state: "STOP", work: { kind: "idle" } }, "R35", "The module stays stopped.");
  }
}

function open(c: Case): boolean {
  if (c.m.mirror.kind === "up") {
    if (prepareMirror(c)) return false;
    become(c, waiting(), "start", "The mirror is open; who may run is decided now.");
    return true;
  }
  // The other one is to go ahead on the word, not to meet a mirror that is back too soon.
  if (c.m.owed !== undefined && peerAnswers(c) && elapsed(c.m.since, c.at) < wordPatience) return false;
  if (isFree(c)) {
    const { known } = c.m.durable;
    c.m.told = { word: false, empty: false };
    beginTask(c, "open", (task) => ({ do: "open-mirror", module: c.id, task, known }));
  }
  return false;
}

/** A promotion that failed half way, or a VM that ended while the daemon was away. */
function roleIsLeftOver(c: Case): boolean {
  const status = mirrorStatus(c);
  if (status?.role !== "primary") return false;
  // A frozen engine changes no role before its freeze is answered.
  answerFreeze(c);
  if (isFree(c)) beginMirror(c, "demote", { do: "demote", timeoutMs: writerPatience });
  return true;
}

/** R38: it cannot be demoted; a new process has no role. Whoever is current is decided anew. */
function leftOverRoleStays(c: Case): boolean {
  const status = mirrorStatus(c);
  const { failures } = c.m;
  const isStuck = failures?.what === "demote" && failures.count >= demoteTriesMax;
  if (!isStuck || status?.role !== "primary" || status.freeze !== undefined) return false;
  delete c.m.failures;
  const sentence = "The mirror process cannot be demoted: it is ended.";
  become(c, { state: "WAIT", work: { kind: "burying", giveWord: false } }, "R38", sentence);
  return true;
}

/**
 * `prim`: a person says that this copy is the one to go on with. The other node's VM is still never
 * overlooked.
 */
function force(c: Case, forced: { readonly force: boolean }): boolean {
  const status = mirrorStatus(c);
  if (status === undefined) return false;
  if (peerRuns(c)) return giveUpForce(c, failure("GEMEL-1005", c.id));
  if (inConflict(c)) return giveUpForce(c, failure("GEMEL-1007", c.id));
  if (status.copy === "consistent") return forceConsistent(c);
  if (status.dataProblem !== undefined)
    return giveUpForce(c, failure("GEMEL-2001", c.id, status.dataProblem.message));
  if (status.copy === "inconsistent" && !forced.force) return giveUpForce(c, failure("GEMEL-1006", c.id));
  if (isNothing(status) && !forced.force) return giveUpForce(c, failure("GEMEL-1019", c.id));
  become(
    c,
    { state: "WAIT", work: { kind: "initialising" } },
    "prim",
    "This folder's files are taken as the good ones.",
    {
      copy: status.copy,
    },
  );
  return true;
}

function forceConsistent(c: Case): boolean {
  const status = mirrorStatus(c);
  if (status !== undefined && isPaired(status) && isUpToDate(c)) startClaim(c);
  else return forceUnpaired(c);
  return true;
}

function forceUnpaired(c: Case): boolean {
  const { right } = rightOf(c, { occasion: "forced" });
  if (right.kind === "run") goAloneForced(c, { peer: "dead" });
  else if (right.kind === "ask") askWord(c, "forced");
  else return false;
  return true;
}

function goAloneForced(c: Case, evidence: { readonly peer: string }): void {
  delete c.m.forced;
  // A person overrides what this node has promised; if the other ran meanwhile it will be a conflict (R23).
  clearOutdated(c);
  setDurable(c, { held: false });
  const phase = { state: "ALONE", work: { kind: "promoting", basis: "forced" } } as const;
  become(c, phase, "prim", "Started alone by a person's order.", evidence);
}

/** The other was left alone last and gives no word: only a person's force starts an older copy then. */
export function otherIsAhead(c: Case, why: Work<"asking-word">["why"], generation: string): void {
  if (why === "forced" && c.m.forced?.force === true)
    return goAloneForced(c, { peer: "has run alone since" });
  if (why === "forced") giveUpForce(c, failure("GEMEL-1017", c.id));
  c.m.wordRefused = c.at;
  become(c, waiting("peer-must-start"), "R20", "The other node was left alone last, too.", { generation });
}

function giveUpForce(c: Case, why: ReturnType<typeof failure>): boolean {
  delete c.m.forced;
  c.m.givenUp = why;
  record(c, "prim", "The forced start is given up.", {}, why.message);
  return true;
}

function claim(c: Case, work: Work<"claiming">): boolean {
  const status = mirrorStatus(c);
  const isStale = status === undefined || !isPaired(status) || !isCurrent(c.m, status) || peerRuns(c);
  if (isStale || elapsed(work.since, c.at) > requestLimit) {
    become(c, waiting(), "R23", "The claim was not answered or has lost its ground; it is judged anew.");
    return true;
  }
  if (!isDue(c, work.sent)) return false;
  send(c, { kind: "claim", module: c.id, claim: work.claim, session: status.session, rank: work.rank });
  refine(c, { state: "WAIT", work: { ...work, sent: c.at } });
  return false;
}

export function claimAgreed(c: Case, work: Work<"claiming">): void {
  const status = mirrorStatus(c);
  delete c.m.forced;
  setDurable(c, { held: false });
  const state = status?.inSync === true ? "PRIM" : "ALONE";
  become(c, { state, work: { kind: "promoting" } }, "R23", "The other node agreed to be secondary.", {
    claim: work.claim,
  });
}

function askOn(c: Case, work: Work<"asking-word">): boolean {
  const status = mirrorStatus(c);
  if (status === undefined) return false;
  const { farewell } = c.m;
  const isForced = work.why === "forced";
  const said = isForced && farewell?.recorded === true ? farewell.basis : undefined;
  if (said !== undefined && rightOf(c, { occasion: "forced", farewell: said }).right.kind === "run") {
    goAloneForced(c, { peer: "gave its word" });
    return true;
  }
  const hasGround = isForced || (isCurrent(c.m, status) && !isPaired(status));
  const isUseless = peerRuns(c) || peerVerdict(c) === "dead" || !hasGround;
  const isLate = farewell === undefined && elapsed(work.since, c.at) > requestLimit;
  if (isUseless || isLate) {
    if (isLate && isForced) giveUpForce(c, failure("GEMEL-1012", c.id));
    become(c, waiting(), "R20", "The word was not given; it is judged anew.");
    return true;
  }
  if (farewell !== undefined || !isDue(c, work.sent)) return false;
  const { request, rank, why } = work;
  send(c, { kind: "word-request", module: c.id, request, generation: status.generation, why, rank });
  refine(c, { state: "WAIT", work: { ...work, sent: c.at } });
  return false;
}

function askArbiter(c: Case, work: Work<"asking-arbiter">): boolean {
  if (peerVerdict(c) !== "dead") {
    if (isFree(c)) beginMirror(c, "link-on", { do: "link", on: true });
    return false;
  }
  const right = stepArbiter(c, work, (next) => refine(c, { state: "WAIT", work: next }));
  if (right.kind === "run") {
    const phase = { state: "ALONE", work: { kind: "promoting", basis: right.basis } } as const;
    const evidence = { request: work.request, ...epochOf(work.answer) };
    become(c, phase, "R20", "The arbiter gave this node the right.", evidence);
    return true;
  }
  if (right.kind === "deny" && isFree(c)) beginMirror(c, "link-on", { do: "link", on: true });
  return false;
}

/** The end of a task begun in WAIT. */
export function waitTaskDone(c: Case, work: WaitWork, task: Task, outcome: TaskOutcome): void {
  if (work.kind === "leaving") {
    leaveTaskDone(c, work, task, outcome);
    return;
  }
  if (task.what === "word") c.m.told = { ...c.m.told, word: true };
  if (task.what === "prepare") c.m.told = { ...c.m.told, empty: true };
  if (!outcome.ok) {
    failed(c, outcome.failure, task.what === "open" ? openPause : undefined);
    if (task.what === "initialise") {
      delete c.m.forced;
      become(c, waiting(), "prim", "The files could not be taken as the good ones.");
    }
    return;
  }
  succeeded(c);
  if (work.kind === "burying" && task.what === "terminate") terminated(c, work, outcome.hangs === true);
  else if (task.what === "initialise") initialised(c);
  else if (task.what === "link-off" && work.kind === "asking-arbiter") {
    refine(c, { state: "WAIT", work: { ...work, closed: c.at } });
  } else if (task.what === "link-on" && work.kind === "asking-arbiter") {
    const reason = work.answer?.kind === "denied" ? "arbiter-denied" : "peer-deciding";
    become(c, waiting(reason), "R20", "The data link is open again.");
  } else if (task.what === "settle") settled(c);
}

function initialised(c: Case): void {
  if (peerVerdict(c) === "dead") goAloneForced(c, { peer: "dead" });
  else become(c, waiting(), "prim", "The files are the good ones now.", { request: requestName(c) });
}
