// SPDX-License-Identifier: Apache-2.0
// Heartbeats as bytes and their judgement: authentic, fresh, on their own network; everything else means
// nothing.

import { datagramMax } from "../../core/base/limits/edge.js";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { instant, nodeName } from "../../core/base/units.js";
import {
  decode,
  encode,
  judgeHeartbeat,
  type Heard,
  type Heartbeat,
} from "../../core/edge/network/heartbeat-packet.js";

const key = randomBytes(32);
const beat: Heartbeat = {
  from: nodeName("beta"),
  network: "data",
  incarnation: "b1",
  sequence: 7,
  echo: "a1",
  now: instant(1000),
  views: [{ module: "cam1" }],
};
const here = { self: nodeName("alpha"), network: "data", incarnation: "a1" };

test("heartbeat-round-trip", () => {
  assert.deepEqual(decode(encode(beat, key), key), beat);
});

test("heartbeat-of-another-cluster", () => {
  assert.equal(decode(encode(beat, randomBytes(32)), key), "not of this cluster");
});

test("garbage-is-named", () => {
  assert.equal(decode(Buffer.from("x"), key), "too short");
  assert.equal(decode(randomBytes(200), key), "not a heartbeat of this version");
  const changed = encode(beat, key);
  changed.writeUInt8(changed.readUInt8(60) ^ 1, 60);
  assert.equal(decode(changed, key), "not of this cluster");
});

test("heartbeats-pass-a-path-of-1280-bytes: however many modules there are", () => {
  for (let modules = 0; modules <= 32; modules++) {
    const views = Array.from({ length: modules }, () => randomBytes(40).toString("hex"));
    assert.ok(encode({ ...beat, views }, key).length <= 1200, `${modules} modules`);
  }
});

test("views-that-do-not-fit-stay-away", () => {
  const large = { ...beat, views: Array.from({ length: 32 }, () => randomBytes(100).toString("hex")) };
  const sent = encode(large, key);
  assert.ok(sent.length <= datagramMax);
  const read = decode(sent, key);
  assert.ok(typeof read !== "string" && read.views === undefined && read.sequence === 7);
});

test("fresh-heartbeat-is-life-a-repeat-is-not", () => {
  const first = judgeHeartbeat(beat, here, undefined);
  assert.equal(first.kind, "alive");
  const { heard } = first;
  assert.deepEqual(judgeHeartbeat(beat, here, heard), { kind: "ignored", reason: "heard before" });
  assert.equal(judgeHeartbeat({ ...beat, sequence: 8 }, here, heard).kind, "alive");
  // Its own count per network: what was sent on one does not hide what comes on another.
  assert.equal(
    judgeHeartbeat({ ...beat, network: "heart", sequence: 3 }, { ...here, network: "heart" }, heard).kind,
    "alive",
  );
});

test("replay-of-an-older-run-is-no-life", () => {
  const heard: Heard = { incarnation: "b2", sequences: { data: 3 } };
  // Recorded before this daemon began: it echoes an older run of ours.
  const old = judgeHeartbeat({ ...beat, echo: "a0", sequence: 99 }, here, heard);
  assert.equal(old.kind, "hello");
  assert.deepEqual(old.heard, heard);
});

test("hello-then-life", () => {
  const hello = judgeHeartbeat({ ...beat, echo: "" }, here, undefined);
  assert.equal(hello.kind, "hello");
  const { heard } = hello;
  assert.equal(judgeHeartbeat({ ...beat, sequence: 8 }, here, heard).kind, "alive");
});

test("wrong-network-and-own-voice", () => {
  assert.equal(judgeHeartbeat({ ...beat, network: "heart" }, here, undefined).kind, "ignored");
  assert.equal(judgeHeartbeat({ ...beat, from: nodeName("alpha") }, here, undefined).kind, "ignored");
});
