// SPDX-License-Identifier: Apache-2.0
// How far a decision has come, step after step, as its status tells it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ModuleOnNode, ModuleStatus } from "../../core/api/contract.js";
import { stepsOf } from "../../ui/pages/decide/outcome-steps.js";

const row = (node: string, state: ModuleOnNode["state"], vm: ModuleOnNode["vm"]): ModuleOnNode => ({
  node,
  state,
  stability: "Ready",
  upToDate: true,
  generation: "1",
  session: 1,
  reason: "none",
  since: "2026-11-21T03:00:00Z",
  vm,
  live: true,
});

function statesOf(more: Partial<ModuleStatus>): string {
  const module: ModuleStatus = {
    id: "cam1",
    vm: "Camera server",
    sentence: "",
    protected: false,
    partly: false,
    colour: "red",
    active: "alpha",
    ifHostDied: { sentence: "", seconds: null, node: null },
    nodes: [row("alpha", "ALONE", "on"), row("beta", "ALONE", "on")],
    reintegration: null,
    conflict: false,
    troubles: [],
    actions: [],
    ...more,
  };
  return stepsOf(module, "alpha")
    .map(({ state }) => state)
    .join(" ");
}

void describe("decide-steps", () => {
  void it("in-conflict-nothing-counts-yet", () => {
    assert.equal(statesOf({ conflict: true }), "now later later");
  });

  void it("then-the-kept-copy-runs", () => {
    const nodes = [row("alpha", "WAIT", "off"), row("beta", "STOP", "off")];
    assert.equal(statesOf({ nodes }), "done now later");
    assert.equal(statesOf({}), "done done now");
  });

  void it("done-when-both-are-the-same", () => {
    assert.equal(statesOf({ protected: true }), "done done done");
  });
});
