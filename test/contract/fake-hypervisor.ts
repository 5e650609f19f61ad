// SPDX-License-Identifier: Apache-2.0
// A hypervisor without VMs, for the control plane's tests: its "guests" are sleeping processes, so that pids,
// SIGSTOP, SIGKILL and death are real and everything else is a few maps. It keeps the same contract as the
// real adapter (fake-hypervisor.test.ts), and can be told to fail.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { failure, type ErrorCode } from "../../core/base/errors.js";
import { bytes, type Milliseconds } from "../../core/base/units.js";
import type {
  DiskProof,
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
  VmPower,
  VmSummary,
} from "../../core/ports/hypervisor.js";
import type { VmProcess } from "../../kvm/host/process.js";
import { cpuNanos, end, identity, newVm, runOf, startTimeOf, type FakeVm } from "./fake-process.js";
import { disksOf, fakeDefinition, idOf, nameOf, unescaped, type FakeVmFile } from "./fake-definition.js";

export interface FakeOptions {
  readonly node?: string;
  /** What counts as a module's mount. */
  readonly mounted?: (mountPoint: string) => boolean;
  /** Whether a guest obeys its power button. */
  readonly hearsPowerButton?: boolean;
}

const done = <T>(value: T): Outcome<T> => ({ ok: true, value });

function refused(code: ErrorCode, detail: string): Extract<Outcome<never>, { ok: false }> {
  const { message, next } = failure(code, "", detail);
  return { ok: false, code, message, next };
}

export class FakeHypervisor implements Hypervisor {
  readonly kind = "fake";
  readonly lacks = ["live-migration", "guest-agent"] as const;
  readonly #vms = new Map<VmId, FakeVm>();
  readonly #listeners = new Set<(event: VmEvent) => void>();
  readonly #options: Required<FakeOptions>;
  #guarded = new Set<VmId>();
  #isProving = false;
  #service = true;
  /** Findings that preflight shall make; per call it adds this node's name. */
  findings: readonly Omit<Finding, "node">[] = [];
  /** Definitions that it does not take. */
  refuses: (definition: string) => boolean = () => false;
  /** Whether the start guard counts as called (R32). */
  guardCalled = true;

  constructor(options: FakeOptions = {}) {
    this.#options = { node: "fake", mounted: () => true, hearsPowerButton: true, ...options };
  }

  connect(): Promise<Outcome<HostFigures>> {
    return this.#answer(() => done(hostFigures));
  }

  async close(): Promise<void> {
    for (const vm of this.#vms.values()) await end(vm);
    this.#vms.clear();
  }

  list(): Promise<Outcome<readonly VmSummary[]>> {
    return this.#answer(() => done([...this.#vms.keys()].map((id) => this.#summary(id))));
  }

  look(vm: VmId): Promise<Outcome<VmSummary>> {
    return this.#with(vm, () => done(this.#summary(vm)));
  }

  definition(vm: VmId): Promise<Outcome<string>> {
    return this.#with(vm, ({ definition }) => done(definition));
  }

  inspect(vm: VmId): Promise<Outcome<VmDetails>> {
    return this.#with(vm, ({ definition }) =>
      done({
        ...this.#summary(vm),
        definition,
        disks: disksOf(definition).map(({ target, path }) => ({
          target,
          path,
          format: "raw",
          device: "disk",
          readOnly: false,
          size: bytes(8 * 1024 ** 2),
          allocated: bytes(statSync(path, { throwIfNoEntry: false })?.size ?? 0),
        })),
        firmware: { kind: "bios" },
        networks: [],
        hostDevices: [],
        machine: "fake",
        cpuModel: "fake",
        hasSnapshots: false,
        host: { cpuModel: "fake", own: "" },
      }),
    );
  }

  preflight(): Promise<Outcome<readonly Finding[]>> {
    return this.#answer(() => done(this.findings.map((one) => ({ ...one, node: this.#options.node }))));
  }

  prepare(plan: ProtectPlan): Promise<Outcome<PreparedPlan>> {
    return this.#with(plan.vm, ({ definition, autostart }) => {
      const out = new Set(plan.exclude.map(({ target }) => target));
      const moves = disksOf(definition)
        .filter(({ target }) => !out.has(target))
        .map(({ path }) => ({ from: path, to: join(plan.folder, basename(path)), bytes: bytes(0) }));
      const entered = moves.reduce((text, { from, to }) => text.replace(`"${from}"`, `"${to}"`), definition);
      const home = `<home folder="${plan.folder}" was="${dirname(moves[0]?.from ?? "/")}"/></domain>`;
      const { vm, folder } = plan;
      const text = entered.replace("</domain>", home);
      return done({ vm, folder, moves, definition: text, original: definition, autostart });
    });
  }

  release(definition: string, original: string): Promise<Outcome<PreparedPlan>> {
    return this.#answer(() => {
      const home = /<home folder="([^"]*)" was="([^"]*)"\/>/.exec(definition);
      const [whole = "", folder = "", was = ""] = home ?? [];
      const moves = disksOf(definition)
        .filter(({ path }) => path.startsWith(`${folder}/`))
        .map(({ path }) => ({ from: path, to: join(was, basename(path)), bytes: bytes(0) }));
      const left = moves.reduce((text, { from, to }) => text.replace(`"${from}"`, `"${to}"`), definition);
      const text = left.replace(whole, "");
      return done({ vm: idOf(definition), folder, moves, definition: text, original, autostart: false });
    });
  }

  relink(): Promise<Outcome<void>> {
    return this.#answer(() => done(undefined));
  }

  validate(definition: string): Promise<Outcome<void>> {
    return this.#answer(() =>
      this.refuses(definition) ? refused("GEMEL-3008", "It does not like it.") : done(undefined),
    );
  }

  define(definition: string): Promise<Outcome<VmSummary>> {
    return this.#answer(() => {
      if (this.refuses(definition)) return refused("GEMEL-3008", "It does not like it.");
      const [id, name] = [idOf(definition), nameOf(definition)];
      if (id === "" || !definition.endsWith("</domain>"))
        return refused("GEMEL-3008", "It is no definition.");
      const namesake = [...this.#vms].find(([other, vm]) => other !== id && nameOf(vm.definition) === name);
      if (namesake !== undefined) return refused("GEMEL-3008", `Another VM is called ${name}.`);
      const vm = this.#vms.get(id);
      if (vm === undefined) {
        const fresh = { ...newVm, definition };
        this.#vms.set(id, fresh);
      } else vm.definition = definition;
      this.#emit({ kind: "definition", id });
      return done(this.#summary(id));
    });
  }

  undefine(vm: VmId): Promise<Outcome<void>> {
    return this.#answer(() => {
      if (this.#vms.get(vm)?.process !== undefined) return refused("GEMEL-3009", "The VM runs.");
      this.#vms.delete(vm);
      return done(undefined);
    });
  }

  async startHeld(id: VmId): Promise<Outcome<VmProcess>> {
    const vm = this.#vms.get(id);
    if (!this.#service) return refused("GEMEL-3001", "");
    if (vm === undefined) return refused("GEMEL-3005", id);
    if (vm.process !== undefined) return refused("GEMEL-3002", "The VM runs already.");
    return done(identity(await this.#launch(id, vm)));
  }

  proveDisks(vm: VmId, mountPoint: string): Promise<Outcome<DiskProof>> {
    return this.#with(vm, ({ definition, process: running }) => {
      if (running === undefined) return refused("GEMEL-3002", "The VM does not run.");
      if (!this.#options.mounted(mountPoint))
        return refused("GEMEL-3004", `Nothing is mounted at ${mountPoint}.`);
      const elsewhere = disksOf(definition)
        .filter(({ path }) => !path.startsWith(`${mountPoint}/`))
        .map(({ path }) => ({ path, why: "it is not in the module's folder" }));
      return done({ protected: elsewhere.length === 0, elsewhere });
    });
  }

  letRun(id: VmId): Promise<Outcome<void>> {
    return this.#with(id, (vm) => {
      if (vm.process === undefined) return refused("GEMEL-3002", "The VM does not run.");
      vm.paused = false;
      vm.held = false;
      this.#emit({ kind: "power", id, power: "running", reason: "Resumed" });
      return done(undefined);
    });
  }

  /** Its disks never fail: whoever is paused was paused by a person. */
  goOnAfterDiskError(id: VmId): Promise<Outcome<boolean>> {
    return this.#with(id, () => done(false));
  }

  async stop(id: VmId, how: StopHow, limit: Milliseconds): Promise<Outcome<void>> {
    const vm = this.#vms.get(id);
    if (vm?.process === undefined) return done(undefined);
    if (how === "shutdown" && !this.#options.hearsPowerButton) {
      await pause(limit);
      return refused("GEMEL-3003", "The guest did not shut down.");
    }
    vm.saved = how === "save";
    await end(vm);
    return done(undefined);
  }

  async kill(id: VmId): Promise<Outcome<void>> {
    const vm = this.#vms.get(id);
    if (vm !== undefined) await end(vm);
    return done(undefined);
  }

  health(id: VmId): Promise<Outcome<{ readonly healthy: boolean; readonly reason: string }>> {
    return this.#with(id, () => {
      const { power } = this.#summary(id);
      return done({ healthy: power === "running", reason: `the VM is ${power}` });
    });
  }

  figures(): Promise<Outcome<{ readonly host: HostFigures; readonly vms: readonly VmFigures[] }>> {
    return this.#answer(() => {
      const on = [...this.#vms].filter(([, vm]) => vm.process !== undefined);
      const nothing = { diskReadBytes: bytes(0), diskWriteBytes: bytes(0) };
      const idle = { ...nothing, netInBytes: bytes(0), netOutBytes: bytes(0) };
      const own = { memory: bytes(64 * 1024 ** 2), diskCapacity: bytes(8 * 1024 ** 2) };
      const cpuNanosBusy = cpuNanos(process.pid);
      return done({
        host: { ...hostFigures, cpuNanosBusy },
        vms: on.map(([id, vm]) => ({ id, ...idle, ...own, cpuNanos: cpuNanos(vm.process?.pid ?? 0) })),
      });
    });
  }

  setAutostart(id: VmId, on: boolean): Promise<Outcome<void>> {
    return this.#with(id, (vm) => {
      vm.autostart = on;
      return done(undefined);
    });
  }

  /** The real one proves it by a VM that must not start: a second proof meets the first one's. */
  async guard(vms: Parameters<Hypervisor["guard"]>[0]): ReturnType<Hypervisor["guard"]> {
    const called = this.guardCalled && !this.#isProving;
    this.#isProving = true;
    const answer = this.#answer(() => {
      this.#guarded = new Set(vms.map(({ id }) => id));
      return done({ called, note: called ? "called" : "not called" });
    });
    return await answer.finally(() => (this.#isProving = false));
  }

  events(listener: (event: VmEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A new VM that is off. */
  add(name: string, disks: readonly string[], id: string = randomUUID()): VmId {
    const definition = fakeDefinition(id, name, disks);
    this.#vms.set(id, { ...newVm, definition });
    return id;
  }

  /** What somebody does who works past Gemel: refused for guarded VMs, as the hook does. */
  async startOutside(id: VmId): Promise<boolean> {
    const vm = this.#vms.get(id);
    if (vm === undefined || vm.process !== undefined || this.#guarded.has(id)) return false;
    await this.#launch(id, vm);
    vm.paused = false;
    vm.held = false;
    return true;
  }

  changeOutside(id: VmId, definition: string): void {
    const vm = this.#vms.get(id);
    if (vm !== undefined) vm.definition = definition;
    this.#emit({ kind: "definition", id });
  }

  pauseOutside(id: VmId): void {
    const vm = this.#vms.get(id);
    if (vm !== undefined) vm.paused = true;
    this.#emit({ kind: "power", id, power: "paused", reason: "Suspended" });
  }

  signal(id: VmId, signal: NodeJS.Signals): void {
    this.#vms.get(id)?.process?.child.kill(signal);
  }

  service(on: boolean): void {
    if (this.#service === on) return;
    this.#service = on;
    this.#emit({ kind: on ? "back" : "lost" });
  }

  async #launch(id: VmId, vm: FakeVm): Promise<NonNullable<FakeVm["process"]>> {
    // Dies with the test that started it, however that ends.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "sleep", "3600"], { stdio: "ignore" });
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    const pid = child.pid ?? 0;
    const launched = { child, pid, startTime: startTimeOf(pid) };
    vm.process = launched;
    vm.paused = true;
    vm.held = true;
    vm.saved = false;
    child.once("exit", () => {
      vm.process = undefined;
      this.#emit({ kind: "power", id, power: this.#summary(id).power, reason: "Stopped" });
    });
    this.#emit({ kind: "power", id, power: "paused", reason: "Started" });
    return launched;
  }

  #summary(id: VmId): VmSummary {
    const vm = this.#vms.get(id);
    const running: VmPower = vm?.paused === true ? "paused" : "running";
    const off: VmPower = vm?.saved === true ? "saved" : "off";
    return {
      id,
      name: unescaped(nameOf(vm?.definition ?? "")),
      run: runOf(vm),
      power: vm?.process === undefined ? off : running,
      memory: bytes(64 * 1024 ** 2),
      vcpus: 1,
      autostart: vm?.autostart ?? false,
    };
  }

  #answer<T>(make: () => Outcome<T>): Promise<Outcome<T>> {
    return Promise.resolve(this.#service ? make() : refused("GEMEL-3001", ""));
  }

  #with<T>(id: VmId, make: (vm: FakeVm) => Outcome<T>): Promise<Outcome<T>> {
    return this.#answer(() => {
      const vm = this.#vms.get(id);
      return vm === undefined ? refused("GEMEL-3005", id) : make(vm);
    });
  }

  #emit(event: VmEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** For a daemon that is started by a test: see core/main.ts. A file may name the VMs that it has. */
export function createHypervisor(node: string): Hypervisor {
  const hypervisor = new FakeHypervisor({ node });
  const file = process.env["GEMEL_TEST_VMS"];
  if (file !== undefined && statSync(file, { throwIfNoEntry: false }) !== undefined)
    for (const { name, disks } of JSON.parse(readFileSync(file, "utf8")) as FakeVmFile[])
      hypervisor.add(name, disks);
  return hypervisor;
}

const hostFigures: HostFigures = {
  memoryTotal: bytes(8 * 1024 ** 3),
  memoryFree: bytes(4 * 1024 ** 3),
  cpus: 2,
  cpuNanosBusy: 0,
  cpuModel: "fake",
  machines: ["fake"],
  version: "fake 1",
};
