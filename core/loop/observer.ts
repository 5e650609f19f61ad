// SPDX-License-Identifier: Apache-2.0
// What the hypervisor shows of the modules' VMs: looked at regularly and after each of its events, reported
// as facts. A VM that the hypervisor does not know is off here. Definitions that somebody changed with other
// tools go into the module's folder at once, so that the other node would start the same VM.

import { moduleId, type ModuleId } from "../base/units.js";
import type { Every, Report } from "./node-loop.js";
import type { Hypervisor, VmEvent } from "../ports/hypervisor.js";
import { runSeen, type Run, type WorkloadSummary } from "../ports/workload.js";
import { slowLooksMax, workloadLookEvery } from "../base/limits/decision.js";

/** Of the hypervisor only what is looked at. */
type Seen = Pick<Hypervisor, "events" | "list" | "look" | "definition">;

export interface ObserverEdge {
  readonly every: Every;
  readonly post: (report: Report) => void;
  /** Module → its VM's id. */
  readonly vms: () => ReadonlyMap<ModuleId, string>;
  /** This node runs the VM: its definition here is the one that counts. */
  readonly runsHere: (module: ModuleId) => boolean;
  readonly keepDefinition: (module: ModuleId, definition: string) => Promise<boolean>;
  readonly record: (module: string, sentence: string, outcome: string) => void;
  /** Checked with every round: disks that left the mount (R31). */
  readonly recheck: (module: ModuleId) => Promise<void>;
  /** A VM that stands paused here: it may be let go on. */
  readonly paused: (module: ModuleId) => Promise<void>;
}

export class Observer {
  private readonly stopLooking: () => void;
  private readonly unsubscribe: () => void;
  private looking: Promise<void> | undefined;
  private again = false;
  private hypervisorIs: "unknown" | "up" | "lost" = "unknown";
  /** VMs whose definition may differ from the folder's: kept until it is there, libvirtd busy or not. */
  private readonly toFollow = new Set<string>();
  /** Looks are numbered as they begin: what an older one saw is not told after a younger one's answer. */
  private looks = 0;
  private readonly told = new Map<ModuleId, number>();
  /** Lists in a row that ran into their limit. */
  private slowLooks = 0;

  constructor(
    private readonly hypervisor: Seen,
    private readonly edge: ObserverEdge,
  ) {
    this.unsubscribe = hypervisor.events((event) => this.heard(event));
    this.stopLooking = edge.every(workloadLookEvery, () => void this.look());
  }

  stop(): void {
    this.stopLooking();
    this.unsubscribe();
  }

  get vms(): "unknown" | "up" | "lost" {
    return this.hypervisorIs;
  }

  /** One look at a time; one that is asked for meanwhile follows it. */
  async look(): Promise<void> {
    if (this.looking !== undefined) {
      this.again = true;
      await this.looking;
      return;
    }
    this.looking = this.lookOnce();
    try {
      await this.looking;
    } finally {
      this.looking = undefined;
    }
    if (this.again) {
      this.again = false;
      void this.look();
    }
  }

  /** One VM, now. */
  async see(module: ModuleId): Promise<void> {
    const vm = this.edge.vms().get(module);
    if (vm === undefined) return;
    const number = ++this.looks;
    this.tellFact(number, module, runSeen(await this.hypervisor.look(vm)));
  }

  private async lookOnce(): Promise<void> {
    const number = ++this.looks;
    const listed = await this.hypervisor.list();
    // R39: slow is not failed. What was seen last holds until it answers, or has not for too long.
    this.slowLooks = !listed.ok && listed.slow === true ? this.slowLooks + 1 : 0;
    if (this.hypervisorIs === "up" && this.slowLooks > 0 && this.slowLooks < slowLooksMax) return;
    this.tell(listed.ok ? "up" : "lost");
    const facts = [...this.edge.vms()].map(([module, vm]): readonly [ModuleId, Run] => [
      module,
      listed.ok ? runOf(listed.value, vm) : { kind: "unknown", why: listed.message },
    ]);
    for (const [module, fact] of facts) this.tellFact(number, module, fact);
    if (listed.ok) await this.followAll();
    for (const [module, fact] of facts) {
      if ((fact.kind !== "on" && fact.kind !== "held") || !this.edge.runsHere(module)) continue;
      const stands = fact.kind === "held" || fact.paused;
      await (stands ? this.edge.paused(module) : this.edge.recheck(module));
    }
  }

  private tellFact(number: number, module: ModuleId, run: Run): void {
    if (number < (this.told.get(module) ?? 0)) return;
    this.told.set(module, number);
    this.edge.post({ kind: "run-seen", module, run });
  }

  private tell(is: "up" | "lost"): void {
    if (this.hypervisorIs === is) return;
    this.hypervisorIs = is;
    this.edge.post({ kind: "hypervisor", is });
  }

  private heard(event: VmEvent): void {
    switch (event.kind) {
      case "lost":
      case "power":
        return void this.look();
      case "back":
        // What was changed while nobody listened left no event.
        for (const id of this.edge.vms().values()) this.toFollow.add(id);
        return void this.look();
      case "definition":
        this.toFollow.add(event.id);
        return void this.look();
      case "told": {
        const module = this.moduleOf(event.id);
        if (module !== undefined) this.edge.record(module, event.sentence, event.detail);
        return;
      }
      case "io-error": {
        const module = this.moduleOf(event.id);
        if (module !== undefined) this.edge.record(module, "The VM reports an I/O error.", event.reason);
        return;
      }
    }
  }

  private async followAll(): Promise<void> {
    for (const vm of [...this.toFollow]) {
      this.toFollow.delete(vm);
      if (!(await this.follow(vm))) this.toFollow.add(vm);
    }
  }

  /** False: to be tried again. */
  private async follow(vm: string): Promise<boolean> {
    const module = this.moduleOf(vm);
    if (module === undefined || !this.edge.runsHere(module)) return true;
    const definition = await this.hypervisor.definition(vm);
    // Undefined by a stop that goes on: that keeps the definition itself.
    if (!definition.ok) return definition.code === "GEMEL-3005";
    try {
      const changed = await this.edge.keepDefinition(module, definition.value);
      if (changed)
        this.edge.record(module, "The VM's definition was changed on this node.", "kept in the folder");
      return true;
    } catch (error) {
      this.edge.record(module, "The VM's changed definition could not be kept.", (error as Error).message);
      return false;
    }
  }

  private moduleOf(vm: string): ModuleId | undefined {
    const found = [...this.edge.vms()].find(([, id]) => id === vm);
    return found === undefined ? undefined : moduleId(found[0]);
  }
}

const runOf = (listed: readonly WorkloadSummary[], vm: string): Run =>
  listed.find(({ id }) => id === vm)?.run ?? { kind: "off" };
