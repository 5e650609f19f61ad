// SPDX-License-Identifier: Apache-2.0
// How far a decision has come, step after step, as its status tells it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ModuleStatus } from "../../core/api/contract.js";
import { stepsOf } from "../../ui/pages/decide/outcome-steps.js";
import { onNode, pairOf } from "./pictures.js";

function statesOf(more: Partial<ModuleStatus>): string {
  const runs = { state: "ALONE", vm: "on" } as const;
  const module = pairOf(runs, runs, { colour: "red", active: "alpha", ...more });
  return stepsOf(module, "alpha")
    .map(({ state }) => state)
    .join(" ");
}

void describe("decide-steps", () => {
  void it("in-conflict-nothing-counts-yet", () => {
    assert.equal(statesOf({ conflict: true }), "now later later");
  });

  void it("then-the-kept-copy-runs", () => {
    const nodes = [onNode("alpha", { state: "WAIT" }), onNode("beta", { state: "STOP" })];
    assert.equal(statesOf({ nodes }), "done now later");
    assert.equal(statesOf({}), "done done now");
  });

  void it("done-when-both-are-the-same", () => {
    assert.equal(statesOf({ protected: true }), "done done done");
  });
});
