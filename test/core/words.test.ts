// SPDX-License-Identifier: Apache-2.0
// The words shared by CLI and console: quantities at their edges, times with their offset, icons that exist.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { test } from "node:test";
import * as words from "../../core/describe/words/words.js";

test("words-quantities: each in its unit, the unknown as a dash", () => {
  const cases: readonly (readonly [string, string])[] = [
    [words.bytesText(0), "0 B"],
    [words.bytesText(1023), "1023 B"],
    [words.bytesText(1536), "1.5 KiB"],
    [words.bytesOfText(12 * 1024 ** 3, 32 * 1024 ** 3), "12 of 32 GiB"],
    [words.bytesOfText(512 * 1024 ** 2, 4 * 1024 ** 3), "0.5 of 4 GiB"],
    [words.bytesOfText(0, 0), "0 of 0 B"],
    [words.bytesText(1024 ** 3 - 1), "1.0 GiB"],
    [words.bytesText(null), "–"],
    [words.rateText(120 * 1024 ** 2), "120.0 MiB/s"],
    [words.durationText(89), "89 s"],
    [words.durationText(125), "2 min"],
    [words.durationText(7200), "2.0 h"],
    [words.durationText(3 * 86_400), "3 days"],
    [words.latencyText(84.6), "85 µs"],
    [words.latencyText(1234), "1.2 ms"],
    [words.countText(1_234_567), "1\u202f234\u202f567"],
    [words.coresText(3.14, 16), "3.1 of 16 cores"],
  ];
  for (const [found, wanted] of cases) assert.equal(found, wanted);
});

test("words-percent: nothing is 100 % before it is done", () => {
  assert.equal(words.percentText(0.9999), "99 %");
  assert.equal(words.percentText(1), "100 %");
  assert.equal(words.percentText(0.43), "43 %");
});

test("words-times: with the offset from UTC, the day only when it is another one", () => {
  const at = new Date(2026, 10, 21, 3, 12, 7);
  const offset = words.offsetText(at);
  assert.equal(words.clockText(at.toISOString()), `03:12:07 ${offset}`);
  assert.equal(words.timeText(at.toISOString()), `21 Nov 2026 03:12:07 ${offset}`);
  assert.equal(words.momentText(at.toISOString(), at.toISOString()), `03:12 ${offset}`);
  const nextDay = new Date(2026, 10, 22, 1, 0, 0).toISOString();
  assert.equal(words.momentText(at.toISOString(), nextDay), `21 Nov 2026 03:12 ${offset}`);
  assert.equal(words.offsetText(at, 60), "UTC+1");
  assert.equal(words.offsetText(at, -210), "UTC−3:30");
  assert.equal(words.offsetText(at, 0), "UTC");
  assert.equal(words.clockText("nonsense"), "nonsense");
});

test("words-reintegration: kind, percent, and the time when it is known", () => {
  const copy = {
    node: "beta",
    kind: "tracked",
    direction: "source",
    bytesTotal: 1000,
    bytesDone: 430,
    bytesSent: 0,
    bytesHashed: 0,
    bytesPerSecond: 5,
  } as const;
  assert.equal(words.reintegrationSentence({ ...copy, etaSeconds: 118 }), "Catching up: 43 %, about 2 min");
  assert.equal(words.reintegrationSentence({ ...copy, kind: "first-copy" }), "First copy: 43 %");
});

test("words-roles: monitor looks, control commands, admin configures", () => {
  assert.equal(words.mayDo("monitor", words.verbWords.swap.role), false);
  assert.equal(words.mayDo("control", words.verbWords.swap.role), true);
  assert.equal(words.mayDo("control", words.verbWords.unprotect.role), false);
  assert.equal(words.mayDo("admin", words.verbWords.pause.role), true);
});

test("words-icons: every icon is one of PatternFly's", () => {
  const path = createRequire(import.meta.url).resolve("@patternfly/react-icons");
  const names = new Set(readdirSync(`${dirname(path)}/icons`).map((file) => file.replace(/\..*$/, "")));
  const looks = [
    ...Object.values(words.stateLooks).flatMap((byStability) => Object.values(byStability)),
    ...Object.values(words.moduleLooks),
    ...Object.values(words.dangerLooks),
    ...Object.values(words.alarmLooks),
    ...Object.values(words.verbWords),
    words.lastKnownLook,
    words.certificateLook(-1),
  ];
  const kebab = (name: string): string => name.replace(/\B([A-Z])/g, "-$1").toLowerCase();
  const missing = looks.map(({ icon }) => icon).filter((icon) => !names.has(kebab(icon)));
  assert.deepEqual(missing, []);
});

test("words-data: what may lose data is confirmed by typing the name", () => {
  const risky = Object.values(words.verbWords).filter(({ danger }) => danger === "data-lost");
  assert.ok(risky.length > 0 && risky.every(({ confirm }) => confirm === "type-name"));
});
