// SPDX-License-Identifier: Apache-2.0
// A node that waits with nothing running (R19, R23): its facts become the inputs of the table
// (decide/arbitration/cold-start.ts), and the row that fits is carried into its phase. Where the copies are
// not paired the question "is the other not running?" decides (rows d and e).

import { unreachable } from "../../../base/check.js";
import { elapsed } from "../../../base/units.js";
import type { MirrorStatus } from "../../../../native/index.js";
import { coldStartVerdict, type ColdStartInputs } from "../../arbitration/cold-start.js";
import { rightOf } from "../evidence/not-running.js";
import {
  isPaired,
  isUpToDate,
  isWilling,
  linkRefused,
  outranks,
  ownRank,
  peerRuns,
  peerVerdict,
  peerView,
  rankOf,
} from "../evidence/proofs.js";
import { heldAtStart, isHeld } from "../evidence/hold.js";
import { become, mirrorStatus, refine, requestName, type Case } from "../evidence/turn.js";
import type { ReasonCode } from "../../../base/reasons.js";
import type { WaitWork } from "../types.js";
import { deferLimit, refusalPause, linkPatience } from "../../../base/limits/decision.js";

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

const yesNo = (is: boolean): "yes" | "no" => (is ? "yes" : "no");

function inputsOf(c: Case, status: MirrorStatus | undefined): ColdStartInputs {
  const refused = status === undefined ? undefined : linkRefused(status);
  const apart = refused === "conflict" || refused === "unrelated" ? refused : "down";
  const isUnknown = status?.copy === "unknown";
  return {
    mirror: status === undefined ? "opening" : "open",
    files: status?.dataProblem !== undefined ? "bad" : isUnknown ? "unknown" : "good",
    link: status !== undefined && isPaired(status) ? "paired" : apart,
    peerRuns: yesNo(peerRuns(c)),
    held: yesNo(isHeld(c)),
    willing: yesNo(isWilling(c.turn.node, c.m)),
    current: yesNo(isUpToDate(c)),
    workload: c.m.run.kind === "off" ? "off" : "not-off",
    takeoverHeld: yesNo(heldAtStart(c) !== undefined),
    rival: yesNo(hasRival(c)),
  };
}

export function judgeColdStart(c: Case): ColdStart {
  const status = mirrorStatus(c);
  const { verdict } = coldStartVerdict(inputsOf(c, status));
  switch (verdict) {
    case "follow":
      return { row: "a", then: "follow" };
    case "claim":
      return { row: "c", then: "claim" };
    case "arbitrate":
      return judgeUnpaired(c);
    case "wait: the other claims":
      return { row: "b", then: "wait", reason: "peer-deciding" };
    case "wait: opening":
      return wait("opening");
    case "wait: data problem":
      return wait("data-problem", status?.dataProblem?.message);
    case "wait: conflict":
      return wait("conflict");
    case "wait: unrelated":
      return wait("unknown-files", "the two copies do not belong together");
    case "wait: data link down":
      return wait("data-link-down");
    case "wait: unknown files":
      return wait("unknown-files");
    case "wait: held":
      return wait(heldAtStart(c) ?? "failover-off");
    case "wait: unwilling":
      return wait(unwillingReason(c));
    case "wait: not current":
      return wait(notCurrentReason(c));
    case "wait: workload unknown":
      return wait("hypervisor-lost", "whether the VM is off here is not known");
    case "wait: takeover held":
      return wait(heldAtStart(c) ?? "paused");
    default:
      return unreachable(verdict);
  }
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

/** The other waits too, could run it and ranks higher: its claim is awaited, for a while. */
function hasRival(c: Case): boolean {
  const view = peerView(c);
  const rival = view?.state === "WAIT" && view.willing && view.upToDate ? view : undefined;
  if (rival === undefined || elapsed(c.m.since, c.at) >= deferLimit) return false;
  const theirs = rankOf(c.m.config, c.other, { lastPrim: rival.lastPrim, forced: false });
  return outranks(theirs, c.other, ownRank(c), c.self);
}

function judgeUnpaired(c: Case): ColdStart {
  const { right } = rightOf(c, { occasion: "cold-start" });
  if (right.kind === "run") return { row: "e", then: "alone" };
  if (right.kind !== "ask") return wait("peer-silent");
  if (!right.whom.includes("peer")) return { row: "e", then: "ask-arbiter" };
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
