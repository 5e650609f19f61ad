// SPDX-License-Identifier: Apache-2.0
// Preflight of a host: could it run this VM, and is there a good place for its folder? Asked of both nodes;
// what only matters where the VM does not live yet is marked "there".

import { existsSync } from "node:fs";
import { readdir, readFile, realpath, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { HostFigures, VmDetails, VmSummary } from "../../core/ports/hypervisor.js";
import { Element } from "../definition/document.js";
import type { Capabilities } from "../host/capabilities.js";
import { mountAbove, mountsOf } from "../host/process.js";
import { callLimits, run, type LibvirtSession } from "../session.js";
import type { VmFacts } from "../translate.js";
import { definitionFindings, hostDeviceFindings, isLeftOut } from "./definition.js";
import { blocks, inWords, quoted, warns, when, type Unplaced } from "./finding.js";
import { readByTable } from "./table/rows.js";
import { thingFindings } from "./table/things.js";

export interface HostSituation {
  readonly facts: VmFacts;
  readonly details: VmDetails;
  readonly capabilities: Capabilities;
  readonly figures: HostFigures;
  readonly vms: readonly VmSummary[];
  readonly folder: string;
  /** Targets that stay behind, whatever they are. */
  readonly leftOut: readonly string[];
}

/** Where the VM does not live: is everything there that it needs? */
export async function thereFindings(
  session: LibvirtSession,
  situation: HostSituation,
): Promise<readonly Unplaced[]> {
  return [...identityFindings(situation), ...(await hostFindings(session, situation))];
}

/** Where the module's copy is: could this host start the VM as it is defined now? */
export async function standbyFindings(
  session: LibvirtSession,
  situation: HostSituation,
): Promise<readonly Unplaced[]> {
  const { facts, leftOut } = situation;
  return [
    ...definitionFindings(facts, leftOut),
    ...hostDeviceFindings(facts),
    ...(await hostFindings(session, situation)),
    ...memoryFindings(situation),
  ];
}

async function hostFindings(session: LibvirtSession, situation: HostSituation): Promise<readonly Unplaced[]> {
  const { facts, folder, leftOut } = situation;
  const { things } = readByTable(facts.root, isLeftOut(leftOut));
  return [
    ...machineFindings(situation),
    ...cpuFindings(situation),
    ...(await customCpuFindings(session, situation)),
    ...firmwareFindings(situation),
    ...(await networkFindings(session, situation)),
    ...fileFindings(situation),
    ...(await thingFindings(session, things, folder)),
    ...ownerFindings(situation),
  ];
}

/** On both hosts. */
export async function placeFindings(
  situation: HostSituation,
  role: "here" | "there",
): Promise<readonly Unplaced[]> {
  const { folder } = situation;
  return [
    ...memoryFindings(situation),
    ...(await folderFindings(folder)),
    ...(await spaceFindings(situation, folder, role)),
    ...(await securityFindings(situation)),
    ...when(!existsSync("/dev/fuse"), () =>
      blocks("GEMEL-5001", "This host has no /dev/fuse, which the mirror needs.", "modprobe fuse"),
    ),
  ];
}

function identityFindings({ details, vms }: HostSituation): readonly Unplaced[] {
  const twin = vms.find(({ id }) => id === details.id);
  const namesake = vms.find(({ id, name }) => id !== details.id && name === details.name);
  return [
    ...when(twin !== undefined, () =>
      blocks(
        "GEMEL-5001",
        `A VM with the same id is defined on this host too ('${twin?.name ?? ""}').`,
        `If it is a left-over copy: virsh undefine ${details.id} --keep-nvram`,
      ),
    ),
    ...when(namesake !== undefined, () =>
      blocks(
        "GEMEL-5001",
        `Another VM on this host is called '${details.name}' too.`,
        "Rename one of them: virsh domrename OLD NEW",
      ),
    ),
  ];
}

function machineFindings({ facts, capabilities }: HostSituation): readonly Unplaced[] {
  const type = facts.root.get("type") ?? "kvm";
  const emulator = facts.root.find("devices/emulator")?.text();
  return [
    ...when(facts.machine !== "" && !capabilities.machines.includes(facts.machine), () =>
      blocks(
        "GEMEL-5001",
        `This host's QEMU (${capabilities.version}) has no machine type ${facts.machine}.`,
        "Bring both hosts to the same QEMU version, or choose a machine type that both have.",
      ),
    ),
    ...when(!capabilities.domainTypes.includes(type), () =>
      blocks(
        "GEMEL-5001",
        `This host cannot run VMs of type ${type}.`,
        type === "kvm"
          ? "Switch virtualisation on in the firmware setup (VT-x, AMD-V)."
          : "Install its QEMU.",
      ),
    ),
    ...when(emulator !== undefined && !existsSync(emulator), () =>
      blocks(
        "GEMEL-5001",
        `This host has no ${emulator ?? ""}.`,
        "Install the same QEMU package as on the other.",
      ),
    ),
  ];
}

function cpuFindings({ facts, details, capabilities }: HostSituation): readonly Unplaced[] {
  const follows = facts.cpuModel === "host-passthrough" || facts.cpuModel === "host-model";
  return when(follows && details.host.cpuModel !== capabilities.cpuModel, () =>
    warns(
      "GEMEL-5001",
      `The VM uses the host's CPU, and they differ: ${details.host.cpuModel} and ${capabilities.cpuModel}.`,
      "The guest boots on either, saved memory does not move. To be sure, choose a model that both have.",
    ),
  );
}

/** A named CPU model must be one that this host can offer. */
async function customCpuFindings(
  session: LibvirtSession,
  { facts }: HostSituation,
): Promise<readonly Unplaced[]> {
  if (["", "host-passthrough", "host-model", "maximum"].includes(facts.cpuModel)) return [];
  const type = facts.root.get("type") ?? "kvm";
  const said = await session.virsh(["domcapabilities", "--virttype", type], callLimits.capabilities);
  if (!said.ok) return [];
  const models = Element.parse(said.value)?.find("cpu")?.all("model") ?? [];
  const usable = models.some((model) => model.get("usable") === "yes" && model.text() === facts.cpuModel);
  return when(!usable, () =>
    blocks(
      "GEMEL-5001",
      `This host's CPU cannot be ${facts.cpuModel}.`,
      "Choose a CPU model that both hosts can be: virsh domcapabilities lists them.",
    ),
  );
}

function firmwareFindings({ facts }: HostSituation): readonly Unplaced[] {
  const { kind, loader } = facts.firmware;
  if (kind === "bios" && loader === undefined) return [];
  const automatic = loader === undefined && !existsSync("/usr/share/qemu/firmware");
  return [
    ...when(loader !== undefined && !existsSync(loader), () =>
      blocks(
        "GEMEL-5001",
        `This host lacks the VM's firmware ${loader ?? ""}.`,
        "Install it, e.g.: apt install ovmf",
      ),
    ),
    ...when(automatic, () =>
      blocks("GEMEL-5001", "This host has no UEFI firmware for VMs.", "Install it, e.g.: apt install ovmf"),
    ),
  ];
}

async function networkFindings(
  session: LibvirtSession,
  { facts }: HostSituation,
): Promise<readonly Unplaced[]> {
  const wanted = facts.networks.filter(({ source }) => source !== "");
  if (wanted.length === 0) return [];
  const said = await session.virsh(["net-list", "--name"], callLimits.read);
  const active = said.ok ? said.value.split("\n").map((line) => line.trim()) : [];
  const interfaces = await readdir("/sys/class/net");
  return wanted.flatMap(({ kind, source }) => {
    const there = kind === "network" ? active.includes(source) : interfaces.includes(source);
    const what =
      kind === "network" ? `libvirt network '${source}' (defined and active)` : `${kind} '${source}'`;
    const next =
      kind === "network"
        ? `virsh net-start ${quoted(source)}`
        : `Make ${source} on this host as on the other.`;
    return when(!there, () =>
      blocks("GEMEL-5001", `This host has no ${what}; the VM could not start here.`, next),
    );
  });
}

/** Files outside the disks that QEMU opens at its start: a serial console that writes into a file. */
function fileFindings({ facts }: HostSituation): readonly Unplaced[] {
  const devices = facts.root.find("devices")?.children() ?? [];
  const paths = devices
    .filter(
      (device) =>
        device.get("type") === "file" && ["serial", "console", "parallel", "channel"].includes(device.name),
    )
    .flatMap((device) => device.find("source")?.get("path") ?? []);
  return [...new Set(paths.map((path) => dirname(path)))].flatMap((folder) =>
    when(!existsSync(folder), () =>
      blocks(
        "GEMEL-5001",
        `The VM's console writes into ${folder}, which this host lacks.`,
        `mkdir -p ${quoted(folder)}`,
      ),
    ),
  );
}

function ownerFindings({ details, capabilities }: HostSituation): readonly Unplaced[] {
  const here = capabilities.qemuOwner;
  const there = details.host.own;
  return when(here !== there, () =>
    warns(
      "GEMEL-5001",
      `QEMU runs as ${here} here and as ${there} on the other host; libvirt changes the owner at each start.`,
      "Nothing to do unless files are shared with other programs; the same uid on both hosts is cleaner.",
    ),
  );
}

function memoryFindings({ facts, figures, vms }: HostSituation): readonly Unplaced[] {
  const needed = inWords(facts.memory);
  const running = vms.some(({ id, power }) => id === facts.id && power === "running");
  if (facts.memory > figures.memoryTotal) {
    return [
      blocks(
        "GEMEL-5001",
        `The VM needs ${needed} of memory, this host has ${inWords(figures.memoryTotal)}.`,
        "Give the VM less memory or the host more.",
      ),
    ];
  }
  return when(!running && facts.memory > figures.memoryFree, () =>
    warns(
      "GEMEL-5001",
      `The VM needs ${needed} of memory, ${inWords(figures.memoryFree)} are free on this host now.`,
      "Make room: after a failover this host runs its own VMs and this one.",
    ),
  );
}

/** R27: the folder is a plain new directory on a file system of this host. */
async function folderFindings(folder: string): Promise<readonly Unplaced[]> {
  const mounts = await mountsOf("self");
  const above = mountAbove(mounts, folder);
  // Asked only after the mount above is known to be no mirror: nothing below one of ours is touched (R33).
  const mirrored = above?.type.startsWith("fuse") === true;
  const entries = mirrored ? [] : await readdir(folder).catch(() => []);
  return [
    ...when(above?.point === folder, () =>
      blocks(
        "GEMEL-5001",
        `${folder} is itself a mount point; the mirror mounts over a plain directory.`,
        `Choose a directory inside it: --folder ${join(folder, "vm")}`,
      ),
    ),
    ...when(mirrored || ["nfs", "nfs4", "cifs", "tmpfs", "ramfs"].includes(above?.type ?? ""), () =>
      blocks(
        "GEMEL-5001",
        `${folder} lies on ${above?.type ?? ""}, which does not keep data for this host alone and for good.`,
        "Choose a folder on a local disk: --folder PATH",
      ),
    ),
    ...when(entries.length > 0, () =>
      blocks("GEMEL-5001", `${folder} is not empty.`, "Choose another folder: --folder PATH"),
    ),
  ];
}

/** Files that are renamed on their own file system need no space there. */
async function spaceFindings(
  { details }: HostSituation,
  folder: string,
  role: "here" | "there",
): Promise<readonly Unplaced[]> {
  const place = existingAbove(folder);
  const system = await statfs(place);
  const free = system.bavail * system.bsize;
  const mounts = await mountsOf("self");
  // A bind mount of the same file system is another mount: what lies there is copied.
  const mountOf = async (path: string): Promise<string | undefined> => {
    const named = mountAbove(mounts, path);
    if (named?.type.startsWith("fuse") === true) return named.id;
    return mountAbove(mounts, await realpath(path).catch(() => path))?.id;
  };
  const target = await mountOf(place);
  const moved: (typeof details.disks)[number][] = [];
  for (const disk of details.disks) {
    const isCopied = role === "there" || (await mountOf(disk.path)) !== target;
    if (disk.device === "disk" && isCopied) moved.push(disk);
  }
  const needed = moved.reduce((sum, disk) => sum + disk.allocated, 0);
  const later = moved.reduce((sum, disk) => sum + disk.size, 0);
  if (needed > free) {
    return [
      blocks(
        "GEMEL-5003",
        `The VM's disks take ${inWords(needed)}, ${inWords(free)} are free at ${place}.`,
        "Free space or choose another folder: --folder PATH",
      ),
    ];
  }
  return when(later > free, () =>
    warns(
      "GEMEL-5003",
      `The VM's disks can grow to ${inWords(later)}, ${inWords(free)} are free at ${place}.`,
      "Keep an eye on the space: a full disk pauses the guest.",
    ),
  );
}

function existingAbove(folder: string): string {
  return existsSync(folder) || folder === "/" ? folder : existingAbove(dirname(folder));
}

async function securityFindings(situation: HostSituation): Promise<readonly Unplaced[]> {
  return [...(await appArmorFindings(situation)), ...(await seLinuxFindings(situation))];
}

/** virt-aa-helper, which reads the images to write a VM's profile, is confined itself. */
async function appArmorFindings({ capabilities, folder }: HostSituation): Promise<readonly Unplaced[]> {
  if (!capabilities.securityModels.includes("apparmor")) return [];
  const local = "/etc/apparmor.d/local/usr.lib.libvirt.virt-aa-helper";
  const rules = await readFile(local, "utf8").catch(() => "");
  const above = rules.split("\n").flatMap((line) => /^\s*(\/\S*\/)\*\* r,/.exec(line)?.[1] ?? []);
  return when(!above.some((path) => `${folder}/`.startsWith(path)), () =>
    blocks(
      "GEMEL-5001",
      `AppArmor does not let libvirt read images in ${folder}.`,
      `echo ${quoted(`${folder}/** r,`)} >> ${local}, then: systemctl reload apparmor`,
    ),
  );
}

async function seLinuxFindings({ capabilities }: HostSituation): Promise<readonly Unplaced[]> {
  if (!capabilities.securityModels.includes("selinux")) return [];
  const enforcing = (await readFile("/sys/fs/selinux/enforce", "utf8").catch(() => "0")).trim() === "1";
  if (!enforcing) return [];
  const allowed = await run("getsebool", ["virt_use_fusefs"], callLimits.read);
  return when(!(allowed.ok && allowed.value.includes("on")), () =>
    blocks(
      "GEMEL-5001",
      "SELinux forbids VMs to use disks on a FUSE mount.",
      "Allow it: setsebool -P virt_use_fusefs on",
    ),
  );
}
