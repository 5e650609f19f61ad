// SPDX-License-Identifier: Apache-2.0
// Every row of the table of calls is whole: what changes something has its words for the audit, and somebody
// asks it, or the row says why neither the command line nor the console does.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallWay } from "../../core/api/calls/ask.js";
import { unsaid } from "../../core/api/calls/deed.js";
import { rowOf, ways } from "../../core/api/calls/table.js";
import { isTypeScript, repositoryFiles } from "../architecture/tree.js";

/** Asked by no person: part of what a person asked elsewhere, or of holding a page open. */
const withoutWords: readonly CallWay[] = ["POST /session/handover", "POST /peer/calls/:call"];

test("what-changes-something-has-words-for-the-audit", () => {
  for (const way of ways) {
    const { deed } = rowOf(way);
    const isLooking = way.startsWith("GET ");
    assert.equal(deed === undefined, isLooking, way);
    assert.equal(deed === unsaid, withoutWords.includes(way), way);
    if (deed !== undefined && deed !== unsaid)
      assert.notEqual(deed({ params: {}, body: { verb: "swap" } }), null, way);
  }
});

test("every-call-has-a-user-or-says-why-not", () => {
  const users = repositoryFiles().filter(
    (file) => isTypeScript(file) && /^(core\/cli|ui)\//.test(file.path) && !file.path.startsWith("ui/mock/"),
  );
  assert.ok(users.length > 50, "the sources of command line and console are here");
  const wrong = ways.flatMap((way) => {
    const user = users.find(({ text }) => text.includes(`"${way}"`));
    const { unused } = rowOf(way);
    if (user === undefined) return unused === undefined ? [`${way}: nobody asks it, and no word why`] : [];
    return unused === undefined ? [] : [`${way}: unused, it says, but ${user.path} asks it`];
  });
  assert.deepEqual(wrong, []);
});
