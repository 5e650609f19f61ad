// SPDX-License-Identifier: Apache-2.0
// A VM with a TPM, as libvirt and swtpm really keep it: its state is the module's for the time of a run, and
// a host's own before and after.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { seconds } from "../../core/base/units.js";
import type { PreparedPlan, VmId } from "../../core/ports/hypervisor.js";
import { keepsTpm } from "../../kvm/host/tpm.js";
import { diskXml, PrivateLibvirt } from "./private-libvirt.js";
import { value } from "./workload-suite.js";

let host: PrivateLibvirt;
before(async () => void (host = await PrivateLibvirt.open()));
afterEach(() => host.reset());
after(() => host.close());

const images = "/var/lib/libvirt/images";
const tpmXml = (backend: string): string => `<tpm model='tpm-crb'>${backend}</tpm>`;
const emulated = tpmXml("<backend type='emulator' version='2.0'/>");
const placeOf = (vm: VmId): string => `/var/lib/libvirt/swtpm/${vm}`;
const stateOf = (vm: VmId): string => `${placeOf(vm)}/tpm2/tpm2-00.permall`;

async function vmWithTpm(name: string): Promise<VmId> {
  await host.must(`truncate -s 8M ${images}/${name}.raw`);
  return host.defineVm(name, [diskXml("vda", `${images}/${name}.raw`, "raw"), emulated]);
}

async function carryOut(plan: PreparedPlan): Promise<void> {
  for (const { from, to } of plan.moves)
    await host.must(`mkdir -p "$(dirname '${to}')" && mv '${from}' '${to}'`);
  value(await host.hypervisor.undefine(plan.vm));
  value(await host.hypervisor.define(plan.definition));
}

test("a-tpm-goes-into-the-folder-and-back", async () => {
  const { hypervisor, mountPoint } = host;
  const vm = await vmWithTpm("sealed");
  await host.must(`virsh -q start ${vm} && virsh -q destroy ${vm}`);
  const sum = async (path: string): Promise<string> => (await host.must(`md5sum < '${path}'`)).trim();
  const sealed = await sum(stateOf(vm));
  const details = value(await hypervisor.inspect(vm));
  assert.deepEqual(value(await hypervisor.preflight(details, "/var/lib/libvirt/vm/x", "here")), []);
  await carryOut(value(await hypervisor.prepare({ vm, folder: mountPoint, exclude: [], isos: "copy" })));
  const moved = `${mountPoint}/tpm/tpm2/tpm2-00.permall`;
  assert.equal(await sum(moved), sealed, "the module has what the TPM had sealed");
  value(await hypervisor.startHeld(vm));
  assert.deepEqual(value(await hypervisor.proveDisks(vm, mountPoint)), { protected: true, elsewhere: [] });
  await host.must(`stat -c %U '${moved}' | grep -qx tss`);
  value(await hypervisor.stop(vm, "off", seconds(20)));
  const definition = value(await hypervisor.definition(vm));
  value(await hypervisor.undefine(vm));
  assert.equal(await sum(moved), sealed, "libvirt deletes what it finds at its place: not ours");
  await host.must(`! grep -q ' ${placeOf(vm)} ' /proc/self/mountinfo`);
  assert.equal(await host.must(`find '${placeOf(vm)}' -type f`), "", "the host keeps no second one");

  value(await hypervisor.define(definition));
  await carryOut(value(await hypervisor.release(definition, details.definition)));
  assert.equal(await sum(stateOf(vm)), sealed);
  // Paused: a firmware that runs writes into its TPM.
  await host.must(`virsh -q start --paused ${vm}`);
  assert.equal(await sum(stateOf(vm)), sealed, "no new TPM was made");
});

test("a-tpm-past-the-mount-is-seen", async () => {
  const { hypervisor, mountPoint } = host;
  const vm = await host.createVm("past", mountPoint);
  const changed = value(await hypervisor.definition(vm)).replace("</devices>", `${emulated}</devices>`);
  await host.must(`cat > /run/changed.xml <<'EOF'\n${changed}\nEOF\nvirsh -q define /run/changed.xml`);
  // It is not known as a module's: nothing is put at its place.
  value(await hypervisor.startHeld(vm));
  const { elsewhere } = value(await hypervisor.proveDisks(vm, mountPoint));
  assert.deepEqual(elsewhere, [{ path: placeOf(vm), why: "swtpm writes past the module's mount" }]);
});

test("a-tpm-of-the-host-does-not-go-along", async () => {
  const passed = tpmXml("<backend type='passthrough'><device path='/dev/tpm0'/></backend>");
  await host.must(`truncate -s 8M ${images}/own.raw`);
  const vm = await host.defineVm("passed", [diskXml("vda", `${images}/own.raw`, "raw"), passed]);
  const details = value(await host.hypervisor.inspect(vm));
  for (const role of ["here", "standby"] as const) {
    const found = value(await host.hypervisor.preflight(details, "/var/lib/libvirt/vm/x", role));
    assert.ok(
      found.some(({ severity, message }) => severity === "blocks" && message.includes("passthrough")),
    );
  }
});

test("a-host-without-swtpm-is-named", async () => {
  const { hypervisor } = host;
  const vm = await vmWithTpm("elsewhere");
  const details = value(await hypervisor.inspect(vm));
  await host.must(
    "mount --bind /dev/null /usr/bin/swtpm_setup; mkdir /run/bin && mount --bind /run/bin /usr/bin",
  );
  try {
    const found = value(await hypervisor.preflight(details, "/var/lib/libvirt/vm/x", "standby"));
    assert.ok(found.some(({ message, next }) => /no swtpm, swtpm_setup/.test(message) && /apt/.test(next)));
  } finally {
    await host.shell("/bin/umount /usr/bin");
  }
});

test("libvirt-that-deletes-a-tpm-is-too-old", () => {
  assert.deepEqual(["8.0.0\n", "8.9.0", "9.0.0", "10.1.0"].map(keepsTpm), [false, true, true, true]);
});
