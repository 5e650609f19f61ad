// SPDX-License-Identifier: Apache-2.0
// A module in one sentence, as CLI and console show it first: "Protected", "Catching up: 43 %, about 2 min",
// "Unprotected: beta is down since 03:12 UTC", "Waiting: alpha may hold newer data". It speaks of the node
// that matters: where the VM runs, else the answering one. Pure: times come in as words.

import { reintegrationSentence } from "../words/words.js";
import type { Reintegration } from "../../api/contract.js";
import type { ModuleView, ReasonCode } from "../../decide/mirror/types.js";

/** A node as the answering one knows it. */
export interface Seen {
  readonly node: string;
  /** What it says, or last said, about the module. */
  readonly view: ModuleView | undefined;
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
  readonly copying: Reintegration | null;
  /** "since 03:12 UTC by admin (maintenance)" while automatic failover is paused. */
  readonly pause: string | undefined;
}

/** {self} is the node that the sentence is about, {peer} the other one of the pair. */
const words: Readonly<Record<ReasonCode, string>> = {
  none: "Unprotected: {peer} is not up to date",
  "not-started": "Stopped: not started yet",
  "stopped-by-person": "Stopped by a person",
  "host-shutdown": "Stopped: {self} was shut down",
  maxloop: "Stopped: the VM was restarted too often on {self}",
  failed: "Stopped: something failed on {self}",
  discovering: "Starting: {self} finds out what runs",
  opening: "Starting: the mirror on {self} is being opened",
  starting: "Starting on {self}",
  stopping: "Stopping on {self}",
  burying: "Starting again: the mirror process on {self} has ended",
  "first-start": "Waiting: no copy has been chosen as the good one yet",
  "data-problem": "Waiting: the data is not there on {self}",
  "unknown-files": "Waiting: the folder on {self} holds files without a record",
  "half-copied": "Waiting: the copy on {self} is half filled, {peer} has the whole one",
  "not-current": "Waiting: {peer} may hold newer data",
  "peer-deciding": "Starting: {peer} is about to decide",
  "peer-silent": "Waiting: {peer} may hold newer data",
  "peer-must-start": "Waiting: {peer} may hold newer data, and is stopped",
  "data-link-down": "Unprotected: the data link to {peer} is down",
  "mirror-lost": "Unprotected: the mirror process on {self} ended and is started again",
  "mirror-failing": "Stopped: the mirror process on {self} ends again and again",
  "failover-off": "Waiting: failover is switched off, a person decides",
  paused: "Waiting: automatic failover is paused {pause}",
  "hypervisor-lost": "Waiting: the hypervisor on {self} does not answer",
  conflict: "Conflict: both copies ran alone, a person chooses",
  "asking-peer": "Starting: {peer} is asked for its word",
  "asking-arbiter": "Starting: the arbiter is asked",
  "arbiter-denied": "Waiting: the arbiter gave the right to {peer}",
  reintegrating: "Catching up",
  frozen: "Writes wait: {peer} does not answer",
  "guest-paused": "The VM is paused: nobody has said yet who may go on",
  "disk-full": "The VM waits: the disk of {self} is full",
  "disk-error": "Unprotected: the disk of {self} reports errors",
  unprotected: "Unprotected: a disk of the VM is not on the mirror",
  alone: "Unprotected: {peer} is not up to date",
  "alone-on-silence": "Unprotected: {peer} is silent, and without an arbiter it may run the VM too",
  "vm-failing": "The VM does not start on {self}",
  "second-only": "Waiting: {self} is to be secondary only",
  swapping: "Moving to the other host",
  resolving: "The conflict is being resolved",
};

/** On the node that runs the VM these matter more than the state of the other copy. */
const pressing: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "starting",
  "stopping",
  "swapping",
  "resolving",
  "frozen",
  "guest-paused",
  "disk-full",
  "disk-error",
  "vm-failing",
]);

export function headline(facts: HeadlineFacts): string {
  if (facts.conflict) return words.conflict;
  if (facts.isOffMirror) return words.unprotected;
  if (facts.isProtected) return facts.isPartly ? "Partly protected: disks were left out" : "Protected";
  const lead = leadOf(facts);
  const follower = lead === facts.self ? facts.other : facts.self;
  if (lead.view === undefined) return `Not known: ${lead.node} has not said anything yet`;
  const { reason } = lead.view;
  if (isActive(lead) && !pressing.has(reason)) return companySentence(facts, lead, follower);
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
  const telling: readonly ReasonCode[] = [
    "maxloop",
    "failed",
    "host-shutdown",
    "stopped-by-person",
    "data-problem",
    "unknown-files",
    "disk-full",
    "disk-error",
    "mirror-failing",
    "mirror-lost",
  ];
  if (!telling.includes(reason)) return "";
  const sentence = say(facts, reason, node, node).replace(/^[^:]*: /, "");
  return ` (${sentence.charAt(0).toLowerCase()}${sentence.slice(1)})`;
}

function say({ pause }: HeadlineFacts, reason: ReasonCode, about: Seen, other: Seen): string {
  // A newer version on the other node may have reasons that this one does not know.
  const text = (words as Readonly<Partial<Record<string, string>>>)[reason] ?? `${about.node}: ${reason}`;
  return text
    .replaceAll("{self}", about.node)
    .replaceAll("{peer}", other.node)
    .replaceAll("{pause}", pause ?? "")
    .trim();
}
