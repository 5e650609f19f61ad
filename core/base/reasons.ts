// SPDX-License-Identifier: Apache-2.0
// The one registry of why a module is as it is: one record per reason, as errors.ts has one per error. The
// middle takes its colour from here, status, CLI, console, log and docs/states.md (generated) their words, so
// that they cannot drift apart. Which reason holds is decided in decide/mirror/reason.ts.

import { conflictWords } from "./conflict-words.js";

/** What is judged by a reason beside its colour. */
export type ReasonMark =
  /** In WAIT it passes by itself, soon, and is amber there; all others wait for something outside. */
  | "passing"
  /** The node is still on its way: a state reached with it is not final. */
  | "under-way"
  /** On the node that runs the VM it matters more than the state of the other copy. */
  | "pressing"
  /** Of a node that is not there: tells more than its state. */
  | "telling"
  /** Stopped on purpose: no alarm. */
  | "intended"
  /** Soon over: seen in the status, no alarm. */
  | "brief";

export interface Reason {
  /**
   * The module in one sentence, as CLI and console show it first. {self} is the node that it is about, {peer}
   * the other one of the pair, {pause} since when and by whom failover is paused.
   */
  readonly short: string;
  /** The whole sentence; {peer} is put in. */
  readonly long: string;
  /** What to do or to type; {peer} and {module} are put in. */
  readonly next?: string;
  /** Absent: as the state has it. */
  readonly colour?: "red";
  readonly marks?: readonly ReasonMark[];
}

const registry = {
  none: {
    short: "Unprotected: {peer} is not up to date",
    long: "",
    marks: ["passing"],
  },
  "not-started": {
    short: "Stopped: not started yet",
    long: "It has not been started.",
    next: "gemel start {module}",
    marks: ["intended"],
  },
  "record-lost": {
    short: "Stopped: nobody knows whether it was to run",
    long: "This node's own record is lost, and nothing of the module ran here when the daemon started.",
    next: "gemel start {module}",
    marks: ["telling"],
  },
  bystander: {
    short: "Runs on other nodes",
    long: "This node does not belong to the module.",
    marks: ["intended"],
  },
  "stopped-by-person": {
    short: "Stopped by a person",
    long: "It was stopped by a person.",
    next: "gemel start {module}",
    marks: ["telling", "intended"],
  },
  "switched-off-inside": {
    short: "Stopped: the VM was switched off from inside",
    long: "The VM was switched off from inside.",
    next: "gemel start {module}",
    marks: ["telling", "intended"],
  },
  "host-shutdown": {
    short: "Stopped: {self} was shut down",
    long: "It was stopped because the host shuts down.",
    marks: ["telling", "intended"],
  },
  maxloop: {
    short: "Stopped: the VM was restarted too often on {self}",
    long: "The VM was restarted too often, so the module stopped here.",
    next: "gemel explain {module}, then gemel start {module}",
    marks: ["telling"],
  },
  failed: {
    short: "Stopped: something failed on {self}",
    long: "It stopped because something failed.",
    next: "gemel explain {module}",
    marks: ["telling"],
  },
  discovering: {
    short: "Starting: {self} finds out what runs",
    long: "The daemon has just started and finds out what runs.",
    marks: ["passing", "under-way", "brief"],
  },
  opening: {
    short: "Starting: the mirror on {self} is being opened",
    long: "The mirror is being opened.",
    marks: ["passing", "under-way", "brief"],
  },
  starting: {
    short: "Starting on {self}",
    long: "The VM is being started.",
    marks: ["under-way", "pressing", "brief"],
  },
  stopping: {
    short: "Stopping on {self}",
    long: "It is stopping.",
    marks: ["passing", "under-way", "pressing", "brief"],
  },
  burying: {
    short: "Starting again: the mirror process on {self} has ended",
    long: "The mirror process ended; the VM is ended and verified dead.",
    marks: ["passing", "under-way"],
  },
  "first-start": {
    short: "Waiting: no copy has been chosen as the good one yet",
    long: "Neither copy has ever been chosen, or this one is empty.",
    next: "On the node with the good data: gemel prim {module}",
  },
  "data-problem": {
    short: "Waiting: the data is not there on {self}",
    long: "The data is not there.",
    next: "Mount the right volume, then gemel start {module}",
    colour: "red",
    marks: ["telling"],
  },
  "unknown-files": {
    short: "Waiting: the folder on {self} holds files without a record",
    long: "The folder holds files without a record, or of another module.",
    next: "If they are the good ones: gemel prim {module} --force",
    colour: "red",
    marks: ["telling"],
  },
  "half-copied": {
    short: "Waiting: the copy on {self} is half filled, {peer} has the whole one",
    long: "This copy is half filled and waits for {peer}.",
    next: "Start {peer}; or, accepting damage: gemel prim {module} --force",
  },
  "not-current": {
    short: "Waiting: {peer} may hold newer data",
    long: "This copy is not proven to be the latest one.",
    next: "Start {peer}; or, accepting what would be lost: gemel prim {module}",
  },
  "peer-deciding": {
    short: "Starting: {peer} is about to decide",
    long: "{peer} is about to decide.",
    marks: ["passing"],
  },
  "peer-silent": {
    short: "Waiting: {peer} may hold newer data",
    long: "This copy alone is no proof, and {peer} is silent.",
    next: "Bring {peer} back; or, accepting what would be lost: gemel prim {module}",
  },
  "peer-must-start": {
    short: "Waiting: {peer} may hold newer data, and is stopped",
    long: "The latest copy may be on {peer}, where the module is stopped.",
    next: "gemel start {module}",
  },
  "data-link-down": {
    short: "Unprotected: the data link to {peer} is down",
    long: "{peer} runs the VM, but the data link to it is down.",
    next: "gemel doctor",
  },
  "mirror-lost": {
    short: "Unprotected: the mirror process on {self} ended and is started again",
    long: "The mirror process ended and is started again.",
    marks: ["passing", "telling"],
  },
  "mirror-silent": {
    short: "Unprotected: the mirror process on {self} does not answer",
    long: "The mirror process does not answer.",
    next: "gemel log {module}",
    colour: "red",
    marks: ["pressing", "telling"],
  },
  "mirror-failing": {
    short: "Stopped: the mirror process on {self} ends again and again",
    long: "The mirror process ends again and again.",
    next: "gemel log {module}",
    colour: "red",
    marks: ["telling"],
  },
  "failover-off": {
    short: "Waiting: failover is switched off, a person decides",
    long: "Failover is switched off: a person decides.",
    next: "gemel prim {module}",
  },
  paused: {
    short: "Waiting: automatic failover is paused {pause}",
    long: "Automatic failover is paused.",
    next: "gemel resume; or only for this VM: gemel prim {module}",
  },
  "hypervisor-lost": {
    short: "Waiting: the hypervisor on {self} does not answer",
    long: "The hypervisor does not answer on this node.",
    next: "systemctl start libvirtd",
  },
  conflict: {
    short: conflictWords.headline,
    long: conflictWords.sentence,
    next: "gemel resolve {module} --keep NODE",
    colour: "red",
  },
  "asking-peer": {
    short: "Starting: {peer} is asked for its word",
    long: "{peer} is asked for its word that it does not run.",
    marks: ["passing"],
  },
  "asking-arbiter": {
    short: "Starting: the arbiter is asked",
    long: "The arbiter is asked for the right to run alone.",
    marks: ["passing"],
  },
  "asking-fence": {
    short: "Starting: {peer} is being switched off",
    long: "{peer} must be off before the VM runs here, and its fence has not said so yet.",
    marks: ["passing"],
  },
  "arbiter-denied": {
    short: "Waiting: the arbiter gave the right to {peer}",
    long: "The arbiter gave the right to {peer}.",
  },
  reintegrating: {
    short: "Catching up",
    long: "The copy is being brought up to date.",
  },
  frozen: {
    short: "Writes wait: {peer} does not answer",
    long: "Writes wait: {peer} does not answer, and who may go on is being asked.",
    marks: ["pressing"],
  },
  "guest-paused": {
    short: "The VM is paused: nobody has said yet who may go on",
    long: "The VM is paused: nobody has answered yet who may go on.",
    next: "gemel doctor",
    colour: "red",
    marks: ["pressing"],
  },
  "disk-full": {
    short: "The VM waits: the disk of {self} is full",
    long: "The disk is full.",
    next: "Free space; the VM goes on by itself",
    colour: "red",
    marks: ["pressing", "telling"],
  },
  "disk-error": {
    short: "Unprotected: the disk of {self} reports errors",
    long: "The disk reported an error.",
    next: "gemel swap {module}, then check the disk",
    colour: "red",
    marks: ["pressing", "telling"],
  },
  unprotected: {
    short: "Unprotected: a disk of the VM is not on the mirror",
    long: "A disk of the VM is not on the mirror.",
    next: "gemel explain {module}",
    colour: "red",
  },
  alone: {
    short: "Unprotected: {peer} is not up to date",
    long: "One complete copy: {peer} is not up to date.",
  },
  "alone-on-silence": {
    short: "Unprotected: {peer} is silent, and without an arbiter it may run the VM too",
    long: "One copy, and {peer} is silent: without an arbiter it may run the VM as well.",
    next: "Bring {peer} or the networks back; gemel doctor",
    colour: "red",
  },
  "vm-failing": {
    short: "The VM does not start on {self}",
    long: "The VM does not start.",
    next: "gemel explain {module}",
    colour: "red",
    marks: ["pressing"],
  },
  unable: {
    short: "At risk: the VM could not be started on {self}",
    long: "The VM could not be started here, so this node is not given it again by itself.",
    next: "gemel explain {module}, then gemel start {module}",
    marks: ["telling"],
  },
  "peer-unable": {
    short: "At risk: {peer} could not start the VM now",
    long: "{peer} could not start the VM now.",
    next: "gemel doctor",
  },
  "primary-failing": {
    short: "Not well on {peer}, which has the VM",
    long: "{peer} has the VM and is not well itself.",
    next: "gemel explain {module}",
    colour: "red",
  },
  "second-only": {
    short: "Waiting: {self} is to be secondary only",
    long: "It is to be secondary only.",
    next: "gemel start {module} to let it be primary too",
  },
  swapping: {
    short: "Moving to the other host",
    long: "The roles are being exchanged.",
    marks: ["passing", "under-way", "pressing", "brief"],
  },
  resolving: {
    short: "The conflict is being resolved",
    long: "The conflict is being resolved.",
    marks: ["passing", "under-way", "pressing"],
  },
} as const satisfies Readonly<Record<string, Reason>>;

export type ReasonCode = keyof typeof registry;

export const reasons: Readonly<Record<ReasonCode, Reason>> = registry;

/** A newer version on the other node may have reasons that this one does not know. */
export const reasonNamed = (code: string): Reason | undefined =>
  Object.hasOwn(registry, code) ? reasons[code as ReasonCode] : undefined;

export const isMarked = (code: string, mark: ReasonMark): boolean =>
  reasonNamed(code)?.marks?.includes(mark) === true;
