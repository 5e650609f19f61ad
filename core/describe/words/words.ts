// SPDX-License-Identifier: Apache-2.0
// What states, verbs and severities are called, which colour and icon they have, who may use them and what
// must be confirmed: total records, once for CLI and console, so that the compiler finds what was forgotten.
// No import of node's: this file runs in a browser too. Icons are names of PatternFly's.

import type { Stability, StateName, Colour, ModuleVerb } from "../../base/vocabulary.js";
import type { Alarm, ModuleStatus, Reintegration, Role } from "../../api/contract.js";
import { bytesText, durationText, percentText, rateText } from "./quantities.js";
import { certificateDaysMin } from "../../base/limits/access.js";

export * from "./quantities.js";

/** Grey: says nothing good or bad (stopped on purpose, last known, history). */
export type LookColour = Colour | "grey";

export interface Look {
  readonly word: string;
  readonly colour: LookColour;
  readonly icon: string;
}

const look = (word: string, colour: LookColour, icon: string): Look => ({ word, colour, icon });

const icons = {
  good: "CheckCircleIcon",
  working: "InProgressIcon",
  copying: "SyncAltIcon",
  careful: "ExclamationTriangleIcon",
  bad: "ExclamationCircleIcon",
  off: "OffIcon",
  waits: "PauseCircleIcon",
  unknown: "QuestionCircleIcon",
} as const;

/** What a node does for a module, as its badge says it. */
export const roles: Readonly<Record<StateName, { readonly badge: string; readonly sentence: string }>> = {
  STOP: { badge: "stopped", sentence: "The module is stopped here." },
  WAIT: { badge: "waiting", sentence: "It waits: its copy is not proven current, or the other is asked." },
  ALONE: { badge: "runs alone", sentence: "The VM runs here; the other copy is not up to date." },
  PRIM: { badge: "runs", sentence: "The VM runs here; the other host holds the same copy." },
  SECOND: { badge: "secondary", sentence: "It follows the other host and takes over when that one dies." },
};

export const stateLooks: Readonly<Record<StateName, Readonly<Record<Stability, Look>>>> = {
  STOP: {
    NotReady: look("Stopped", "grey", icons.off),
    Transient: look("Starting", "amber", icons.working),
    Ready: look("Stopped", "grey", icons.off),
  },
  WAIT: {
    NotReady: look("Waiting", "red", icons.waits),
    Transient: look("Starting", "amber", icons.working),
    Ready: look("Waiting", "amber", icons.waits),
  },
  ALONE: {
    NotReady: look("Alone, in trouble", "red", icons.bad),
    Transient: look("Alone", "amber", icons.careful),
    Ready: look("Alone", "amber", icons.careful),
  },
  PRIM: {
    NotReady: look("Primary, in trouble", "red", icons.bad),
    Transient: look("Primary, working", "amber", icons.working),
    Ready: look("Primary", "green", icons.good),
  },
  SECOND: {
    NotReady: look("Secondary, in trouble", "red", icons.bad),
    Transient: look("Secondary, catching up", "amber", icons.copying),
    Ready: look("Secondary", "green", icons.good),
  },
};

/** Of a node that is silent: what it last said is no longer what is. */
export const lastKnownLook: Look = look("Last known", "grey", icons.unknown);

export const moduleLooks: Readonly<Record<ModuleStatus["colour"], Look>> = {
  green: look("Protected", "green", icons.good),
  amber: look("Not protected just now", "amber", icons.careful),
  red: look("Needs a person", "red", icons.bad),
};

/** What beside the module's verbs a person can tell the cluster to do. */
export type Verb =
  ModuleVerb | "verify" | "protect" | "unprotect" | "pause" | "resume" | "acknowledge" | "balance";

/** What the guest and its data feel, from nothing to the worst. */
export type Danger = "none" | "guest-restarts" | "guest-stops" | "less-protected" | "data-lost";

export const dangerLooks: Readonly<Record<Danger, Look>> = {
  none: look("Safe", "green", icons.good),
  "guest-restarts": look("The guest restarts", "amber", "RedoIcon"),
  "guest-stops": look("The guest stops", "amber", icons.off),
  "less-protected": look("Less protected meanwhile", "amber", icons.careful),
  "data-lost": look("Data can be lost", "red", icons.bad),
};

export interface VerbWords {
  readonly label: string;
  /** What it does, in one sentence. */
  readonly sentence: string;
  readonly danger: Danger;
  readonly role: Role;
  /** none: at once · ask: a dialog says what will happen · type-name: the module's name is typed. */
  readonly confirm: "none" | "ask" | "type-name";
  readonly icon: string;
}

export const verbWords: Readonly<Record<Verb, VerbWords>> = {
  start: {
    label: "Start",
    sentence: "Starts the module: the up-to-date copy runs the VM, the other one follows.",
    danger: "none",
    role: "control",
    confirm: "none",
    icon: "PlayIcon",
  },
  stop: {
    label: "Stop",
    sentence: "Shuts the guest down and stops the module on both hosts, or on the named one.",
    danger: "guest-stops",
    role: "control",
    confirm: "ask",
    icon: "StopIcon",
  },
  restart: {
    label: "Restart VM",
    sentence: "Shuts the guest down and starts it again on the same host; the pair stays as it is.",
    danger: "guest-restarts",
    role: "control",
    confirm: "ask",
    icon: "RedoIcon",
  },
  stopstart: {
    label: "Stop and start",
    sentence:
      "Stops the module on the primary, so that the other host takes over, and starts it again there.",
    danger: "guest-restarts",
    role: "control",
    confirm: "ask",
    icon: "SyncAltIcon",
  },
  swap: {
    label: "Move to the other host",
    sentence: "Exchanges the roles: the guest is shut down here and started on the other host.",
    danger: "guest-restarts",
    role: "control",
    confirm: "ask",
    icon: "ExchangeAltIcon",
  },
  prim: {
    label: "Start as primary",
    sentence: "Makes this host's copy the one that counts and starts the VM with it.",
    danger: "data-lost",
    role: "control",
    confirm: "type-name",
    icon: "ArrowAltCircleUpIcon",
  },
  second: {
    label: "Start as secondary",
    sentence: "Starts this host as secondary only: its copy follows the other one's.",
    danger: "less-protected",
    role: "control",
    confirm: "ask",
    icon: "ArrowAltCircleDownIcon",
  },
  resolve: {
    label: "Decide the conflict",
    sentence: "Lets one of two copies that both ran alone go on; the other one is set aside where it can be.",
    danger: "data-lost",
    role: "control",
    confirm: "type-name",
    icon: "BalanceScaleIcon",
  },
  verify: {
    label: "Verify",
    sentence: "Compares both copies, bit by bit, while the guest goes on working.",
    danger: "none",
    role: "control",
    confirm: "none",
    icon: "SearchIcon",
  },
  protect: {
    label: "Protect",
    sentence: "Puts a VM under Gemel's protection: its files move to a mirrored folder and are copied.",
    danger: "guest-restarts",
    role: "admin",
    confirm: "ask",
    icon: "ShieldAltIcon",
  },
  unprotect: {
    label: "End protection",
    sentence: "Takes a VM out of Gemel's protection: it stays on the host where it runs.",
    danger: "less-protected",
    role: "admin",
    confirm: "type-name",
    icon: "BanIcon",
  },
  pause: {
    label: "Pause automatic failover",
    sentence: "Nobody takes over by itself until it is resumed; commands of a person still work.",
    danger: "less-protected",
    role: "control",
    confirm: "ask",
    icon: "PauseCircleIcon",
  },
  resume: {
    label: "Resume automatic failover",
    sentence: "Automatic failover works again; what waited for it goes on by itself.",
    danger: "none",
    role: "control",
    confirm: "none",
    icon: "PlayCircleIcon",
  },
  acknowledge: {
    label: "Acknowledge",
    sentence: "Silences an alarm under your name; it stays visible until its cause is gone.",
    danger: "none",
    role: "control",
    confirm: "none",
    icon: "BellSlashIcon",
  },
  balance: {
    label: "Balance",
    sentence: "Carries out the proposed moves, one after another.",
    danger: "guest-restarts",
    role: "control",
    confirm: "ask",
    icon: "BalanceScaleIcon",
  },
};

export const roleWords: Readonly<Record<Role, { readonly label: string; readonly sentence: string }>> = {
  monitor: { label: "Monitor", sentence: "May look at everything and change nothing." },
  control: { label: "Control", sentence: "May also command modules, pause failover and acknowledge alarms." },
  admin: { label: "Admin", sentence: "May also configure, protect VMs and manage users and certificates." },
};

const roleRank: Readonly<Record<Role, number>> = { monitor: 0, control: 1, admin: 2 };

/** May somebody with `role` do what needs `needed`? */
export const mayDo = (role: Role, needed: Role): boolean => roleRank[role] >= roleRank[needed];

export const alarmLooks: Readonly<Record<Alarm["severity"], Look>> = {
  red: look("Alarm", "red", icons.bad),
  amber: look("Warning", "amber", icons.careful),
};

/** A certificate by the days it has left. Dates only warn: they never shut a member out. */
export function certificateLook(daysLeft: number): Look {
  if (daysLeft < 0) return look("Expired", "red", icons.bad);
  if (daysLeft < certificateDaysMin) return look(`${daysLeft} days left`, "amber", icons.careful);
  return look(`${daysLeft} days left`, "green", icons.good);
}

export const copyingWords: Readonly<Record<Reintegration["kind"], string>> = {
  "first-copy": "First copy",
  tracked: "Catching up",
  "by-hash": "Comparing and catching up",
  verify: "Verifying",
};

export function donePart({ bytesDone, bytesTotal }: Pick<Reintegration, "bytesDone" | "bytesTotal">): number {
  return bytesTotal === 0 ? 1 : Math.min(1, bytesDone / bytesTotal);
}

/** "Catching up: 43 %, about 2 min" */
export function reintegrationSentence(copy: Reintegration): string {
  const eta = copy.etaSeconds === undefined ? "" : `, about ${durationText(copy.etaSeconds)}`;
  return `${copyingWords[copy.kind]}: ${percentText(donePart(copy))}${eta}`;
}

/** The same for who looks closer: "4.3 of 10.0 GiB done, 120.0 MiB/s" */
export const reintegrationDetail = (copy: Reintegration): string =>
  `${bytesText(copy.bytesDone)} of ${bytesText(copy.bytesTotal)} done, ${rateText(copy.bytesPerSecond)}`;
