// SPDX-License-Identifier: Apache-2.0
// What every workload must do, whatever its payload is: off, held, on and off again, told truly at each step
// (core/ports/workload.ts). hypervisor-suite.ts adds what only VMs have.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { milliseconds, seconds } from "../../core/base/units.js";
import {
  runSeen,
  type Outcome,
  type Run,
  type WorkloadEvent,
  type WorkloadId,
} from "../../core/ports/workload.js";
import { processOf, type WorkloadWorld } from "./world.js";

const nobody = "00000000-0000-4000-8000-000000000000";

export function value<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? "" : `${outcome.code}: ${outcome.message}`);
  return outcome.value;
}

export function refusal(outcome: Outcome<unknown>): string {
  assert.ok(!outcome.ok, "it should have been refused");
  assert.notEqual(outcome.message, "");
  assert.notEqual(outcome.next, "");
  return outcome.code;
}

export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const limit = performance.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    assert.ok(performance.now() < limit, `waited 20 s in vain for: ${what}`);
    await pause(20);
  }
}

export function workloadSuite(world: () => WorkloadWorld): void {
  const running = async (name: string): Promise<WorkloadId> => {
    const id = await world().create(name);
    value(await world().workload.startHeld(id));
    value(await world().workload.letRun(id));
    return id;
  };
  const run = async (id: WorkloadId): Promise<Run> => runSeen(await world().workload.look(id));

  startTests(world, running, run);
  heldTests(world, running, run);
  stopTests(world, running, run);
  serviceTests(world, running, run);
}

type Make = (name: string) => Promise<WorkloadId>;
type Look = (id: WorkloadId) => Promise<Run>;

function startTests(world: () => WorkloadWorld, running: Make, run: Look): void {
  test("workload-is-held-until-let-run", async () => {
    const { workload } = world();
    const id = await world().create("started");
    assert.deepEqual(await run(id), { kind: "off" });
    const started = value(await workload.startHeld(id));
    const held = await run(id);
    assert.equal(held.kind, "held");
    assert.deepEqual(processOf(held), started);
    assert.equal(await world().alive(started), true);
    const listed = value(await workload.list()).map((one) => [one.id, one.run]);
    assert.deepEqual(listed, [[id, held]]);
    value(await workload.letRun(id));
    const on = await run(id);
    assert.equal(on.kind === "on" && !on.paused, true, JSON.stringify(on));
    assert.deepEqual(processOf(on), started, "the same start");
  });

  test("workload-start-of-a-running-one-refused", async () => {
    const id = await running("twice");
    assert.equal(refusal(await world().workload.startHeld(id)), "GEMEL-3002");
    assert.equal((await run(id)).kind, "on");
  });

  test("workload-nobody-knows-is-off", async () => {
    const { workload } = world();
    assert.equal(refusal(await workload.look(nobody)), "GEMEL-3005");
    assert.deepEqual(await run(nobody), { kind: "off" });
    refusal(await workload.startHeld(nobody));
  });
}

function heldTests(world: () => WorkloadWorld, running: Make, run: Look): void {
  test("workload-paused-by-a-person-is-on-not-held", async () => {
    const id = await running("paused");
    await world().pauseOutside(id);
    const seen = await run(id);
    assert.equal(seen.kind === "on" && seen.paused, true, JSON.stringify(seen));
  });

  test("workload-held-survives-its-service", async () => {
    const id = await world().create("survivor");
    const started = value(await world().workload.startHeld(id));
    await world().stopService();
    assert.equal((await run(id)).kind, "unknown");
    await world().startService();
    const seen = await until("it answers again", async () => {
      const now = await run(id);
      return now.kind === "unknown" ? undefined : now;
    });
    assert.equal(seen.kind, "held");
    assert.deepEqual(processOf(seen), started);
  });

  test("workload-started-again-is-another-instance", async () => {
    const { workload } = world();
    const id = await running("again");
    const before = await run(id);
    value(await workload.kill(id));
    await until("it is off", async () => ((await run(id)).kind === "off" ? true : undefined));
    value(await workload.startHeld(id));
    const after = await run(id);
    assert.equal(after.kind, "held");
    assert.notDeepEqual(processOf(after), processOf(before));
  });

  test("workload-held-one-killed-is-off", async () => {
    const { workload } = world();
    const id = await world().create("condemned");
    const started = value(await workload.startHeld(id));
    value(await workload.kill(id));
    assert.equal(await world().alive(started), false);
    await until("it is off", async () => ((await run(id)).kind === "off" ? true : undefined));
  });
}

function stopTests(world: () => WorkloadWorld, running: Make, run: Look): void {
  test("workload-off-means-the-process-is-dead", async () => {
    const { workload } = world();
    const id = await running("ended");
    const process = processOf(await run(id));
    assert.ok(process !== undefined);
    value(await workload.stop(id, "off", seconds(20)));
    assert.equal(await world().alive(process), false);
    await until("it is said to be off", async () => ((await run(id)).kind === "off" ? true : undefined));
    value(await workload.stop(id, "off", seconds(20)));
  });

  test("workload-shutdown-ignored-fails-at-its-limit", async () => {
    const id = await running("deaf");
    const outcome = await world().workload.stop(id, "shutdown", milliseconds(1200));
    assert.equal(refusal(outcome), "GEMEL-3003");
    assert.equal((await run(id)).kind, "on");
  });

  test("workload-kill-of-a-frozen-process-is-verified", async () => {
    const { workload } = world();
    const id = await running("frozen");
    const process = processOf(await run(id));
    assert.ok(process !== undefined);
    await world().freeze(id, true);
    assert.equal(value(await workload.list()).length, 1);
    value(await workload.kill(id));
    assert.equal(await world().alive(process), false);
    value(await workload.kill(id));
  });
}

function serviceTests(world: () => WorkloadWorld, running: Make, run: Look): void {
  const listening = (): { readonly seen: WorkloadEvent[]; readonly stop: () => void } => {
    const seen: WorkloadEvent[] = [];
    return { seen, stop: world().workload.events((event) => seen.push(event)) };
  };

  test("workload-events-tell-that-it-changed", async () => {
    const { seen, stop } = listening();
    const changed = (id: WorkloadId): number =>
      seen.filter((event) => event.kind === "power" && event.id === id).length;
    try {
      const id = await running("observed");
      await until("an event of its start", () => (changed(id) > 0 ? true : undefined));
      const before = changed(id);
      await world().crash(id);
      await until("an event of its end", () => (changed(id) > before ? true : undefined));
      await until("it is off", async () => ((await run(id)).kind === "off" ? true : undefined));
    } finally {
      stop();
    }
  });

  test("workload-events-tell-that-the-service-went-and-came", async () => {
    const { workload } = world();
    const id = await running("survivor");
    const { seen, stop } = listening();
    try {
      const process = processOf(await run(id));
      await world().stopService();
      await until("lost", () => seen.find(({ kind }) => kind === "lost"));
      assert.equal(refusal(await workload.list()), "GEMEL-3001");
      assert.ok(process !== undefined && (await world().alive(process)));
      await world().startService();
      await until("back", () => seen.find(({ kind }) => kind === "back"));
      assert.deepEqual(processOf(await run(id)), process);
    } finally {
      await world().startService();
      stop();
    }
  });
}
