// SPDX-License-Identifier: Apache-2.0
// Who of two nodes without a running VM starts it (R19, R23). "Current" is the engine's proof. With a
// failover that is switched off or paused, and after `second`, it is left to a person (rows f7, f8, f11).

import { rowFor, type Row, type Table } from "./table.js";

export interface ColdStartInputs {
  readonly mirror: "opening" | "open";
  readonly files: "good" | "bad" | "unknown";
  readonly link: "paired" | "down" | "conflict" | "unrelated";
  readonly peerRuns: "yes" | "no";
  /** A primary was lost under a hold that still lasts. */
  readonly held: "yes" | "no";
  readonly willing: "yes" | "no";
  readonly current: "yes" | "no";
  readonly workload: "off" | "not-off";
  /** A start here would be a takeover, and is held. */
  readonly takeoverHeld: "yes" | "no";
  /** The other waits too, could run it, and ranks higher. */
  readonly rival: "yes" | "no";
}

export type ColdStartVerdict =
  | "follow"
  | "claim"
  | "arbitrate"
  | `wait: ${
      | "opening"
      | "data problem"
      | "conflict"
      | "unrelated"
      | "data link down"
      | "unknown files"
      | "held"
      | "unwilling"
      | "not current"
      | "workload unknown"
      | "takeover held"
      | "the other claims"}`;

type ColdStartRow = Row<ColdStartInputs, ColdStartVerdict>;

const open = { mirror: ["open"], files: ["good", "unknown"] } as const;
const apart = { ...open, link: ["paired", "down"] } as const;
const idle = { ...apart, peerRuns: ["no"] } as const;
const known = { ...idle, files: ["good"] } as const;
const free = { ...known, held: ["no"] } as const;
const willing = { ...free, willing: ["yes"] } as const;
const current = { ...willing, current: ["yes"] } as const;
const off = { ...current, workload: ["off"] } as const;
const ready = { ...off, takeoverHeld: ["no"] } as const;

const rows: readonly ColdStartRow[] = [
  // -- what is not there, or does not fit together
  { row: "f1", when: { mirror: ["opening"] }, then: "wait: opening" },
  { row: "f2", when: { mirror: ["open"], files: ["bad"] }, then: "wait: data problem" },
  { row: "f3", when: { ...open, link: ["conflict"] }, then: "wait: conflict" },
  { row: "f4", when: { ...open, link: ["unrelated"] }, then: "wait: unrelated" },
  // -- the other runs it
  { row: "a", when: { ...open, link: ["paired"], peerRuns: ["yes"] }, then: "follow" },
  { row: "f5", when: { ...open, link: ["down"], peerRuns: ["yes"] }, then: "wait: data link down" },
  // -- this copy, and who may say "go"
  { row: "f6", when: { ...idle, files: ["unknown"] }, then: "wait: unknown files" },
  { row: "f7", when: { ...known, held: ["yes"] }, then: "wait: held" },
  { row: "f8", when: { ...free, willing: ["no"] }, then: "wait: unwilling" },
  { row: "f9", when: { ...willing, current: ["no"] }, then: "wait: not current" },
  { row: "f10", when: { ...current, workload: ["not-off"] }, then: "wait: workload unknown" },
  { row: "f11", when: { ...off, takeoverHeld: ["yes"] }, then: "wait: takeover held" },
  // -- paired: one of the two claims
  { row: "b", when: { ...ready, link: ["paired"], rival: ["yes"] }, then: "wait: the other claims" },
  { row: "c", when: { ...ready, link: ["paired"], rival: ["no"] }, then: "claim" },
  // -- not paired: is the other not running?
  { row: "d", when: { ...ready, link: ["down"] }, then: "arbitrate" },
];

const yesNo = { yes: "yes", no: "no" } as const;

export const coldStart: Table<ColdStartInputs, ColdStartVerdict> = {
  title: "Who starts a module that runs nowhere?",
  legend: {
    mirror: { asks: "this node's mirror process", values: { opening: "not up yet", open: "up" } },
    files: {
      asks: "this copy's files",
      values: { good: "known", bad: "there is a problem with them", unknown: "nothing says what they are" },
    },
    link: {
      asks: "the data link",
      values: {
        paired: "the copies are paired",
        down: "not paired",
        conflict: "refused: both ran alone",
        unrelated: "refused: they do not belong together",
      },
    },
    peerRuns: { asks: "the other node goes ahead", values: yesNo },
    held: { asks: "a primary was lost while failover was off or paused, and still is", values: yesNo },
    willing: { asks: "its hypervisor answers, and nobody told it to stop or to follow", values: yesNo },
    current: { asks: "this copy is proven current", values: yesNo },
    workload: { asks: "what runs here", values: { off: "verified off", "not-off": "not known to be off" } },
    takeoverHeld: { asks: "it last ran on the other node, and takeovers are paused", values: yesNo },
    rival: { asks: "the other waits too, could run it, and ranks higher", values: yesNo },
  },
  rows,
};

export function coldStartVerdict(inputs: ColdStartInputs): {
  readonly row: string;
  readonly verdict: ColdStartVerdict;
} {
  const { row, then } = rowFor(coldStart, inputs);
  return { row, verdict: then };
}
