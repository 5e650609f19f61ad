// SPDX-License-Identifier: Apache-2.0
// The drawing of a write's way shows only what is so: every situation of a pair has its own picture.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ModuleOnNode, ModuleStatus } from "../../core/api/contract.js";
import { wayOf, type WayKind } from "../../ui/parts/path/legs.js";
import { figuresOf, pairOf } from "./pictures.js";

const runs: Partial<ModuleOnNode> = { state: "PRIM", vm: "on" };
const alone: Partial<ModuleOnNode> = { state: "ALONE", vm: "on" };
const behind: Partial<ModuleOnNode> = { state: "SECOND", upToDate: false };
const copy: ModuleStatus["reintegration"] = {
  node: "alpha",
  kind: "tracked",
  direction: "source",
  bytesTotal: 10,
  bytesDone: 1,
  bytesSent: 1,
  bytesHashed: 0,
  bytesPerSecond: 1,
};
const at = "2026-11-21T03:00:10Z";
const freeze = { reason: "stalled", ageMs: 900, guestPaused: false };

const cases: readonly (readonly [name: string, module: ModuleStatus, kind: WayKind, here: string])[] = [
  ["pair", pairOf(runs, {}, { active: "alpha", protected: true }), "both", "alpha"],
  ["pair-on-beta", pairOf({}, runs, { active: "beta", protected: true }), "both", "beta"],
  ["alone", pairOf(alone, { state: "STOP", upToDate: false }, { active: "alpha" }), "alone", "alpha"],
  ["catching-up", pairOf(alone, behind, { active: "alpha", reintegration: copy }), "copying", "alpha"],
  ["frozen", pairOf(runs, {}, { active: "alpha", freeze }), "frozen", "alpha"],
  [
    "paused",
    pairOf(runs, {}, { active: "alpha", freeze: { ...freeze, guestPaused: true } }),
    "paused",
    "alpha",
  ],
  ["both-run", pairOf(alone, alone, { conflict: true }), "split", "alpha"],
  ["peer-silent-copy-held-back", pairOf(alone, { live: false, ...runs }), "alone", "alpha"],
  ["stopped", pairOf({ state: "STOP" }, { state: "STOP" }), "still", "alpha"],
  ["runner-silent", pairOf({ ...runs, live: false }, { state: "WAIT" }), "lost", "alpha"],
];

void describe("write-way", () => {
  for (const [name, status, kind, here] of cases)
    void it(name, () => {
      const way = wayOf(status, undefined, at);
      assert.deepEqual([way.kind, way.here], [kind, here]);
      assert.notEqual(way.sentence, "");
    });

  void it("writes-that-wait-say-since-when-and-why", () => {
    const waits = (more: object): string =>
      wayOf(pairOf(runs, {}, { active: "alpha", freeze: { ...freeze, ...more } }), undefined, at).sentence;
    assert.match(waits({}), /^Writes wait since \d\d:\d\d:09 .*, because beta stopped answering\. /);
    assert.match(waits({ reason: "link-lost" }), /because the data link to beta was lost/);
    assert.match(
      waits({ guestPaused: true }),
      /^The VM is paused on alpha: .*because beta stopped answering/,
    );
    assert.match(waits({ reason: "of-a-newer-one" }), /because of a newer one/);
  });

  void it("no-dirty-bytes-are-claimed-while-both-hold-everything", () => {
    const figures = figuresOf("cam1", { dirtyBytes: 4096, inFlight: 1 });
    assert.equal(wayOf(pairOf(runs, {}, { protected: true }), figures, at).dirtyBytes, 0);
    assert.equal(wayOf(pairOf(alone, { state: "STOP" }), figures, at).dirtyBytes, 4096);
  });
});
