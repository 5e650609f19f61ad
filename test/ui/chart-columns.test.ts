// SPDX-License-Identifier: Apache-2.0
// What a chart draws, says and lists: holes stay holes, moves are marked, a table hides no peak.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Series } from "../../core/api/contract.js";
import { columnsOf, spreadOf, summaryOf, tableOf } from "../../ui/parts/chart/columns.js";

const series = (rows: readonly (readonly [at: number, node: string, value: number | null])[]): Series => ({
  subject: "cam1",
  range: "1h",
  stepSeconds: 10,
  at: rows.map(([at]) => at),
  node: rows.map(([, node]) => node),
  values: { writeP50Us: rows.map(([, , value]) => value) },
});

void describe("chart-columns", () => {
  void it("a-hole-in-time-interrupts-the-line", () => {
    const columns = columnsOf(
      series([
        [0, "a", 1],
        [10, "a", 2],
        [100, "a", 3],
      ]),
      ["writeP50Us"],
    );
    assert.deepEqual(columns.at, [0, 10, 20, 100]);
    assert.deepEqual(columns.values[0], [1, 2, null, 3]);
  });

  void it("a-name-without-figures-is-all-unknown", () => {
    const columns = columnsOf(series([[0, "a", 1]]), ["writeP50Us", "dirtyBytes"]);
    assert.deepEqual(columns.values, [[1], [null]]);
  });

  void it("the-vm-s-moves-are-marked", () => {
    const { moves } = columnsOf(
      series([
        [0, "alpha", 1],
        [10, "beta", 1],
        [20, "beta", 1],
      ]),
      [],
    );
    assert.deepEqual(moves, [{ at: 10, from: "alpha", to: "beta" }]);
  });

  void it("where-nothing-was-measured-nothing-has-moved", () => {
    const { moves } = columnsOf(
      series([
        [0, "", null],
        [10, "alpha", 1],
        [20, "", null],
        [30, "beta", 1],
      ]),
      [],
    );
    assert.deepEqual(moves, [{ at: 30, from: "alpha", to: "beta" }]);
  });

  void it("spread-of-nothing-is-nothing", () => {
    assert.equal(spreadOf([null, null]), undefined);
    assert.deepEqual(spreadOf([3, null, 1, 2, null]), { count: 3, min: 1, median: 2, max: 3, last: 2 });
  });

  void it("summary-says-the-same-in-words", () => {
    const text = (value: number | null): string => `${String(value)} µs`;
    const columns = columnsOf(
      series([
        [0, "alpha", 1],
        [10, "beta", 5],
      ]),
      ["writeP50Us", "dirtyBytes"],
    );
    assert.equal(
      summaryOf(columns, [
        { label: "Median", text },
        { label: "Dirty", text },
      ]),
      "Median: 1 µs to 5 µs, mostly 5 µs, last 5 µs. Dirty: nothing measured. " +
        "The VM moved from alpha to beta.",
    );
  });

  void it("table-keeps-the-peak-of-each-row", () => {
    const rows = Array.from({ length: 100 }, (_, row) => [row * 10, "a", row === 42 ? 999 : 1] as const);
    const table = tableOf(columnsOf(series(rows), ["writeP50Us"]), 10);
    assert.equal(table.length, 10);
    assert.equal(table[4]?.highest[0], 999);
    assert.equal(table[4].median[0], 1);
    assert.deepEqual(tableOf(columnsOf(series([]), ["writeP50Us"]), 10), []);
  });
});
