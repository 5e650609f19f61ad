// SPDX-License-Identifier: Apache-2.0
// A real VM's end and what is left of it: records that libvirt keeps of a definition.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { seconds } from "../../core/base/units.js";
import { refusal, value } from "./workload-suite.js";
import { diskXml, PrivateLibvirt } from "./private-libvirt.js";

let host: PrivateLibvirt;
before(async () => void (host = await PrivateLibvirt.open()));
afterEach(() => host.reset());
after(() => host.close());

const images = "/var/lib/libvirt/images";

test("undefine-of-a-vm-with-checkpoints", async () => {
  const { hypervisor } = host;
  await host.must(`qemu-img create -q -f qcow2 ${images}/a.qcow2 8M`);
  const vm = await host.defineVm("backed-up", [diskXml("vda", `${images}/a.qcow2`, "qcow2")]);
  value(await hypervisor.startHeld(vm));
  value(await hypervisor.letRun(vm));
  for (const name of ["monday", "tuesday"]) await host.must(`virsh -q checkpoint-create-as ${vm} ${name}`);
  value(await hypervisor.stop(vm, "off", seconds(20)));
  value(await hypervisor.undefine(vm));
  assert.equal(refusal(await hypervisor.look(vm)), "GEMEL-3005");
});

test("a-list-while-others-are-undefined", async () => {
  const { hypervisor } = host;
  const vm = await host.createVm("stays");
  for (const name of ["a", "b", "c", "d"]) await host.createVm(name);
  await host.must(`for name in a b c d; do virsh -q dumpxml $name > /run/$name.xml; done`);
  const coming = host.must(`for round in $(seq 60); do for name in a b c d; do
    virsh -q undefine $name; virsh -q define /run/$name.xml; done; done`);
  let isOver = false;
  void coming.finally(() => (isOver = true));
  let looks = 0;
  for (; !isOver; looks += 1) {
    const listed = value(await hypervisor.list());
    assert.ok(
      listed.some(({ id }) => id === vm),
      "the one that nobody touches is there",
    );
  }
  await coming;
  assert.ok(looks > 20, `${looks} looks`);
});
