// SPDX-License-Identifier: Apache-2.0
// Protecting a VM: what the hosts have, the preflight in plain words, the procedure step by step, and at its
// end a module whose first copy begins. Unprotecting is the way back.

import type {
  DiskView,
  FindingView,
  ProtectReply,
  ProtectRequest,
  UnprotectRequest,
  VmView,
} from "../../../core/api/contract.js";
import { bytesText, durationText } from "../../../core/describe/words/words.js";
import { moduleId } from "../../../core/base/units.js";
import { newGeneration } from "../../../core/sim/mirror/fake-mirror.js";
import { GemelError } from "../../../core/base/errors.js";
import { moduleScene, type ModuleScene, type Procedure, type VmScene } from "../world/scenery.js";
import type { World } from "../world/world.js";
import { runnerOf } from "./figures.js";

const copyBytesPerSecond = 210 * 1024 ** 2;
const modulesMax = 32;

const answers = (world: World, node: string): boolean => world.cluster.host(node).isDaemonUp;

export function vmsOf(world: World, name: string): VmView[] {
  return [
    ...world.modules
      .filter((module) => runnerOf(world, module) === name)
      .map(({ id, settings: { vm }, load: { memory } }): VmView => {
        return { node: name, id: vm.id, name: vm.name, power: "on", memory, vcpus: 4, module: id };
      }),
    ...world.vms
      .filter((vm) => vm.node === name)
      .map(({ id, name: called, power, memory, vcpus, coming }) => ({
        node: name,
        id,
        name: called,
        power,
        memory,
        vcpus,
        ...(coming !== undefined && { module: coming }),
      })),
  ];
}

export function protect(world: World, request: ProtectRequest, node: string, by: string): ProtectReply {
  const here = world.vms.filter((vm) => vm.node === node);
  const vm = here.find(({ id }) => id === request.vm) ?? here.find(({ name }) => name === request.vm);
  if (vm === undefined) {
    const owner = world.modules.find(({ settings }) => settings.vm.name === request.vm);
    throw owner === undefined
      ? new GemelError("GEMEL-3005", request.vm)
      : new GemelError("GEMEL-5004", owner.id);
  }
  if (vm.coming !== undefined) throw new GemelError("GEMEL-5004", vm.coming);
  const module = moduleName(world, vm, request);
  const folder = request.folder ?? `/var/lib/gemel/vm/${module}`;
  if (!folder.startsWith("/") || folder.includes("/.")) {
    throw new GemelError(
      "GEMEL-4008",
      "folder",
      "The folder must be an absolute path without . and .. in it.",
    );
  }
  if (world.modules.length >= modulesMax) throw new GemelError("GEMEL-5005", "");
  const peer = world.other(node);
  if (peer === undefined || !answers(world, peer.name))
    throw new GemelError("GEMEL-1009", peer?.name ?? node);
  const findings = preflight(world, vm, request, peer.name);
  const isBlocked = findings.some(({ severity }) => severity === "blocks");
  const seconds = Math.ceil(vm.size / copyBytesPerSecond);
  const reply = {
    module,
    findings,
    notes: isBlocked ? [] : notesFor(vm, folder, request),
    firstCopy: { bytes: vm.size, seconds },
    disks: disksOf(vm),
  };
  if (isBlocked || request.dryRun === true) return reply;
  return { ...reply, procedure: begin(world, { vm, module, folder, request }, by) };
}

function moduleName(world: World, vm: VmScene, { module }: ProtectRequest): string {
  const taken = [...world.modules.map(({ id }) => id), ...world.vms.flatMap(({ coming }) => coming ?? [])];
  if (module !== undefined) {
    if (taken.includes(module)) throw new GemelError("GEMEL-5004", "module", "A module of this name exists.");
    return module;
  }
  const plain = vm.name
    .normalize("NFKD")
    .replace(/ß/g, "ss")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  const base = plain === "" ? "vm" : plain.slice(0, 28);
  let name = base;
  for (let count = 2; taken.includes(name); count++) name = `${base}-${count}`;
  return name;
}

function disksOf(vm: VmScene): DiskView[] {
  const system = { target: "vda", device: "disk" as const, source: `/srv/vms/${vm.id.slice(0, 8)}.qcow2` };
  return [
    { ...system, bytes: vm.size },
    ...(vm.rawDisk === undefined
      ? []
      : [{ target: "vdb", device: "disk" as const, source: vm.rawDisk, bytes: vm.size * 2 }]),
    ...(vm.cdrom === true
      ? [{ target: "sda", device: "cdrom" as const, source: "/srv/iso/drivers.iso", bytes: 5 * 1024 ** 2 }]
      : []),
  ];
}

function preflight(world: World, vm: VmScene, request: ProtectRequest, peer: string): FindingView[] {
  const findings: FindingView[] = [];
  const isLeftOut = request.exclude?.some(({ target }) => target === "vdb") === true;
  if (vm.power === "on" && request.stop !== true) {
    findings.push({
      severity: "blocks",
      node: vm.node,
      code: "GEMEL-5002",
      message: "The VM is on; it must be off while its files move.",
      next: "Shut it down, or let Gemel do it: --stop",
    });
  }
  if (vm.rawDisk !== undefined && !isLeftOut) {
    findings.push({
      severity: "blocks",
      node: vm.node,
      code: "GEMEL-3004",
      message: `Disk vdb is the device ${vm.rawDisk}, not a file: it cannot be mirrored.`,
      next: "Copy it into an image file, or leave it out: --exclude vdb=detach",
    });
  }
  if (vm.cdrom === true && request.eject !== true) {
    findings.push({
      severity: "warns",
      node: vm.node,
      code: "GEMEL-3008",
      message: "An ISO is in the drive sda: it is copied with the VM.",
      next: "Take it out: --eject",
    });
  }
  const { disk } = world.host(peer);
  if (disk.free < vm.size) {
    findings.push({
      severity: "blocks",
      node: peer,
      code: "GEMEL-5003",
      message: `${bytesText(vm.size)} are needed, ${bytesText(disk.free)} are free in ${disk.path}.`,
      next: "Free the space, or choose another folder: --folder PATH",
    });
  }
  return findings;
}

function notesFor(vm: VmScene, folder: string, request: ProtectRequest): string[] {
  const outage = "The guest is down for its shutdown, the move (a moment) and its boot.";
  const left = (request.exclude ?? []).map(
    ({ target }) => `Disk ${target} is not replicated: the other node starts without it (partly protected).`,
  );
  return [
    ...(vm.power === "on" ? [outage] : []),
    `Its files are renamed into ${folder}: that takes a moment.`,
    `First copy to the other node: ${bytesText(vm.size)}, while the guest runs, about ${durationText(
      vm.size / copyBytesPerSecond,
    )}.`,
    ...left,
  ];
}

interface Plan {
  readonly vm: VmScene;
  readonly module: string;
  readonly folder: string;
  readonly request: ProtectRequest;
}

const stepMs = 1_600;
export const protectSteps = [
  "shutting the guest down",
  "making room on both hosts",
  "moving the files into the folder",
  "writing the definition",
  "taking the VM out of the hypervisor's hands",
  "creating the module here",
  "creating the module on the other node",
  "starting both: the first copy begins",
] as const;

function begin(world: World, plan: Plan, by: string): string {
  const { vm, module } = plan;
  vm.coming = module;
  const id = `protect-${module}-${world.procedures.length + 1}`;
  const [first] = protectSteps;
  const procedure: Procedure = {
    id,
    kind: "protect",
    subject: module,
    node: vm.node,
    step: first,
    steps: protectSteps,
    state: "running",
    notes: [`Asked for by ${by}.`],
  };
  world.procedures.push(procedure);
  const at = async (index: number): Promise<void> => {
    const step = protectSteps[index];
    if (step === undefined) {
      await finish(world, plan, procedure);
      return;
    }
    procedure.step = step;
    delete procedure.progress;
    if (index === 2) procedure.progress = { bytesDone: vm.size * 0.4, bytesTotal: vm.size };
    world.after(stepMs, () => at(index + 1));
  };
  void at(0);
  return id;
}

async function finish(
  world: World,
  { vm, module: id, folder, request }: Plan,
  procedure: Procedure,
): Promise<void> {
  const used = new Set(world.modules.map(({ settings }) => settings.index));
  const index =
    Array.from({ length: modulesMax }, (_, place) => place).find((place) => !used.has(place)) ?? 0;
  const module = moduleScene(world.seed, world.nodes, {
    id,
    vm: { id: vm.id, name: vm.name, folder },
    home: vm.node,
    index,
    sizeGiB: vm.size / 1024 ** 3,
    memory: vm.memory,
    excluded: request.exclude ?? [],
  });
  world.vms.splice(world.vms.indexOf(vm), 1);
  await copyFirst(world, module);
  procedure.state = "done";
  procedure.step = "finished";
}

/** What protect leaves behind: the good copy at home, both started, and the first copy begins. */
export async function copyFirst(world: World, module: ModuleScene): Promise<void> {
  const { cluster } = world;
  module.isWhole = false;
  cluster.pace.fillMs = Math.round((module.size.allocated / copyBytesPerSecond) * 1000);
  world.addModule(module);
  const id = moduleId(module.id);
  Object.assign(cluster.host(module.home).copyOf(id), {
    state: "consistent",
    generation: newGeneration(`protect ${module.id}`),
    right: "alone",
    basis: "first",
  });
  await world.command(module.home, "protect", { do: "start", module: id, scope: "both" });
}

export function unprotect(world: World, module: ModuleScene, request: UnprotectRequest): ProtectReply {
  const node = runnerOf(world, module);
  if (node === undefined) throw new GemelError("GEMEL-1017", module.id);
  if (request.stop !== true) {
    const next = `Shut it down with the module: gemel unprotect ${module.id} --stop`;
    throw new GemelError("GEMEL-5002", module.id, "", next);
  }
  const id = `unprotect-${module.id}-${world.procedures.length + 1}`;
  const steps = ["shutting the guest down", "moving the files back", "forgetting the module on both nodes"];
  const procedure: Procedure = {
    id,
    kind: "unprotect",
    subject: module.id,
    node,
    step: steps[0] ?? "",
    steps,
    state: "running",
    notes: [],
  };
  world.procedures.push(procedure);
  steps.slice(1).forEach((step, place) => {
    world.after(stepMs * (place + 1), () => void (procedure.step = step));
  });
  world.after(stepMs * steps.length, async () => {
    await forget(world, module, node);
    procedure.state = "done";
    procedure.step = "finished";
  });
  const notes = [
    "The guest is down for its shutdown, the move and its boot.",
    "The VM's files go back to where they came from; afterwards it is on this host only.",
  ];
  return { module: module.id, procedure: id, findings: [], notes };
}

async function forget(
  world: World,
  { id: module, settings, load, size }: ModuleScene,
  node: string,
): Promise<void> {
  await world.removeModule(module);
  const { id, name } = settings.vm;
  world.vms.push({ node, id, name, power: "on", memory: load.memory, vcpus: 4, size: size.allocated });
}

export function procedureOf(world: World, id: string): Procedure {
  const found = world.procedures.find((procedure) => procedure.id === id);
  if (found === undefined) throw new GemelError("GEMEL-4008", id, "There is no such procedure.");
  return found;
}
