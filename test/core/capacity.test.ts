// SPDX-License-Identifier: Apache-2.0
// Would everything fit on one host? By table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, moduleId, nodeName } from "../../core/base/units.js";
import {
  hostOutlookOf,
  type CapacityHost,
  type CapacityModule,
} from "../../core/decide/placement/capacity.js";

const GiB = 1024 ** 3;
const reserve = bytes(GiB);
const nodes = [nodeName("alpha"), nodeName("beta")];

const beta: CapacityHost = {
  node: nodeName("beta"),
  live: true,
  at: "now",
  cpus: 16,
  memory: 32 * GiB,
  disk: { path: "/data", total: 400 * GiB, free: 300 * GiB },
  others: { cpu: 0, memory: 0 },
  growth: 0,
};

const vm = (id: string, active: string | null, memory: number | null, cpu: number): CapacityModule => ({
  id: moduleId(id),
  nodes,
  active: active === null ? null : nodeName(active),
  cpu,
  memory: memory === null ? null : memory * GiB,
});

const modules = [vm("cam1", "alpha", 7, 2), vm("bms1", "beta", 4, 1.1)];
const sentence = (host: Partial<CapacityHost>, list: readonly CapacityModule[] = modules): string =>
  hostOutlookOf({ ...beta, ...host }, list, reserve).sentence;

test("everything-fits", () => {
  const found = hostOutlookOf(beta, modules, reserve);
  assert.equal(found.sentence, "Everything would fit on beta: 12 of 32 GiB, 3.1 of 16 cores.");
  assert.equal(found.fits, true);
  assert.deepEqual(found.used, { cpu: 1.1, memory: 5 * GiB, disk: 100 * GiB });
  assert.deepEqual(found.ifEverything, { cpu: 3.1, memory: 12 * GiB, disk: 100 * GiB });
});

test("what-is-short-is-named", () => {
  const cases: readonly (readonly [string, Partial<CapacityHost>, (readonly CapacityModule[])?])[] = [
    ["Would not fit on beta: 12 of 8 GiB memory needed.", { memory: 8 * GiB }],
    ["Would not fit on beta: 36 of 32 GiB memory needed.", { others: { cpu: 0, memory: 24 * GiB } }],
    ["Would not fit on beta: 450 of 400 GiB disk needed once every disk is full.", { growth: 350 * GiB }],
    [
      "Would not fit on beta: 12 of 8 GiB memory needed, 450 of 400 GiB disk needed once every disk is full.",
      { memory: 8 * GiB, growth: 350 * GiB },
    ],
    ["Everything would fit on beta, but slowly: 12 of 32 GiB, 3.1 of 2 cores.", { cpus: 2 }],
    ["Everything would fit on beta: 12 of 32 GiB, 3.1 of 16 cores. As last known.", { live: false }],
    ["Everything would fit on beta: 12 of 32 GiB, 3.1 of 16 cores.", { disk: null, growth: 9_000 * GiB }],
    [
      "Everything would fit on beta: 1 of 32 GiB, 0.0 of 16 cores. " +
        "Not counted, since it has not run yet: new.",
      {},
      [vm("new", null, null, 0)],
    ],
  ];
  for (const [expected, host, list] of cases) {
    assert.equal(sentence(host, list ?? modules), expected);
    assert.equal(
      hostOutlookOf({ ...beta, ...host }, list ?? modules, reserve).fits,
      !/not fit/.test(expected),
    );
  }
});

test("only-modules-that-may-run-there-are-counted", () => {
  const elsewhere = { ...vm("far", "alpha", 64, 9), nodes: [nodeName("alpha"), nodeName("gamma")] };
  assert.match(sentence({}, [...modules, elsewhere]), /12 of 32 GiB, 3.1 of 16/);
});
