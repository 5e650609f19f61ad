// SPDX-License-Identifier: Apache-2.0
// R102: a host's hypervisor is chosen by what is there; without one the daemon lives and says so.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noHypervisor } from "../../core/edge/workload/no-hypervisor.js";
import { chosenAdapter, type HypervisorAdapter } from "../../core/ports/adapter.js";
import { createKvm } from "../../kvm/index.js";
import { TestDoor } from "./access/door.js";

const adapter = (
  kind: HypervisorAdapter["kind"],
  is: ReturnType<HypervisorAdapter["presence"]>,
): HypervisorAdapter => ({
  kind,
  presence: () => is,
  open: () => Promise.reject(new Error("nobody has asked for it")),
});

test("adapter-is-chosen-by-what-the-host-has", () => {
  const chosen = (...all: readonly HypervisorAdapter[]): string | undefined => chosenAdapter(all)?.kind;
  assert.equal(chosen(adapter("kvm", "absent"), adapter("hyperv", "here")), "hyperv");
  assert.equal(chosen(adapter("hyperv", "never"), adapter("kvm", "absent")), "kvm");
  assert.equal(chosen(adapter("hyperv", "never"), adapter("kvm", "never")), undefined);
});

test("host-without-a-hypervisor: the daemon lives, doctor and status say so", async () => {
  const host = new TestDoor("alpha", undefined, (node) => noHypervisor(node, "freebsd"));
  try {
    await host.found();
    const report = await host.daemon.ask("doctor", []);
    const found = report.findings.find(({ code }) => code === "GEMEL-4023");
    assert.match(found?.message ?? "", /no hypervisor that Gemel can use.*freebsd/);
    assert.match(found?.next ?? "", /^Install KVM with libvirt/);
    const { warnings } = await host.daemon.status();
    assert.ok(warnings.includes("The hypervisor does not answer on alpha; gemel doctor says why."));
    await assert.rejects(host.daemon.ask("vms"), /no hypervisor that Gemel can use/);
  } finally {
    await host.close();
  }
});

test("host-without-libvirt: the adapter says what is missing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-without-virsh-"));
  symlinkSync("/usr/bin/setpriv", join(folder, "setpriv"));
  const path = process.env["PATH"];
  process.env["PATH"] = folder;
  const kvm = createKvm({ node: "alpha", etc: folder, run: folder, libvirtEtc: folder, libvirtRun: folder });
  try {
    const connected = await kvm.connect();
    assert.ok(!connected.ok);
    assert.equal(connected.code, "GEMEL-4023", connected.message);
    const goesOn = kvm.events(() => undefined);
    goesOn();
  } finally {
    process.env["PATH"] = path;
    await kvm.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
