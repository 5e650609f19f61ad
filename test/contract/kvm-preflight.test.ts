// SPDX-License-Identifier: Apache-2.0
// What preflight says of a real VM's definition before anything moves, kind by kind: what would have been
// passed over, or would have failed when it was too late.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Finding, ProtectPlan, VmId } from "../../core/ports/hypervisor.js";
import { nvramPath, readDefinition } from "../../kvm/translate.js";
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

const loader = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const nvram = `${images}/vars.fd`;

/** Ways to say what firmware a VM has; each is taken into the folder and back. */
const firmwares: Readonly<Record<string, string>> = {
  "nvram as a text": `<loader readonly='yes' type='pflash'>${loader}</loader><nvram>${nvram}</nvram>`,
  "nvram as a source": `<loader readonly='yes' type='pflash'>${loader}</loader>
    <nvram type='file'><source file='${nvram}'/></nvram>`,
  "firmware without a state": `<loader readonly='yes' type='pflash' stateless='yes'>${loader}</loader>`,
  "firmware in read-only memory": `<loader type='rom'>/usr/share/seabios/bios-256k.bin</loader>`,
};

for (const [name, words] of Object.entries(firmwares)) {
  test(`taken-by-libvirt-in-the-folder-and-back: ${name}`, async () => {
    const { hypervisor } = host;
    await host.must(`truncate -s 8M ${images}/own.raw; truncate -s 528K ${nvram}`);
    const vm = await host.createVm("firmware");
    const with_ = value(await hypervisor.definition(vm)).replace("</os>", `${words}</os>`);
    value(await hypervisor.define(with_));
    const plan = value(await hypervisor.prepare({ ...planFor(vm, "detach"), exclude: [] }));
    value(await hypervisor.validate(plan.definition));
    for (const { from, to } of plan.moves) await host.must(`mv '${from}' '${to}'`);
    assert.equal(
      plan.moves.some(({ from }) => from === nvram),
      words.includes(nvram),
    );
    assert.equal(
      nvramPath(readDefinition(plan.definition)?.root ?? assert.fail())?.includes(images) ?? false,
      false,
    );
    value(await hypervisor.undefine(vm));
    value(await hypervisor.define(plan.definition));
    const back = value(await hypervisor.release(value(await hypervisor.definition(vm)), plan.original));
    value(await hypervisor.validate(back.definition));
    for (const { from, to } of back.moves) await host.must(`mv '${from}' '${to}'`);
    value(await hypervisor.undefine(vm));
    value(await hypervisor.define(back.definition));
    assert.equal(value(await hypervisor.definition(vm)), plan.original);
  });
}

test("what-libvirt-would-not-define-is-refused-before", async () => {
  const { hypervisor } = host;
  const vm = await host.createVm("refused");
  const definition = value(await hypervisor.definition(vm));
  const listed = value(await hypervisor.list());
  value(await hypervisor.validate(definition));
  for (const [from, to] of [
    ["</devices>", `<disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk></devices>`],
    // Secure boot needs another machine, whatever firmware this host has.
    ["<os>", "<os firmware='efi'><firmware><feature enabled='yes' name='secure-boot'/></firmware>"],
    ["machine='", "machine='nosuch-"],
  ] as const) {
    const judged = await hypervisor.validate(definition.replace(from, to));
    assert.equal(judged.ok ? to : judged.code, "GEMEL-3008");
  }
  assert.deepEqual(value(await hypervisor.list()), listed, "nothing was defined");
});

test("a-raw-image-of-an-odd-size-is-named-with-the-size-that-works", async () => {
  await host.must(`truncate -s 8389120 ${images}/odd.raw`);
  const vm = await host.defineVm("odd", [diskXml("vda", `${images}/odd.raw`, "raw")]);
  says(await findingsOf(vm), "blocks", /8389120 bytes.*qemu-img resize -f raw \S+odd\.raw 8392704/);
  await host.must(`qemu-img resize -q -f raw ${images}/odd.raw 8392704`);
  assert.deepEqual(await findingsOf(vm), []);
});

test("an-image-that-would-not-move-with-its-name-is-named", async () => {
  await host.must(`truncate -s 8M ${images}/real.raw; ln -s real.raw ${images}/link.raw
    truncate -s 8M ${images}/mounted.raw; mount --bind ${images}/mounted.raw ${images}/mounted.raw`);
  try {
    const disks = [
      diskXml("vda", `${images}/link.raw`, "raw"),
      diskXml("vdb", `${images}/mounted.raw`, "raw"),
    ];
    const here = await findingsOf(await host.defineVm("linked", disks));
    says(here, "blocks", /link\.raw is a symbolic link.*images\/real\.raw$/);
    says(here, "blocks", /mounted\.raw is itself a mount point/);
  } finally {
    await host.must(`umount ${images}/mounted.raw; rm ${images}/link.raw`);
  }
});

test("a-base-that-a-linked-clone-stands-on-is-not-taken-away", async () => {
  await host.must(`cd ${images}; qemu-img create -q -f qcow2 base.qcow2 8M
    for one in mine theirs; do qemu-img create -q -f qcow2 -b "$PWD/base.qcow2" -F qcow2 $one.qcow2; done`);
  await host.defineVm("clone", [diskXml("vda", `${images}/theirs.qcow2`, "qcow2")]);
  const vm = await host.defineVm("mine", [diskXml("vda", `${images}/mine.qcow2`, "qcow2")]);
  says(await findingsOf(vm), "blocks", /base\.qcow2 .*also belongs to the VM 'clone'/);
});

test("a-vm-that-libvirt-has-only-while-it-runs-is-named", async () => {
  await host.must(`truncate -s 8M ${images}/own.raw`);
  const vm = await host.createVm("fleeting");
  await host.must(`virsh -q dumpxml fleeting > /run/fleeting.xml; virsh -q undefine fleeting
    virsh -q create /run/fleeting.xml --paused`);
  says(
    await findingsOf(vm),
    "blocks",
    /transient.*virsh dumpxml --security-info fleeting > vm.xml && virsh define/,
  );
});

test("checkpoints-are-named", async () => {
  await host.must(`qemu-img create -q -f qcow2 ${images}/own.qcow2 8M`);
  const vm = await host.defineVm("pointed at", [diskXml("vda", `${images}/own.qcow2`, "qcow2")]);
  await host.must(`virsh -q start 'pointed at' --paused && virsh -q checkpoint-create-as 'pointed at' one`);
  says(await findingsOf(vm), "blocks", /checkpoints \(one\).*virsh checkpoint-delete 'pointed at' NAME/);
  await host.must(`virsh -q destroy 'pointed at'; virsh -q undefine 'pointed at' --checkpoints-metadata`);
});

test("a-medium-that-is-not-there-is-named", async () => {
  await host.must(`truncate -s 8M ${images}/own.raw`);
  const drive = `<disk type='file' device='cdrom'><source file='${images}/gone.iso'/>
    <target dev='sda' bus='sata'/><readonly/></disk>`;
  const vm = await host.defineVm("driven", [diskXml("vda", `${images}/own.raw`, "raw"), drive]);
  says(await findingsOf(vm), "blocks", /Drive sda holds \S+gone\.iso, which is not there.*--eject/);
  assert.deepEqual(await findingsOf(vm, ["sda"]), []);
});

test("what-was-added-later-is-seen-by-the-other-host", async () => {
  const { hypervisor } = host;
  await host.must(`truncate -s 8M ${images}/own.raw`);
  const vm = await host.defineVm("grown", [diskXml("vda", `${images}/own.raw`, "raw")]);
  const details = value(await hypervisor.inspect(vm));
  const standby = async (device: string, top = ""): Promise<readonly Finding[]> => {
    const definition = details.definition
      .replace("</devices>", `${device}</devices>`)
      .replace("<os>", `<os>${top}`);
    return value(await hypervisor.preflight({ ...details, definition }, folder, "standby"));
  };
  assert.deepEqual(await standby(""), [], "its own copy and its own name are not in the way");
  const stick = `<hostdev mode='subsystem' type='usb'>
    <source><vendor id='0x1'/><product id='0x2'/></source></hostdev>`;
  says(await standby(stick), "blocks", /host device \(usb\)/);
  says(
    await standby(`<interface type='bridge'><source bridge='second0'/></interface>`),
    "blocks",
    /bridge 'second0'/,
  );
  says(await standby("", "<kernel>/boot/here-only</kernel>"), "blocks", /file \/boot\/here-only/);
  const memory = {
    ...details,
    definition: details.definition.replace(/<memory[^]*?<\/memory>/, "<memory unit='TiB'>9</memory>"),
  };
  says(value(await hypervisor.preflight(memory, folder, "standby")), "blocks", /needs 9.0 TiB of memory/);
});

test("a-medium-that-only-one-host-has-never-keeps-a-vm-from-starting", async () => {
  const { hypervisor, mountPoint } = host;
  const vm = await host.createVm("inserted");
  const plan = value(await hypervisor.prepare({ ...planFor(vm, "detach"), exclude: [] }));
  for (const { from, to } of plan.moves) await host.must(`mv '${from}' '${to}'`);
  value(await hypervisor.undefine(vm));
  const drive = `<disk type='file' device='cdrom'><source file='${images}/there.iso'/>
    <target dev='sda' bus='ide'/><readonly/></disk></devices>`;
  const inserted = plan.definition.replace("</devices>", drive);
  value(await hypervisor.validate(inserted));
  value(await hypervisor.define(inserted));
  value(await hypervisor.startHeld(vm));
  assert.deepEqual(value(await hypervisor.proveDisks(vm, mountPoint)), { protected: true, elsewhere: [] });
  const live = await host.must(`virsh dumpxml ${vm}`);
  assert.equal(/<source file='[^']*there\.iso'/.test(live), false, "the drive is empty");
  assert.match(value(await hypervisor.definition(vm)), /there\.iso/, "and not for ever");
});
