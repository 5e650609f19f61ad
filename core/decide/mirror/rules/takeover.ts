// SPDX-License-Identifier: Apache-2.0
// The failover itself: this copy is current (R19, asked by the caller), the other does not run on `basis`
// (R20 to R22). With failover switched off or paused a person decides, and that is remembered over a restart
// of the daemon.

import { holdOf, isHeld, type Hold } from "../evidence/hold.js";
import { rightOf } from "../evidence/not-running.js";
import { isUpToDate } from "../evidence/proofs.js";
import { become, setDurable, type Case } from "../evidence/turn.js";

const holdWords: Readonly<Record<Hold, { readonly rule: string; readonly sentence: string }>> = {
  "failover-off": { rule: "failover=off", sentence: "The primary is lost; a person decides." },
  paused: { rule: "pause", sentence: "The primary is lost while automatic failover is paused." },
};

export function takeOver(
  c: Case,
  basis: "word" | "goodbye" | "silence",
  rule: string,
  sentence: string,
): void {
  delete c.m.handOver;
  const isAsked = c.m.forced !== undefined || c.m.farewell?.asked === true;
  const hold = isAsked ? undefined : holdOf(c);
  if (hold !== undefined) {
    setDurable(c, { held: true, heldByPause: hold === "paused" });
    const phase = { state: "WAIT", work: { kind: "waiting", reason: hold } } as const;
    become(c, phase, holdWords[hold].rule, holdWords[hold].sentence, { basis });
    return;
  }
  delete c.m.forced;
  setDurable(c, { held: false });
  become(c, { state: "ALONE", work: { kind: "promoting", basis } }, rule, sentence, { basis });
}

/** The other node's goodbye or word, recorded by the engine: it is this node's turn. */
export function followFarewell(c: Case): boolean {
  const { farewell } = c.m;
  if (farewell?.recorded !== true || !isUpToDate(c) || isHeld(c)) return false;
  // R39: what is proven stays proven while the hypervisor is away; to go ahead without it helps nobody.
  if (c.turn.node.hypervisor === "lost") return false;
  if (c.m.durable.wish.kind !== "run" || c.turn.node.leaving || c.m.task !== undefined) return false;
  const { basis } = farewell;
  const { right } = rightOf(c, { occasion: "takeover", farewell: basis });
  if (right.kind !== "run") return false;
  takeOver(c, basis, basis === "word" ? "R20" : "R22", "The other node left in order.");
  return true;
}
