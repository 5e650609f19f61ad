// SPDX-License-Identifier: Apache-2.0
// The history's filters and pages, and what becomes of it in a spreadsheet.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { HistoryEntry } from "../../core/api/contract.js";
import { csvHead, csvOf } from "../../core/describe/words/csv.js";
import { momentOf } from "../../core/cli/commands/events.js";
import { History, type HistoryFilter } from "../../core/edge/record/history.js";

const folder = mkdtempSync(join(tmpdir(), "gemel-history-"));
const history = new History(join(folder, "history.db"), () => undefined);
after(() => {
  history.close();
  rmSync(folder, { recursive: true });
});

for (let n = 1; n <= 30; n += 1) {
  history.add({
    at: `2026-11-21T03:${String(n).padStart(2, "0")}:00.000Z`,
    node: "alpha",
    kind: n % 3 === 0 ? "audit" : "decision",
    module: n % 2 === 0 ? "cam1" : null,
    rule: n === 7 ? "R21" : "",
    sentence: n === 8 ? "100 % of a_b" : `entry ${n}`,
    inputs: { by: n === 9 ? "Müller" : "root" },
    outcome: "done",
  });
}

const ids = (query: Omit<HistoryFilter, "limit">, limit = 100): readonly number[] =>
  history.read({ ...query, limit }).map(({ id }) => id);

test("history-filters: each alone and together", () => {
  assert.equal(ids({}).length, 30);
  assert.deepEqual(ids({ module: "cam1", kind: "audit" }), [30, 24, 18, 12, 6]);
  assert.deepEqual(ids({ from: "2026-11-21T03:29:00.000Z" }), [30, 29]);
  assert.deepEqual(ids({ to: "2026-11-21T03:02:00.000Z" }), [2, 1]);
  assert.deepEqual(ids({ after: 28 }), [30, 29]);
});

test("history-search: rule, evidence and text, in any case; its signs mean themselves", () => {
  assert.deepEqual(ids({ search: "r21" }), [7]);
  assert.deepEqual(ids({ search: "Müller" }), [9]);
  assert.deepEqual(ids({ search: "100 %" }), [8]);
  assert.deepEqual(ids({ search: "a_b" }), [8]);
  assert.deepEqual(ids({ search: "%" }), [8]);
  assert.deepEqual(ids({ search: "'; DROP TABLE entries; --" }), []);
});

test("history-pages: without gap or double", () => {
  const found: number[] = [];
  for (;;) {
    const before = found.at(-1);
    const page = ids(before === undefined ? {} : { before }, 7);
    if (page.length === 0) break;
    found.push(...page);
  }
  assert.deepEqual(
    found,
    Array.from({ length: 30 }, (_, index) => 30 - index),
  );
});

test("events-csv: what was written for a formula becomes text, quotes and lines are kept", () => {
  const entry: HistoryEntry = {
    id: 1,
    at: "2026-11-21T03:12:00.000Z",
    node: "alpha",
    kind: "audit",
    module: null,
    rule: "command",
    sentence: '=HYPERLINK("http://example.org","look")',
    inputs: { by: "a,b", from: "192.0.2.7" },
    outcome: "two\nlines",
  };
  assert.equal(csvHead, "at,node,kind,module,rule,sentence,outcome,by,from,inputs\r\n");
  const second = csvOf([{ ...entry, module: "cam1", sentence: "second", inputs: {}, outcome: "accepted" }]);
  assert.equal(second, "2026-11-21T03:12:00.000Z,alpha,audit,cam1,command,second,accepted,,,{}\r\n");
  assert.equal(
    csvOf([entry]),
    `2026-11-21T03:12:00.000Z,alpha,audit,,command,"'=HYPERLINK(""http://example.org"",""look"")",` +
      `"two\nlines","a,b",192.0.2.7,"{""by"":""a,b"",""from"":""192.0.2.7""}"\r\n`,
  );
});

test("events-since: spans and times", () => {
  const before = Date.now();
  const hourAgo = new Date(momentOf("1h")).getTime() + 3_600_000;
  assert.ok(hourAgo >= before && hourAgo <= Date.now());
  assert.equal(momentOf("2026-11-21T03:00:00Z"), "2026-11-21T03:00:00.000Z");
  assert.throws(() => momentOf("yesterday"), /no time/);
});
