// SPDX-License-Identifier: Apache-2.0
// From counters to rates: differences, restarts, silence, percentiles of histograms; and what is taken from
// another node.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MirrorCounts } from "../../core/api/contract.js";
import { bytes, milliseconds } from "../../core/base/units.js";
import { areFacts, growthOn, memoryOf, type HostFacts } from "../../core/describe/host-facts.js";
import { figuresBetween, percentileBetween } from "../../core/edge/metrics/rates.js";
import { Sampler, type Sample } from "../../core/edge/metrics/sample.js";
import { areFigures, rowsOf } from "../../core/edge/metrics/row.js";
import type { Hypervisor } from "../../core/ports/hypervisor.js";

const nothing = Array.from({ length: 32 }, () => 0);
const counts = (more: Partial<MirrorCounts> = {}): MirrorCounts => ({
  writeLatency: { whole: nothing, local: nothing, peer: nothing },
  writes: 0,
  reads: 0,
  flushes: 0,
  bytesWritten: 0,
  bytesRead: 0,
  inFlight: 0,
  dirtyBytes: 0,
  hotExtents: 0,
  resyncBytesSent: 0,
  resyncBytesHashed: 0,
  resyncBytesDiffering: 0,
  resyncBytesHot: 0,
  guestPauseMaxMs: 0,
  ...more,
});

const host = { cpuNanosBusy: 0, memoryUsed: 5, memoryTotal: 9, cpus: 4 };
const vm = { cpuNanos: 0, memory: 64, diskCapacity: 8 };

function reading(ms: number, busySeconds: number, mirror?: MirrorCounts): Sample {
  const nanos = busySeconds * 1e9;
  return {
    host: { ms, value: { ...host, cpuNanosBusy: nanos } },
    vms: new Map([["vm-1", { ms, value: { ...vm, cpuNanos: nanos } }]]),
    mirrors: new Map(mirror === undefined ? [] : [["cam1", { ms, value: mirror }]]),
  };
}

const label = { node: "alpha", at: "now" };
const runners = [{ module: "cam1", vm: "vm-1" }];

test("rates-are-differences-over-the-time-between", () => {
  const latency = (bucket: number, count: number): readonly number[] =>
    nothing.map((_, index) => (index === bucket ? count : 0));
  const after = counts({
    writes: 200,
    bytesWritten: 8_192,
    bytesRead: 4_096,
    dirtyBytes: 77,
    inFlight: 3,
    writeLatency: { whole: latency(8, 10), local: latency(6, 10), peer: latency(7, 10) },
  });
  const found = figuresBetween(label, runners, reading(1_000, 1, counts()), reading(3_000, 4, after));
  assert.deepEqual(found, {
    ...label,
    host: { cpu: 1.5, memoryUsed: 5 },
    modules: [
      {
        module: "cam1",
        cpu: 1.5,
        memory: 64,
        writesPerSecond: 100,
        bytesWrittenPerSecond: 4_096,
        bytesReadPerSecond: 2_048,
        writeP50Us: 362,
        writeP99Us: 508,
        localP50Us: 91,
        peerP50Us: 181,
        dirtyBytes: 77,
        inFlight: 3,
      },
    ],
  });
  assert.ok(areFigures(found, "alpha"), "and the other node takes them");
  assert.deepEqual(
    rowsOf(found).map(({ subject, node }) => [subject, node]),
    [
      ["host:alpha", "alpha"],
      ["module:cam1", "alpha"],
    ],
  );
});

test("a-counter-that-went-down-is-a-new-process", () => {
  const before = reading(0, 9, counts({ writes: 50, bytesWritten: 50 }));
  assert.deepEqual(
    figuresBetween(label, runners, before, reading(1_000, 10, counts({ writes: 3 }))).modules,
    [],
  );
  const restarted = figuresBetween(
    label,
    runners,
    before,
    reading(1_000, 2, counts({ writes: 60, bytesWritten: 60 })),
  );
  assert.equal(restarted.host, null);
  assert.equal(restarted.modules[0]?.cpu, null);
  assert.equal(restarted.modules[0].writesPerSecond, 10);
});

test("a-first-look-has-no-rate-and-silence-is-null", () => {
  assert.deepEqual(figuresBetween(label, runners, undefined, reading(0, 0, counts())).modules, []);
  const silent = { host: null, vms: new Map(), mirrors: reading(1_000, 0, counts()).mirrors };
  const found = figuresBetween(label, runners, reading(0, 0, counts()), silent);
  assert.equal(found.host, null);
  assert.deepEqual([found.modules[0]?.cpu, found.modules[0]?.memory], [null, null]);
  assert.equal(found.modules[0]?.writeP50Us, null, "no write in that interval");
});

test("percentiles-lie-inside-their-bucket", () => {
  assert.equal(percentileBetween([], [0, 0, 0], 0.5), null);
  assert.equal(percentileBetween([5, 5], [5, 5], 0.5), null);
  for (const share of [0.5, 0.99, 1]) {
    const found = percentileBetween([0, 0, 7, 1], [0, 0, 7, 101], share) ?? 0;
    assert.ok(found >= 8 && found <= 16, `${share}: ${found}`);
  }
  assert.equal(percentileBetween([0, 0], [99, 0, 0, 0, 1], 1), 32);
});

test("whoever-does-not-answer-is-not-in-the-reading", async () => {
  let asked = 0;
  const hypervisor: Pick<Hypervisor, "figures"> = {
    figures: () => {
      asked++;
      return new Promise(() => undefined);
    },
  };
  const mirror = (module: string): Promise<MirrorCounts> =>
    module === "cam1" ? Promise.resolve(counts({ writes: 7 })) : Promise.reject(new Error("gone"));
  const reader = new Sampler({ hypervisor, mirror });
  for (let turn = 0; turn < 3; turn++) {
    const found = await reader.read(["cam1", "bms1"], milliseconds(20));
    assert.equal(found.host, null);
    assert.deepEqual([...found.mirrors.keys()], ["cam1"]);
  }
  assert.equal(asked, 1, "one that hangs is not asked again");
  const strange = new Sampler({ hypervisor, mirror: () => Promise.resolve({} as unknown as MirrorCounts) });
  assert.equal((await strange.read(["cam1"], milliseconds(5))).mirrors.size, 0);
});

test("what-is-no-figures-is-not-taken-from-the-other-node", () => {
  const good = figuresBetween(label, runners, reading(0, 0, counts()), reading(1_000, 1, counts()));
  const module_ = good.modules[0];
  for (const wrong of [
    undefined,
    null,
    "x",
    { ...good, node: "beta" },
    { ...good, host: { cpu: "1", memoryUsed: 1 } },
    { ...good, modules: "none" },
    { ...good, modules: [{ ...module_, writeP50Us: "slow" }] },
    { ...good, modules: Array.from({ length: 65 }, () => module_) },
  ])
    assert.equal(areFigures(wrong, "alpha"), false, JSON.stringify(wrong));
});

test("facts-come-from-whoever-has-the-vm", () => {
  const facts = (
    node: string,
    at: string,
    here: boolean,
    memory: number | null,
    allocated: number,
  ): HostFacts => ({
    node,
    at,
    cpus: 4,
    memory: 9,
    others: { cpu: 0, memory: 0 },
    disk: null,
    modules: [
      { module: "cam1", here, memory, diskCapacity: here ? 100 : 90, copy: { bytes: 60, allocated } },
    ],
  });
  const [alpha, beta] = [facts("alpha", "2", false, 1, 30), facts("beta", "1", true, 2, 50)];
  assert.equal(memoryOf("cam1", [alpha, beta]), 2);
  assert.equal(memoryOf("cam1", [alpha]), 1, "what was known last");
  assert.equal(memoryOf("bms1", [alpha, beta]), null);
  assert.equal(growthOn(alpha, [alpha, beta]), 70);
  assert.equal(growthOn(beta, [alpha, beta]), 50);
  assert.ok(areFacts(JSON.parse(JSON.stringify(alpha)), "alpha"));
  assert.equal(areFacts({ ...alpha, cpus: "many" }, "alpha"), false);
  assert.equal(areFacts(alpha, "beta"), false);
  assert.equal(bytes(1), 1);
});
