// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { percentile } from "../../core/cli/commands/figures.js";

test("a-percentile-is-the-upper-bound-of-its-bucket", () => {
  const counts = [0, 0, 0, 90, 9, 0, 0, 0, 0, 0, 1];
  assert.equal(percentile(counts, 0.5), "under 16 µs");
  assert.equal(percentile(counts, 0.99), "under 32 µs");
  assert.equal(percentile(counts, 1), "under 2.0 ms");
  assert.equal(percentile([], 0.5), "-");
});
