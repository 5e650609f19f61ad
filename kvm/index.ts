// SPDX-License-Identifier: Apache-2.0
// The hypervisor port over libvirt. This file only puts the stations together: session (how libvirt is
// asked), translate and definition/ (what a definition says), host/ (processes, images, capabilities),
// preflight/, run/ (start, stop, proof), install/ (the start guard), events.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Milliseconds } from "../core/base/units.js";
import type {
  DiskProof,
  FileMove,
  Finding,
  HostFigures,
  Hypervisor,
  Outcome,
  PreparedPlan,
  ProtectPlan,
  StopHow,
  VmDetails,
  VmEvent,
  VmFigures,
  VmId,
  VmSummary,
} from "../core/ports/hypervisor.js";
import { Element } from "./definition/document.js";
import { enterFolder } from "./definition/enter.js";
import { leaveFolder } from "./definition/leave.js";
import { withTaken } from "./definition/taken.js";
import { done, orUnseen, refused } from "./errors.js";
import { EventStream } from "./events.js";
import { readFigures } from "./figures.js";
import { hostFigures, readCapabilities, type Capabilities } from "./host/capabilities.js";
import type { VmProcess } from "./host/process.js";
import { relinkChains } from "./host/relink.js";
import { readTaken } from "./host/taken.js";
import { hasTpmState, tpmFolder, tpmMoves } from "./host/tpm.js";
import { Inspector, sizeOf } from "./inspect.js";
import { installHook, proveCalled, writeMarks } from "./install/guard.js";
import { placeFindings, standbyFindings, thereFindings } from "./preflight/host.js";
import { tpmFindings } from "./preflight/tpm.js";
import { vmFindings, type VmSituation } from "./preflight/vm.js";
import { validateDefinition } from "./preflight/validate.js";
import { defineVm, undefineVm, type DefineEdge } from "./run/define.js";
import { goOnAfterDiskError } from "./run/disk-error.js";
import { HeldMarks } from "./run/held.js";
import { proveDisks } from "./run/proof.js";
import { letRun, startHeld } from "./run/start.js";
import { killVm, stopVm } from "./run/stop.js";
import { callLimits, LibvirtSession } from "./session.js";
import { readDefinition, readMetadata } from "./translate.js";

export interface KvmOptions {
  /** This node's name, for findings. */
  readonly node: string;
  readonly uri?: string;
  /** /etc/gemel and /run/gemel: where the guard's marks, the orders and the marks of the held are. */
  readonly etc?: string;
  readonly run?: string;
  /** libvirt's own folders. */
  readonly libvirtEtc?: string;
  readonly libvirtRun?: string;
  readonly libvirtLib?: string;
  readonly libvirtLog?: string;
  /** What a module's mount is; tests without a mirror put a disk there. */
  readonly mountType?: RegExp;
}

export const createKvm = (options: KvmOptions): Hypervisor => new Kvm(options);

class Kvm implements Hypervisor {
  readonly kind = "kvm";
  readonly lacks = ["live-migration", "guest-agent"] as const;
  readonly #node: string;
  readonly #session: LibvirtSession;
  readonly #inspector: Inspector;
  readonly #events: EventStream;
  readonly #places: {
    readonly status: string;
    readonly orders: string;
    readonly held: HeldMarks;
    readonly mountType: RegExp;
    readonly hooks: string;
    readonly marks: string;
    readonly tpms: string;
    readonly saves: string;
    readonly ran: string;
  };
  #capabilities: Capabilities | undefined;

  constructor(options: KvmOptions) {
    const { uri = "qemu:///system", etc = "/etc/gemel", run = "/run/gemel" } = options;
    const { libvirtEtc = "/etc/libvirt", libvirtRun = "/run/libvirt" } = options;
    const { libvirtLib = "/var/lib/libvirt" } = options;
    this.#node = options.node;
    this.#session = new LibvirtSession({ uri });
    this.#places = {
      status: join(libvirtRun, "qemu"),
      orders: join(run, "start"),
      held: new HeldMarks(join(run, "held")),
      mountType: options.mountType ?? /^fuse/,
      hooks: join(libvirtEtc, "hooks"),
      marks: join(etc, "protected"),
      tpms: join(libvirtLib, "swtpm"),
      saves: join(libvirtLib, "qemu", "save"),
      ran: join(run, "ran"),
    };
    this.#inspector = new Inspector(
      this.#session,
      this.#places.status,
      this.#places.held,
      join(options.libvirtLog ?? "/var/log/libvirt", "qemu"),
    );
    this.#events = new EventStream({
      uri,
      program: "virsh",
      definitions: join(libvirtEtc, "qemu"),
      taken: ["snapshot", "checkpoint"].map((kind) => join(libvirtLib, "qemu", kind)),
      list: () => this.list(),
    });
  }

  async connect(): Promise<Outcome<HostFigures>> {
    const capabilities = await readCapabilities(this.#session);
    if (!capabilities.ok) return capabilities;
    this.#capabilities = capabilities.value;
    return done(await hostFigures(capabilities.value));
  }

  close(): Promise<void> {
    this.#events.close();
    this.#session.close();
    return Promise.resolve();
  }

  list(): Promise<Outcome<readonly VmSummary[]>> {
    return this.#inspector.list();
  }

  look(vm: VmId): Promise<Outcome<VmSummary>> {
    return this.#inspector.look(vm);
  }

  /** As the folder keeps it: with the descriptions of what was taken of the VM. */
  async definition(vm: VmId): Promise<Outcome<string>> {
    const definition = await this.#inspector.definition(vm);
    const taken = definition.ok ? await readTaken(this.#session, vm) : definition;
    if (!definition.ok || !taken.ok) return definition.ok ? (taken as Outcome<never>) : definition;
    return done(withTaken(definition.value, taken.value));
  }

  async inspect(vm: VmId): Promise<Outcome<VmDetails>> {
    const capabilities = await this.#known();
    return capabilities.ok ? this.#inspector.inspect(vm, capabilities.value) : capabilities;
  }

  async preflight(
    details: VmDetails,
    folder: string,
    role: "here" | "there" | "standby",
    leftOut: readonly string[] = [],
  ): Promise<Outcome<readonly Finding[]>> {
    const capabilities = await this.#known();
    if (!capabilities.ok) return capabilities;
    const facts = readDefinition(details.definition);
    if (facts === undefined) return refused("GEMEL-3008", "The definition cannot be read.");
    const vms = await this.list();
    if (!vms.ok) return vms;
    const figures = await hostFigures(capabilities.value);
    const host = {
      facts,
      details: without(details, leftOut),
      capabilities: capabilities.value,
      figures,
      vms: vms.value,
      folder,
      leftOut,
    };
    const tpm = await tpmFindings(this.#session, facts);
    if (role === "standby") {
      const found = await standbyFindings(this.#session, host);
      return done([...found, ...tpm].map((finding) => ({ ...finding, node: this.#node })));
    }
    const own =
      role === "there"
        ? done(await thereFindings(this.#session, host))
        : await this.#vmFindings(details.id, leftOut);
    if (!own.ok) return own;
    const findings = [...own.value, ...tpm, ...(await placeFindings(host, role))];
    return done(findings.map((finding) => ({ ...finding, node: this.#node })));
  }

  async prepare(plan: ProtectPlan): Promise<Outcome<PreparedPlan>> {
    const situation = await this.#inspector.situation(plan.vm);
    if (!situation.ok) return situation;
    const { facts, chains, autostart } = situation.value;
    const unknown = plan.exclude.find(({ target }) => !facts.disks.some((disk) => disk.target === target));
    if (unknown !== undefined) return refused("GEMEL-3008", `The VM has no disk called ${unknown.target}.`);
    const unsized = plan.exclude.find(
      ({ target, how }) => how === "empty" && !isSized(situation.value, target),
    );
    if (unsized !== undefined) {
      const { target } = unsized;
      const why = `The size of disk ${target} cannot be read, so no empty one of its size can be made.`;
      return refused("GEMEL-3008", why, `Leave it out as a whole: --exclude ${target}=detach`);
    }
    const nvram = facts.firmware.nvram;
    const nvramBytes = nvram === undefined ? undefined : await sizeOf(nvram);
    const entered = enterFolder(facts, plan, { node: this.#node, autostart, chains, nvramBytes });
    const { vm, folder } = plan;
    const { tpms } = this.#places;
    const tpm = hasTpmState(facts) ? await tpmMoves(join(tpms, vm), join(folder, tpmFolder)) : [];
    const moves = [...entered.moves, ...tpm];
    return done({ ...entered, moves, vm, folder, original: facts.definition, autostart });
  }

  async release(definition: string, original: string): Promise<Outcome<PreparedPlan>> {
    const [current, before] = [readDefinition(definition), Element.parse(original)];
    const metadata = current === undefined ? undefined : readMetadata(current.root);
    if (current === undefined || before === undefined || metadata === undefined) {
      return refused("GEMEL-3008", "The folder's definition is not one that protect has made.");
    }
    const existing = new Set<string>();
    for (const path of [...metadata.files.map(({ from }) => from), ...sourcesOf(before)]) {
      if ((await sizeOf(path)) !== undefined) existing.add(path);
    }
    const left = leaveFolder(current.root, before, (path) => existing.has(path));
    if (left === undefined)
      return refused("GEMEL-3008", "The folder's definition is not one that protect has made.");
    // Also files that have come since.
    const tpm = await tpmMoves(join(metadata.folder, tpmFolder), join(this.#places.tpms, current.id));
    for (const { to } of tpm) if ((await sizeOf(to)) !== undefined) existing.add(to);
    const moves = [...left.moves, ...tpm];
    const inTheWay = moves.find(({ to }) => existing.has(to));
    if (inTheWay !== undefined) {
      return refused(
        "GEMEL-3008",
        `${inTheWay.to} is in the way.`,
        `Move ${inTheWay.to} away; nothing is overwritten.`,
      );
    }
    return done({ ...left, moves, vm: current.id, folder: metadata.folder, original });
  }

  relink(moves: readonly FileMove[], direction: "moved" | "undone"): Promise<Outcome<void>> {
    return relinkChains(moves, direction);
  }

  async define(definition: string): Promise<Outcome<VmSummary>> {
    const defined = await defineVm(this.#edge(), definition);
    return defined.ok ? this.look(defined.value) : defined;
  }

  validate(definition: string): Promise<Outcome<void>> {
    return validateDefinition(this.#session, definition, this.#node);
  }

  undefine(vm: VmId): Promise<Outcome<void>> {
    return orUnseen("GEMEL-3009", undefineVm(this.#edge(), vm));
  }

  #edge(): DefineEdge {
    return {
      node: this.#node,
      session: this.#session,
      places: this.#places,
      look: (vm) => this.look(vm),
      tell: (vm, sentence, detail) => this.#events.tell(vm, sentence, detail),
    };
  }

  async startHeld(vm: VmId): Promise<Outcome<VmProcess>> {
    const facts = await this.#inspector.facts(vm);
    this.#inspector.forgetEnd(vm);
    if (!facts.ok) return facts;
    const folder = readMetadata(facts.value.root)?.folder;
    const start = {
      vm,
      name: facts.value.name,
      folder,
      tpm: folder !== undefined && hasTpmState(facts.value),
      tell: (sentence: string, detail: string) => this.#events.tell(vm, sentence, detail),
    };
    return orUnseen("GEMEL-3002", startHeld(this.#session, this.#places, start));
  }

  proveDisks(vm: VmId, mountPoint: string): Promise<Outcome<DiskProof>> {
    return orUnseen("GEMEL-3009", proveDisks(this.#session, this.#places, vm, mountPoint));
  }

  letRun(vm: VmId): Promise<Outcome<void>> {
    return letRun(this.#session, this.#places.held, vm);
  }

  goOnAfterDiskError(vm: VmId): Promise<Outcome<boolean>> {
    return goOnAfterDiskError(this.#session, vm);
  }

  async stop(vm: VmId, how: StopHow, limit: Milliseconds): Promise<Outcome<void>> {
    const folder = how === "save" ? await this.#folder(vm) : done(undefined);
    if (!folder.ok) return folder;
    const request = { vm, how, limit, folder: folder.value };
    return orUnseen("GEMEL-3003", stopVm(this.#session, this.#places.status, request));
  }

  kill(vm: VmId): Promise<Outcome<void>> {
    return orUnseen("GEMEL-3006", killVm(this.#places.status, vm));
  }

  /** One question that QEMU itself must answer, and its answer: which disks have errors. */
  async health(vm: VmId): Promise<Outcome<{ readonly healthy: boolean; readonly reason: string }>> {
    const summary = await this.look(vm);
    if (!summary.ok) return summary;
    if (summary.value.power !== "running") {
      return done({ healthy: false, reason: `the VM is ${summary.value.power}` });
    }
    const said = await this.#session.monitor(vm, ["domblkerror", vm], callLimits.monitor);
    if (!said.ok) return done({ healthy: false, reason: said.message });
    const errors = said.value.trim();
    const healthy = errors === "" || errors === "No errors found";
    return done({ healthy, reason: healthy ? "the VM runs and answers" : `disk errors: ${errors}` });
  }

  async figures(): Promise<Outcome<{ readonly host: HostFigures; readonly vms: readonly VmFigures[] }>> {
    const capabilities = await this.#known();
    if (!capabilities.ok) return capabilities;
    const listed = await this.list();
    if (!listed.ok) return listed;
    const vms = await readFigures(this.#session, listed.value);
    return vms.ok ? done({ host: await hostFigures(capabilities.value), vms: vms.value }) : vms;
  }

  async setAutostart(vm: VmId, on: boolean): Promise<Outcome<void>> {
    const said = await this.#session.virsh(
      ["autostart", vm, ...(on ? [] : ["--disable"])],
      callLimits.define,
    );
    return said.ok ? done(undefined) : said;
  }

  async guard(
    vms: readonly { readonly id: VmId; readonly module: string }[],
    unknown: readonly string[] = [],
  ): Promise<Outcome<{ readonly called: boolean; readonly note: string }>> {
    await writeMarks(this.#places, vms, unknown);
    const installed = installHook(this.#places);
    if (!installed.ok) return installed;
    const capabilities = await this.#known();
    if (!capabilities.ok) return capabilities;
    const types = capabilities.value.domainTypes;
    const type = types.includes("kvm") && existsSync("/dev/kvm") ? "kvm" : (types[0] ?? "qemu");
    return proveCalled(this.#places, this.#session, type);
  }

  events(listener: (event: VmEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  async #known(): Promise<Outcome<Capabilities>> {
    if (this.#capabilities === undefined) {
      const connected = await this.connect();
      if (!connected.ok) return connected;
    }
    return this.#capabilities === undefined ? refused("GEMEL-3001", "") : done(this.#capabilities);
  }

  async #vmFindings(vm: VmId, leftOut: readonly string[]): Promise<Outcome<ReturnType<typeof vmFindings>>> {
    const situation = await this.#inspector.situation(vm);
    if (!situation.ok) return situation;
    const around = await this.#inspector.neighbours(vm);
    return around.ok ? done(vmFindings({ ...situation.value, ...around.value }, leftOut)) : around;
  }

  /** The module's folder, of a protected VM. */
  async #folder(vm: VmId): Promise<Outcome<string | undefined>> {
    const facts = await this.#inspector.facts(vm);
    return facts.ok ? done(readMetadata(facts.value.root)?.folder) : facts;
  }
}

const without = (details: VmDetails, leftOut: readonly string[]): VmDetails => ({
  ...details,
  disks: details.disks.filter(({ target }) => !leftOut.includes(target)),
});

const isSized = ({ facts, chains }: VmSituation, target: string): boolean =>
  facts.disks.some((disk) => disk.target === target && (chains.get(disk.path)?.[0]?.size ?? 0) > 0);

const sourcesOf = (definition: Element): readonly string[] =>
  definition.all("source").flatMap((source) => source.get("file") ?? []);
