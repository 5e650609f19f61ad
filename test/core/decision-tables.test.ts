// SPDX-License-Identifier: Apache-2.0
// Every input of a decision table meets exactly one row, and every row is met: no case is forgotten, none is
// decided twice. A few sentences that safety rests on are said again in plain words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { coldStart } from "../../core/decide/arbitration/cold-start.js";
import { arbitrate, notRunning, toldToArbiter } from "../../core/decide/arbitration/not-running.js";
import { fits, type Table, type Words } from "../../core/decide/arbitration/table.js";

function* inputsOf<Input extends Words<Input>>({ legend }: Table<Input, unknown>): Generator<Input> {
  const columns = Object.keys(legend) as (keyof Input)[];
  const sizes = columns.map((column) => Object.keys(legend[column].values).length);
  const count = sizes.reduce((product, size) => product * size, 1);
  for (let number = 0; number < count; number += 1) {
    let rest = number;
    const cells = columns.map((column, index) => {
      const values = Object.keys(legend[column].values);
      const value = values[rest % values.length];
      rest = Math.floor(rest / (sizes[index] ?? 1));
      return [column, value];
    });
    yield Object.fromEntries(cells) as Input;
  }
}

function walk<Input extends Words<Input>>(table: Table<Input, unknown>): number {
  const met = new Set<string>();
  let count = 0;
  for (const input of inputsOf(table)) {
    count += 1;
    const found = table.rows.filter((row) => fits(row, input)).map(({ row }) => row);
    assert.equal(found.length, 1, `${JSON.stringify(input)} meets ${found.join(", ") || "no row"}`);
    met.add(found[0] ?? "");
  }
  assert.deepEqual([...met].sort(), table.rows.map(({ row }) => row).sort(), "rows that are never met");
  return count;
}

test("decision-tables: not-running, every input meets one row", () => assert.equal(walk(notRunning), 864));

test("decision-tables: cold-start, every input meets one row", () => assert.equal(walk(coldStart), 3072));

test("decision-tables: nobody runs beside one that runs, unless it has said itself that it does not", () => {
  for (const evidence of inputsOf(notRunning)) {
    const { right, row } = arbitrate(evidence);
    const isToldOff = evidence.farewell !== "none" || evidence.occasion === "takeover";
    if (evidence.peerRuns === "yes" && !isToldOff) assert.equal(right.kind, "deny", row);
  }
});

test("decision-tables: silence is a ground only where there is no arbiter, and only of the dead", () => {
  for (const evidence of inputsOf(notRunning)) {
    const { right, row } = arbitrate(evidence);
    if (right.kind !== "run" || right.basis !== "silence") continue;
    assert.deepEqual([evidence.lease, evidence.peer], ["none", "dead"], row);
  }
});

test("decision-tables: a denied lease never runs on anything but the other's own word, or a person's", () => {
  const bases = new Set<string>();
  for (const evidence of inputsOf(notRunning)) {
    const { right } = arbitrate(evidence);
    if (evidence.lease === "denied" && right.kind === "run") bases.add(right.basis);
  }
  assert.deepEqual([...bases].sort(), ["forced", "goodbye", "word"]);
});

test("decision-tables: a fence counts only under a granted lease", () => {
  for (const evidence of inputsOf(notRunning)) {
    if (evidence.lease === "granted") continue;
    for (const fence of ["none", "unanswered", "off"] as const)
      assert.deepEqual(arbitrate(evidence), arbitrate({ ...evidence, fence }));
  }
});

test("decision-tables: with a fence nobody takes over on the lease alone", () => {
  for (const evidence of inputsOf(notRunning)) {
    const { occasion, fence } = evidence;
    if (fence !== "unanswered" || (occasion !== "takeover" && occasion !== "cold-start")) continue;
    const { right } = arbitrate(evidence);
    if (right.kind === "run") assert.notEqual(right.basis, "lease");
  }
});

test("decision-tables: what a third place learns, and when", () => {
  assert.equal(toldToArbiter("word", "lease"), "afterwards");
  assert.equal(toldToArbiter("lease", "lease"), "before");
  assert.equal(toldToArbiter("word", "none"), "never");
});
