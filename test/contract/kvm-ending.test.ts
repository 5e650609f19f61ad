// SPDX-License-Identifier: Apache-2.0
// A real VM's end and what is left of it: why it ended, a process that is kept, records that libvirt keeps of
// a definition.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { seconds } from "../../core/base/units.js";
import type { VmId } from "../../core/ports/hypervisor.js";
import type { Run } from "../../core/ports/workload.js";
import { refusal, until, value } from "./workload-suite.js";
import { diskXml, PrivateLibvirt } from "./private-libvirt.js";
import { processOf } from "./world.js";

let host: PrivateLibvirt;
before(async () => void (host = await PrivateLibvirt.open("root")));
afterEach(() => host.reset());
after(() => host.close());

const images = "/var/lib/libvirt/images";

/** A guest of some bytes, as a boot sector: it does one thing and halts. */
const guests = {
  /** out 0x604, 0x2000: ACPI's soft off. */
  "switches itself off": String.raw`\272\004\006\270\000\040\357\364`,
  /** out 0x505, 1: pvpanic. */
  panics: String.raw`\272\005\005\260\001\356\364`,
} as const;

async function start(guest: keyof typeof guests, more: readonly string[] = [], top = ""): Promise<VmId> {
  const disk = `${images}/boot.raw`;
  await host.must(`truncate -s 1M ${disk}
    printf '${guests[guest]}' | dd of=${disk} conv=notrunc status=none
    printf '\\125\\252' | dd of=${disk} bs=1 seek=510 conv=notrunc status=none`);
  const vm = await host.defineVm(guest, [diskXml("vda", disk, "raw"), ...more], top);
  value(await host.hypervisor.startHeld(vm));
  value(await host.hypervisor.letRun(vm));
  return vm;
}

const run = async (vm: VmId): Promise<Run> => value(await host.hypervisor.look(vm)).run;

const isOff = (vm: VmId): Promise<true> =>
  until("it is off", async () => ((await run(vm)).kind === "off" ? true : undefined));

test("switched-off-inside-is-told-from-a-crash", async () => {
  const vm = await start("switches itself off");
  await isOff(vm);
  assert.deepEqual(await run(vm), { kind: "off", byItself: true });
  const killed = await host.createVm("killed");
  value(await host.hypervisor.startHeld(killed));
  value(await host.hypervisor.letRun(killed));
  await host.crash(killed);
  await isOff(killed);
  assert.deepEqual(await run(killed), { kind: "off" });
  const signalled = await host.createVm("signalled");
  value(await host.hypervisor.startHeld(signalled));
  value(await host.hypervisor.letRun(signalled));
  await host.must(`kill -TERM ${processOf(await run(signalled))?.pid ?? assert.fail()}`);
  await isOff(signalled);
  assert.deepEqual(await run(signalled), { kind: "off" }, "its QEMU was ended by a signal");
  const destroyed = await host.createVm("destroyed");
  value(await host.hypervisor.startHeld(destroyed));
  value(await host.hypervisor.stop(destroyed, "off", seconds(20)));
  assert.deepEqual(await run(destroyed), { kind: "off" }, "ended from outside");
  // The same VM once more: what was asked of the first end does not stand for the second.
  value(await host.hypervisor.startHeld(vm));
  value(await host.hypervisor.stop(vm, "off", seconds(20)));
  assert.deepEqual(await run(vm), { kind: "off" });
});

test("panicked-and-kept-is-ended-and-started-again", async () => {
  const vm = await start("panics", [`<panic model="isa"/>`], "<on_crash>preserve</on_crash>");
  await until("it has crashed", async () => ("crashed" in (await run(vm)) ? true : undefined));
  const seen = await run(vm);
  assert.equal(seen.kind, "on", "its process holds the disk");
  assert.ok("instance" in seen);
  assert.equal(refusal(await host.hypervisor.startHeld(vm)), "GEMEL-3002");
  value(await host.hypervisor.stop(vm, "off", seconds(20)));
  assert.equal((await run(vm)).kind, "off");
  value(await host.hypervisor.startHeld(vm));
});

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
  const all = { are: "coming" };
  void coming.finally(() => (all.are = "over"));
  let looks = 0;
  for (; all.are === "coming"; looks += 1) {
    const listed = value(await hypervisor.list());
    assert.ok(
      listed.some(({ id }) => id === vm),
      "the one that nobody touches is there",
    );
  }
  await coming;
  assert.ok(looks > 20, `${looks} looks`);
});
