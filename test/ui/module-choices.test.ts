// SPDX-License-Identifier: Apache-2.0
// What may be done with a module, as buttons and menu offer it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ModuleOnNode, ModuleStatus } from "../../core/api/contract.js";
import { choicesOf, type Choice } from "../../ui/pages/module/choices.js";

const row = (node: string, more: Partial<ModuleOnNode>): ModuleOnNode => ({
  node,
  state: "SECOND",
  stability: "Ready",
  upToDate: true,
  generation: "1",
  session: 1,
  reason: "none",
  since: "2026-11-21T03:00:00Z",
  vm: "off",
  live: true,
  ...more,
});

const module = (alpha: Partial<ModuleOnNode>, beta: Partial<ModuleOnNode>): ModuleStatus => ({
  id: "cam1",
  vm: "Camera server",
  sentence: "",
  protected: false,
  partly: false,
  colour: "red",
  active: "alpha",
  ifHostDied: { sentence: "", seconds: null, node: null },
  nodes: [row("alpha", { state: "PRIM", vm: "on", ...alpha }), row("beta", beta)],
  reintegration: null,
  conflict: false,
  troubles: [],
  actions: [{ verb: "start", allowed: true, why: "" }],
});

function choiceNamed(key: string, of: ModuleStatus): Choice {
  const found = choicesOf(of, null).find((choice) => choice.key === key);
  assert.ok(found !== undefined, `there is ${key}`);
  return found;
}

void describe("module-choices", () => {
  void it("copy-that-counts: chosen by nobody while the VM runs", () => {
    assert.match(choiceNamed("decide", module({}, {})).why ?? "", /^The VM runs/);
    assert.ok(choiceNamed("stop", module({}, {})).upFront);
  });

  void it("copy-that-counts: chosen by a person when the node that ran it is silent", () => {
    const held = module({ live: false, stability: "NotReady" }, { state: "WAIT", reason: "paused" });
    assert.equal(choiceNamed("decide", held).why, null);
    assert.ok(choiceNamed("start", held).upFront, "starting it is what is wanted now");
    assert.ok(!choiceNamed("stop", held).upFront);
  });
});
