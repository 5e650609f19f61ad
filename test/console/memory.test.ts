// SPDX-License-Identifier: Apache-2.0
/**
 * A console that stands open for months must hold the same after minutes as after the first one. Counts are
 * asserted, and the heap with a generous bound; times are printed by `npm run console:bench`.
 */
import assert from "node:assert/strict";
import { Heap, playSeconds } from "./browser/heap.js";
import { consoleScenarios } from "./browser/mock-page.js";

const scenario = consoleScenarios();
/** Sparklines hold a minute and a half: from then on the page is full. */
const fullSeconds = 95;
const moreSeconds = 100;
const heapBytesMax = 6 * 1024 * 1024;
/** A tooltip or a re-rendered label may be there or not. */
const countsMax = 40;

scenario("thirty-two-modules-hold-nothing-back", { scenario: "thirty-two" }, async (mock, context) => {
  await mock.sees(mock.page.getByRole("article"));
  const heap = await Heap.of(mock.page);
  await playSeconds(mock.page, fullSeconds);
  const before = await heap.held();
  await playSeconds(mock.page, moreSeconds);
  const after = await heap.held();
  const said = `before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`;
  context.diagnostic(said);
  assert.ok(after.elements - before.elements <= countsMax, `elements grow: ${said}`);
  assert.ok(after.listeners - before.listeners <= countsMax, `listeners grow: ${said}`);
  assert.ok(after.heapBytes - before.heapBytes <= heapBytesMax, `the heap grows: ${said}`);
});
