// SPDX-License-Identifier: Apache-2.0
// The figures' past: what is kept for how long, how charts get it, and that nothing about the file stops the
// daemon.

import { seriesPointsMax } from "../../core/base/limits/edge.js";
import assert from "node:assert/strict";
import Database from "better-sqlite3";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { seriesNames } from "../../core/base/vocabulary.js";
import { moduleSubject, type MetricsRow } from "../../core/edge/metrics/row.js";
import { MetricsStore } from "../../core/edge/metrics/store.js";

const folder = mkdtempSync(join(tmpdir(), "gemel-figures-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Opened {
  readonly store: MetricsStore;
  readonly said: string[];
  readonly file: string;
}

let files = 0;
function opened(file = join(folder, `figures-${++files}.db`)): Opened {
  const said: string[] = [];
  return { store: new MetricsStore(file, (sentence) => said.push(sentence)), said, file };
}

const row = (node: string, cpu: number | null, writeP99Us = 0, module = "cam1"): MetricsRow => ({
  subject: moduleSubject(module),
  node,
  values: { cpu, writeP99Us },
});
const noon = 1_800_000_000;
const cam1 = moduleSubject("cam1");

test("an-hour-is-shown-in-steps-of-ten-seconds-with-its-gaps", () => {
  const { store } = opened();
  store.write(noon - 30, [row("alpha", 1)]);
  store.write(noon - 10, [row("beta", 3)]);
  const series = store.series(cam1, "cam1", "1h", noon, seriesNames);
  assert.equal(series.stepSeconds, 10);
  assert.equal(series.at.length, 360);
  assert.equal(series.at.at(-1), noon);
  assert.deepEqual(series.values.cpu?.slice(-4), [1, null, 3, null]);
  assert.deepEqual(series.node.slice(-4), ["alpha", "", "beta", ""]);
  assert.deepEqual(Object.keys(series.values), [...seriesNames]);
  store.close();
});

test("a-trend-is-the-last-two-minutes", () => {
  const { store } = opened();
  store.write(noon - 130, [row("alpha", 9)]);
  store.write(noon - 20, [row("alpha", 2)]);
  const { subject, values } = store.trend(cam1, "cam1", noon, ["cpu"]);
  assert.equal(subject, "cam1");
  assert.deepEqual(values, { cpu: [null, null, null, null, null, null, null, null, null, 2, null, null] });
  store.close();
});

test("a-step-holds-the-mean-the-highest-p99-and-where-it-ran-last", () => {
  const { store } = opened();
  const slot = Math.floor((noon - 3_000) / 150) * 150;
  store.write(slot, [row("alpha", 1, 100)]);
  store.write(slot + 10, [row("alpha", 2, 900)]);
  store.write(slot + 20, [row("beta", 6, 300)]);
  const { at, values, node } = store.series(cam1, "cam1", "24h", noon, seriesNames);
  const index = at.indexOf(slot);
  assert.deepEqual([values.cpu?.[index], values.writeP99Us?.[index], node[index]], [3, 900, "beta"]);
  store.close();
});

test("a-month-comes-from-five-minutes-and-no-chart-has-more-than-600-steps", () => {
  const { store } = opened();
  for (let at = noon; at < noon + 1_200; at += 10) store.write(at, [row("alpha", (at / 10) % 2, at - noon)]);
  store.condense(noon + 1_200);
  store.condense(noon + 1_200);
  const now = noon + 20 * 86_400;
  const { at, values, stepSeconds } = store.series(cam1, "cam1", "30d", now, seriesNames);
  assert.equal(stepSeconds, 4_500);
  const known = values.cpu?.filter((one) => one !== null) ?? [];
  assert.ok(known.length >= 1 && known.every((one) => Math.abs(one - 0.5) < 0.01), known.join());
  for (const range of ["1h", "24h", "30d"] as const) {
    const { at: steps } = store.series(cam1, "cam1", range, now + 7, seriesNames);
    assert.ok(steps.length <= seriesPointsMax && steps.length > 300, `${range}: ${steps.length}`);
    assert.ok(steps.every((one, index) => index === 0 || one > (steps[index - 1] ?? 0)));
  }
  assert.ok((at[0] ?? 0) > now - 30 * 86_400);
  store.close();
});

test("what-is-too-old-or-from-the-future-goes", () => {
  const { store, file } = opened();
  store.write(noon - 86_500, [row("alpha", 1)]);
  store.write(noon - 86_000, [row("alpha", 2)]);
  store.write(noon + 3_000, [row("alpha", 3)]);
  store.condense(noon);
  store.condense(noon + 31 * 86_400);
  const left = (name: string): unknown =>
    new Database(file).prepare(`SELECT count(*) AS n FROM ${name}`).get();
  assert.deepEqual(left("fine"), { n: 0 });
  assert.deepEqual(left("coarse"), { n: 0 });
  store.close();
  const young = opened();
  young.store.write(noon - 86_500, [row("alpha", 1)]);
  young.store.write(noon - 86_000, [row("alpha", 2)]);
  young.store.write(noon + 3_000, [row("alpha", 3)]);
  young.store.condense(noon);
  const kept = new Database(young.file).prepare("SELECT cpu FROM fine").all();
  assert.deepEqual(kept, [{ cpu: 2 }]);
  const coarse = new Database(young.file).prepare("SELECT cpu FROM coarse ORDER BY at").all();
  assert.deepEqual(coarse, [{ cpu: 1 }, { cpu: 2 }], "condensed before it went");
  young.store.close();
});

test("the-mean-of-the-last-while-is-per-subject", () => {
  const { store } = opened();
  store.write(noon - 2_000, [row("alpha", 50)]);
  store.write(noon - 20, [row("alpha", 1), row("alpha", 9, 0, "bms1")]);
  store.write(noon - 10, [row("alpha", null), row("alpha", 9, 0, "bms1")]);
  store.write(noon, [row("beta", 2)]);
  assert.equal(store.mean(cam1, "cpu", noon - 900), 1.5);
  assert.equal(store.mean(moduleSubject("nothing"), "cpu", noon - 900), null);
  store.close();
});

test("facts-survive-a-restart", () => {
  const { store, file } = opened();
  store.keepFacts("beta", { cpus: 4 });
  store.close();
  store.keepFacts("beta", { cpus: 5 });
  assert.equal(store.facts("beta"), undefined, "what is closed stays closed");
  const again = opened(file);
  assert.deepEqual(again.store.facts("beta"), { cpus: 4 });
  assert.equal(again.store.facts("alpha"), undefined);
  again.store.close();
});

test("a-broken-file-is-set-aside-and-a-new-one-begun", () => {
  const file = join(folder, "broken.db");
  writeFileSync(file, "this is no database at all, whatever its name says ".repeat(100));
  const { store, said } = opened(file);
  store.write(noon, [row("alpha", 1)]);
  assert.equal(store.mean(cam1, "cpu", noon), 1);
  assert.deepEqual(said, ["The figures of the past cannot be read; a new file is begun."]);
  assert.match(readFileSync(`${file}.set-aside`, "utf8"), /no database/);
  store.close();
});

test("a-file-of-a-newer-gemel-is-left-as-it-is", () => {
  const file = join(folder, "newer.db");
  const newer = new Database(file);
  newer.pragma("user_version = 9");
  newer.close();
  const { store, said } = opened(file);
  store.write(noon, [row("alpha", 1)]);
  assert.equal(said.length, 1);
  assert.equal(new Database(`${file}.set-aside`).pragma("user_version", { simple: true }), 9);
  store.close();
});

test("a-file-that-breaks-while-it-is-used-is-renewed", () => {
  const { store, said, file } = opened();
  for (let at = noon; at < noon + 900; at += 10) store.write(at, [row("alpha", 1)]);
  store.close();
  const content = readFileSync(file);
  content.fill(0xaa, 100);
  writeFileSync(file, content);
  const again = new MetricsStore(file, (sentence) => said.push(sentence));
  for (let at = noon; at < noon + 100; at += 10) again.write(at, [row("alpha", 2)]);
  assert.equal(again.mean(cam1, "cpu", noon + 50), 2);
  assert.ok(
    said.some((sentence) => /a new file is begun/.test(sentence)),
    said.join(),
  );
  again.close();
});

test("a-place-that-cannot-be-written-costs-a-line-and-the-figures", () => {
  // Root may write everywhere: a folder in the file's place is what even root cannot write.
  const file = join(folder, "in-the-way.db");
  mkdirSync(join(file, "x"), { recursive: true });
  const { store, said } = opened(file);
  for (let at = noon; at < noon + 50; at += 10) store.write(at, [row("alpha", 1)]);
  assert.equal(store.mean(cam1, "cpu", noon), null);
  assert.deepEqual(store.series(cam1, "cam1", "1h", noon, seriesNames).at.length, 360);
  assert.deepEqual(said, ["The figures cannot be kept."]);
  assert.ok(existsSync(join(file, "x")));
  rmSync(file, { recursive: true });
  store.write(noon, [row("alpha", 4)]);
  assert.equal(store.mean(cam1, "cpu", noon), 4, "and they are kept again as soon as it can be written");
  store.close();
});

test("thirty-two-modules-for-a-day-stay-within-what-is-stated", () => {
  const { store, file } = opened();
  const subjects = Array.from({ length: 34 }, (_, index) => `module:m${index}`);
  const values = Object.fromEntries(seriesNames.map((name, index) => [name, 1234.5678 + index]));
  // A tenth of a day: the size grows evenly with the rows.
  for (let turn = 0; turn < 864; turn++)
    store.write(
      noon + turn * 10,
      subjects.map((subject) => ({ subject, node: "alpha", values })),
    );
  store.condense(noon + 8_640);
  const bytes = new Database(file)
    .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
    .get();
  const { bytes: size } = bytes as { readonly bytes: number };
  // Coarse rows: as many again when 30 days are full.
  assert.ok(size * 10 * 2 < 100e6, `${(size * 20) / 1e6} MB`);
  store.close();
});
