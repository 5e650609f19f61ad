// SPDX-License-Identifier: Apache-2.0
/**
 * Batches of seeds of the engine simulator: one in which hosts and links die, one in which a disk errs,
 * too. GEMEL_SEED chooses where they begin, GEMEL_RUNS how many; without it the second one is a sample of the
 * seeds that were all played. A failing seed prints its own number; it is replayed by
 * `npm run sim -- --only engine --seed N --seeds 1 [--errors]`.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { buildEngineSimulator, playEngine } from "./engine.js";

const played = 20;
const sampled = 20;
const seed = process.env["GEMEL_SEED"];
const runs = process.env["GEMEL_RUNS"];

const batches = [
  { name: "seeds", errors: false, first: Number(seed ?? 1), count: Number(runs ?? 150) },
  {
    name: "seeds-with-errors",
    errors: true,
    first: seed === undefined ? randomInt(1, played - sampled + 2) : Number(seed),
    count: Number(runs ?? (seed === undefined ? sampled : 200)),
  },
];

const buildProblem = buildEngineSimulator();
test("engine-simulator-builds", () => {
  assert.equal(buildProblem, "");
});

for (const { name, errors, first, count } of batches) {
  test(`engine-simulator-${name}-${first}-to-${first + count - 1}`, async () => {
    const { passed, failed, ending } = await playEngine(first, count, errors);
    assert.deepEqual(failed, []);
    assert.equal(ending, undefined, `ended at seed ${first + passed}: ${ending ?? ""}`);
    assert.equal(passed, count);
  });
}
