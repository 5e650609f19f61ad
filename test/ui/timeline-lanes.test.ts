// SPDX-License-Identifier: Apache-2.0
// Two histories on one time axis: stretches, marks, groups, ticks.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HistoryEntry } from "../../core/api/contract.js";
import {
  groupsOf,
  laneOf,
  listed,
  axisPlaceOf,
  ticksOf,
  transitionOf,
} from "../../ui/parts/timeline/lanes.js";

const minute = 60_000;
const begin = Date.parse("2026-11-21T03:00:00Z");
const axis = { from: begin, to: begin + 60 * minute };

let id = 0;
function entry(minutes: number, outcome: string, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    id: (id += 1),
    at: new Date(begin + minutes * minute).toISOString(),
    node: "alpha",
    kind: "decision",
    module: "cam1",
    rule: "R21",
    sentence: "",
    inputs: {},
    outcome,
    ...more,
  };
}

const shape = (stretches: readonly { state: string; from: number; to: number }[]): string =>
  stretches
    .map(({ state, from, to }) => `${state} ${(from - begin) / minute}-${(to - begin) / minute}`)
    .join(", ");

void describe("timeline-lanes", () => {
  void it("stretches-cover-the-axis", () => {
    const entries = [entry(10, "PRIM → ALONE (running)"), entry(30, "ALONE → PRIM (running)")];
    const lane = laneOf({ node: "alpha", entries, axis, now: "PRIM" });
    assert.equal(shape(lane.stretches), "PRIM 0-10, ALONE 10-30, PRIM 30-60");
  });

  void it("nothing-happened-is-the-state-of-now", () => {
    const lane = laneOf({ node: "alpha", entries: [], axis, now: "SECOND" });
    assert.equal(shape(lane.stretches), "SECOND 0-60");
  });

  void it("before-the-state-of-now-nobody-knows", () => {
    const lane = laneOf({
      node: "alpha",
      entries: [entry(50, "noted")],
      axis,
      now: "ALONE",
      nowSince: begin + 20 * minute,
    });
    assert.equal(shape(lane.stretches), "unknown 0-20, ALONE 20-60");
  });

  void it("nobody-knows-is-unknown", () => {
    const lane = laneOf({ node: "alpha", entries: [], axis });
    assert.equal(shape(lane.stretches), "unknown 0-60");
  });

  void it("a-missing-record-is-a-gap-not-a-guess", () => {
    const entries = [entry(10, "WAIT → SECOND (following)"), entry(30, "STOP → WAIT (discovering)")];
    const lane = laneOf({ node: "alpha", entries, axis, now: "WAIT" });
    assert.equal(shape(lane.stretches), "WAIT 0-10, unknown 10-30, WAIT 30-60");
  });

  void it("of-a-silent-node-the-end-is-unknown", () => {
    const lane = laneOf({
      node: "alpha",
      entries: [],
      axis,
      now: "SECOND",
      nowSince: begin - minute,
      silentSince: begin + 40 * minute,
    });
    assert.equal(shape(lane.stretches), "SECOND 0-40, unknown 40-60");
  });

  void it("what-is-not-held-any-more-is-unknown", () => {
    const entries = [entry(30, "PRIM → ALONE (running)")];
    const lane = laneOf({ node: "alpha", entries, axis, now: "ALONE", heldFrom: begin + 20 * minute });
    assert.equal(shape(lane.stretches), "unknown 0-20, PRIM 20-30, ALONE 30-60");
  });

  void it("a-clock-set-back-reorders-nothing", () => {
    const entries = [entry(20, "WAIT → SECOND (following)"), entry(15, "SECOND → ALONE (running)")];
    const lane = laneOf({ node: "alpha", entries: [...entries].reverse(), axis, now: "ALONE" });
    assert.equal(shape(lane.stretches), "WAIT 0-20, ALONE 20-60");
  });

  void it("work-within-a-state-does-not-cut-its-stretch", () => {
    const entries = [entry(5, "STOP → WAIT (opening)"), entry(6, "WAIT → WAIT (waiting)")];
    const lane = laneOf({ node: "alpha", entries, axis, now: "WAIT" });
    assert.equal(shape(lane.stretches), "STOP 0-5, WAIT 5-60");
    assert.deepEqual(
      lane.marks.map(({ weight }) => weight),
      ["change", "step"],
    );
  });

  void it("only-own-entries-and-only-within-the-axis", () => {
    const entries = [
      entry(-5, "STOP → WAIT (opening)"),
      entry(5, "", { kind: "audit", rule: "command" }),
      entry(6, "", { node: "beta" }),
    ];
    const lane = laneOf({ node: "alpha", entries, axis, now: "WAIT" });
    assert.equal(shape(lane.stretches), "WAIT 0-60");
    assert.deepEqual(
      lane.marks.map(({ weight }) => weight),
      ["person"],
    );
  });

  void it("words-that-only-look-like-a-change-are-none", () => {
    assert.equal(transitionOf(entry(0, "alpha → beta (x)")), undefined);
    assert.equal(transitionOf(entry(0, "STOP → WAIT (opening)", { kind: "log" })), undefined);
  });

  void it("close-marks-become-one-led-by-the-heaviest", () => {
    const entries = [
      entry(10, "asked"),
      entry(10.5, "PRIM → ALONE (running)"),
      entry(11, "asked"),
      entry(40, "asked"),
    ];
    const { marks } = laneOf({ node: "alpha", entries, axis, now: "ALONE" });
    const groups = groupsOf(marks, axis, 0.05);
    assert.deepEqual(
      groups.map(({ weight, marks: inside }) => [weight, inside.length]),
      [
        ["change", 3],
        ["step", 1],
      ],
    );
  });

  void it("list-is-newest-first-over-both-lanes", () => {
    const entries = [entry(10, "one"), entry(12, "two", { node: "beta" }), entry(11, "three")];
    const lanes = ["alpha", "beta"].map((node) => laneOf({ node, entries, axis }));
    assert.deepEqual(
      listed(lanes).map(({ entry: one }) => one.outcome),
      ["two", "three", "one"],
    );
  });

  void it("ticks-stand-at-round-local-times", () => {
    const ticks = ticksOf(axis, 6, 0);
    assert.deepEqual(
      ticks.map((at) => (at - begin) / minute),
      [0, 10, 20, 30, 40, 50, 60],
    );
    const day = { from: begin, to: begin + 24 * 60 * minute };
    const local = ticksOf(day, 8, 330).map((at) => new Date(at + 330 * minute).getUTCHours() % 3);
    assert.ok(local.length >= 7 && local.every((rest) => rest === 0));
  });

  void it("places-stay-on-the-axis", () => {
    assert.equal(axisPlaceOf(begin - minute, axis), 0);
    assert.equal(axisPlaceOf(begin + 30 * minute, axis), 0.5);
    assert.equal(axisPlaceOf(begin, { from: begin, to: begin }), 0);
  });
});
