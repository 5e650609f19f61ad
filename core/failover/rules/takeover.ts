// SPDX-License-Identifier: Apache-2.0
// The failover itself: this copy is current (R19, asked by the caller), the other does not run on `basis`
// (R20 to R22). With failover switched off a person decides, and that is remembered over a restart of the
// daemon.

import { isUpToDate } from "../evidence/proofs.js";
import { become, setDurable, type Case } from "../evidence/turn.js";

export function takeOver(
  c: Case,
  basis: "word" | "goodbye" | "silence",
  rule: string,
  sentence: string,
): void {
  delete c.m.handOver;
  const isAsked = c.m.forced !== undefined || c.m.farewell?.asked === true;
  if (!c.m.config.failover && !isAsked) {
    setDurable(c, { held: true });
    const phase = { state: "WAIT", work: { kind: "waiting", reason: "failover-off" } } as const;
    become(c, phase, "failover=off", "The primary is lost; a person decides.", { basis });
    return;
  }
  delete c.m.forced;
  setDurable(c, { held: false });
  become(c, { state: "ALONE", work: { kind: "promoting", basis } }, rule, sentence, { basis });
}

/** The other node's goodbye or word, recorded by the engine: it is this node's turn. */
export function followFarewell(c: Case): boolean {
  const { farewell } = c.m;
  if (farewell?.recorded !== true || !isUpToDate(c) || c.m.durable.held) return false;
  if (c.m.durable.wish.kind !== "run" || c.turn.node.leaving || c.m.task !== undefined) return false;
  takeOver(c, farewell.basis, farewell.basis === "word" ? "R20" : "R22", "The other node left in order.");
  return true;
}
