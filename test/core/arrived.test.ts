// SPDX-License-Identifier: Apache-2.0
// What comes from the other node and from a mirror process: whole and of a kind that is known, or refused
// with the reason; what a newer version says beside it is passed over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { without } from "../../core/base/fields.js";
import type { Parsed } from "../../core/base/shape.js";
import { instant, moduleId, nodeName } from "../../core/base/units.js";
import type { Command } from "../../core/decide/mirror/command.js";
import type { ModulePicture, PeerMessage } from "../../core/decide/mirror/types.js";
import { arrivedEvent, arrivedReply, arrivedStatus } from "../../core/edge/mirror/arrived.js";
import { arrivedMessage } from "../../core/edge/network/arrived-message.js";
import { arrivedViews } from "../../core/edge/network/peer-views.js";
import { Refusals } from "../../core/edge/refusals.js";
import type { MirrorEvent, MirrorStatus } from "../../native/index.js";
import { newCopy } from "../../core/sim/mirror/copy.js";
import { FakeMirror } from "../../core/sim/mirror/fake-mirror.js";

const module = moduleId("cam1");
const generation = "00000000000000a1";
const at = { session: 3, counter: 1 };

const commands: { readonly [V in Command["do"]]: Extract<Command, { readonly do: V }> } = {
  start: { do: "start", module, scope: "node" },
  stop: { do: "stop", module, scope: "both", force: false },
  restart: { do: "restart", module },
  stopstart: { do: "stopstart", module },
  swap: { do: "swap", module },
  prim: { do: "prim", module, force: true },
  second: { do: "second", module, force: false },
  resolve: { do: "resolve", module, keep: nodeName("beta") },
  shutdown: { do: "shutdown" },
};

const messages: { readonly [K in PeerMessage["kind"]]: Extract<PeerMessage, { readonly kind: K }> } = {
  "word-request": { kind: "word-request", module, request: "a-1.2", generation, why: "frozen", rank: 4 },
  word: { kind: "word", module, generation, session: 3 },
  "word-refused": { kind: "word-refused", module, request: "a-1.2", because: "runs", generation },
  "word-taken": { kind: "word-taken", module, generation },
  goodbye: { kind: "goodbye", module, generation, session: 3, both: false },
  "goodbye-taken": { kind: "goodbye-taken", module, generation },
  "hand-over": { kind: "hand-over", module, session: 3 },
  claim: { kind: "claim", module, claim: "a-1.3", session: 3, rank: 0 },
  "claim-agreed": { kind: "claim-agreed", module, claim: "a-1.3" },
  "claim-refused": { kind: "claim-refused", module, claim: "a-1.3", because: "busy" },
  command: { kind: "command", module, command: commands.stop, by: "operator" },
};

const view: ModulePicture = {
  module,
  state: "SECOND",
  stability: "Ready",
  upToDate: true,
  generation,
  session: 3,
  current: "handshake",
  mirror: "up",
  copy: "consistent",
  vm: "off",
  willing: true,
  primary: false,
  lastPrim: false,
  conflict: false,
  reason: "none",
  since: instant(1_000),
};

const status: MirrorStatus = {
  ...new FakeMirror("alpha", "beta", "cam1", newCopy(), { on: false, paused: false }, () => 0).status(),
  link: { kind: "refused", row: "m3", outcome: "denied", message: "the other one is ahead" },
  current: { kind: "none", why: "it gave its word" },
};

const resync = {
  kind: "tracked",
  direction: "source",
  bytesTotal: 9,
  bytesDone: 1,
  bytesSent: 1,
  bytesHashed: 0,
  bytesPerSecond: 5,
  pass: 1,
} as const;

const events: { readonly [K in MirrorEvent["event"]]: Extract<MirrorEvent, { readonly event: K }> } = {
  status: { event: "status", status },
  frozen: { event: "frozen", freeze: at, reason: "stalled" },
  thawed: { event: "thawed", freeze: at, by: "grant" },
  guest: { event: "guest", state: "paused", why: "nobody said" },
  handshake: { event: "handshake", row: "a1", outcome: "pair", evidence: "…" },
  "in-sync": { event: "in-sync" },
  "peer-lost": { event: "peer-lost", reason: "link lost" },
  resync: { event: "resync", resync },
  verified: { event: "verified", differingBytes: 0, repairedBytes: 0 },
  "refused-write": { event: "refused-write", pid: 7, command: "dd" },
  trouble: { event: "trouble", code: "x", message: "y", next: "z" },
};

const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

type Take = (value: unknown) => Parsed<unknown>;

/** As it is, or with more than is known here: taken. Without a field, or with a wrong one: refused. */
function table(what: string, good: object, take: Take): void {
  const found = take(sent(good));
  assert.ok(found.ok, `${what}: ${found.ok ? "" : found.why}`);
  assert.deepEqual(found.value, good, what);
  assert.ok(take({ ...good, later: { more: 1 } }).ok, `${what}: what is not known here is passed over`);
  for (const [field, value] of Object.entries(good)) {
    const wrong: unknown = typeof value === "object" ? "text" : typeof value === "string" ? 7 : "text";
    const missing = take({ ...good, [field]: undefined });
    const other = take({ ...good, [field]: wrong });
    const nothing = take({ ...good, [field]: null });
    for (const refused of [missing, other, nothing]) {
      assert.ok(!refused.ok, `${what}: ${field} is looked at`);
      assert.match(refused.why, new RegExp(`\\b${field}\\b`), `${what}: the reason names ${field}`);
    }
  }
}

for (const [kind, message] of Object.entries(messages)) {
  test(`arrived-message-${kind}: whole or refused`, () => table(kind, message, arrivedMessage));
}

test("arrived-message-command: each verb whole or refused", () => {
  for (const [verb, command] of Object.entries(commands)) {
    table(verb, command, (value) => {
      const found = arrivedMessage({ ...messages.command, command: value });
      return found.ok && found.value.kind === "command" ? { ok: true, value: found.value.command } : found;
    });
  }
});

test("arrived-message-unknown: a newer node's kind, word or verb is refused, never half believed", () => {
  const strange: readonly unknown[] = [
    null,
    "goodbye",
    [messages.goodbye],
    { module },
    { ...messages.goodbye, kind: "fare-well" },
    { ...messages.goodbye, kind: "toString" },
    { ...messages["word-request"], why: "curious" },
    { ...messages["claim-refused"], because: "no" },
    { ...messages.claim, rank: Number.NaN },
    { ...messages.command, command: { do: "format", module } },
  ];
  for (const value of strange) assert.ok(!arrivedMessage(value).ok, JSON.stringify(value));
  assert.ok(arrivedMessage({ ...messages.word, request: "a-1.2" }).ok, "an answer names its request");
  assert.ok(!arrivedMessage({ ...messages.word, request: 5 }).ok);
});

test("arrived-views: whole or refused, all or none, instants moved to this clock", () => {
  const take: Take = (value) => {
    const found = arrivedViews([value], 5_000, instant(90_000));
    return found.ok ? { ok: true, value: { ...found.value[0], since: 1_000 } } : found;
  };
  table("view", view, (value) => {
    const found = take(value);
    if (!found.ok) return found;
    return { ok: true, value: without(found.value as ModulePicture & { readonly later?: unknown }, "later") };
  });
  const moved = arrivedViews(sent([view]), 5_000, instant(90_000));
  assert.ok(moved.ok && moved.value[0]?.since === 86_000);
  assert.ok(take({ ...view, reason: "of-a-newer-node", copy: "later" }).ok, "shown as it came");
  assert.ok(!arrivedViews([view, { ...view, state: "GONE" }], 5_000, instant(90_000)).ok);
  assert.ok(!arrivedViews([view], "5000", instant(90_000)).ok);
  assert.ok(!arrivedViews(Array<unknown>(33).fill(view), 5_000, instant(90_000)).ok);
  assert.ok(!arrivedViews({ 0: view }, 5_000, instant(90_000)).ok);
});

test("arrived-status: a status that is not whole is not believed at all", () => {
  table("status", status, arrivedStatus);
  const freeze = { ...at, reason: "stalled", ageMs: 10, guestPaused: false } as const;
  const more = { ...status, freeze, resync, diskFull: { neededBytes: 5 }, fuseConnection: 40 };
  assert.ok(arrivedStatus(sent(more)).ok);
  const wrong: readonly object[] = [
    { ...status, link: { kind: "down" } },
    { ...status, link: { kind: "later" } },
    { ...status, current: { kind: "record", basis: "hope" } },
    { ...status, history: [1] },
    { ...more, freeze: { ...freeze, session: "3" } },
    { ...more, diskFull: {} },
    { ...more, resync: { ...resync, pass: undefined } },
  ];
  for (const value of wrong) assert.ok(!arrivedStatus(value).ok, JSON.stringify(value));
});

for (const [kind, event] of Object.entries(events)) {
  test(`arrived-event-${kind}: whole or refused`, () => table(kind, event, arrivedEvent));
}

test("arrived-reply: done with whatever it brings, or refused with its reason", () => {
  assert.ok(arrivedReply({ id: 4, ok: true, result: {} }).ok);
  assert.ok(arrivedReply({ id: 4, ok: true }).ok);
  const error = { code: "runs", message: "The module runs here.", next: "Stop it first." };
  table("refusal", { id: 4, ok: false, error }, (value) => {
    const { ok, ...rest } = value as { readonly ok: unknown };
    return ok === false ? arrivedReply({ ...rest, ok }) : { ok: false, why: "ok" };
  });
  assert.ok(!arrivedReply({ id: "4", ok: true }).ok);
});

test("refusals-are-counted-and-said-once: and bounded, whatever a stranger invents", () => {
  const said: string[] = [];
  const refusals = new Refusals((why) => said.push(why));
  for (let turn = 0; turn < 3; turn++) refusals.count("beta: message.kind is missing, not known here");
  assert.deepEqual([...refusals.all.values()], [3]);
  assert.equal(said.length, 1);
  for (let turn = 0; turn < 500; turn++) refusals.count(`reason ${turn}`);
  assert.ok(refusals.all.size <= 65);
  assert.equal(
    [...refusals.all.values()].reduce((sum, one) => sum + one, 0),
    503,
  );
});
