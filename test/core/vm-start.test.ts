// SPDX-License-Identifier: Apache-2.0
// R31: a VM is let run only after all its disks are proven to lie on the module's mount.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GemelError } from "../../core/base/errors.js";
import { bytes } from "../../core/base/units.js";
import { VmEffects, type VmHost } from "../../core/loop/vm-effects.js";
import type { DiskProof, Outcome, VmSummary } from "../../core/ports/hypervisor.js";

const vm: VmSummary = {
  id: "1",
  name: "cam1",
  run: { kind: "off" },
  power: "off",
  memory: bytes(0),
  vcpus: 1,
  autostart: false,
};

/** What a hypervisor was asked for, in order, when its VM's disks are proven like this. */
function start(proof: DiskProof): { readonly asked: string[]; readonly started: Promise<void> } {
  const asked: string[] = [];
  const does =
    <T>(what: string, value: T) =>
    (): Promise<Outcome<T>> => {
      asked.push(what);
      return Promise.resolve({ ok: true, value });
    };
  const host: Partial<VmHost> = {
    define: does("define", vm),
    startHeld: does("start-held", { pid: 1, startTime: "1" }),
    proveDisks: does("prove-disks", proof),
    letRun: does("let-run", undefined),
    kill: does("kill", undefined),
  };
  const definition = Buffer.from("<domain/>").toString("base64");
  const effects = new VmEffects(host as VmHost, () => Promise.resolve({ base64: definition }));
  return { asked, started: effects.start({ module: "cam1", vm: "1", folder: "/vm" }, () => true) };
}

test("disk-elsewhere-is-never-let-run: ended before it has executed anything", async () => {
  const { asked, started } = start({
    protected: false,
    elsewhere: [{ path: "/var/snapshot.qcow2", why: "it is not in the module's folder" }],
  });
  const isRefusal = (error: unknown): boolean => error instanceof GemelError && error.code === "GEMEL-3004";
  await assert.rejects(started, isRefusal);
  assert.deepEqual(asked, ["define", "start-held", "prove-disks", "kill"]);
});

test("disks-on-the-mount-are-let-run", async () => {
  const { asked, started } = start({ protected: true, elsewhere: [] });
  await started;
  assert.deepEqual(asked, ["define", "start-held", "prove-disks", "let-run"]);
});
