// SPDX-License-Identifier: Apache-2.0
/** Two faults a run, drawn by the seed; `npm run sabotage` shows them all. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { isNoticed } from "./build.js";
import { faults } from "./faults.js";

const seed = Number(process.env["GEMEL_SEED"] ?? randomInt(1_000_000));

for (const offset of [0, 1]) {
  const fault = faults[(seed + offset) % faults.length];
  if (fault === undefined) throw new Error("no fault is listed");
  test(`sabotage-${fault.name}`, async (context) => {
    context.diagnostic(`seed ${seed}`);
    assert.equal(await isNoticed(fault), undefined);
  });
}
