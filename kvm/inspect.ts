// SPDX-License-Identifier: Apache-2.0
// Everything that is only read: the list of VMs, one VM in detail, and what preflight wants to know about
// both.

import { stat } from "node:fs/promises";
import { bytes } from "../core/base/units.js";
import type { Outcome, VmDetails, VmDisk, VmId, VmPower, VmSummary } from "../core/ports/hypervisor.js";
import type { Run } from "../core/ports/workload.js";
import type { ListedVm } from "./child.js";
import { done, refused } from "./errors.js";
import type { Capabilities } from "./host/capabilities.js";
import { readChain, type Image } from "./host/images.js";
import { findProcess, instanceOf, mountAbove, mountsOf, type VmProcess } from "./host/process.js";
import type { Neighbours, VmSituation } from "./preflight/vm.js";
import type { HeldMarks } from "./run/held.js";
import { callLimits, type LibvirtSession } from "./session.js";
import { readDefinition, type VmFacts } from "./translate.js";

/** virDomainState. */
const powers: readonly VmPower[] = [
  "unknown",
  "running",
  "running",
  "paused",
  "running",
  "off",
  "crashed",
  "paused",
];

export class Inspector {
  readonly #session: LibvirtSession;
  readonly #statusDir: string;
  readonly #held: HeldMarks;

  constructor(session: LibvirtSession, statusDir: string, held: HeldMarks) {
    this.#session = session;
    this.#statusDir = statusDir;
    this.#held = held;
  }

  async list(): Promise<Outcome<readonly VmSummary[]>> {
    const listed = await this.#listed();
    return listed.ok ? done(await Promise.all(listed.value.map((vm) => this.#summary(vm)))) : listed;
  }

  async look(vm: VmId): Promise<Outcome<VmSummary>> {
    const listed = await this.list();
    if (!listed.ok) return listed;
    const found = listed.value.find(({ id }) => id === vm);
    return found === undefined ? refused("GEMEL-3005", `(${vm})`) : done(found);
  }

  /** The stored definition, with its secrets: it is what the other node starts from. */
  definition(vm: VmId): Promise<Outcome<string>> {
    return this.#session.ask<string>({ do: "definition", vm, inactive: true }, callLimits.read);
  }

  async facts(vm: VmId): Promise<Outcome<VmFacts>> {
    const definition = await this.definition(vm);
    if (!definition.ok) return definition;
    const facts = readDefinition(definition.value);
    return facts === undefined ? refused("GEMEL-3009", "The definition cannot be read.") : done(facts);
  }

  async inspect(vm: VmId, capabilities: Capabilities): Promise<Outcome<VmDetails>> {
    const situation = await this.situation(vm);
    if (!situation.ok) return situation;
    const summary = await this.look(vm);
    if (!summary.ok) return summary;
    const { facts, chains, snapshots } = situation.value;
    const { firmware, networks, hostDevices, machine, cpuModel, definition, tpm } = facts;
    const { qemuUid, qemuGid } = capabilities;
    return done({
      ...summary.value,
      memory: facts.memory,
      vcpus: facts.vcpus,
      definition,
      disks: facts.disks
        .filter(({ path }) => path !== "")
        .map((disk) => diskOf(disk, chains.get(disk.path) ?? [])),
      firmware,
      networks,
      hostDevices,
      machine,
      cpuModel,
      ...(tpm === undefined ? {} : { tpm }),
      hasSnapshots: snapshots,
      host: { qemuUid, qemuGid, cpuModel: capabilities.cpuModel },
    });
  }

  async situation(vm: VmId): Promise<Outcome<VmSituation>> {
    const listed = await this.#listed();
    if (!listed.ok) return listed;
    const summary = listed.value.find(({ id }) => id === vm);
    if (summary === undefined) return refused("GEMEL-3005", `(${vm})`);
    const facts = await this.facts(vm);
    if (!facts.ok) return facts;
    const chains = await chainsOf(facts.value);
    return done({
      facts: facts.value,
      autostart: summary.autostart,
      saved: summary.saved,
      snapshots:
        summary.snapshots || [...chains.values()].some((chain) => chain.some((one) => one.snapshots > 0)),
      chains,
      isTransient: summary.isTransient,
    });
  }

  /** Every image of the other VMs, down to the last backing file: linked clones share theirs. */
  async neighbours(vm: VmId): Promise<Outcome<Neighbours>> {
    const listed = await this.#listed();
    if (!listed.ok) return listed;
    const usedByOthers = new Map<string, string>();
    for (const { id, name } of listed.value) {
      const other = id === vm ? undefined : await this.facts(id);
      if (other?.ok !== true) continue;
      const chains = [...(await chainsOf(other.value)).values()].flat();
      const named = other.value.disks.filter(({ device }) => device === "disk").map(({ path }) => path);
      const images = chains.flatMap(({ path, leadsTo }) => [path, leadsTo ?? path]);
      for (const path of [...named, ...images]) if (path !== "") usedByOthers.set(path, name);
    }
    const mounts = await mountsOf("self");
    const checkpoints = await this.#checkpoints(vm);
    return done({ usedByOthers, checkpoints, mountPoints: new Set(mounts.map(({ point }) => point)) });
  }

  async #checkpoints(vm: VmId): Promise<readonly string[]> {
    const said = await this.#session.virsh(["checkpoint-list", vm, "--name"], callLimits.read);
    return said.ok ? said.value.split("\n").filter((name) => name.trim() !== "") : [];
  }

  #listed(): Promise<Outcome<readonly ListedVm[]>> {
    return this.#session.ask<readonly ListedVm[]>({ do: "list" }, callLimits.read);
  }

  async #summary(vm: ListedVm): Promise<VmSummary> {
    const power = powers[vm.state] ?? "unknown";
    const process = power === "off" ? undefined : await findProcess(this.#statusDir, vm.id);
    return {
      id: vm.id,
      name: vm.name,
      run: await this.#run(vm.id, power, process),
      power: power === "off" && vm.saved ? "saved" : power,
      memory: bytes(vm.memoryKib * 1024),
      vcpus: vm.vcpus,
      autostart: vm.autostart,
    };
  }

  async #run(vm: VmId, power: VmPower, process: VmProcess | undefined): Promise<Run> {
    const instance = process === undefined ? {} : { instance: instanceOf(process) };
    switch (power) {
      case "off":
      case "saved":
      case "crashed":
        return { kind: "off" };
      case "running": {
        if (process !== undefined && (await this.#held.has(vm, process))) await this.#held.clear(vm);
        return { kind: "on", paused: false, ...instance };
      }
      case "paused": {
        const isHeld = process !== undefined && (await this.#held.has(vm, process));
        return isHeld ? { kind: "held", ...instance } : { kind: "on", paused: true, ...instance };
      }
      case "unknown":
        return { kind: "unknown", why: "the hypervisor cannot tell" };
    }
  }
}

function diskOf(disk: VmFacts["disks"][number], chain: readonly Image[]): VmDisk {
  const backing = chain[0]?.backing?.path;
  return {
    target: disk.target,
    path: disk.path,
    format: disk.format,
    device: disk.device,
    readOnly: disk.readOnly,
    size: bytes(chain[0]?.size ?? 0),
    allocated: bytes(chain.reduce((sum, { allocated }) => sum + allocated, 0)),
    ...(backing === undefined ? {} : { backing }),
  };
}

/**
 * Images below a FUSE mount are not opened: it may be one of ours, and frozen (R33); their sizes are then
 * unknown.
 */
async function chainsOf(facts: VmFacts): Promise<ReadonlyMap<string, readonly Image[]>> {
  const mounts = await mountsOf("self");
  const chains = new Map<string, readonly Image[]>();
  for (const { path, format, type, device } of facts.disks) {
    if ((type !== "file" && type !== "block") || path === "") continue;
    if (mountAbove(mounts, path)?.type.startsWith("fuse") === true) continue;
    const chain = await readChain(path, device === "disk" ? format : "raw");
    if (chain.ok) chains.set(path, chain.value);
  }
  return chains;
}

/** Undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
