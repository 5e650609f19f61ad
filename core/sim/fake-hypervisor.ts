// SPDX-License-Identifier: Apache-2.0
// A hypervisor as one daemon sees it: the same calls in the same small steps as the real one, so that a start
// can end between any two of them. VMs are the host's; what was begun goes on without the daemon.

import { milliseconds, type Milliseconds, type ModuleId } from "../base/units.js";
import type { Hypervisor, Outcome, VmEvent, VmSummary } from "../ports/hypervisor.js";
import type { Run } from "../ports/workload.js";
import type { VmHost } from "../loop/vm-effects.js";
import type { MirrorCaller, Operation } from "./caller.js";
import { executes, type Machine, type Server } from "./server.js";

/** As long as the adapter waits for libvirt (kvm/session.ts). */
const callLimits = { start: 60_000, other: 10_000 } as const;
/** A guest that hears nothing is asked again this often. */
const pressAgain = milliseconds(1000);

const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
type Refusal = Extract<Outcome<never>, { readonly ok: false }>;
const refused = (code: string, message: string): Refusal => ({ ok: false, code, message, next: "" });
const silent = refused("GEMEL-3001", "libvirtd does not answer");

export const definitionOf = (vm: string): string => `<domain>${vm}</domain>`;

export class FakeHypervisor implements VmHost, Pick<Hypervisor, "list" | "look" | "events"> {
  private readonly listeners = new Set<(event: VmEvent) => void>();
  private readonly server: Server;

  constructor(
    private readonly caller: MirrorCaller,
    /** The simulator looks whether this VM may run. */
    private readonly letsRun: (module: ModuleId) => void,
  ) {
    this.server = caller.server;
  }

  tell(event: VmEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  events(listener: (event: VmEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  list(): Promise<Outcome<readonly VmSummary[]>> {
    return this.call("look", () => {
      const defined = this.server.configs.filter(({ id }) => this.server.machineOf(id).isDefined);
      return done(defined.map(({ id, vm }) => summaryOf(vm.id, this.server.machineOf(id))));
    });
  }

  look(vm: string): Promise<Outcome<VmSummary>> {
    return this.ofVm("look", vm, (_module, machine) =>
      machine.isDefined ? done(summaryOf(vm, machine)) : refused("GEMEL-3005", "no such VM"),
    );
  }

  define(definition: string): Promise<Outcome<VmSummary>> {
    const vm = /^<domain>(.*)<\/domain>$/.exec(definition)?.[1] ?? "";
    return this.ofVm("define", vm, (_module, machine) => {
      machine.isDefined = true;
      return done(summaryOf(vm, machine));
    });
  }

  undefine(vm: string): Promise<Outcome<void>> {
    return this.ofVm("undefine", vm, (_module, machine) => {
      if (machine.on) return refused("GEMEL-3009", "the VM runs");
      machine.isDefined = false;
      return done(undefined);
    });
  }

  definition(vm: string): Promise<Outcome<string>> {
    return this.ofVm("look", vm, (_module, { isDefined }) =>
      isDefined ? done(definitionOf(vm)) : refused("GEMEL-3005", "no such VM"),
    );
  }

  startHeld(vm: string): ReturnType<Hypervisor["startHeld"]> {
    return this.ofVm("start", vm, (module, machine) => {
      const mirror = this.server.mirrors.get(module);
      // QEMU opens its disks for writing, which only a primary's mount lets it do.
      const opens = mirror?.isAlive === true && mirror.role === "primary";
      if (machine.on || this.server.startsFail || !opens) return refused("GEMEL-3002", "it does not start");
      const { process } = this.server.startMachine(module, true);
      return done({ pid: Number(process), startTime: this.server.name });
    });
  }

  proveDisks(): ReturnType<Hypervisor["proveDisks"]> {
    return Promise.resolve(done({ protected: true, elsewhere: [] }));
  }

  letRun(vm: string): Promise<Outcome<void>> {
    return this.ofVm("let-run", vm, (module, machine) => {
      if (!machine.on) return refused("GEMEL-3002", "the VM has ended");
      machine.held = false;
      this.server.onPower(module);
      this.letsRun(module);
      return done(undefined);
    });
  }

  stop(vm: string, how: "shutdown" | "save" | "off", limit: Milliseconds): Promise<Outcome<void>> {
    const module = this.moduleOf(vm);
    if (module === undefined) return Promise.resolve(done(undefined));
    const end = this.caller.now + limit;
    return this.caller.exchange("stop", (answer: (outcome: Outcome<void>) => void) => {
      const attempt = (): void => {
        const machine = this.server.machineOf(module);
        if (!machine.on) return answer(done(undefined));
        if (!this.server.isHypervisorUp) return answer(silent);
        if (how === "off" || (how === "save" && this.saves(module)) || this.hears(module, machine)) {
          this.server.endMachine(module);
          return answer(done(undefined));
        }
        if (this.caller.now >= end) return answer(refused("GEMEL-3003", "still running"));
        this.server.after(Math.min(pressAgain, end - this.caller.now), attempt);
      };
      this.server.after(Math.min(this.caller.takes("stop"), limit), attempt);
    });
  }

  kill(vm: string): Promise<Outcome<void>> {
    // A signal to a process needs no libvirtd.
    return this.caller.perform("kill", () => {
      const module = this.moduleOf(vm);
      if (module !== undefined && this.server.machineOf(module).on) this.server.endMachine(module);
      return done(undefined);
    });
  }

  /** A guest whose writes are not answered does not come to its end. */
  private hears(module: ModuleId, machine: Machine): boolean {
    const mirror = this.server.mirrors.get(module);
    const isStuck = mirror !== undefined && (mirror.freeze !== undefined || mirror.isHung);
    return executes(machine) && !this.server.isGuestDeaf && !isStuck;
  }

  /** Its memory goes into the module's folder. */
  private saves(module: ModuleId): boolean {
    return this.server.mirrors.get(module)?.acceptsWrites() === true;
  }

  private moduleOf(vm: string): ModuleId | undefined {
    return this.server.configs.find((config) => config.vm.id === vm)?.id;
  }

  private ofVm<T>(
    what: Operation,
    vm: string,
    act: (module: ModuleId, machine: Machine) => Outcome<T>,
  ): Promise<Outcome<T>> {
    const module = this.moduleOf(vm);
    return this.call(what, () =>
      module === undefined ? refused("GEMEL-3005", "no such VM") : act(module, this.server.machineOf(module)),
    );
  }

  /** What libvirt was asked is done some time, though nobody hears of it after the call's limit. */
  private call<T>(what: Operation, act: () => Outcome<T>): Promise<Outcome<T>> {
    const ms = this.caller.takes(what);
    const limit = what === "start" ? callLimits.start : callLimits.other;
    return this.caller.exchange(what, (done: (outcome: Outcome<T>) => void) => {
      if (ms > limit) this.server.after(limit, () => done({ ...silent, slow: true }));
      this.server.after(ms, () => {
        const outcome = this.answer(what, act);
        if (ms <= limit) done(outcome);
      });
    });
  }

  private answer<T>(what: Operation, act: () => Outcome<T>): Outcome<T> {
    if (!this.server.isHypervisorUp) return silent;
    return this.caller.fails(what) ? refused("GEMEL-3009", `${what} is refused`) : act();
  }
}

function summaryOf(vm: string, machine: Machine): VmSummary {
  const { on, held, paused } = machine;
  return {
    id: vm,
    name: vm,
    power: on ? (held || paused ? "paused" : "running") : "off",
    memory: 0 as VmSummary["memory"],
    vcpus: 1,
    autostart: false,
    run: runOf(machine),
  };
}

function runOf({ on, held, paused, crashed, byItself, process }: Machine): Run {
  if (!on) return byItself ? { kind: "off", byItself } : { kind: "off" };
  if (crashed) return { kind: "on", paused: true, crashed, instance: process };
  return held ? { kind: "held", instance: process } : { kind: "on", paused, instance: process };
}
