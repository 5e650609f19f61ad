// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "../../core/edge/mirror/mirror-log.js";

test("the-history-says-what-troubles-a-mirror-and-what-to-do", () => {
  const trouble = { code: "disk-full", message: "The disk is full.", next: "Make room." };
  assert.deepEqual(wordsOf({ event: "trouble", ...trouble }), {
    sentence: "The disk is full.",
    outcome: "Make room.",
  });
});

test("the-history-says-why-an-engine-holds-writes-back", () => {
  const freeze = { session: 3, counter: 1 };
  const words = wordsOf({ event: "frozen", freeze, reason: "stalled" });
  assert.equal(words?.outcome, "the other node stopped answering");
});

test("what-the-status-shows-anyway-is-no-line-of-the-history", () => {
  assert.equal(wordsOf({ event: "status", status: {} as never }), undefined);
});
