// SPDX-License-Identifier: Apache-2.0
// A row of swaps: one after another, and what ends it.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModuleStatus } from "../../core/api/contract.js";
import { ApiFailure } from "../../ui/api.js";
import { current, planned, told, type MoveEvent, type MoveStep } from "../../ui/parts/moves/moves.js";

const why = new ApiFailure(409, { code: "GEMEL-1002", message: "no", where: "a", next: "" });

function seen(id: string, active: string | null, vm: "on" | "off" = "on"): MoveEvent {
  const nodes = ["alpha", "beta"].map((node) => ({
    node,
    state: node === active ? ("PRIM" as const) : ("SECOND" as const),
    stability: "Ready" as const,
    upToDate: true,
    generation: "",
    session: 0,
    reason: "none",
    since: "",
    vm: node === active ? vm : ("off" as const),
    live: true,
  }));
  const module: ModuleStatus = {
    id,
    vm: id,
    sentence: "",
    protected: true,
    partly: false,
    colour: "green",
    active,
    ifHostDied: { sentence: "", seconds: null, node: null },
    nodes,
    reintegration: null,
    conflict: false,
    troubles: [],
    actions: [],
  };
  return { kind: "seen", module, cameBack: why };
}

const start = planned([
  { module: "a", vm: "A", from: "alpha", to: "beta" },
  { module: "b", vm: "B", from: "alpha", to: "beta" },
]);

const play = (...events: readonly MoveEvent[]): readonly MoveStep[] =>
  events.reduce<readonly MoveStep[]>((steps, event) => told(steps, event), start);

const kinds = (steps: readonly MoveStep[]): string[] => steps.map(({ state }) => state.kind);

test("the second begins when the first has arrived", () => {
  assert.equal(current(start)?.module, "a");
  const under = play({ kind: "asked" }, { kind: "accepted" });
  assert.equal(current(under)?.module, "a");
  const arrived = told(under, seen("a", "beta"));
  assert.deepEqual(kinds(arrived), ["done", "waiting"]);
  assert.equal(current(arrived)?.module, "b");
});

test("its old host, right after the command, is no failure: it has not left yet", () => {
  assert.deepEqual(kinds(play({ kind: "asked" }, { kind: "accepted" }, seen("a", "alpha"))), [
    "under-way",
    "waiting",
  ]);
});

test("back on its old host after it had left: failed, and the rest is not begun", () => {
  const steps = play({ kind: "asked" }, { kind: "accepted" }, seen("a", null), seen("a", "alpha"));
  assert.deepEqual(kinds(steps), ["failed", "skipped"]);
  assert.equal(current(steps), undefined);
});

test("a refusal ends the row", () => {
  assert.deepEqual(kinds(play({ kind: "asked" }, { kind: "refused", why })), ["failed", "skipped"]);
});

test("stopped by a person: what is under way goes on to its end, the rest is not begun", () => {
  const stopped = play({ kind: "asked" }, { kind: "accepted" }, { kind: "stop" });
  assert.deepEqual(kinds(stopped), ["under-way", "skipped"]);
  assert.deepEqual(kinds(told(stopped, seen("a", "beta"))), ["done", "skipped"]);
});
