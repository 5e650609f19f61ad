// SPDX-License-Identifier: Apache-2.0
// R20: what a daemon has promised its engine must know, also when that daemon died in between.

import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, milliseconds, moduleId, nodeName } from "../../core/base/units.js";
import { initialState, newDurable, step } from "../../core/decide/mirror/step.js";
import { defaultConfig } from "../../core/sim/cluster.js";
import { newCopy } from "../../core/sim/mirror/copy.js";
import { FakeMirror } from "../../core/sim/mirror/fake-mirror.js";

const cam1 = moduleId("cam1");

test("word-in-the-record-reaches-an-engine-that-is-in-sync", () => {
  const copy = { ...newCopy(), state: "consistent", generation: "a".repeat(16), session: 7 } as const;
  const mirror = new FakeMirror("beta", "alpha", cam1, copy, { on: false, paused: false }, () => 0);
  Object.assign(mirror, { link: { kind: "paired" }, inSync: true });
  const outdated = { generation: copy.generation, session: 7 };
  let state = initialState({
    self: nodeName("beta"),
    incarnation: "beta-2",
    at: instant(1000),
    boot: "daemon",
    peers: Object.fromEntries([[nodeName("alpha"), { data: milliseconds(5000) }]]),
    modules: [
      {
        config: defaultConfig(cam1),
        durable: { ...newDurable, wish: { kind: "run", as: "any" }, outdated },
      },
    ],
  });
  const at = instant(1100);
  const asked = [
    { at, kind: "mirror-status", module: cam1, status: mirror.status() } as const,
    { at, kind: "run-seen", module: cam1, run: { kind: "off" } } as const,
    { at, kind: "tick" } as const,
  ].flatMap((event) => {
    const stepped = step(state, event);
    ({ state } = stepped);
    return stepped.effects.flatMap((effect) => (effect.do === "mirror" ? [effect.command.do] : []));
  });
  assert.deepEqual(asked, ["word"]);
});
