// SPDX-License-Identifier: Apache-2.0
// A module in one sentence, as CLI and console show it first: "Protected", "Catching up: 43 %, about 2 min",
// "Unprotected: beta is down since 03:12 UTC", "Waiting: alpha may hold newer data". It speaks of the node
// that matters: where the VM runs, else the answering one. Pure: times come in as words.

import { reintegrationSentence } from "../words/words.js";
import type { Reintegration } from "../../api/contract.js";
import { isMarked, reasonNamed, reasons, type ReasonCode } from "../../base/reasons.js";
import type { ModulePicture } from "../../decide/mirror/types.js";

/** A node as the answering one knows it. */
export interface Seen {
  readonly node: string;
  /** What it says, or last said, about the module. */
  readonly view: ModulePicture | undefined;
  /** The answering node itself, or one whose daemon answers. */
  readonly live: boolean;
  /** No sign of life on any way. */
  readonly down: boolean;
  /** Since when it is down, or does not answer: "03:12 UTC". */
  readonly silentSince: string;
}

export interface HeadlineFacts {
  readonly self: Seen;
  readonly other: Seen;
  readonly isProtected: boolean;
  readonly isPartly: boolean;
  readonly conflict: boolean;
  /** R31: a disk of the running VM is not on the mirror. */
  readonly isOffMirror: boolean;
  /** Both copies are alike, and the other host could not start the VM from its own. */
  readonly standby?: string | undefined;
  /** R103: its settings cannot be read, and why. */
  readonly misread?: string | undefined;
  readonly copying: Reintegration | null;
  /** "since 03:12 UTC by admin (maintenance)" while automatic failover is paused. */
  readonly pause: string | undefined;
}

export function headline(facts: HeadlineFacts): string {
  if (facts.conflict) return reasons.conflict.short;
  if (facts.isOffMirror) return reasons.unprotected.short;
  if (facts.misread !== undefined) return facts.misread;
  if (facts.isProtected && facts.standby !== undefined) return `Protected, but: ${facts.standby}`;
  if (facts.isProtected) return facts.isPartly ? "Partly protected: disks were left out" : "Protected";
  const lead = leadOf(facts);
  const follower = lead === facts.self ? facts.other : facts.self;
  if (lead.view === undefined) return `Not known: ${lead.node} has not said anything yet`;
  const { reason } = lead.view;
  if (isActive(lead) && !isMarked(reason, "pressing")) return companySentence(facts, lead, follower);
  return say(facts, reason, lead, follower);
}

export const isActive = ({ view }: Seen): boolean => view?.state === "ALONE" || view?.state === "PRIM";

/** Where the VM runs, else the one that still waits for something, else the answering node. */
function leadOf({ self, other }: HeadlineFacts): Seen {
  const live = [self, other].filter((one) => one.live && one.view !== undefined);
  const runner = live.find(isActive);
  const waiter = live.find(({ view }) => view?.state !== "STOP");
  return runner ?? waiter ?? self;
}

/** The VM runs, and the other copy does not stand behind it. */
function companySentence(facts: HeadlineFacts, lead: Seen, follower: Seen): string {
  const { copying } = facts;
  if (follower.down) return `Unprotected: ${follower.node} is down since ${follower.silentSince}`;
  if (copying !== null) return reintegrationSentence(copying);
  if (!follower.live) return `Unprotected: ${follower.node} does not answer since ${follower.silentSince}`;
  const { state, reason } = follower.view ?? { state: "STOP", reason: "not-started" };
  if (state === "STOP") return `Unprotected: stopped on ${follower.node}${cause(facts, reason, follower)}`;
  if (lead.view?.reason === "reintegrating" || reason === "reintegrating") return "Catching up";
  if (reason === "data-link-down") return say(facts, reason, lead, follower);
  const own = lead.view?.reason ?? "alone";
  return state === "WAIT" || own === "alone"
    ? `Unprotected: ${follower.node} is not up to date${cause(facts, reason, follower)}`
    : say(facts, own, lead, follower);
}

/** Why the other one is not there, where its reason tells more than its state. */
function cause(facts: HeadlineFacts, reason: ReasonCode, node: Seen): string {
  if (!isMarked(reason, "telling")) return "";
  const sentence = say(facts, reason, node, node).replace(/^[^:]*: /, "");
  return ` (${sentence.charAt(0).toLowerCase()}${sentence.slice(1)})`;
}

function say({ pause }: HeadlineFacts, reason: ReasonCode, about: Seen, other: Seen): string {
  const text = reasonNamed(reason)?.short ?? `${about.node}: ${reason}`;
  return text
    .replaceAll("{self}", about.node)
    .replaceAll("{peer}", other.node)
    .replaceAll("{pause}", pause ?? "")
    .trim();
}
