// SPDX-License-Identifier: Apache-2.0
// What ALONE and PRIM have in common: this node has the right to run the VM.
//
//   promoting ─▶ starting ─▶ running ─▶ restarting ─▶ starting …     all ─▶ leaving (rules/leaving.ts)
//                   │ not here                 │ maxloop
//                   └────────▶ leaving ◀───────┘        (rules/ability.ts)
//
// Above all work stands: a dead mirror (the VM dies with it, R35), a freeze (answered even while the VM is
// being started or stopped), a denial (R14).

import { elapsed, later, seconds } from "../../../base/units.js";
import { failure } from "../../../base/errors.js";
import { exists, inConflict, isDenied, peerAnswers, peerVerdict } from "../evidence/proofs.js";
import {
  abandonTask,
  become,
  beginTask,
  beginMirror,
  failed,
  isFree,
  mirrorStatus,
  record,
  refine,
  send,
  setDurable,
  succeeded,
  validUntil,
  type Case,
} from "../evidence/turn.js";
import { guestName } from "../command.js";
import { answerFreeze, tellArbiter } from "../rules/arbitration.js";
import { giveToTheAble, isSlow, pauseBeforeStart, startRefused } from "../rules/ability.js";
import { decideLeave, harder, leave, leaveTaskDone, stopWorkload } from "../rules/leaving.js";
import { keepLinkOn } from "../rules/upkeep.js";
import { settled, stepResolve } from "../rules/resolve.js";
import type { ActiveWork, Task, TaskOutcome } from "../types.js";
import {
  homeAgain,
  homeSwapsMax,
  homeSwapsWindow,
  startPause,
  youngStatus,
} from "../../../base/limits/decision.js";
import { turnGapMax } from "../../../base/limits.js";

type Work<K extends ActiveWork["kind"]> = Extract<ActiveWork, { kind: K }>;
type Active = "ALONE" | "PRIM";

const active = (c: Case): Active => (c.m.phase.state === "PRIM" ? "PRIM" : "ALONE");

export function decideActive(c: Case, work: ActiveWork): boolean {
  if (condemned(c)) return true;
  answerFreeze(c);
  if (denied(c)) return true;
  if (demotedItself(c, work)) return true;
  if (work.kind === "leaving") return decideLeave(c, work);
  const { wish, resolving } = c.m.durable;
  if (wish.kind === "stop" && resolving === undefined && work.kind !== "promoting") {
    leave(c, { purpose: "stop" }, "stop", "The module stops on this node.");
    return true;
  }
  if (resolving !== undefined && work.kind !== "promoting" && stepResolve(c)) return true;
  switch (work.kind) {
    case "promoting":
      return promote(c, work);
    case "starting":
      return start(c, work);
    case "running":
      return run(c);
    case "restarting":
      return restart(c, work);
  }
}

/**
 * R24, R35: the mirror process is dead, so the VM must be. The word follows once that is verified, but only
 * when the peer's copy counts and nothing was granted since: after a grant this copy is ahead of the peer's.
 */
function condemned(c: Case): boolean {
  const { mirror, freeze, config } = c.m;
  if (mirror.kind !== "dead" && mirror.kind !== "none") return false;
  const last = mirror.kind === "dead" ? mirror.last : undefined;
  const wasInSync = last !== undefined && (last.inSync || last.freeze !== undefined);
  const giveWord = wasInSync && freeze?.answer === undefined && config.failover && last.role === "primary";
  abandonTask(c);
  const phase = { state: "WAIT", work: { kind: "burying", giveWord } } as const;
  become(c, phase, "R24", "The mirror process ended under the VM: the VM is ended too.", { giveWord });
  return true;
}

function denied(c: Case): boolean {
  const status = mirrorStatus(c);
  const isDelivered = c.m.freeze?.answer?.kind === "deny" && c.m.freeze.delivered === true;
  const isRefused = isDenied(c) && status?.freeze === undefined;
  if (!isDelivered && !isRefused) return false;
  abandonTask(c);
  setDurable(c, { lastPrim: false });
  const phase = { state: "WAIT", work: { kind: "burying", giveWord: false } } as const;
  become(
    c,
    phase,
    "R14",
    "The other node has gone ahead: this VM is ended, its last writes were never answered.",
  );
  return true;
}

/** The engine met one that has gone ahead and stepped down by itself (R14): nothing may run on it. */
function demotedItself(c: Case, { kind }: ActiveWork): boolean {
  const { mirror } = c.m;
  if (kind === "promoting" || kind === "leaving" || mirror.kind !== "up") return false;
  // Statuses of before the promotion say nothing: one that is clearly younger is needed.
  const isYoung = elapsed(c.m.since, mirror.at) > youngStatus;
  if (mirror.status.role !== "secondary" || !isYoung) return false;
  abandonTask(c);
  setDurable(c, { lastPrim: false });
  const phase = { state: "WAIT", work: { kind: "burying", giveWord: false } } as const;
  become(c, phase, "R14", "The engine is not primary any more: the VM is ended.");
  return true;
}

function promote(c: Case, { basis }: Work<"promoting">): boolean {
  if (!isFree(c)) return false;
  if (basis === undefined) {
    beginMirror(c, "promote", { do: "promote" });
    return false;
  }
  // Whatever it rests on was so when it was decided: who gave a word may have met this copy and gone ahead,
  // who was silent may have been heard. A person's order rests on nothing.
  const until = basis === "forced" ? validUntil(c) : later(c.m.since, turnGapMax);
  if (c.at > until) {
    const phase = { state: "WAIT", work: { kind: "waiting", reason: "peer-deciding" } } as const;
    become(c, phase, "R16", "The promotion was held up: what it rested on is judged anew.");
    return true;
  }
  beginMirror(c, "promote", { do: "promote", alone: { basis } }, until);
  return false;
}

function start(c: Case, work: Work<"starting">): boolean {
  if (c.m.task === undefined && c.m.run.kind === "on") {
    delete c.m.startTrouble;
    become(c, { state: active(c), work: { kind: "running" } }, "start", "The VM runs.");
    return true;
  }
  if (c.m.run.kind === "held") return endHeld(c);
  // What does not come up at once is seen in its company meanwhile.
  if (work.attempt > 0 && changeCompany(c, work)) return true;
  if (giveToTheAble(c)) return true;
  const isFrozen = mirrorStatus(c)?.freeze !== undefined;
  const mayStart = c.turn.node.hypervisor !== "lost" && !isFrozen && !inConflict(c) && !c.turn.node.leaving;
  if (!isFree(c) || c.at < work.notBefore || !mayStart) return false;
  beginTask(c, "start-workload", (task) => ({
    do: "start-workload",
    module: c.id,
    task,
    validUntil: validUntil(c),
  }));
  return false;
}

/** Nobody is letting it run any more: it has executed nothing, so ending it loses nothing. */
function endHeld(c: Case): boolean {
  if (isFree(c)) stopWorkload(c, "kill");
  return false;
}

function run(c: Case): boolean {
  const { run } = c.m;
  if (run.kind === "off") return run.byItself === true ? vmSwitchedOff(c) : vmEnded(c);
  if (run.kind === "on" && run.crashed === true) return vmEnded(c);
  if (run.kind === "held" && c.m.task === undefined) {
    const work: ActiveWork = { kind: "starting", attempt: 0, notBefore: c.at };
    const sentence = "The VM was started and never let run: it is ended and started anew.";
    become(c, { state: active(c), work }, "R31", sentence);
    return true;
  }
  keepLinkOn(c);
  if (changeCompany(c, { kind: "running" })) return true;
  return goHome(c);
}

/** ALONE ↔ PRIM: whether the peer's copy counts. The application is untouched. */
function changeCompany(c: Case, work: Work<"running" | "starting">): boolean {
  const status = mirrorStatus(c);
  if (status === undefined) return false;
  if (active(c) === "ALONE" && status.inSync) {
    become(c, { state: "PRIM", work }, "R10", "The other copy is up to date.");
    return true;
  }
  if (active(c) === "PRIM" && !status.inSync && status.freeze === undefined) {
    become(c, { state: "ALONE", work }, "R10", "The other copy is lost or no longer up to date.");
    return true;
  }
  return false;
}

/** defaultprim names the other node: the VM goes home once all has been green for a while. */
function goHome(c: Case): boolean {
  const { defaultPrim } = c.m.config;
  const isAway = defaultPrim.kind === "node" && defaultPrim.node === c.other;
  const isSettled = active(c) === "PRIM" && elapsed(c.m.since, c.at) > seconds(10) && !inConflict(c);
  const view = c.m.peer?.view;
  const isWelcome = view?.willing === true && view.upToDate && peerVerdict(c) === "alive";
  const isPaused = c.turn.node.pause !== undefined;
  const { swapFailed } = c.m;
  const isTooSoon = swapFailed !== undefined && elapsed(swapFailed, c.at) < homeAgain;
  if (!isAway || !isSettled || !isWelcome || isPaused || isTooSoon || c.m.task !== undefined) return false;
  const lately = (c.m.homeSwaps ?? []).filter((swap) => elapsed(swap, c.at) < homeSwapsWindow);
  if (lately.length >= homeSwapsMax) return staysAway(c, lately.length);
  c.m.homeSwaps = [...lately, c.at];
  leave(c, { purpose: "swap" }, "defaultprim", "The other node is this module's home and is up to date.");
  return true;
}

/** R107: somebody sends it back each time: told once, and a person decides. */
function staysAway(c: Case, count: number): boolean {
  if (c.m.trouble?.code === "GEMEL-1022") return false;
  c.m.trouble = failure("GEMEL-1022", c.id);
  record(c, "defaultprim", "The VM has gone home too often.", { count }, "it stays where it is");
  return false;
}

/** Those inside have ended it in order: a wish, or no different from a crash; the settings say which. */
function vmSwitchedOff(c: Case): boolean {
  if (c.m.config.powerOff === "restart") return vmEnded(c);
  setDurable(c, { wish: { kind: "stop", by: "guest" } });
  const command = { do: "stop", module: c.id, scope: "both", force: false } as const;
  if (peerAnswers(c)) send(c, { kind: "command", module: c.id, command, by: guestName });
  leave(
    c,
    { purpose: "stop", both: true },
    "poweroff",
    "The VM was switched off from inside: the module stops on both nodes.",
  );
  return true;
}

/** Off, or what is left of it is kept by the hypervisor (on_crash=preserve). */
function vmEnded(c: Case): boolean {
  const { maxLoop, loopInterval } = c.m.config;
  const restarts = c.m.restarts.filter((restart) => elapsed(restart, c.at) < loopInterval);
  if (restarts.length >= maxLoop) return stopForLoop(c, restarts.length);
  c.m.restarts = [...restarts, c.at];
  const evidence = { restart: restarts.length + 1, maxLoop };
  const [work, sentence]: readonly [ActiveWork, string] = exists(c.m)
    ? [{ kind: "restarting", how: "off" }, "The guest has crashed; what is left of it is ended."]
    : [
        { kind: "starting", attempt: 0, notBefore: c.at },
        "The VM ended by itself; it is started again here.",
      ];
  become(c, { state: active(c), work }, "restart", sentence, evidence);
  return true;
}

function stopForLoop(c: Case, count: number): boolean {
  setDurable(c, { wish: { kind: "stop", by: "maxloop" } });
  c.m.trouble = failure("GEMEL-1014", c.id);
  leave(
    c,
    { purpose: "maxloop" },
    "maxloop",
    "The VM was restarted too often; the module stops on this node.",
    { count },
  );
  return true;
}

function restart(c: Case, { how }: Work<"restarting">): boolean {
  if (c.m.run.kind === "off") {
    const work: ActiveWork = { kind: "starting", attempt: 0, notBefore: c.at };
    become(c, { state: active(c), work }, "restart", "The VM is off and starts again here.");
    return true;
  }
  if (isFree(c)) stopWorkload(c, how);
  return false;
}

/** The end of a task begun in ALONE or PRIM. */
export function activeTaskDone(c: Case, work: ActiveWork, task: Task, outcome: TaskOutcome): void {
  if (work.kind === "leaving") {
    leaveTaskDone(c, work, task, outcome);
    return;
  }
  if (task.what === "settle" && outcome.ok) {
    settled(c);
    return;
  }
  // What was begun before this work (a link switched on) ends in it, and is not its result.
  if (work.kind === "promoting" && task.what === "promote") promoted(c, work, outcome);
  else if (work.kind === "starting" && task.what === "start-workload") started(c, work, outcome);
  else if (!outcome.ok) {
    failed(c, outcome.failure);
    if (work.kind === "restarting" && task.what === "stop-workload" && exists(c.m)) endHarder(c, work);
  }
}

/** A guest that ignores the shutdown: off at once, as stop does. */
function endHarder(c: Case, { how }: Work<"restarting">): void {
  if (how !== "kill") delete c.m.notBefore;
  refine(c, { state: active(c), work: { kind: "restarting", how: harder(how) } });
}

function promoted(c: Case, { basis }: Work<"promoting">, outcome: TaskOutcome): void {
  if (!outcome.ok) {
    failed(c, outcome.failure);
    const phase = { state: "WAIT", work: { kind: "waiting", reason: "none" } } as const;
    become(c, phase, "R25", "The promotion failed; this node does not run the VM.", {
      reason: outcome.failure.message,
    });
    return;
  }
  succeeded(c);
  setDurable(c, { lastPrim: true, held: false });
  if (basis !== undefined) tellArbiter(c, basis);
  const work: ActiveWork = { kind: "starting", attempt: 0, notBefore: c.at };
  become(c, { state: active(c), work }, "R25", "This copy is primary; the VM is started.");
}

function started(c: Case, work: Work<"starting">, outcome: TaskOutcome): void {
  if (outcome.ok) {
    succeeded(c);
    delete c.m.startTrouble;
    become(c, { state: active(c), work: { kind: "running" } }, "start", "The VM runs.");
    return;
  }
  const { failure: why } = outcome;
  c.m.trouble = why;
  const attempt = work.attempt + 1;
  if (!isSlow(why)) startRefused(c, why);
  const pause = isSlow(why) ? startPause : pauseBeforeStart(c.m);
  record(c, "start", "The VM could not be started.", { attempt, reason: why.message }, "tried again");
  refine(c, {
    state: active(c),
    work: { kind: "starting", attempt, notBefore: later(c.at, pause), failure: why },
  });
}
