// SPDX-License-Identifier: Apache-2.0
// R16 at the edge: what takes long is valid as long as this daemon has watched all the while. A start on a
// busy host takes longer than any gap that is allowed; judged by the instant of its decision it would never
// end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { turnGapMax } from "../../core/base/limits.js";
import { GemelError } from "../../core/base/errors.js";
import { instant, later, milliseconds, moduleId, seconds, type Instant } from "../../core/base/units.js";
import { Effects, type EffectEdge } from "../../core/loop/effects.js";
import { NodeLoop, type Report } from "../../core/loop/node-loop.js";
import type { Effect, NodeState } from "../../core/decide/mirror/types.js";

const slowly = seconds(20);

/** A start that takes 20 s of this clock; `steady`: whether the daemon ran all the while. */
async function startOutcome(steady: boolean): Promise<Report> {
  let now: Instant = instant(1_000);
  const posted: Report[] = [];
  const start = (_place: unknown, stillValid: () => boolean): Promise<void> => {
    now = later(now, slowly);
    return stillValid() ? Promise.resolve() : Promise.reject(new GemelError("GEMEL-9002", "cam1"));
  };
  const edge: Partial<EffectEdge> = {
    now: () => now,
    hasRunSince: () => steady,
    post: (report) => void posted.push(report),
    place: (module) => ({ module, vm: "1", folder: "/vm" }),
    seeVm: () => Promise.resolve(),
    vm: { start } as unknown as EffectEdge["vm"],
  };
  const effects = new Effects(edge as EffectEdge);
  const validUntil = later(now, turnGapMax);
  effects.carryOut({ do: "start-workload", module: moduleId("cam1"), task: 1, validUntil });
  await new Promise(setImmediate);
  const [report] = posted;
  assert.ok(report !== undefined, "the start has ended");
  return report;
}

test("slow-start-of-a-daemon-that-ran-on-is-valid", async () => {
  const report = await startOutcome(true);
  assert.deepEqual(report, { kind: "task-done", module: "cam1", task: 1, outcome: { ok: true } });
});

test("start-across-a-gap-of-the-daemon-is-void", async () => {
  const report = await startOutcome(false);
  assert.ok(report.kind === "task-done" && !report.outcome.ok);
  assert.equal(report.outcome.failure.code, "GEMEL-9002");
});

test("order-to-the-mirror-carries-its-limit", async () => {
  const asked: unknown[] = [];
  const edge: Partial<EffectEdge> = {
    now: () => instant(0),
    post: () => undefined,
    mirror: { ask: (_module, order) => Promise.resolve(asked.push(order)) } as Partial<
      EffectEdge["mirror"]
    > as EffectEdge["mirror"],
  };
  const effects = new Effects(edge as EffectEdge);
  const base = { do: "mirror", module: moduleId("cam1"), lane: "answer" } as const;
  const command = { do: "promote", alone: { basis: "silence" } } as const;
  effects.carryOut({ ...base, task: 1, command, validUntil: instant(turnGapMax) });
  effects.carryOut({ ...base, task: 2, command: { do: "link", on: true } });
  await new Promise(setImmediate);
  assert.deepEqual(asked, [
    { ...command, until: turnGapMax },
    { do: "link", on: true },
  ]);
});

test("loop-knows-its-gaps", async () => {
  let now: Instant = instant(0);
  const state = { modules: {} } as unknown as NodeState;
  const loop = new NodeLoop(state, {
    now: () => now,
    every: () => () => undefined,
    soon: queueMicrotask,
    step: (before) => ({ state: before, effects: [], decisions: [] }),
    persist: () => Promise.resolve(),
    record: () => undefined,
    carryOut: () => undefined,
    changed: () => undefined,
    failed: (error) => assert.fail(String(error)),
  });
  const turn = async (after: number): Promise<void> => {
    now = later(now, milliseconds(after));
    loop.post({ kind: "tick" });
    await new Promise(setImmediate);
  };
  await turn(100);
  const begin = now;
  for (let count = 0; count < 10; count++) await turn(turnGapMax);
  assert.ok(loop.hasRunSince(begin), "slow, but never stood still");
  now = later(now, milliseconds(turnGapMax + 1));
  assert.ok(!loop.hasRunSince(begin), "it stands still now");
  await turn(0);
  assert.ok(!loop.hasRunSince(begin), "it stood still meanwhile");
  assert.ok(loop.hasRunSince(now));
  loop.stop();
});

test("loop-goes-on-while-its-record-hangs", async () => {
  const carried: string[] = [];
  const send = { do: "send", to: "beta" } as unknown as Effect;
  const effects: readonly Effect[] = [
    { ...send, atOnce: true } as Effect,
    { do: "answer-command" } as Effect,
  ];
  let written = (): void => undefined;
  const loop = new NodeLoop({ modules: {} } as unknown as NodeState, {
    now: () => instant(0),
    every: () => () => undefined,
    soon: queueMicrotask,
    step: () => ({ state: { modules: {} } as unknown as NodeState, effects, decisions: [] }),
    persist: () => new Promise((done) => (written = done)),
    record: () => undefined,
    carryOut: (effect) => void carried.push(effect.do),
    changed: () => undefined,
    failed: (error) => assert.fail(String(error)),
  });
  for (let turn = 0; turn < 2; turn++) {
    loop.post({ kind: "tick" });
    await new Promise(setImmediate);
  }
  assert.deepEqual(carried, ["send", "send"], "a word leaves at once, the rest waits");
  written();
  await new Promise(setImmediate);
  assert.deepEqual(carried, ["send", "send", "answer-command", "answer-command"], "in order, on its record");
  loop.stop();
});
