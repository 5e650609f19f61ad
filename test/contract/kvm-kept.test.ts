// SPDX-License-Identifier: Apache-2.0
// What libvirt keeps of a VM on one host alone, and what becomes of it while the VM is protected: memory that
// somebody had saved, descriptions of snapshots and checkpoints.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { seconds } from "../../core/base/units.js";
import type { PreparedPlan, VmEvent, VmId } from "../../core/ports/hypervisor.js";
import { Element } from "../../kvm/definition/document.js";
import { splitTaken } from "../../kvm/definition/taken.js";
import { diskXml, PrivateLibvirt } from "./private-libvirt.js";
import { value } from "./workload-suite.js";
import { processOf } from "./world.js";

let host: PrivateLibvirt;
before(async () => void (host = await PrivateLibvirt.open()));
afterEach(() => host.reset());
after(() => host.close());

const images = "/var/lib/libvirt/images";
const saves = "/var/lib/libvirt/qemu/save";

async function carryOut(plan: PreparedPlan): Promise<void> {
  for (const { from, to } of plan.moves) await host.must(`mv '${from}' '${to}'`);
  value(await host.hypervisor.undefine(plan.vm));
  value(await host.hypervisor.define(plan.definition));
}

async function protectedVm(name: string): Promise<{ vm: VmId; plan: PreparedPlan }> {
  const disk = `${images}/${name}.qcow2`;
  await host.must(`qemu-img create -q -f qcow2 ${disk} 8M`);
  const vm = await host.defineVm(name, [diskXml("vda", disk, "qcow2")]);
  const { hypervisor, mountPoint } = host;
  const plan = value(await hypervisor.prepare({ vm, folder: mountPoint, exclude: [], isos: "copy" }));
  await carryOut(plan);
  return { vm, plan };
}

async function runAndSave(vm: VmId): Promise<void> {
  value(await host.hypervisor.startHeld(vm));
  value(await host.hypervisor.letRun(vm));
  await host.must(`virsh -q managedsave ${vm}`);
  assert.equal(value(await host.hypervisor.look(vm)).power, "saved");
}

/** Everything that was told while this ran. */
async function told(act: () => Promise<unknown>): Promise<string> {
  const events: VmEvent[] = [];
  const stop = host.hypervisor.events((event) => events.push(event));
  await host.must("true");
  await act();
  await host.must("true");
  stop();
  return events.flatMap((event) => (event.kind === "told" ? [event.sentence, event.detail] : [])).join(" ");
}

/** QEMU came up from saved memory, or from nothing. */
async function hasResumed(vm: VmId): Promise<boolean> {
  const pid = processOf(value(await host.hypervisor.look(vm)).run)?.pid;
  const words = await host.must(`tr '\\0' ' ' </proc/${pid ?? "none"}/cmdline`);
  return words.includes("-incoming");
}

test("saved-memory-is-used-by-who-ran-last", async () => {
  const { vm } = await protectedVm("saved");
  await runAndSave(vm);
  const words = await told(async () => value(await host.hypervisor.startHeld(vm)));
  assert.ok(await hasResumed(vm), "with its memory");
  assert.match(words, /goes on with the memory that was saved/);
  value(await host.hypervisor.stop(vm, "off", seconds(20)));
  value(await host.hypervisor.startHeld(vm));
  assert.equal(await hasResumed(vm), false, "and only once");
});

test("saved-memory-of-older-disks-is-kept-aside", async () => {
  const { vm } = await protectedVm("older");
  await runAndSave(vm);
  // The other node has run it meanwhile: that is in the folder.
  await host.must(`printf another >'${host.mountPoint}/last-run'`);
  const words = await told(async () => value(await host.hypervisor.startHeld(vm)));
  assert.equal(await hasResumed(vm), false);
  assert.match(words, /could not be used; it boots\. its disks have been written to since; kept as/);
  assert.match(await host.must(`ls ${saves}`), /^older\.save\.kept-by-gemel-1\n$/);
});

test("saved-memory-stays-when-the-vm-goes", async () => {
  const { vm } = await protectedVm("goes");
  await runAndSave(vm);
  const words = await told(async () => value(await host.hypervisor.undefine(vm)));
  assert.match(words, /stays on this host\. kept as/);
  assert.match(await host.must(`ls ${saves}`), /^goes\.save\.kept-by-gemel-1\n$/);
});

test("snapshots-and-checkpoints-travel-with-the-definition", async () => {
  const { hypervisor, mountPoint } = host;
  const { vm, plan } = await protectedVm("taken");
  value(await hypervisor.startHeld(vm));
  value(await hypervisor.letRun(vm));
  await host.must(`virsh -q snapshot-create-as ${vm} first
    virsh -q snapshot-create-as ${vm} -- '-second one'
    virsh -q checkpoint-create-as ${vm} full`);
  const describe = async (): Promise<string> =>
    host.must(`virsh -q snapshot-list ${vm} --tree; virsh snapshot-current ${vm} --name
      virsh snapshot-dumpxml ${vm} --security-info -- '-second one'
      virsh -q checkpoint-list ${vm} --tree; virsh checkpoint-dumpxml ${vm} full --security-info`);
  const before = await describe();
  const kept = value(await hypervisor.definition(vm));
  assert.equal((await host.must(`virsh dumpxml --inactive ${vm}`)).includes("taken:"), false);
  value(await hypervisor.stop(vm, "off", seconds(20)));
  value(await hypervisor.undefine(vm));
  // As on the other node, from the folder alone.
  value(await hypervisor.define(kept));
  assert.equal(await describe(), before);
  assert.equal(value(await hypervisor.definition(vm)), kept);

  const back = value(await hypervisor.release(kept, plan.original));
  assert.equal(back.definition.includes(mountPoint), false, "a revert finds the files where they are then");
  assert.equal(splitTaken(Element.parse(back.definition) ?? assert.fail()).taken.length, 3);
  await carryOut(back);
  assert.match(await host.must(`virsh -q snapshot-list ${vm} --name`), /first/);
});

test("a-snapshot-is-news-of-the-definition", async () => {
  const { hypervisor } = host;
  const { vm } = await protectedVm("news");
  const events: VmEvent[] = [];
  const stop = hypervisor.events((event) => events.push(event));
  const isNews = (): boolean => events.some((event) => event.kind === "definition" && event.id === vm);
  await host.must(`sleep 1; virsh -q snapshot-create-as ${vm} later`);
  for (let tries = 0; tries < 100 && !isNews(); tries++) await host.must("sleep 0.1");
  stop();
  assert.ok(isNews(), JSON.stringify(events));
});
