// SPDX-License-Identifier: Apache-2.0
// What may be done with a module, as buttons and menu offer it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ModuleOnNode, ModuleStatus } from "../../core/api/contract.js";
import { choicesOf, type Choice } from "../../ui/pages/module/choices.js";
import { pairOf } from "./pictures.js";

const module = (alpha: Partial<ModuleOnNode>, beta: Partial<ModuleOnNode>): ModuleStatus =>
  pairOf({ state: "PRIM", vm: "on", ...alpha }, beta, {
    colour: "red",
    active: "alpha",
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
