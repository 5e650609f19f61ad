// SPDX-License-Identifier: Apache-2.0
// What keeps a page honest: it knows when its picture is old, when its node is lost, which alarms stand above
// everything, and its memory does not grow.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alarm, Trends } from "../../core/api/contract.js";
import { heard, type Silence, type SilenceEvent } from "../../ui/handover/silence.js";
import { FiguresStore } from "../../ui/live/figures.js";
import { staleMs, StreamStore } from "../../ui/live/stream.js";
import { fold, linesMax } from "../../ui/parts/alarm/folding.js";
import { figuresOf } from "./pictures.js";

test("stream: silence makes the picture old, one word makes it live again", () => {
  let now = 1_000_000;
  const store = new StreamStore(() => now);
  store.heard();
  now += staleMs;
  store.look();
  assert.equal(store.snapshot().state, "live");
  now += 1;
  store.look();
  assert.deepEqual(store.snapshot(), { state: "stale", since: new Date(1_000_000).toISOString() });
  store.heard();
  assert.equal(store.snapshot().state, "live");
});

const after = (...events: readonly SilenceEvent[]): Silence =>
  events.reduce<Silence>(heard, { kind: "fine" });
const stale: SilenceEvent = { kind: "stream", isStale: true };
const unanswered: SilenceEvent = { kind: "asked", answered: false };
const found: SilenceEvent = { kind: "found", node: "beta", url: "https://beta:7410" };

test("node lost: only after the stream stands still and two questions stay unanswered", () => {
  assert.equal(after(unanswered, unanswered).kind, "fine");
  assert.equal(after(stale, unanswered).kind, "doubted");
  assert.equal(after(stale, unanswered, unanswered).kind, "lost");
});

test("node lost: a node that answers keeps its page, however old the stream is", () => {
  const answered: SilenceEvent = { kind: "asked", answered: true };
  assert.deepEqual(after(stale, unanswered, answered), { kind: "doubted", unanswered: 0 });
  assert.equal(after(stale, unanswered, unanswered, answered).kind, "doubted");
});

test("node lost: the page moves only when lost, and only to who answers", () => {
  assert.equal(after(stale, found).kind, "doubted");
  assert.deepEqual(after(stale, unanswered, unanswered, found), {
    kind: "moving",
    node: "beta",
    url: "https://beta:7410",
  });
  assert.equal(after(stale, unanswered, unanswered, { kind: "stream", isStale: false }).kind, "fine");
});

const alarm = (id: string, severity: Alarm["severity"], more: Partial<Alarm> = {}): Alarm => ({
  id,
  severity,
  code: "x",
  sentence: id,
  next: "",
  since: "",
  ...more,
});

test("alarms: few lines, red first, modules folded, acknowledged apart", () => {
  const acknowledged = { by: "anna", at: "" };
  const {
    lines,
    more,
    acknowledged: taken,
  } = fold([
    alarm("m1", "amber", { module: "cam1" }),
    alarm("clock", "amber"),
    alarm("m2", "amber", { module: "cam2" }),
    alarm("arbiter", "red"),
    alarm("node", "red"),
    alarm("disk", "red", { acknowledged }),
  ]);
  assert.deepEqual(
    lines.map((line) => (line.kind === "alarm" ? line.alarm.id : line.alarms.length)),
    ["arbiter", "node", "clock"],
  );
  assert.equal(lines.length, linesMax);
  assert.deepEqual(
    more.map((line) => (line.kind === "modules" ? line.alarms.map(({ id }) => id) : line.kind)),
    [["m1", "m2"]],
  );
  assert.deepEqual(
    taken.map(({ id }) => id),
    ["disk"],
  );
});

test("alarms: a single module's alarm is told in its own words", () => {
  const [line] = fold([alarm("m1", "amber", { module: "cam1" })]).lines;
  assert.equal(line?.kind, "alarm");
});

test("figures: ten simulated minutes of 32 modules keep no more than the small charts show", () => {
  const store = new FiguresStore();
  const modules = Array.from({ length: 32 }, (_, index) => figuresOf(`vm${index}`));
  let told = 0;
  const stop = store.subscribe("module/vm3", () => told++);
  for (let second = 0; second < 600; second++)
    store.push([{ node: "alpha", at: "", host: { cpu: 1, memoryUsed: 1 }, modules }]);
  stop();
  store.push([{ node: "alpha", at: "", host: null, modules }]);
  assert.equal(told, 600, "each second once, and nothing after the end");
  assert.equal(store.module("vm3")?.cpu.length, 90);
  assert.equal(store.host("alpha")?.cpuTrend.length, 90);
  assert.equal(store.host("alpha")?.cpu, null);
});

const trends: Trends = {
  stepSeconds: 10,
  at: [0, 10, 20],
  hosts: [{ subject: "alpha", values: { cpu: [0.1, 0.2, 0.3] } }],
  modules: [
    { subject: "cam1", values: { cpu: [0.4, null, 0.6], writeP50Us: [7, 8, 9], dirtyBytes: [0, 0, 0] } },
  ],
};
const second = { node: "alpha", at: "", host: { cpu: 1, memoryUsed: 1 }, modules: [figuresOf("cam1")] };
const known = (values: readonly (number | null)[] = []): readonly number[] =>
  values.filter((value) => value !== null);

test("figures: a page just opened draws what was before it, whichever word comes first", () => {
  const recalledFirst = new FiguresStore();
  recalledFirst.begin();
  recalledFirst.recall(trends);
  recalledFirst.push([second]);
  const pushedFirst = new FiguresStore();
  pushedFirst.begin();
  pushedFirst.push([second]);
  let told = 0;
  pushedFirst.subscribe("module/cam1", () => told++);
  pushedFirst.recall(trends);
  assert.equal(told, 1, "the card draws it at once");
  for (const store of [recalledFirst, pushedFirst]) {
    assert.deepEqual(known(store.module("cam1")?.cpu), [0.4, 0.6, 1]);
    assert.deepEqual(known(store.module("cam1")?.writeUs), [7, 8, 9, 1]);
    assert.deepEqual(known(store.host("alpha")?.cpuTrend), [0.1, 0.2, 0.3, 1]);
  }
});

test("figures: after a silence the line does not go on as if there had been none", () => {
  const store = new FiguresStore();
  store.push([second, second]);
  store.begin();
  assert.equal(store.module("cam1")?.cpu.length, 2, "the old picture stays until there is a new one");
  store.push([second]);
  assert.deepEqual(store.module("cam1")?.cpu, [1]);
  store.recall(trends);
  assert.deepEqual(known(store.module("cam1")?.cpu), [0.4, 0.6, 1]);
});
