// SPDX-License-Identifier: Apache-2.0
// Who of two nodes without a running VM starts it (R19, R23): the first fitting row. "Current" is the
// engine's proof.
//
//   row │ this copy            │ the other node                        │ what happens
//   ────┼──────────────────────┼───────────────────────────────────────┼──────────────────────────────
//    a  │ –                    │ runs the VM, copies paired            │ SECOND
//    b  │ paired, current      │ waits too and ranks higher            │ its claim is awaited, for a while
//    c  │ paired, current      │ else                                  │ claim: PRIM or ALONE once it agrees
//       │ current              │ its goodbye or word is recorded       │ ALONE, before all rows
//    d  │ current, not paired  │ its daemon answers, does not run it   │ ask its word, then ALONE
//    e  │ current, not paired  │ dead (R21); lease: asked              │ ALONE on silence; lease
//    f  │ –                    │ –                                     │ wait, and say for what
//
// With a failover that is switched off or paused (evidence/hold.ts) and after `second` rows b to e are left
// to a person.

import { elapsed, seconds, type Milliseconds } from "../../../base/units.js";
import {
  isCurrent,
  isPaired,
  isWilling,
  linkRefused,
  outranks,
  ownRank,
  peerAnswers,
  peerRuns,
  peerVerdict,
  peerView,
  rankOf,
} from "../evidence/proofs.js";
import { heldAtStart, isHeld } from "../evidence/hold.js";
import { become, mirrorStatus, refine, requestName, type Case } from "../evidence/turn.js";
import type { ReasonCode } from "../../../base/reasons.js";
import type { WaitWork } from "../types.js";

/** A node that ranks lower lets the other claim first, this long. */
const deferLimit: Milliseconds = seconds(6);
/** A node that was left alone last itself is not asked again before this. */
const refusalPause: Milliseconds = seconds(10);
/** Two waiting nodes give the data link this long to come up before they use words only. */
const linkPatience: Milliseconds = seconds(8);

export type ColdStart =
  | { readonly row: "a"; readonly then: "follow" }
  | { readonly row: "c"; readonly then: "claim" }
  | { readonly row: "d"; readonly then: "ask-word" }
  | { readonly row: "e"; readonly then: "alone" | "ask-arbiter" }
  | { readonly row: "b" | "f"; readonly then: "wait"; readonly reason: ReasonCode; readonly detail?: string };

const wait = (reason: ReasonCode, detail?: string): ColdStart => ({
  row: "f",
  then: "wait",
  reason,
  ...(detail !== undefined && { detail }),
});

export function judgeColdStart(c: Case): ColdStart {
  const status = mirrorStatus(c);
  if (status === undefined) return wait("opening");
  if (status.dataProblem !== undefined) return wait("data-problem", status.dataProblem.message);
  const refused = linkRefused(status);
  if (refused === "conflict") return wait("conflict");
  if (refused === "unrelated") return wait("unknown-files", "the two copies do not belong together");
  if (isPaired(status) && peerRuns(c)) return { row: "a", then: "follow" };
  if (peerRuns(c)) return wait("data-link-down");
  if (status.copy === "unknown") return wait("unknown-files");
  if (isHeld(c)) return wait(heldAtStart(c) ?? "failover-off");
  if (!isWilling(c.turn.node, c.m)) return wait(unwillingReason(c));
  if (!isCurrent(c.m, status)) return wait(notCurrentReason(c));
  if (c.m.run.kind !== "off") return wait("hypervisor-lost", "whether the VM is off here is not known");
  const hold = heldAtStart(c);
  if (hold !== undefined) return wait(hold);
  return isPaired(status) ? judgePaired(c) : judgeUnpaired(c);
}

function unwillingReason(c: Case): ReasonCode {
  if (c.turn.node.hypervisor === "lost") return "hypervisor-lost";
  if (c.m.durable.resolving !== undefined) return "resolving";
  return "second-only";
}

function notCurrentReason(c: Case): ReasonCode {
  const copy = mirrorStatus(c)?.copy;
  const view = peerView(c);
  if (copy === "empty" || copy === "absent") return "first-start";
  if (view?.upToDate === true) return "peer-deciding";
  if (copy === "inconsistent") return "half-copied";
  if (peerVerdict(c) !== "alive") return "peer-silent";
  return view?.state === "STOP" ? "peer-must-start" : "not-current";
}

function judgePaired(c: Case): ColdStart {
  const view = peerView(c);
  const rival = view?.state === "WAIT" && view.willing && view.upToDate ? view : undefined;
  if (rival !== undefined && elapsed(c.m.since, c.at) < deferLimit) {
    const theirs = rankOf(c.m.config, c.other, { lastPrim: rival.lastPrim, forced: false });
    if (outranks(theirs, c.other, ownRank(c), c.self))
      return { row: "b", then: "wait", reason: "peer-deciding" };
  }
  return { row: "c", then: "claim" };
}

function judgeUnpaired(c: Case): ColdStart {
  const verdict = peerVerdict(c);
  if (verdict === "dead") {
    return { row: "e", then: c.m.config.arbiter === "none" ? "alone" : "ask-arbiter" };
  }
  if (!peerAnswers(c)) return wait("peer-silent");
  const view = peerView(c);
  if (view === undefined) return wait("peer-deciding");
  const { wordRefused } = c.m;
  if (wordRefused !== undefined && elapsed(wordRefused, c.at) < refusalPause) return wait("peer-must-start");
  // Its mirror is coming up as well: the handshake may know better than two records.
  const isComing = view.state === "WAIT" || view.mirror === "up";
  if (isComing && elapsed(c.m.since, c.at) < linkPatience) return wait("peer-deciding");
  return { row: "d", then: "ask-word" };
}

/** Carries the verdict into the phase. Returns whether the phase changed. */
export function followColdStart(c: Case, verdict: ColdStart): boolean {
  switch (verdict.then) {
    case "follow":
      become(c, { state: "SECOND", work: { kind: "following" } }, "R23", "The other node runs the VM.", {
        row: "a",
      });
      return true;
    case "claim":
      startClaim(c);
      return true;
    case "ask-word":
      askWord(c, "cold-start");
      return true;
    case "ask-arbiter":
      become(
        c,
        { state: "WAIT", work: { kind: "asking-arbiter", request: requestName(c) } },
        "R23",
        "The other node is silent; the arbiter is asked.",
        { row: "e" },
      );
      return true;
    case "alone":
      become(
        c,
        { state: "ALONE", work: { kind: "promoting", basis: "silence" } },
        "R21",
        "This copy is proven current and every network has been silent for the heartbeat timeout.",
        { row: "e" },
      );
      return true;
    case "wait":
      sayReason(c, verdict.reason, verdict.detail);
      return false;
  }
}

export function startClaim(c: Case): void {
  const claim: WaitWork = { kind: "claiming", claim: requestName(c), since: c.at, rank: ownRank(c) };
  become(c, { state: "WAIT", work: claim }, "R23", "Both copies are paired; this node asks to be primary.", {
    row: "c",
  });
}

export function askWord(c: Case, why: "cold-start" | "forced"): void {
  const work: WaitWork = { kind: "asking-word", request: requestName(c), since: c.at, rank: ownRank(c), why };
  become(c, { state: "WAIT", work }, "R20", "The other node's daemon answers: it is asked for its word.", {
    why,
  });
}

function sayReason(c: Case, reason: ReasonCode, detail: string | undefined): void {
  const { phase } = c.m;
  if (phase.state !== "WAIT" || phase.work.kind !== "waiting") return;
  if (phase.work.reason === reason && phase.work.detail === detail) return;
  refine(c, {
    state: "WAIT",
    work: { kind: "waiting", reason, ...(detail !== undefined && { detail }) },
  });
}
