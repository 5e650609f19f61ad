// SPDX-License-Identifier: Apache-2.0
// Both nodes' histories in one list without holes, what a filter lets through, and the file that is saved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { callAddress } from "../../core/api/calls/ask.js";
import type { HistoryEntry } from "../../core/api/contract.js";
import { addressOf, filterFrom, askedHistory, meets, noFilter } from "../../ui/pages/events/filter.js";
import { entryKeyOf, merged } from "../../ui/pages/events/merge.js";

const entry = (node: string, id: number, second: number, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id,
  node,
  at: new Date(second * 1000).toISOString(),
  kind: "decision",
  module: "cam1",
  rule: "R14",
  sentence: "cam1 was started",
  outcome: "done",
  inputs: {},
  ...more,
});
const keys = (entries: readonly HistoryEntry[]): readonly string[] => entries.map(entryKeyOf);

test("two histories are one list, newest first, each entry once", () => {
  const alpha = [entry("alpha", 2, 30), entry("alpha", 1, 10)];
  const beta = [entry("beta", 7, 20)];
  const pages = [
    { node: "alpha", entries: alpha, more: false },
    { node: "beta", entries: beta, more: false },
  ];
  const tail = [entry("beta", 8, 40), entry("alpha", 2, 30)];
  assert.deepEqual(keys(merged(pages, tail)), ["beta/8", "alpha/2", "beta/7", "alpha/1"]);
});

test("what lies before another node's unread page is held back: nothing is missing in between", () => {
  const alpha = { node: "alpha", entries: [entry("alpha", 9, 90), entry("alpha", 8, 80)], more: true };
  const beta = { node: "beta", entries: [entry("beta", 3, 85), entry("beta", 2, 20)], more: false };
  assert.deepEqual(keys(merged([alpha, beta], [])), ["alpha/9", "beta/3", "alpha/8"]);
  const rest = { node: "alpha", entries: [entry("alpha", 7, 50)], more: false };
  assert.deepEqual(keys(merged([alpha, beta, rest], [])), [
    "alpha/9",
    "beta/3",
    "alpha/8",
    "alpha/7",
    "beta/2",
  ]);
});

test("one moment on two nodes keeps its order from one look to the next", () => {
  const one = [entry("beta", 1, 10), entry("alpha", 1, 10), entry("alpha", 2, 10)];
  const back = [...one].reverse();
  assert.deepEqual(keys(merged([], one)), ["alpha/2", "alpha/1", "beta/1"]);
  assert.deepEqual(keys(merged([], back)), keys(merged([], one)));
});

test("a filter survives the page's address, and asks the API for the same", () => {
  const filter = { ...noFilter, view: "audit", module: "cam1", search: " disk & net " } as const;
  assert.deepEqual(filterFrom(addressOf(filter)), filter);
  assert.equal(addressOf(noFilter).toString(), "");
  const asked = askedHistory(filter, { node: "beta", before: 12, limit: 100 });
  const query = new URLSearchParams(callAddress("GET /history", asked).path.split("?")[1]);
  assert.deepEqual(Object.fromEntries(query), {
    node: "beta",
    limit: "100",
    before: "12",
    kind: "audit",
    module: "cam1",
    search: "disk & net",
  });
});

test("an address that somebody has mistyped is no filter, not an error", () => {
  const odd = filterFrom(new URLSearchParams("kind=nothing&view=all&from=yesterday"));
  assert.equal(odd.kind, "");
  assert.ok(meets(odd, entry("alpha", 1, 10)));
});

test("the live stream is filtered as the API filters", () => {
  const found = entry("alpha", 1, 10, { inputs: { generation: "d41d" } });
  const passes: readonly (readonly [Parameters<typeof meets>[0], boolean])[] = [
    [{ ...noFilter, node: "beta" }, false],
    [{ ...noFilter, node: "alpha", kind: "decision" }, true],
    [{ ...noFilter, view: "audit" }, false],
    [{ ...noFilter, search: "GENERATION=d4" }, true],
    [{ ...noFilter, search: "no such words" }, false],
    [{ ...noFilter, from: "1970-01-02T12:00" }, false],
    [{ ...noFilter, to: "1969-12-30T12:00" }, false],
    [{ ...noFilter, module: "cam2" }, false],
  ];
  for (const [filter, passed] of passes) assert.equal(meets(filter, found), passed, JSON.stringify(filter));
});
