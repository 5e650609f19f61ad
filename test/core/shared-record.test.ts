// SPDX-License-Identifier: Apache-2.0
// What both nodes hold alike: merging in any order ends in the same, a removed entry stays removed, and two
// daemons meet without a master.

import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { entriesOf, merge, type Entries, type Entry } from "../../core/edge/cluster/shared-entries.js";
import { SharedRecord } from "../../core/edge/cluster/shared-record.js";
import { writeDurable } from "../../core/edge/record/durable-file.js";

const folder = mkdtempSync(join(tmpdir(), "gemel-shared-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const at = (revision: number, node: string, value: Entry["value"]): Entry => ({ revision, node, value });
const ann = { role: "admin", password: "x", changedAt: "now", changedBy: "root" } as const;

/** name | a | b | what both must hold afterwards */
const table: readonly (readonly [string, Entries, Entries, Entries])[] = [
  ["nothing", {}, {}, {}],
  ["one side", { pause: at(1, "alpha", {}) }, {}, { pause: at(1, "alpha", {}) }],
  [
    "higher revision",
    { pause: at(2, "alpha", {}) },
    { pause: at(1, "beta", { why: "old" }) },
    { pause: at(2, "alpha", {}) },
  ],
  [
    "tie by name",
    { pause: at(3, "alpha", { a: 1 }) },
    { pause: at(3, "beta", { b: 1 }) },
    { pause: at(3, "beta", { b: 1 }) },
  ],
  [
    "removed stays removed",
    { "user/ann": at(2, "alpha", null) },
    { "user/ann": at(1, "beta", { ...ann }) },
    { "user/ann": at(2, "alpha", null) },
  ],
  [
    "counted twice after a restored backup",
    { pause: at(1, "alpha", { why: "a" }) },
    { pause: at(1, "alpha", { why: "b" }) },
    { pause: at(1, "alpha", { why: "b" }) },
  ],
  [
    "different keys",
    { "ack/x": at(1, "alpha", {}) },
    { "ack/y": at(1, "beta", {}) },
    { "ack/x": at(1, "alpha", {}), "ack/y": at(1, "beta", {}) },
  ],
];

for (const [name, a, b, expected] of table) {
  test(`merge-${name.replaceAll(" ", "-")}`, () => {
    assert.deepEqual(merge(a, b), expected);
    assert.deepEqual(merge(b, a), expected);
    assert.deepEqual(merge(expected, a), expected);
  });
}

test("merge-in-any-order-ends-in-the-same", () => {
  const parts = table.flatMap(([, a, b]) => [a, b]);
  for (const a of parts) {
    assert.deepEqual(merge(a, a), a);
    for (const b of parts) {
      assert.deepEqual(merge(a, b), merge(b, a));
      for (const c of parts) assert.deepEqual(merge(a, merge(b, c)), merge(merge(a, b), c));
    }
  }
});

test("a-change-survives-and-is-told", () => {
  const file = join(folder, "one.json");
  const record = new SharedRecord(file, "alpha");
  const told: string[] = [];
  record.onChange((keys) => told.push(...keys));
  record.set("user", "ann", ann);
  record.set("pause", "", { since: "now", by: "ann", why: "a new switch" });
  record.set("pause", "", null);
  record.set("pause", "", null);
  assert.deepEqual(told, ["user/ann", "pause", "pause"]);
  const again = new SharedRecord(file, "alpha");
  assert.deepEqual(again.get("user", "ann"), ann);
  assert.equal(again.get("pause"), undefined);
  assert.deepEqual([...again.list("user")], [["ann", ann]]);
  assert.equal(again.entries["pause"]?.revision, 2);
});

test("nonsense-is-neither-taken-nor-read", () => {
  assert.equal(entriesOf([]), undefined);
  assert.equal(entriesOf({ "user/ann": { revision: -1, node: "beta", value: null } }), undefined);
  assert.equal(entriesOf({ "../etc": at(1, "beta", null) }), undefined);
  const record = new SharedRecord(join(folder, "two.json"), "alpha");
  record.take({ "user/eve": at(9, "beta", { role: "god" }), "later/kind": at(1, "beta", { a: 1 }) });
  assert.equal(record.get("user", "eve"), undefined);
  assert.equal(record.list("user").size, 0);
  assert.ok("later/kind" in record.entries, "a kind of a newer version is kept");
});

test("damaged-is-kept-beside-and-newer-refused", () => {
  const file = join(folder, "three.json");
  new SharedRecord(file, "alpha").set("user", "ann", ann);
  appendFileSync(file, " ");
  const record = new SharedRecord(file, "alpha");
  assert.match(record.trouble ?? "", /checksum/);
  assert.equal(record.get("user", "ann"), undefined);
  assert.ok(existsSync(`${file}.damaged`));
  writeDurable(file, 2, {});
  assert.throws(() => new SharedRecord(file, "alpha"), /newer version/);
});

test("acknowledgements-are-forgotten-before-it-grows-too-big-users-are-not", () => {
  const record = new SharedRecord(join(folder, "four.json"), "alpha");
  const many = Array.from({ length: 2_100 }, (_, n) => [`ack/${n}`, at(1, "beta", null)] as const);
  record.take({ ...Object.fromEntries(many), "user/gone": at(2, "beta", null) });
  assert.equal(Object.keys(record.entries).length, 2_000);
  assert.ok("user/gone" in record.entries);
});
