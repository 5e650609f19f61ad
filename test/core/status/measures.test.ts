// SPDX-License-Identifier: Apache-2.0
// How long starts and stops took, read off the states of real transcripts' worlds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Player } from "../../../core/sim/transcript.js";
import { settle } from "../../scenarios/settle.js";
import { measuresOf, Stopwatch, type Measures } from "../../../core/describe/module/measures.js";

/** One stopwatch per node over a whole transcript. */
async function watch(text: string): Promise<ReadonlyMap<string, Measures>> {
  const found = new Map<string, Measures>();
  const watches = new Map<string, Stopwatch>();
  await new Player(settle, (state) => {
    const own = watches.get(state.self) ?? new Stopwatch({}, (all) => void found.set(state.self, all));
    watches.set(state.self, own);
    own.see(state);
  }).play("measured", text);
  return found;
}

test("measures-swap: the stop on one node, the start on the other", async () => {
  const found = await watch("given pair\nalpha: swap\nbeta PRIM Ready, alpha SECOND Ready\n");
  // The world's hypervisor takes 2 s to stop a VM and 1 s to start one.
  const { stopMs = 0 } = found.get("alpha")?.["cam1"] ?? {};
  const { startMs = 0 } = found.get("beta")?.["cam1"] ?? {};
  assert.ok(stopMs >= 1_900 && stopMs < 4_000, `stop took ${stopMs}`);
  assert.ok(startMs >= 900 && startMs < 4_000, `start took ${startMs}`);
});

test("measures-restart: both on one node", async () => {
  const { startMs = 0, stopMs = 0 } =
    (await watch("given pair\nalpha: restart\nafter 10\nvm on alpha\n")).get("alpha")?.["cam1"] ?? {};
  assert.ok(startMs >= 900 && stopMs >= 1_900, `start ${startMs}, stop ${stopMs}`);
});

test("measures-told: only durations are taken from a file or another node", () => {
  assert.deepEqual(measuresOf({ cam1: { startMs: 5, stopMs: -1, more: true }, bms1: 3 }), {
    cam1: { startMs: 5 },
  });
  assert.deepEqual(measuresOf([1]), {});
});
