// SPDX-License-Identifier: Apache-2.0
/** Two faults of the engine and four of the control plane a run, drawn by the seed. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { isControlNoticed } from "./control.js";
import { controlFaults } from "./control-faults.js";
import { isEngineNoticed } from "./engine.js";
import { engineFaults } from "./engine-faults.js";
import type { Fault } from "./fault.js";

const seed = Number(process.env["GEMEL_SEED"] ?? randomInt(1_000_000));

function sample<F extends Fault>(
  faults: readonly F[],
  count: number,
  isNoticed: (fault: F) => Promise<string | undefined>,
): void {
  for (let offset = 0; offset < count; offset++) {
    const fault = faults[(seed + offset) % faults.length];
    assert.ok(fault !== undefined, "faults are listed");
    test(`sabotage-${fault.name}`, async (context) => {
      context.diagnostic(`seed ${seed}`);
      assert.equal(await isNoticed(fault), undefined);
    });
  }
}

sample(engineFaults, 2, isEngineNoticed);
sample(controlFaults, 4, isControlNoticed);
