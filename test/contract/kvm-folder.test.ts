// SPDX-License-Identifier: Apache-2.0
// A real VM's way into a module's folder and back, as the adapter prepares it: what its definition says
// afterwards, what moves, backing chains, disks that are left out, drives with media, and what preflight
// finds.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { seconds } from "../../core/base/units.js";
import type { Finding, PreparedPlan, ProtectPlan, VmId } from "../../core/ports/hypervisor.js";
import { readDefinition, readMetadata } from "../../kvm/translate.js";
import { value } from "./workload-suite.js";
import { diskXml, PrivateLibvirt } from "./private-libvirt.js";
import { processOf } from "./world.js";

let host: PrivateLibvirt;
before(async () => void (host = await PrivateLibvirt.open()));
afterEach(() => host.reset());
after(() => host.close());

const images = "/var/lib/libvirt/images";
const planFor = (vm: VmId, more: Partial<ProtectPlan> = {}): ProtectPlan => ({
  vm,
  folder: host.mountPoint,
  exclude: [],
  isos: "copy",
  ...more,
});

async function carryOut(plan: PreparedPlan): Promise<void> {
  for (const { from, to, keep } of plan.moves) await host.must(`${keep ? "cp" : "mv"} '${from}' '${to}'`);
  value(await host.hypervisor.relink(plan.moves, "moved"));
  value(await host.hypervisor.undefine(plan.vm));
  value(await host.hypervisor.define(plan.definition));
}

test("enter-and-leave-a-folder", async () => {
  const { hypervisor, mountPoint } = host;
  await host.must(`qemu-img create -q -f qcow2 ${images}/a.qcow2 8M; truncate -s 8M ${images}/b.raw`);
  const disks = [diskXml("vda", `${images}/a.qcow2`, "qcow2"), diskXml("vdb", `${images}/b.raw`, "raw")];
  const vm = await host.defineVm("Süd & 'x'", disks, "<description>&lt;kept&gt; as it is</description>");
  value(await hypervisor.setAutostart(vm, true));
  const plan = value(await hypervisor.prepare(planFor(vm)));
  assert.deepEqual(
    plan.moves.map(({ from, to, format }) => [from, to, format]),
    [
      [`${images}/a.qcow2`, `${mountPoint}/a.qcow2`, "qcow2"],
      [`${images}/b.raw`, `${mountPoint}/b.raw`, "raw"],
    ],
  );
  assert.equal(plan.autostart, true);
  assert.equal(plan.definition.match(/<driver /g)?.length, disks.length, "one driver for each disk");
  await carryOut(plan);
  const entered = value(await hypervisor.definition(vm));
  assert.match(entered, /cache='none'/);
  assert.match(entered, /error_policy='stop' rerror_policy='stop'/);
  assert.match(entered, /&lt;kept&gt; as it is/);
  assert.equal(value(await hypervisor.look(vm)).autostart, false);
  value(await hypervisor.startHeld(vm));
  assert.deepEqual(value(await hypervisor.proveDisks(vm, mountPoint)), { protected: true, elsewhere: [] });
  value(await hypervisor.stop(vm, "off", seconds(20)));

  const back = value(await hypervisor.release(entered, plan.original));
  assert.equal(back.autostart, true);
  assert.deepEqual(
    back.moves.map(({ from, to }) => [from, to]),
    plan.moves.map(({ from, to }) => [to, from]),
  );
  await carryOut(back);
  assert.equal(value(await hypervisor.definition(vm)), plan.original, "as if nothing had happened");
});

test("a-backing-chain-moves-as-a-whole", async () => {
  const { hypervisor, mountPoint } = host;
  await host.must(`cd ${images}; mkdir -p base; qemu-img create -q -f raw base/disk.img 8M
    qemu-img create -q -f qcow2 -b ${images}/base/disk.img -F raw middle.qcow2
    qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 disk.img`);
  const vm = await host.defineVm("chain", [diskXml("vda", `${images}/disk.img`, "qcow2")]);
  const plan = value(await hypervisor.prepare(planFor(vm)));
  assert.deepEqual(
    plan.moves.map(({ to }) => to),
    [`${mountPoint}/disk.img`, `${mountPoint}/middle.qcow2`, `${mountPoint}/vda-disk.img`],
  );
  await carryOut(plan);
  const chain = await host.must(`qemu-img info --backing-chain ${mountPoint}/disk.img | grep ^image`);
  assert.equal(chain.includes(images), false, chain);
  value(await hypervisor.startHeld(vm));
  assert.equal(value(await hypervisor.proveDisks(vm, mountPoint)).protected, true);
  value(await hypervisor.stop(vm, "off", seconds(20)));
  await carryOut(value(await hypervisor.release(value(await hypervisor.definition(vm)), plan.original)));
  await host.must(`qemu-img check -q ${images}/disk.img && ls ${images}/base/disk.img`);
});

for (const how of ["detach", "empty"] as const) {
  test(`a-disk-left-out: ${how}`, async () => {
    const { hypervisor, mountPoint } = host;
    await host.must(`truncate -s 8M ${images}/system.raw; truncate -s 64M ${images}/recordings.raw`);
    const disks = [
      diskXml("vda", `${images}/system.raw`, "raw"),
      diskXml("vdb", `${images}/recordings.raw`, "raw"),
    ];
    const vm = await host.defineVm("recorder", disks);
    const plan = value(await hypervisor.prepare(planFor(vm, { exclude: [{ target: "vdb", how }] })));
    assert.deepEqual(
      plan.moves.map(({ from }) => from),
      [`${images}/system.raw`],
    );
    await carryOut(plan);
    value(await hypervisor.startHeld(vm));
    assert.equal(value(await hypervisor.proveDisks(vm, mountPoint)).protected, true, "left out knowingly");
    value(await hypervisor.stop(vm, "off", seconds(20)));
    // The same definition on the other node, where no such disk is.
    const elsewhere = value(await hypervisor.definition(vm)).replace('home="test"', 'home="other"');
    value(await hypervisor.define(elsewhere.replace("home='test'", "home='other'")));
    const there = readDefinition(value(await hypervisor.definition(vm)));
    const paths = there?.disks.map(({ path }) => path);
    const empty = `${images}/gemel-${vm}-vdb.raw`;
    assert.deepEqual(
      paths,
      how === "detach" ? [`${mountPoint}/system.raw`] : [`${mountPoint}/system.raw`, empty],
    );
    if (how === "empty") assert.match(await host.must(`stat -c %s ${empty}`), /^67108864/);
    assert.equal(readMetadata(there?.root ?? assert.fail())?.excluded.length, 1, "and not forgotten");
    value(await hypervisor.startHeld(vm));
  });
}

/** A VM in its module's folder, held after its start; `top` and `devices` come in past Gemel. */
async function heldWith(name: string, change: (definition: string) => string): Promise<VmId> {
  const { hypervisor, mountPoint } = host;
  const vm = await host.createVm(name, mountPoint);
  const changed = change(value(await hypervisor.definition(vm)));
  await host.must(`cat > /run/changed.xml <<'EOF'\n${changed}\nEOF\nvirsh -q define /run/changed.xml`);
  value(await hypervisor.startHeld(vm));
  return vm;
}

const proofOf = async (vm: VmId): Promise<readonly string[]> =>
  value(await host.hypervisor.proveDisks(vm, host.mountPoint)).elsewhere.map(
    ({ path, why }) => `${path}: ${why}`,
  );

test("a-disk-given-past-libvirt-is-seen-in-the-descriptors", async () => {
  await host.must(`truncate -s 8M ${images}/hidden.raw`);
  const words = ["-drive", `file=${images}/hidden.raw,format=raw,if=none,id=hidden`];
  const line = words.map((word) => `<qemu:arg value='${word}'/>`).join("");
  const vm = await heldWith("hidden", (definition) =>
    definition
      .replace("<domain ", "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ")
      .replace("</domain>", `<qemu:commandline>${line}</qemu:commandline></domain>`),
  );
  const seen = await proofOf(vm);
  assert.equal(seen.length, 1, seen.join(" | "));
  assert.match(seen[0] ?? "", /hidden\.raw: QEMU writes to it outside/);
});

test("a-qcow2-image-with-its-data-elsewhere-is-seen", async () => {
  const { mountPoint } = host;
  await host.must(
    `cd ${mountPoint}; qemu-img create -q -f qcow2 -o data_file=${images}/data.raw split.qcow2 8M
     chmod 666 ${images}/data.raw`,
  );
  const vm = await heldWith("split", (definition) =>
    definition.replace("</devices>", `${diskXml("vdb", `${mountPoint}/split.qcow2`, "qcow2")}</devices>`),
  );
  const seen = await proofOf(vm);
  assert.equal(seen.length, 1, seen.join(" | "));
  assert.match(seen[0] ?? "", /data\.raw: QEMU writes to it outside/);
});

test("a-disk-over-the-network-is-seen-in-the-block-graph", async () => {
  await host.must(`truncate -s 8M ${images}/far.raw
    qemu-nbd --fork -f raw -t -x '' -k /run/far.sock ${images}/far.raw
    chmod 666 /run/far.sock`);
  const disk = `<disk type='network' device='disk'><driver name='qemu' type='raw'/>
    <source protocol='nbd'><host transport='unix' socket='/run/far.sock'/></source>
    <target dev='vdb' bus='virtio'/></disk>`;
  const vm = await heldWith("far", (definition) => definition.replace("</devices>", `${disk}</devices>`));
  const seen = await proofOf(vm);
  assert.ok(
    seen.some((one) => /far\.sock: QEMU writes to it by its driver nbd/.test(one)),
    seen.join(" | "),
  );
});

test("what-a-console-prints-into-a-file-is-no-disk", async () => {
  const serial = `<serial type='file'><source path='${images}/console.log'/></serial>`;
  const vm = await heldWith("talks", (definition) =>
    definition.replace(/<serial[^]*?<\/serial>/, "").replace("</devices>", `${serial}</devices>`),
  );
  assert.deepEqual(await proofOf(vm), []);
});

test("media-in-drives-are-copied-or-ejected", async () => {
  const { hypervisor, mountPoint } = host;
  await host.must(`truncate -s 8M ${images}/system.raw; truncate -s 1M ${images}/setup.iso`);
  const drive = `<disk type="file" device="cdrom"><driver name="qemu" type="raw"/>
    <source file="${images}/setup.iso"/>
    <target dev="sda" bus="ide"/><readonly/></disk>`;
  const vm = await host.defineVm("installed", [diskXml("vda", `${images}/system.raw`, "raw"), drive]);
  const ejected = value(await hypervisor.prepare(planFor(vm, { isos: "eject" })));
  assert.equal(ejected.definition.includes("setup.iso"), false);
  assert.equal(ejected.moves.length, 1);
  const copied = value(await hypervisor.prepare(planFor(vm)));
  assert.deepEqual(
    copied.moves.map(({ from, keep }) => [from, keep]),
    [
      [`${images}/system.raw`, undefined],
      [`${images}/setup.iso`, true],
    ],
  );
  await carryOut(copied);
  const back = value(await hypervisor.release(value(await hypervisor.definition(vm)), copied.original));
  assert.deepEqual(
    back.moves.map(({ to }) => to),
    [`${images}/system.raw`],
    "the original ISO is still there",
  );
  assert.ok(back.definition.includes(`${images}/setup.iso`));
  assert.equal(back.definition.includes(mountPoint), false);
});

test("saved-memory-travels-in-the-folder-and-is-used-once", async () => {
  const { hypervisor, mountPoint } = host;
  const vm = await host.createVm("sleeper");
  await carryOut(value(await hypervisor.prepare(planFor(vm))));
  value(await hypervisor.startHeld(vm));
  value(await hypervisor.letRun(vm));
  value(await hypervisor.stop(vm, "save", seconds(30)));
  await host.must(`test -e ${mountPoint}/saved-state`);
  const events: string[] = [];
  const stop = hypervisor.events((event) => event.kind === "power" && events.push(event.reason));
  value(await hypervisor.startHeld(vm));
  stop();
  await host.must(`! test -e ${mountPoint}/saved-state`);
  assert.equal(value(await hypervisor.look(vm)).power, "paused");
  value(await hypervisor.stop(vm, "off", seconds(20)));
  await host.must(`echo rubbish > ${mountPoint}/saved-state`);
  value(await hypervisor.startHeld(vm));
  await host.must(`test -e ${mountPoint}/saved-state.unusable`);
});

const bridge = `<interface type="bridge"><source bridge="nowhere0"/></interface>`;
const sharedFolder = `<filesystem type="mount"><source dir="/srv"/><target dir="srv"/></filesystem>`;

test("preflight-finds-what-cannot-be-moved", async () => {
  const { hypervisor } = host;
  await host.must(`truncate -s 8M ${images}/own.raw; qemu-img create -q -f qcow2 ${images}/base.qcow2 8M
    qemu-img create -q -f qcow2 -b ${images}/base.qcow2 -F qcow2 ${images}/one.qcow2
    qemu-img create -q -f qcow2 -b ${images}/base.qcow2 -F qcow2 ${images}/two.qcow2`);
  await host.defineVm("sibling", [
    diskXml("vda", `${images}/two.qcow2`, "qcow2"),
    diskXml("vdb", `${images}/base.qcow2`, "qcow2"),
  ]);
  const missing = diskXml("vdb", `${images}/missing.raw`, "raw");
  const vm = await host.defineVm("awkward", [
    diskXml("vda", `${images}/one.qcow2`, "qcow2"),
    missing,
    bridge,
    sharedFolder,
  ]);
  const details = value(await hypervisor.inspect(vm));
  const here = value(await hypervisor.preflight(details, "/var/lib/libvirt/vm/awkward", "here"));
  const says = (findings: readonly Finding[], words: RegExp) =>
    assert.ok(
      findings.some(({ message }) => words.test(message)),
      `${String(words)} in ${findings.map(({ message }) => message).join(" | ")}`,
    );
  says(here, /base\.qcow2.*also belongs to the VM 'sibling'/);
  says(here, /missing\.raw\) cannot be read/);
  says(here, /shared folder \/srv/);
  const there = value(await hypervisor.preflight(details, "/var/lib/libvirt/vm/awkward", "there"));
  says(there, /no bridge 'nowhere0'/);
  says(there, /same id is defined on this host too/);
  const left = value(
    await hypervisor.preflight(details, "/var/lib/libvirt/vm/awkward", "here", ["vda", "vdb"]),
  );
  assert.equal(
    left.some(({ message }) => /missing|base/.test(message)),
    false,
  );
  const onMount = value(await hypervisor.preflight(details, host.mountPoint, "here"));
  says(onMount, /itself a mount point/);
});

test("what-libvirt-itself-writes-is-known-to-the-table", async () => {
  const { hypervisor } = host;
  await host.must(`truncate -s 8M ${images}/rich.raw`);
  const rich = [
    diskXml("vda", `${images}/rich.raw`, "raw"),
    `<interface type="user"><model type="virtio"/></interface>`,
    `<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>`,
    `<graphics type="vnc" port="-1" autoport="yes"/><video><model type="vga"/></video>`,
    `<rng model="virtio"><backend model="random">/dev/urandom</backend></rng>`,
    `<console type="pty"/><input type="tablet" bus="usb"/><sound model="ich6"/>`,
    `<watchdog model="i6300esb" action="reset"/><memballoon model="virtio"/>`,
  ];
  const vm = await host.defineVm("rich", rich, `<genid/><cpu mode="host-model"/>`);
  const details = value(await hypervisor.inspect(vm));
  const here = value(await hypervisor.preflight(details, "/var/lib/libvirt/vm/rich", "here"));
  assert.deepEqual(here, []);
});

test("preflight-there-looks-for-what-the-definition-names", async () => {
  const { hypervisor } = host;
  const vm = await host.defineVm(
    "needs",
    [`<graphics type="vnc"><listen type="address" address="203.0.113.9"/></graphics>`],
    `<cputune><emulatorpin cpuset="4000"/></cputune>`,
  );
  const details = value(await hypervisor.inspect(vm));
  const needing = details.definition
    .replace("<type ", "<kernel>/boot/only-here</kernel><type ")
    .replace("</devices>", `<interface type="user"><filterref filter="nobody's"/></interface></devices>`);
  const there = value(
    await hypervisor.preflight({ ...details, definition: needing }, "/var/lib/libvirt/vm/needs", "there"),
  );
  const blocking = there.filter(({ severity }) => severity === "blocks").map(({ message }) => message);
  for (const words of [/address 203\.0\.113\.9/, /CPU 4000/, /file \/boot\/only-here/, /filter 'nobody's'/])
    assert.ok(
      blocking.some((message) => words.test(message)),
      `${String(words)} in ${blocking.join(" | ")}`,
    );
});

test("a-foreign-hook-is-never-overwritten", async () => {
  const { hypervisor } = host;
  const path = "/etc/libvirt/hooks/qemu.d/gemel";
  await host.must(`cp -p ${path} /run/hook.ours; printf '#!/bin/sh\\nexit 0\\n' > ${path}`);
  try {
    const guard = await hypervisor.guard([]);
    assert.equal(guard.ok ? "" : guard.code, "GEMEL-3007");
    assert.match(await host.must(`cat ${path}`), /^#!\/bin\/sh\nexit 0\n$/);
  } finally {
    await host.must(`cp -p /run/hook.ours ${path}`);
  }
});

test("libvirtd-restarted-under-guests: the hook lets a reconnect pass", async () => {
  const { hypervisor } = host;
  const vm = await host.createVm("guarded");
  value(await hypervisor.guard([{ id: vm, module: "guarded" }]));
  const started = value(await hypervisor.startHeld(vm));
  await host.stopService();
  await host.startService();
  assert.equal(await host.alive(started), true);
  assert.deepEqual(processOf(value(await hypervisor.look(vm)).run), started);
});
