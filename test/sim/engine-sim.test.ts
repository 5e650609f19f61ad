// SPDX-License-Identifier: Apache-2.0
/**
 * A batch of seeds of the engine simulator. GEMEL_SEED chooses where it begins, GEMEL_RUNS how many; a
 * failing seed prints its own number, and `npm run sim -- --seed N --seeds 1` replays it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildEngineSimulator, playEngine } from "./engine.js";

const first = Number(process.env["GEMEL_SEED"] ?? 1);
const count = Number(process.env["GEMEL_RUNS"] ?? 200);

const buildProblem = buildEngineSimulator();
test("engine-simulator-builds", () => {
  assert.equal(buildProblem, "");
});

test(`engine-simulator-seeds-${first}-to-${first + count - 1}`, async () => {
  const { passed, failed, ending } = await playEngine(first, count);
  assert.deepEqual(failed, []);
  assert.equal(ending, undefined, `ended at seed ${first + passed}: ${ending ?? ""}`);
  assert.equal(passed, count);
});
