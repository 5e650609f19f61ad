// SPDX-License-Identifier: Apache-2.0
// A third node. To a module of the other two it is a bystander: it says so and never decides. And to the pair
// it is nobody: what it says, and whether it is there, moves neither of the two.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { instant, milliseconds, moduleId, nodeName, type Instant } from "../../core/base/units.js";
import type { Command } from "../../core/decide/mirror/command.js";
import { verdict } from "../../core/decide/liveness/liveness.js";
import { sideOf } from "../../core/decide/mirror/side.js";
import { initialState, newDurable, step } from "../../core/decide/mirror/step.js";
import type { Event, ModulePicture, NodeState, PeerMessage } from "../../core/decide/mirror/types.js";
import { viewsOf } from "../../core/decide/mirror/views.js";
import { describe } from "../../core/describe/module/sentences.js";
import { defaultConfig } from "../../core/sim/cluster.js";
import { Player } from "../../core/sim/transcript.js";
import { settle } from "../scenarios/settle.js";

const scenarios = join(dirname(fileURLToPath(import.meta.url)), "../../../test/scenarios");
const cam = moduleId("cam1");
const [alpha, beta, gamma] = [nodeName("alpha"), nodeName("beta"), nodeName("gamma")];
const networks = { data: milliseconds(5000), heart: milliseconds(5000) };

const view = (over: Partial<ModulePicture>): ModulePicture => ({
  module: cam,
  state: "PRIM",
  stability: "Ready",
  upToDate: true,
  generation: "f",
  session: 1,
  current: "session",
  mirror: "up",
  copy: "consistent",
  vm: "on",
  willing: true,
  primary: true,
  lastPrim: true,
  conflict: false,
  reason: "none",
  since: instant(0),
  ...over,
});

const messages: readonly PeerMessage[] = [
  { kind: "word-request", module: cam, request: "r", generation: "f", why: "forced", rank: 99 },
  { kind: "word", module: cam, generation: "f", session: 1 },
  { kind: "goodbye", module: cam, generation: "f", session: 1, both: false },
  { kind: "hand-over", module: cam, session: 1 },
  { kind: "claim", module: cam, claim: "c", session: 1, rank: 99 },
  { kind: "command", module: cam, by: "x", command: { do: "stop", module: cam, scope: "both", force: true } },
];

/** Everything that a node says of itself and of the module. */
function said(from: typeof gamma, at: Instant): readonly Event[] {
  return [
    { at, kind: "heartbeat", from, network: "data", incarnation: "x" },
    { at, kind: "control-answer", from, incarnation: "x" },
    { at, kind: "peer-views", from, incarnation: "x", views: [view({})] },
    ...messages.map((message): Event => ({ at, kind: "peer-message", from, message })),
    { at, kind: "peer-closed", from },
  ];
}

test("bystander: a side is named by the pair, not by the cluster", () => {
  assert.deepEqual(sideOf([alpha, beta], beta), { kind: "member", self: beta, other: alpha });
  assert.deepEqual(sideOf([alpha, beta], gamma), { kind: "bystander" });
});

test("bystander: never decides, and says what it is", () => {
  const durable = { ...newDurable, wish: { kind: "run", as: "any" } } as const;
  let state = initialState({
    self: gamma,
    incarnation: "g",
    at: instant(1000),
    boot: "host",
    peers: { [alpha]: networks, [beta]: networks },
    modules: [{ config: defaultConfig("cam1"), durable }],
  });
  const commands: readonly Command[] = [
    { do: "start", module: cam, scope: "both" },
    { do: "prim", module: cam, force: true },
    { do: "resolve", module: cam, keep: alpha },
  ];
  const at = (ms: number): Instant => instant(1000 + ms);
  const events: readonly Event[] = [
    ...said(alpha, at(100)),
    ...said(beta, at(200)),
    { at: at(300), kind: "mirror-absent", module: cam },
    { at: at(300), kind: "run-seen", module: cam, run: { kind: "on", paused: false, instance: "1 1" } },
    { at: at(300), kind: "hypervisor", is: "up" },
    { at: at(400), kind: "module-configured", config: defaultConfig("cam1") },
    // Both are dead long since: still nobody's business here.
    ...Array.from({ length: 100 }, (_, number): Event => ({ at: at(500 + number * 400), kind: "tick" })),
    { at: at(41_000), kind: "checker", module: cam, action: "stop", why: "test" },
  ];
  for (const event of events) {
    const result = step(state, event);
    assert.deepEqual(result.effects, [], event.kind);
    state = result.state;
  }
  const [own] = viewsOf(state);
  const { state: shown, reason, primary, willing, vm } = own ?? view({});
  assert.deepEqual(
    { shown, reason, primary, willing, vm },
    { shown: "STOP", reason: "bystander", primary: false, willing: false, vm: "off" },
  );
  assert.match(describe(state, cam)?.sentence ?? "", /does not belong to the module/);
  for (const command of commands) {
    const { effects } = step(state, { at: at(41_100), kind: "command", id: "1", by: "test", command });
    const [answer] = effects;
    assert.ok(answer?.do === "answer-command" && !answer.answer.ok && effects.length === 1);
    assert.equal(answer.answer.failure.code, "GEMEL-1015");
  }
});

test("bystander: of three real loops it hears and is heard, and keeps nothing of the module", async () => {
  const player = new Player(settle);
  await player.play(
    "three nodes",
    "config also=gamma\ngiven pair\npower-off alpha\nbeta ALONE\nboot alpha\nalpha SECOND Ready",
  );
  const { cluster } = player;
  const names = cluster.hosts.map(({ name }) => name);
  assert.deepEqual(names, [alpha, beta, gamma]);
  for (const { name, state } of cluster.hosts) {
    assert.ok(state !== undefined);
    const heard = Object.values(state.peers).filter(
      (peer) => verdict(peer, instant(cluster.now)) === "alive",
    );
    assert.deepEqual(
      heard.map((peer) => peer.name).sort(),
      names.filter((one) => one !== name),
      name,
    );
  }
  const third = cluster.host(gamma);
  assert.deepEqual(third.record.get(cam), newDurable);
  assert.deepEqual([third.machineOf(cam).isDefined, third.mirrors.size], [false, 0]);
  assert.deepEqual(
    third.decisions.map(({ rule }) => rule),
    [],
  );
});

/** States of real runs in which much is going on. */
async function samples(file: string): Promise<readonly NodeState[]> {
  const found = new Map<string, NodeState>();
  const look = (state: NodeState): void => {
    const module = state.modules[cam];
    if (module !== undefined)
      found.set(`${state.self} ${module.phase.state} ${module.phase.work.kind}`, state);
  };
  await new Player(settle, look).play(file, readFileSync(join(scenarios, file), "utf8"));
  return [...found.values()];
}

test("bystander: moves neither node of the pair by what it says", async () => {
  const files = [
    "swap.txt",
    "host-killed-under-load.txt",
    "both-networks-cut.txt",
    "two-nodes-cold-start.txt",
  ];
  const states: NodeState[] = [];
  for (const file of files) states.push(...(await samples(file)));
  assert.ok(states.length > 15, `only ${states.length} states`);
  for (const state of states) {
    const at = instant(state.turn + 100);
    const alone = step(state, { at, kind: "tick" });
    let three = step(state, { at, kind: "peer-configured", peer: gamma, networks }).state;
    for (const event of said(gamma, at)) {
      const result = step(three, event);
      assert.deepEqual(
        result.effects.filter((effect) => effect.do === "send" && effect.to === gamma),
        [],
        "nothing is answered to a bystander",
      );
      three = result.state;
    }
    const own = three.modules[cam];
    const reference = alone.state.modules[cam];
    assert.deepEqual(own?.phase, reference?.phase);
    assert.deepEqual(own?.durable, reference?.durable);
    assert.deepEqual(own?.peer, reference?.peer);
    assert.deepEqual(own?.farewell, reference?.farewell);
  }
});
