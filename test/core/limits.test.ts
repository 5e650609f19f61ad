// SPDX-License-Identifier: Apache-2.0
// The bounds fit each other, and each relation is really checked: a copy that violates it is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bounds, checkRelations, relations, type Bounds } from "../../core/base/limits/relations.js";

test("limits-as-they-are-fit-each-other", () => {
  assert.doesNotThrow(() => checkRelations(bounds));
});

for (const [sentence, holds] of relations)
  test(`limits-that-break-are-refused: ${sentence}`, () => {
    const copies = Object.keys(bounds).flatMap((name): Bounds[] => [
      { ...bounds, [name]: 0 },
      { ...bounds, [name]: 1e9 },
    ]);
    const broken = copies.filter((copy) => !holds(copy));
    assert.notEqual(broken.length, 0, "no single bound can break it: it says nothing");
    for (const copy of broken) assert.throws(() => checkRelations(copy), /broken invariant/);
  });
