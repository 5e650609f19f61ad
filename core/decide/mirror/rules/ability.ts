// SPDX-License-Identifier: Apache-2.0
// Where a VM that should run does not start (R39). Slow is not failed: a hypervisor that has not answered in
// time is asked again, and only what it refused counts. After a few refusals the pauses grow; the last host
// alive goes on trying. A host that is able gets the VM, once: whoever has just failed says so to the other
// (its `willing`), so that two hosts that both fail do not send a VM to and fro.
//
//   the start          │ here                    │ the other is able, in sync │ else
//   ───────────────────┼─────────────────────────┼────────────────────────────┼────────────────────────────
//   refused            │ again, after a pause    │ it gets the VM after three │ again, after longer pauses
//   not answered       │ again                   │ it gets the VM after a     │ again
//                      │                         │ while                      │
//   no hypervisor      │ waits for it            │ it gets the VM after a     │ waits
//                      │                         │ shorter while              │

import type { Failure } from "../../../base/errors.js";
import {
  ableAgain,
  hypervisorPatience,
  slowStartPatience,
  startAttemptsMax,
  startPause,
  startPauseMax,
} from "../../../base/limits/decision.js";
import { elapsed, milliseconds, type Instant, type Milliseconds } from "../../../base/units.js";
import { inConflict, isPaired, peerAnswers, peerView } from "../evidence/proofs.js";
import { mirrorStatus, type Case } from "../evidence/turn.js";
import { leave } from "./leaving.js";
import type { ModuleState } from "../types.js";

/** Its outcome is not known, or it was void: nothing was refused. */
export const isSlow = ({ code }: Failure): boolean => code === "GEMEL-3001" || code === "GEMEL-9002";

/** The VM could not be started here lately. */
export const isUnable = ({ startTrouble }: ModuleState, at: Instant): boolean =>
  startTrouble !== undefined &&
  startTrouble.count >= startAttemptsMax &&
  elapsed(startTrouble.last, at) < ableAgain;

export function startRefused(c: Case, failure: Failure): void {
  c.m.startTrouble = { count: (c.m.startTrouble?.count ?? 0) + 1, last: c.at, failure };
}

/** Five seconds at first, then twice as long each time. */
export function pauseBeforeStart({ startTrouble }: ModuleState): Milliseconds {
  const more = Math.max(0, (startTrouble?.count ?? 0) - startAttemptsMax + 1);
  return milliseconds(Math.min(startPauseMax, startPause * 2 ** Math.min(more, 16)));
}

/** Where this node cannot, and the other one can. Returns whether the module is on its way. */
export function giveToTheAble(c: Case): boolean {
  const why = whyGiven(c);
  if (why === undefined || c.m.task !== undefined || !isAbleThere(c)) return false;
  // Whatever it was: this node is not the next one to be given the VM.
  const failure = c.m.startTrouble?.failure ?? c.m.trouble;
  if (failure !== undefined) c.m.startTrouble = { count: startAttemptsMax, last: c.at, failure };
  leave(c, { purpose: "swap" }, "R39", `${why} The other node gets the VM.`);
  return true;
}

function whyGiven(c: Case): string | undefined {
  if ((c.m.startTrouble?.count ?? 0) >= startAttemptsMax) return "The VM cannot be started here.";
  const took = elapsed(c.m.since, c.at);
  if (c.turn.node.hypervisor === "lost" && took > hypervisorPatience) {
    return "The hypervisor does not answer here.";
  }
  return took > slowStartPatience ? "The VM does not come up here." : undefined;
}

/** With failover off or paused a person decides where a VM runs. */
function isAbleThere(c: Case): boolean {
  const status = mirrorStatus(c);
  const view = peerView(c);
  if (!c.m.config.failover || c.turn.node.pause !== undefined || inConflict(c)) return false;
  if (status?.freeze !== undefined || status?.inSync !== true || !isPaired(status)) return false;
  return view?.willing === true && view.upToDate && peerAnswers(c);
}
