// SPDX-License-Identifier: Apache-2.0
// Where cards stand and what several of them may do at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModuleOnNode, ModuleStatus, NodeStatus } from "../../core/api/contract.js";
import { boardOf, otherNode, split } from "../../ui/pages/overview/columns.js";

const node = (name: string): NodeStatus => ({
  name,
  reachable: true,
  since: "2026-11-21T10:00:00Z",
  networks: [],
  daemon: "answers",
  version: "0.1.0",
  urls: [],
});

const copy = (name: string, state: ModuleOnNode["state"]): ModuleOnNode => ({
  node: name,
  state,
  stability: "Ready",
  upToDate: true,
  generation: "1",
  session: 1,
  reason: "none",
  since: "2026-11-21T10:00:00Z",
  vm: state === "PRIM" ? "on" : "off",
  live: true,
});

function module(id: string, active: string | null, states: readonly ModuleOnNode["state"][]): ModuleStatus {
  return {
    id,
    vm: id,
    sentence: "",
    protected: true,
    partly: false,
    colour: "green",
    active,
    ifHostDied: { sentence: "", seconds: null, node: null },
    nodes: ["alpha", "beta"].map((name, index) => copy(name, states[index] ?? "STOP")),
    reintegration: null,
    conflict: false,
    troubles: [],
    actions: [
      { verb: "swap", allowed: id !== "stuck", why: id === "stuck" ? "Its copies are not in sync." : "" },
    ],
  };
}

const nodes = [node("alpha"), node("beta")];

test("board: each module stands where its VM runs, by name", () => {
  const board = boardOf({
    nodes,
    modules: [module("b", "alpha", ["PRIM", "SECOND"]), module("a", "alpha", ["PRIM", "SECOND"])],
  });
  assert.deepEqual(
    board.columns.map(({ modules }) => modules.map(({ id }) => id)),
    [["a", "b"], []],
  );
  assert.deepEqual(board.nowhere, []);
});

test("board: a VM that is about to start stands on its new host, a stopped one runs nowhere", () => {
  const board = boardOf({
    nodes,
    modules: [module("starts", null, ["SECOND", "PRIM"]), module("off", null, ["STOP", "STOP"])],
  });
  assert.deepEqual(
    board.columns[1]?.modules.map(({ id }) => id),
    ["starts"],
  );
  assert.deepEqual(
    board.nowhere.map(({ id }) => id),
    ["off"],
  );
});

test("board: two copies that both ran alone and none active stand nowhere", () => {
  const board = boardOf({ nodes, modules: [module("torn", null, ["ALONE", "ALONE"])] });
  assert.equal(board.nowhere.length, 1);
});

test("several: who may move moves, each other one says why not", () => {
  const good = module("good", "alpha", ["PRIM", "SECOND"]);
  const there = module("there", "beta", ["SECOND", "PRIM"]);
  const stuck = module("stuck", "alpha", ["ALONE", "SECOND"]);
  const { able, refused } = split([good, there, stuck], "swap", "beta");
  assert.deepEqual(able, [good]);
  assert.deepEqual(
    refused.map(({ module: { id }, why }) => [id, why]),
    [
      ["there", "It runs on beta already."],
      ["stuck", "Its copies are not in sync."],
    ],
  );
});

test("several: a verb that the node does not mention may not be given", () => {
  assert.deepEqual(split([module("a", "alpha", ["PRIM", "SECOND"])], "stop").able, []);
});

test("the other host: of a module that runs; none of one that does not", () => {
  assert.equal(otherNode(module("a", "alpha", ["PRIM", "SECOND"])), "beta");
  assert.equal(otherNode(module("a", null, ["STOP", "STOP"])), null);
});
