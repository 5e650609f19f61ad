// SPDX-License-Identifier: Apache-2.0
// What the drawing of a write's way shows: which legs carry writes now, with which figures, and the sentence
// below it. Pure. Drawn is only what is so: a cut leg is cut, a node that is silent is shown as last known.

import type { ModuleFigures, ModuleOnNode, ModuleStatus } from "../../../core/api/contract.js";
import { clockText } from "../../../core/describe/words/words.js";

/**
 * both: acknowledged when on both disks · copying: the peer is being brought up to date · alone: this disk
 * only · frozen: writes wait · paused: the guest stands · split: both run · still: no VM runs · lost: the
 * node that ran it is silent.
 */
export type WayKind = "both" | "copying" | "alone" | "frozen" | "paused" | "split" | "still" | "lost";

export type LegState = "flows" | "copies" | "waits" | "cut" | "rests";

export interface Way {
  readonly kind: WayKind;
  /** Where the VM runs or last ran; the other one. */
  readonly here: string;
  readonly peer: string;
  readonly guest: LegState;
  readonly local: LegState;
  readonly network: LegState;
  readonly sentence: string;
  /** Bytes that the peer lacks; 0: none. */
  readonly dirtyBytes: number;
}

type Rows = { readonly here: ModuleOnNode; readonly peer: ModuleOnNode };

const isRunning = ({ state, vm }: ModuleOnNode): boolean =>
  state === "PRIM" || state === "ALONE" || vm === "on";

/** `at`: when the module was so, by the node that says it. */
export function wayOf(module: ModuleStatus, figures: ModuleFigures | undefined, at: string): Way {
  const rows = rowsOf(module);
  const kind = kindOf(module, rows);
  const { here, peer } = rows;
  const why = waitWords(module, rows, at);
  const dirtyBytes = figures?.dirtyBytes ?? 0;
  return {
    kind,
    here: here.node,
    peer: peer.node,
    ...legs[kind],
    sentence: sentences[kind](here.node, peer.node, why),
    dirtyBytes: kind === "both" || kind === "still" ? 0 : dirtyBytes,
  };
}

/** The runner first; with none, the node that a person would call home: the module's first one. */
function rowsOf({ nodes, active }: ModuleStatus): Rows {
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error("a mirror module has two nodes");
  const isSecond =
    active === second.node || (active !== first.node && isRunning(second) && !isRunning(first));
  return isSecond ? { here: second, peer: first } : { here: first, peer: second };
}

function kindOf(module: ModuleStatus, { here, peer }: Rows): WayKind {
  if (isRunning(here) && isRunning(peer) && here.live && peer.live) return "split";
  if (!isRunning(here)) return "still";
  if (!here.live) return "lost";
  if (module.freeze?.guestPaused === true) return "paused";
  if (module.freeze !== undefined) return "frozen";
  if (here.state === "PRIM") return module.protected || peer.upToDate ? "both" : "copying";
  return module.reintegration !== null && peer.live ? "copying" : "alone";
}

type Legs = Pick<Way, "guest" | "local" | "network">;

const legs: Readonly<Record<WayKind, Legs>> = {
  both: { guest: "flows", local: "flows", network: "flows" },
  copying: { guest: "flows", local: "flows", network: "copies" },
  alone: { guest: "flows", local: "flows", network: "cut" },
  frozen: { guest: "waits", local: "waits", network: "waits" },
  paused: { guest: "rests", local: "rests", network: "waits" },
  split: { guest: "flows", local: "flows", network: "cut" },
  still: { guest: "rests", local: "rests", network: "rests" },
  lost: { guest: "rests", local: "rests", network: "cut" },
};

/** Why writes wait: the engine's reasons in words. */
const waitReasons: Readonly<Record<string, (here: string, peer: string) => string>> = {
  "link-lost": (_here, peer) => `the data link to ${peer} was lost`,
  stalled: (_here, peer) => `${peer} stopped answering`,
  "host-slept": (here) => `${here} stood still`,
};

/** "since 03:12:07 UTC+1, because beta stopped answering"; a newer daemon's reason is shown as it came. */
function waitWords({ freeze }: ModuleStatus, { here, peer }: Rows, at: string): string {
  if (freeze === undefined) return "";
  const since = clockText(Date.parse(at) - freeze.ageMs);
  const why = waitReasons[freeze.reason]?.(here.node, peer.node) ?? freeze.reason.replaceAll("-", " ");
  return `since ${since}, because ${why}`;
}

const sentences: Readonly<Record<WayKind, (here: string, peer: string, why: string) => string>> = {
  both: (here, peer) =>
    `Each write is on the disks of ${here} and ${peer} before the guest hears that it is done.`,
  copying: (here, peer) =>
    `The guest writes on ${here}; ${peer} is being brought up to date and does not count yet.`,
  alone: (here, peer) => `Writes go to ${here} alone. What ${peer} lacks is marked and sent when it is back.`,
  frozen: (_here, _peer, why) => `Writes wait ${why}. Who may go on is being asked; nothing is lost.`,
  paused: (here, _peer, why) =>
    `The VM is paused on ${here}: its writes wait ${why}, and nobody has said yet who may go on. ` +
    "Nothing is lost; it goes on by itself as soon as somebody answers.",
  split: (here, peer) => `The VM runs on ${here} and on ${peer}: two histories. A person has to decide.`,
  still: () => "The VM does not run, so nothing is written.",
  lost: (here) => `${here} is silent: what is drawn is what it last said.`,
};

export const legWords: Readonly<Record<LegState, string>> = {
  flows: "writes flow",
  copies: "is being copied",
  waits: "waits",
  cut: "cut",
  rests: "at rest",
};
