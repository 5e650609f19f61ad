// SPDX-License-Identifier: Apache-2.0
// What preflight says of a real VM's definition before anything moves, kind by kind: what would have been
// passed over, or would have failed when it was too late.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Finding, ProtectPlan, VmId } from "../../core/ports/hypervisor.js";
import { readDefinition } from "../../kvm/translate.js";
import { diskXml, PrivateLibvirt } from "./private-libvirt.js";
import { value } from "./workload-suite.js";

let host: PrivateLibvirt;
before(async () => void (host = await PrivateLibvirt.open()));
afterEach(() => host.reset());
after(() => host.close());

const images = "/var/lib/libvirt/images";
const folder = "/var/lib/libvirt/vm/judged";

async function findingsOf(vm: VmId, leftOut: readonly string[] = []): Promise<readonly Finding[]> {
  const details = value(await host.hypervisor.inspect(vm));
  return value(await host.hypervisor.preflight(details, folder, "here", leftOut));
}

const says = (findings: readonly Finding[], severity: Finding["severity"], words: RegExp): void =>
  assert.ok(
    findings.some((one) => one.severity === severity && words.test(`${one.message} ${one.next}`)),
    `${severity} ${String(words)} in ${JSON.stringify(findings, null, 1)}`,
  );

/** A disk of each kind that is no file. */
const kinds: Readonly<Record<string, string>> = {
  volume: `<disk type='volume' device='disk'><source pool='default' volume='rec.raw'/>`,
  dir: `<disk type='dir' device='disk'><driver name='qemu' type='fat'/><source dir='/srv'/><readonly/>`,
  network: `<disk type='network' device='disk'>
    <source protocol='nbd'><host name='store' port='10809'/></source>`,
  nvme: `<disk type='nvme' device='disk'><driver name='qemu' type='raw'/>
    <source type='pci' managed='yes' namespace='1'>
    <address domain='0x0' bus='0x1' slot='0x0' function='0x0'/></source>`,
  vhostuser: `<disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/>
    <source type='unix' path='/run/blk.sock'/>`,
};

for (const [kind, start] of Object.entries(kinds)) {
  test(`a-disk-that-is-no-file-is-never-passed-over: ${kind}`, async () => {
    await host.must(`truncate -s 8M ${images}/own.raw`);
    const shared = `<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>`;
    const disks = [
      diskXml("vda", `${images}/own.raw`, "raw"),
      `${start}<target dev='vdb' bus='virtio'/></disk>`,
    ];
    const vm = await host.defineVm(`kind-${kind}`, disks, shared);
    const here = await findingsOf(vm);
    says(here, "blocks", new RegExp(`Disk vdb is not a file but of type ${kind} `));
    assert.equal(
      here.some(({ next }) => next.includes("vdb=empty")),
      false,
      "its size is not known",
    );
    assert.deepEqual(await findingsOf(vm, ["vdb"]), []);
    const plan = await host.hypervisor.prepare(planFor(vm, "empty"));
    assert.equal(plan.ok ? "" : plan.code, "GEMEL-3008");
  });
}

const planFor = (vm: VmId, how: "detach" | "empty"): ProtectPlan => ({
  vm,
  folder: host.mountPoint,
  exclude: [{ target: "vdb", how }],
  isos: "copy",
});

test("an-empty-disk-in-place-of-a-device-opens-no-device", async () => {
  await host.must(`truncate -s 8M ${images}/own.raw; truncate -s 32M /run/device`);
  const block = `<disk type='block' device='disk'><driver name='qemu' type='raw'/>
    <source dev='/run/device'/><target dev='vdb' bus='virtio'/></disk>`;
  const vm = await host.defineVm("device", [diskXml("vda", `${images}/own.raw`, "raw"), block]);
  says(await findingsOf(vm), "blocks", /vdb is not a file but of type block \(\/run\/device\).*vdb=empty/);
  const plan = value(await host.hypervisor.prepare(planFor(vm, "empty")));
  value(await host.hypervisor.undefine(vm));
  value(await host.hypervisor.define(plan.definition.replace('home="test"', 'home="other"')));
  const there = readDefinition(value(await host.hypervisor.definition(vm)));
  const disk = there?.disks.find(({ target }) => target === "vdb");
  assert.deepEqual([disk?.type, disk?.path], ["file", `${images}/gemel-${vm}-vdb.raw`]);
  assert.equal(disk?.element.toString().includes("/run/device"), false);
  assert.match(await host.must(`stat -c %s ${images}/gemel-${vm}-vdb.raw`), /^33554432/);
});

test("a-cpu-model-is-a-name-and-no-pattern", async () => {
  const vm = await host.createVm("modelled");
  const details = value(await host.hypervisor.inspect(vm));
  const strange = details.definition.replace(/<cpu [^]*?<\/cpu>|<cpu [^]*?\/>/, "");
  for (const model of [".*", "Haswell("]) {
    const cpu = `<cpu mode='custom' match='exact'><model>${model}</model></cpu></domain>`;
    const definition = strange.replace("</domain>", cpu);
    const there = value(await host.hypervisor.preflight({ ...details, definition }, folder, "there"));
    assert.ok(
      there.some(({ message }) => message.includes(`CPU cannot be ${model}.`)),
      model,
    );
  }
});
