// SPDX-License-Identifier: Apache-2.0
// `gemel swap` and `gemel balance --apply` stop waiting when the VM runs again where it was; `gemel start`
// does not call started what does not run.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModuleOnNode, ModuleStatus } from "../../core/api/contract.js";
import { CommandEnd } from "../../core/cli/outcome.js";
import { demandRuns, startDecided, watchReturn } from "../../core/cli/swap.js";
import { moduleStatus } from "./status/pictures.js";

const on = (node: string, state: ModuleOnNode["state"], reason: string, live = true): ModuleOnNode => ({
  ...alpha(state, reason),
  node,
  live,
});
const alpha = (state: ModuleOnNode["state"], reason: string): ModuleOnNode => ({
  node: "alpha",
  state,
  stability: "Ready",
  upToDate: true,
  generation: "",
  session: 1,
  reason,
  since: "",
  vm: "on",
  live: true,
});
const runs = moduleStatus({ active: "alpha", nodes: [alpha("PRIM", "none")] });
const leaves = moduleStatus({ active: "alpha", nodes: [alpha("PRIM", "stopping")] });
const elsewhere = moduleStatus({ active: "beta", nodes: [alpha("SECOND", "none")] });

const ends = (pictures: readonly ModuleStatus[]): boolean => {
  const look = watchReturn("alpha");
  try {
    for (const picture of pictures) look(picture);
    return false;
  } catch (error) {
    assert.ok(error instanceof CommandEnd);
    assert.match(error.error.message, /runs again on alpha/);
    return true;
  }
};

test("swap-wait-goes-on: before it has left, on its way, and when it is there", () => {
  assert.equal(ends([runs, runs]), false, "the command has only just been given");
  assert.equal(ends([runs, leaves, leaves]), false);
  assert.equal(ends([runs, leaves, elsewhere, elsewhere]), false);
});

test("swap-wait-ends: it has left and runs again where it was", () => {
  assert.equal(ends([runs, leaves, runs]), true);
  assert.equal(ends([leaves, elsewhere, runs]), true);
  const look = watchReturn(null);
  for (const picture of [runs, leaves, runs]) look(picture);
});

test("swap-wait-tells-what-kept-it: the last trouble before it runs again", () => {
  const held = { code: "GEMEL-2008", message: "tail (pid 4711) has /vm/log open.", where: "cam1", next: "" };
  const look = watchReturn("alpha");
  look({ ...leaves, troubles: [held] });
  assert.throws(() => look(runs), /pid 4711/);
});

test("start-wait-ends-with-an-error: the VM does not start", () => {
  const failing = { code: "GEMEL-3002", message: "No such bridge.", where: "cam1", next: "make it" };
  const module = moduleStatus({
    active: null,
    sentence: "The VM does not start on alpha",
    troubles: [failing],
  });
  assert.throws(
    () => demandRuns(module),
    (error) =>
      error instanceof CommandEnd && error.exit === 11 && error.error.message.includes("No such bridge"),
  );
  demandRuns(runs);
});

test("start-wait-sees-both: the answering node is secondary while the other one still starts the VM", () => {
  const decided = (active: string | null, ...nodes: ModuleOnNode[]): boolean =>
    startDecided(moduleStatus({ active, nodes }));
  const second = on("alpha", "SECOND", "none");
  assert.equal(decided(null, second, on("beta", "ALONE", "starting")), false, "it is being started there");
  assert.equal(
    decided(null, second, on("beta", "WAIT", "conflict")),
    false,
    "the other's word is on its way",
  );
  assert.equal(decided(null, on("alpha", "WAIT", "peer-deciding"), on("beta", "WAIT", "none")), false);
  assert.equal(decided("beta", second, on("beta", "PRIM", "none")), true);
  assert.equal(decided(null, second, on("beta", "ALONE", "vm-failing")), true);
  assert.equal(decided(null, on("alpha", "WAIT", "not-current"), on("beta", "SECOND", "none", false)), true);
  assert.equal(decided(null, on("alpha", "WAIT", "first-start"), on("beta", "WAIT", "first-start")), true);
});
