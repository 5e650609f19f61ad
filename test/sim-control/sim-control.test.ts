// SPDX-License-Identifier: Apache-2.0
// A batch of seeds. GEMEL_SEED chooses where it begins (printed), GEMEL_RUNS how many; a failing seed prints
// its own number.

import { test } from "node:test";
import assert from "node:assert/strict";
import { simulate } from "./simulator.js";

const first = Number(process.env["GEMEL_SEED"] ?? 1);
const count = Number(process.env["GEMEL_RUNS"] ?? 150);

test(`control-simulator: seeds ${first} to ${first + count - 1}`, async () => {
  // Known failures have their own list (known-failures.ts); everything else is thrown.
  let acknowledged = 0;
  for (let seed = first; seed < first + count; seed += 1) acknowledged += (await simulate(seed)).acknowledged;
  assert.ok(acknowledged > 0, "guests have written");
});

/** What the simulator found, by the first seeds that did: played again with every run. */
const found: readonly (readonly [what: string, seeds: readonly number[]])[] = [
  ["a hung mirror process is no witness", [11, 41, 76]],
  ["whoever finds a guest that was never let run ends it", [44, 86, 102]],
  ["the wish that a boot renews is in the record", [774, 874, 1544]],
  ["a record that hangs keeps no guest waiting", [319, 1319]],
  ["a word that never left keeps nobody from taking over", [17, 20, 28]],
  ["a copy that ran alone gives no word to an older one", [139, 205, 235]],
  ["what was decided is not done after waking", [187, 580, 4306]],
  ["what was decided in silence may be carried out when it is over", [3926]],
  ["a daemon that stands still with its host hears of no death", [4329, 4491]],
  ["a promotion that its record has held up is void, whatever it rests on", [483]],
  ["what a promotion rests on is as old as its decision, not as its order", [127]],
  ["an empty copy whose engine is frozen is let run and answers nothing", [1843, 2267]],
  ["contrary orders never undo each other's data", [35, 104, 127, 154, 208]],
];

for (const [what, seeds] of found) {
  test(`control-simulator: ${what}`, async () => {
    // Its entry is no longer in the list of what is known: met again, it is thrown.
    for (const seed of seeds) await simulate(seed);
  });
}

test("control-simulator: a seed replays exactly", async () => {
  assert.deepEqual(await simulate(first), await simulate(first));
});
