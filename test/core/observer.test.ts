// SPDX-License-Identifier: Apache-2.0
// What an older look saw is not told after a younger one's answer: a swap once ended a VM that had just been
// stopped, because a list asked for before the stop came back after it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleId } from "../../core/base/units.js";
import { Observer, type ObserverEdge } from "../../core/loop/observer.js";
import type { Report } from "../../core/loop/node-loop.js";
import type { Hypervisor, Outcome, VmSummary } from "../../core/ports/hypervisor.js";
import type { Run } from "../../core/ports/workload.js";

const summary = (run: Run): VmSummary => ({ id: "1", name: "cam1", run }) as VmSummary;

test("a-look-begun-before-the-stop-does-not-report-the-vm-as-running-after-it", async () => {
  let list: (answer: Outcome<readonly VmSummary[]>) => void = () => undefined;
  const hypervisor: Partial<Hypervisor> = {
    events: () => () => undefined,
    list: () => new Promise((answer) => (list = answer)),
    look: () => Promise.resolve({ ok: true, value: summary({ kind: "off" }) }),
  };
  const posted: Report[] = [];
  const edge: Partial<ObserverEdge> = {
    post: (report) => void posted.push(report),
    every: () => () => undefined,
    vms: () => new Map([[moduleId("cam1"), "1"]]),
    runsHere: () => false,
  };
  const observer = new Observer(hypervisor as Hypervisor, edge as ObserverEdge);
  try {
    const looking = observer.look();
    await observer.see(moduleId("cam1"));
    list({ ok: true, value: [summary({ kind: "on", paused: false })] });
    await looking;
    const facts = posted.filter((report) => report.kind === "run-seen").map(({ run }) => run.kind);
    assert.deepEqual(facts, ["off"]);
  } finally {
    observer.stop();
  }
});
