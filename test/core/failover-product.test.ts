// SPDX-License-Identifier: Apache-2.0
// Walks state × event, state × message and state × command against step() itself: a cell that says "ignored"
// changes nothing, no cell breaks an invariant. Also: the generated pages are those in docs/.

import { stateNames, type StateName } from "../../core/base/vocabulary.js";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { instant, milliseconds, moduleId, nodeName } from "../../core/base/units.js";
import { commandVerbs, type Command } from "../../core/decide/mirror/command.js";
import { eventKinds } from "../../core/decide/mirror/event.js";
import { commandHandling, eventHandling, messageHandling } from "../../core/decide/mirror/handling.js";
import { describe } from "../../core/describe/module/sentences.js";
import { step } from "../../core/decide/mirror/step.js";
import type { Event, ModuleState, NodeState, PeerMessage } from "../../core/decide/mirror/types.js";
import type { Run } from "../../core/ports/workload.js";
import { newCopy } from "../../core/sim/mirror/copy.js";
import { FakeMirror } from "../../core/sim/mirror/fake-mirror.js";
import { Player } from "../../core/sim/transcript.js";
import { settle } from "../scenarios/settle.js";
import { docsFolder, pages } from "./generate-docs.js";

const scenarios = join(dirname(fileURLToPath(import.meta.url)), "../../../test/scenarios");
const cam = moduleId("cam1");

/** States of real runs: for each state and work the first few met in the transcripts. */
async function samples(): Promise<readonly NodeState[]> {
  const found = new Map<string, NodeState[]>();
  const look = (state: NodeState): void => {
    const module = state.modules[cam];
    if (module === undefined) return;
    const { state: name, work } = module.phase;
    const key = `${name} ${work.kind} ${"step" in work ? work.step : ""} ${module.task?.what ?? "idle"}`;
    const known = found.get(key) ?? [];
    if (known.length < 3) found.set(key, [...known, state]);
  };
  for (const file of readdirSync(scenarios).filter((name) => name.endsWith(".txt"))) {
    await new Player(settle, look).play(file, readFileSync(join(scenarios, file), "utf8"));
  }
  return [...found.values()].flat();
}

const states = await samples();
const stateOf = (state: NodeState): StateName => moduleIn(state).phase.state;

function moduleIn(state: NodeState): ModuleState {
  const module = state.modules[cam];
  assert.ok(module !== undefined);
  return module;
}

/** What a turn has changed, beyond what a tick would: the module as it is, and what is done. */
function changed(state: NodeState, event: Event): { readonly module: ModuleState; readonly effects: string } {
  const result = step(state, event);
  return { module: moduleIn(result.state), effects: JSON.stringify(result.effects) };
}

const other = (state: NodeState): Event["at"] & string =>
  (state.self === "alpha" ? "beta" : "alpha") as never;

function events(state: NodeState): readonly Event[] {
  const at = instant(state.turn + 100);
  const from = nodeName(other(state));
  const mirror = new FakeMirror(state.self, from, cam, newCopy(), { on: false, paused: false }, () => at);
  const failed = { code: "GEMEL-9003", message: "no", where: cam, next: "" };
  return [
    { at, kind: "tick" },
    { at, kind: "heartbeat", from, network: "data", incarnation: "x" },
    { at, kind: "control-answer", from, incarnation: "x" },
    { at, kind: "peer-closed", from },
    { at, kind: "peer-views", from, incarnation: "x", views: [] },
    { at, kind: "peer-message", from, message: { kind: "word-taken", module: cam, generation: "f" } },
    { at, kind: "mirror-status", module: cam, status: mirror.status() },
    { at, kind: "mirror-absent", module: cam },
    { at, kind: "mirror-gone", module: cam, why: "killed" },
    { at, kind: "run-seen", module: cam, run: { kind: "off" } },
    { at, kind: "run-seen", module: cam, run: { kind: "held" } },
    { at, kind: "run-seen", module: cam, run: { kind: "on", paused: false } },
    { at, kind: "hypervisor", is: "lost" },
    { at, kind: "task-done", module: cam, task: moduleIn(state).task?.id ?? 0, outcome: { ok: true } },
    {
      at,
      kind: "task-done",
      module: cam,
      task: moduleIn(state).task?.id ?? 0,
      outcome: { ok: false, failure: failed },
    },
    { at, kind: "arbiter-answered", module: cam, request: "old", answer: { kind: "granted", epoch: 1 } },
    { at, kind: "fence-answered", module: cam, request: "old", answer: { kind: "off" } },
    { at, kind: "checker", module: cam, action: "restart", why: "test" },
    { at, kind: "command", id: "1", by: "test", command: { do: "start", module: cam, scope: "node" } },
    { at, kind: "failover-pause", pause: { since: "2026-11-21T03:12:00Z", by: "admin", why: "test" } },
    { at, kind: "failover-pause" },
    { at, kind: "module-configured", config: moduleIn(state).config },
    { at, kind: "peer-configured", peer: from, networks: { data: milliseconds(5000) } },
  ];
}

function messages(): readonly PeerMessage[] {
  const module = cam;
  return [
    { kind: "word-request", module, request: "r", generation: "f", why: "cold-start", rank: 99 },
    { kind: "word", module, request: "r", generation: "f", session: 1 },
    { kind: "word", module, generation: "f", session: 1 },
    { kind: "word-refused", module, request: "r", because: "runs", generation: "f" },
    { kind: "word-taken", module, generation: "f" },
    { kind: "goodbye", module, generation: "f", session: 1, both: false },
    { kind: "goodbye-taken", module, generation: "f" },
    { kind: "hand-over", module, session: 1 },
    { kind: "claim", module, claim: "c", session: 1, rank: 99 },
    { kind: "claim-agreed", module, claim: "c" },
    { kind: "claim-refused", module, claim: "c", because: "runs" },
    { kind: "command", module, by: "x", command: { do: "restart", module } },
  ];
}

const commands: Readonly<Record<Command["do"], Command>> = {
  start: { do: "start", module: cam, scope: "both" },
  stop: { do: "stop", module: cam, scope: "both", force: false },
  restart: { do: "restart", module: cam },
  stopstart: { do: "stopstart", module: cam },
  swap: { do: "swap", module: cam },
  prim: { do: "prim", module: cam, force: true },
  second: { do: "second", module: cam, force: false },
  resolve: { do: "resolve", module: cam, keep: nodeName("beta") },
  shutdown: { do: "shutdown" },
};

/** An ignored event leaves the module as a tick would. */
function demandIgnored(state: NodeState, event: Event, what: string): void {
  const tick = changed(state, { kind: "tick", at: event.at });
  const after = changed(state, event);
  assert.deepEqual(after.module.phase, tick.module.phase, what);
  assert.deepEqual(after.module.durable, tick.module.durable, what);
}

test("failover-product: transcripts reach every state and every kind of work", () => {
  const reached = new Set(states.map((state) => stateOf(state)));
  assert.deepEqual(
    [...stateNames].filter((state) => !reached.has(state)),
    [],
  );
  const works = new Set(states.map((state) => moduleIn(state).phase.work.kind));
  for (const work of [
    "discovering",
    "burying",
    "opening",
    "waiting",
    "claiming",
    "asking-word",
    "asking-arbiter",
  ]) {
    assert.ok(works.has(work as never), `no transcript reaches ${work}`);
  }
});

test("failover-product: every state meets every event without a broken invariant", () => {
  const kinds = new Set(states.flatMap((state) => events(state).map(({ kind }) => kind)));
  const missing = eventKinds.filter((kind) => !kinds.has(kind) && kind !== "module-removed");
  assert.deepEqual(missing, [], "every kind has a sample");
  for (const state of states) {
    for (const event of events(state)) {
      const row = eventHandling[event.kind][stateOf(state)];
      if (row.kind === "ignored") demandIgnored(state, event, `${stateOf(state)} × ${event.kind}`);
      else changed(state, event);
    }
  }
});

test("failover-product: no failed task ends the daemon, whatever runs meanwhile", () => {
  const failure = { code: "GEMEL-9003", message: "no", where: cam, next: "" } as const;
  const outcome = { ok: false, failure } as const;
  const runs: readonly Run[] = [
    { kind: "off" },
    { kind: "held" },
    { kind: "on", paused: false },
    { kind: "unknown", why: "" },
  ];
  const tried = new Set<string>();
  for (const state of states) {
    for (const run of runs) {
      const at = instant(state.turn + 100);
      const { task } = moduleIn(state);
      if (task === undefined) continue;
      tried.add(task.what);
      const seen = step(state, { at, kind: "run-seen", module: cam, run }).state;
      const failed = step(seen, { at, kind: "task-done", module: cam, task: task.id, outcome }).state;
      for (const event of events(failed)) changed(failed, event);
    }
  }
  for (const what of ["stop-workload", "demote", "give-up", "close", "start-workload", "terminate"]) {
    assert.ok(tried.has(what), `no transcript begins ${what}`);
  }
});

test("failover-product: every state meets every message without a broken invariant", () => {
  for (const state of states) {
    for (const message of messages()) {
      const event: Event = {
        at: instant(state.turn + 100),
        kind: "peer-message",
        from: nodeName(other(state)),
        message,
      };
      const row = messageHandling[message.kind][stateOf(state)];
      if (row.kind === "ignored") demandIgnored(state, event, `${stateOf(state)} × ${message.kind}`);
      else changed(state, event);
    }
  }
});

test("failover-product: every command is answered once, and a refusal changes nothing", () => {
  for (const state of states) {
    for (const verb of commandVerbs) {
      const event: Event = {
        at: instant(state.turn + 100),
        kind: "command",
        id: "c1",
        by: "test",
        command: commands[verb],
      };
      const result = step(state, event);
      const answers = result.effects.filter((effect) => effect.do === "answer-command");
      assert.equal(answers.length, 1, `${stateOf(state)} × ${verb}`);
      const [answer] = answers;
      const isRefused = answer?.do === "answer-command" && !answer.answer.ok;
      if (isRefused) demandIgnored(state, event, `${stateOf(state)} × ${verb} refused`);
      const row = commandHandling[verb][stateOf(state)];
      if (row.kind === "ignored") assert.ok(isRefused, `${stateOf(state)} × ${verb} should be refused`);
    }
  }
});

test("failover-product: every state has a sentence, a colour and an answer for every verb", () => {
  for (const state of states) {
    const found = describe(state, cam);
    assert.ok(found !== undefined && found.sentence.length > 10, stateOf(state));
    for (const permission of Object.values(found.actions)) {
      if (!permission.allowed) assert.match(permission.why.code, /^GEMEL-\d{4}$/);
    }
  }
});

for (const [name, page] of Object.entries(pages)) {
  test(`docs-in-step: docs/${name}`, () => {
    const there = readFileSync(join(docsFolder, name), "utf8");
    assert.equal(there, page(), "run: node dist/test/core/generate-docs.js");
  });
}
