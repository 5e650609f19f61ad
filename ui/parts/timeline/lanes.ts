// SPDX-License-Identifier: Apache-2.0
// From the histories of two nodes to two lanes on one time axis: stretches of state, and marks where
// something was decided, asked or noted. Pure, so that it is tested without a browser.
//
//     alpha   [ PRIM ........................ |x|        no answer ........ ]
//     beta    [ SECOND ........................ |ALONE ....................  ]
//
// Invariants: each node's entries keep the order of their ids (a clock that was set back must not reorder
// what happened); stretches of a lane touch each other and cover the axis from its begin to its end.

import type { StateName } from "../../../core/base/vocabulary.js";
import type { HistoryEntry } from "../../../core/api/contract.js";

export interface Axis {
  /** Milliseconds of wall time. */
  readonly from: number;
  readonly to: number;
}

export interface Stretch {
  /** unknown: nothing that we hold says what it was. */
  readonly state: StateName | "unknown";
  readonly from: number;
  readonly to: number;
}

export interface Mark {
  readonly key: string;
  readonly at: number;
  readonly entry: HistoryEntry;
  readonly weight: MarkWeight;
}

/** change: of the state · person: a command · step: decided, but the state stays · note: log. */
export type MarkWeight = "change" | "person" | "step" | "note";

export interface TimelineLane {
  readonly node: string;
  readonly stretches: readonly Stretch[];
  readonly marks: readonly Mark[];
}

export interface LaneInput {
  readonly node: string;
  readonly entries: readonly HistoryEntry[];
  readonly axis: Axis;
  /** What the node says or last said, for the stretch that reaches the end; absent: nobody knows. */
  readonly now?: StateName;
  /** Since when; before that it was something else, or nobody knows. */
  readonly nowSince?: number;
  /** Since then the node is silent: what it does is not known. */
  readonly silentSince?: number;
  /** Entries before this moment are not held here: what was then is not known. */
  readonly heldFrom?: number;
}

const transition = /^(STOP|WAIT|ALONE|PRIM|SECOND) → (STOP|WAIT|ALONE|PRIM|SECOND) \(([a-z-]+)\)$/;

const isState = (word: string | undefined): word is StateName =>
  word === "STOP" || word === "WAIT" || word === "ALONE" || word === "PRIM" || word === "SECOND";

export interface Transition {
  readonly before: StateName;
  readonly after: StateName;
  readonly work: string;
}

/** The state change that a decision's outcome names, if it names one. */
export function transitionOf({ kind, outcome }: HistoryEntry): Transition | undefined {
  const found = kind === "decision" ? transition.exec(outcome) : null;
  const [, before, after, work = ""] = found ?? [];
  return isState(before) && isState(after) ? { before, after, work } : undefined;
}

export function laneOf(input: LaneInput): TimelineLane {
  const { node, entries, axis, now, nowSince, heldFrom = axis.from, silentSince = axis.to } = input;
  const own = entries.filter((entry) => entry.node === node).sort((a, b) => a.id - b.id);
  const isTold = own.some((entry) => transitionOf(entry) !== undefined);
  const known = isTold || nowSince === undefined ? heldFrom : Math.max(heldFrom, nowSince);
  const begin = Math.min(Math.max(axis.from, known), axis.to);
  const end = Math.min(Math.max(begin, silentSince), axis.to);
  const stretches = [
    ...unknown(axis.from, begin),
    ...stretchesOf(own, { from: begin, to: end }, now),
    ...unknown(end, axis.to),
  ];
  return { node, stretches, marks: marksOf(own, axis) };
}

const unknown = (from: number, to: number): Stretch[] => (to > from ? [{ state: "unknown", from, to }] : []);

function stretchesOf(entries: readonly HistoryEntry[], axis: Axis, now: StateName | undefined): Stretch[] {
  const found: Stretch[] = [];
  let begun = axis.from;
  let state: Stretch["state"] | undefined;
  const close = (to: number): void => {
    const last = found.at(-1);
    if (to <= begun || state === undefined) return;
    if (last?.state === state) found[found.length - 1] = { ...last, to };
    else found.push({ state, from: begun, to });
    begun = to;
  };
  for (const entry of entries) {
    const change = transitionOf(entry);
    if (change === undefined) continue;
    const at = Date.parse(entry.at);
    state ??= change.before;
    // A record whose begin is not what the last one left behind: something in between is not held here.
    if (state !== change.before) state = "unknown";
    close(Math.min(Math.max(at, begun), axis.to));
    state = change.after;
  }
  state ??= now ?? "unknown";
  if (now === undefined && entries.length === 0) state = "unknown";
  close(axis.to);
  return found;
}

function marksOf(entries: readonly HistoryEntry[], { from, to }: Axis): Mark[] {
  return entries
    .map((entry) => ({
      key: `${entry.node}-${entry.id}`,
      at: Date.parse(entry.at),
      entry,
      weight: weightOf(entry),
    }))
    .filter(({ at }) => at >= from && at <= to);
}

export function weightOf(entry: HistoryEntry): MarkWeight {
  const change = transitionOf(entry);
  if (change !== undefined && change.before !== change.after) return "change";
  if (entry.kind === "audit" || entry.rule === "command") return "person";
  return entry.kind === "decision" ? "step" : "note";
}

const weights: Readonly<Record<MarkWeight, number>> = { change: 3, person: 2, step: 1, note: 0 };

/** Marks too close to be told apart, as one that can be opened. The heaviest speaks for them. */
export interface MarkGroup {
  readonly key: string;
  readonly at: number;
  readonly weight: MarkWeight;
  readonly marks: readonly [Mark, ...Mark[]];
}

/** `apart`: the part of the axis that two marks must be apart to stand for themselves. */
export function groupsOf(marks: readonly Mark[], axis: Axis, apart: number): MarkGroup[] {
  const gap = (axis.to - axis.from) * apart;
  const groups: [Mark, ...Mark[]][] = [];
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    const last = groups.at(-1);
    if (last !== undefined && mark.at - last[0].at < gap) last.push(mark);
    else groups.push([mark]);
  }
  return groups.map((group) => {
    const heaviest = group.reduce((best, mark) =>
      weights[mark.weight] > weights[best.weight] ? mark : best,
    );
    return { key: group[0].key, at: heaviest.at, weight: heaviest.weight, marks: group };
  });
}

/** Where on the axis, 0 to 1. */
export const axisPlaceOf = (at: number, { from, to }: Axis): number =>
  to <= from ? 0 : Math.min(1, Math.max(0, (at - from) / (to - from)));

/** Steps between ticks that a person reads easily, in seconds. */
const steps = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800] as const;

/** At most `most` ticks, at round local times. `offsetMinutes`: what is to be added to UTC. */
export function ticksOf({ from, to }: Axis, most: number, offsetMinutes: number): number[] {
  const wanted = (to - from) / 1000 / Math.max(1, most);
  const step = (steps.find((one) => one >= wanted) ?? steps[steps.length - 1] ?? 604_800) * 1000;
  const shift = offsetMinutes * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((from + shift) / step) * step - shift; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** Everything of both nodes in one list, newest first: the same that the lanes show, for eyes and ears. */
export function listed(lanes: readonly TimelineLane[]): Mark[] {
  return lanes.flatMap(({ marks }) => marks).sort((a, b) => b.at - a.at || b.entry.id - a.entry.id);
}
