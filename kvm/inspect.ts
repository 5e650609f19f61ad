// SPDX-License-Identifier: Apache-2.0
// Everything that is only read: the list of VMs, one VM in detail, and what preflight wants to know about
// both.

import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { logTailBytes } from "../core/base/limits/kvm.js";
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
  readonly #logs: string;
  /** VMs that are off → whether they ended by themselves, in order; asked once after each end. */
  readonly #ends = new Map<VmId, boolean>();

  /** `logs`: QEMU's own words, a file per VM. */
  constructor(session: LibvirtSession, statusDir: string, held: HeldMarks, logs: string) {
    this.#session = session;
    this.#logs = logs;
    this.#statusDir = statusDir;
    this.#held = held;
  }

  async list(): Promise<Outcome<readonly VmSummary[]>> {
    const listed = await this.#listed();
    if (!listed.ok) return listed;
    await this.#learnEnds(listed.value);
    return done(await Promise.all(listed.value.map((vm) => this.#summary(vm))));
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
      host: { cpuModel: capabilities.cpuModel, own: capabilities.qemuOwner },
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

  /** It is started: what is known of its last end does not stand for the next one. */
  forgetEnd(vm: VmId): void {
    this.#ends.delete(vm);
  }

  /** Without a word of libvirt nobody has switched anything off by himself. */
  async #learnEnds(vms: readonly ListedVm[]): Promise<void> {
    const isOff = ({ state }: ListedVm): boolean => powers[state] === "off";
    for (const vm of vms) if (!isOff(vm)) this.#ends.delete(vm.id);
    if (vms.every((vm) => !isOff(vm) || this.#ends.has(vm.id))) return;
    const said = await this.#session.virsh(["domstats", "--nowait", "--state"], callLimits.read);
    if (!said.ok) return;
    const orderly = endedInOrder(said.value);
    for (const { id, name } of vms.filter(isOff)) {
      this.#ends.set(id, orderly.has(name) && !(await this.#wasSignalled(name)));
    }
  }

  /**
   * libvirt calls it a shutdown, too, when QEMU was ended by a signal (by systemd at the host's own end, for
   * instance): findings/libvirt-sigterm-looks-like-power-off.sh. QEMU itself has said by whom, in the log of
   * this start; libvirt's own signal ends every QEMU whose guest has switched itself off. Without that log
   * nobody knows, and nothing is taken for a wish.
   */
  async #wasSignalled(name: string): Promise<boolean> {
    const log = await lastOf(join(this.#logs, `${name}.log`), logTailBytes);
    const begun = log.lastIndexOf(": starting up ");
    const signals = log.slice(begun).match(/terminating on signal .*/g) ?? [];
    return begun === -1 || signals.some((line) => !/libvirtd|virtqemud/.test(line));
  }

  async #summary(vm: ListedVm): Promise<VmSummary> {
    const power = powers[vm.state] ?? "unknown";
    // Too many open files is not "no process".
    const found = power === "off" ? {} : await this.#processOf(vm.id);
    return {
      id: vm.id,
      name: vm.name,
      run: "why" in found ? { kind: "unknown", ...found } : await this.#run(vm.id, power, found.process),
      power: power === "off" && vm.saved ? "saved" : power,
      memory: bytes(vm.memoryKib * 1024),
      vcpus: vm.vcpus,
      autostart: vm.autostart,
    };
  }

  #processOf(vm: VmId): Promise<{ readonly process?: VmProcess | undefined } | { readonly why: string }> {
    return findProcess(this.#statusDir, vm).then(
      (process) => ({ process }),
      (error: unknown) => ({ why: (error as Error).message }),
    );
  }

  async #run(vm: VmId, power: VmPower, process: VmProcess | undefined): Promise<Run> {
    const instance = process === undefined ? {} : { instance: instanceOf(process) };
    switch (power) {
      case "off":
      case "saved":
        return this.#ends.get(vm) === true ? { kind: "off", byItself: true } : { kind: "off" };
      case "crashed":
        // With on_crash=preserve its process is still there, and holds the module's files open.
        return process === undefined
          ? { kind: "off" }
          : { kind: "on", paused: true, crashed: true, ...instance };
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

/** Names of those that are off (5) because they were shut down (1): not destroyed, crashed or saved. */
function endedInOrder(text: string): ReadonlySet<string> {
  const names = text.split(/^Domain: /m).flatMap((part) => {
    const name = /^'(.*)'$/m.exec(part.split("\n")[0] ?? "")?.[1];
    const isOrderly = /^ *state\.state=5$/m.test(part) && /^ *state\.reason=1$/m.test(part);
    return name !== undefined && isOrderly ? [name] : [];
  });
  return new Set(names);
}

/** Empty when there is none. */
async function lastOf(path: string, bytesMax: number): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytesMax);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
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
