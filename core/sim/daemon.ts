// SPDX-License-Identifier: Apache-2.0
// One run of a node's daemon on fake time: the real loop, effects and observer (core/loop) over edges that
// take time, fail, hang, and die half way. It keeps nothing when it ends: what its host has on disk and in
// processes is what the next one finds.

import type { ModuleId, NodeName } from "../base/units.js";
import { instant, moduleId, nodeName } from "../base/units.js";
import { GemelError } from "../base/errors.js";
import { heartbeatTimeout, pulse } from "../base/limits.js";
import { initialState, newDurable, step } from "../decide/mirror/step.js";
import { viewsOf } from "../decide/mirror/views.js";
import type { CommandAnswer } from "../decide/mirror/command.js";
import type {
  Decision,
  Effect,
  FailoverPause,
  ModulePicture,
  NodeState,
  PeerMessage,
} from "../decide/mirror/types.js";
import { Effects, unexplained } from "../loop/effects.js";
import { NodeLoop, type Every, type Report } from "../loop/node-loop.js";
import { Observer } from "../loop/observer.js";
import { VmEffects } from "../loop/vm-effects.js";
import type { Arbiter } from "../ports/arbiter.js";
import type { Fence } from "../ports/fence.js";
import { MirrorCaller, type Faults } from "./caller.js";
import { definitionOf, FakeHypervisor } from "./fake-hypervisor.js";
import { FakeSupervisor, type SupervisorEdge } from "./fake-supervisor.js";
import { newCopy } from "./mirror/copy.js";
import type { Server } from "./server.js";

/** Two daemons that reach each other have found each other after this long. */
const connectMs = 100;

/** The silence after which a network counts as down. */
export const networkTimeouts = { data: heartbeatTimeout, heart: heartbeatTimeout } as const;

export interface DaemonEdge {
  /** Every other node of the cluster. */
  readonly peers: readonly NodeName[];
  readonly faults: Faults;
  readonly beat: (incarnation: string, views: readonly ModulePicture[]) => void;
  readonly send: (incarnation: string, to: NodeName, message: PeerMessage) => void;
  readonly arbiter: Arbiter;
  readonly fence: Fence;
  readonly answer: (id: string, answer: CommandAnswer) => void;
  readonly record: (decision: Decision) => void;
  readonly changed: (state: NodeState) => void;
  readonly letsRun: (module: ModuleId) => void;
  /** A copy is about to be kept beside, so that it can be filled anew. */
  readonly setsAside: (module: ModuleId) => void;
  readonly onRight: SupervisorEdge["onRight"];
  /** It has ended: killed by a fault, or by a broken invariant of its own. */
  readonly ended: (error?: unknown) => void;
}

export class SimDaemon {
  readonly caller: MirrorCaller;
  private readonly loop: NodeLoop;
  private readonly effects: Effects;
  private readonly observer: Observer;
  private readonly mirrors: FakeSupervisor;
  private readonly hypervisor: FakeHypervisor;
  private readonly vms: VmEffects;
  /** Its record is on the way to the disk. */
  isFlushing = false;

  constructor(
    private readonly server: Server,
    private readonly edge: DaemonEdge,
    beginning: {
      readonly incarnation: string;
      readonly boot: "host" | "daemon";
      readonly pause: FailoverPause | undefined;
    },
  ) {
    this.caller = new MirrorCaller(server, edge.faults, () => edge.ended());
    const { configs } = server;
    this.hypervisor = new FakeHypervisor(this.caller, edge.letsRun);
    this.mirrors = new FakeSupervisor(this.caller, {
      post: (report) => this.post(report),
      peerOf: (id) => this.otherOf(id),
      definition: (id) => definitionOf(this.vmOf(id)),
      onRight: edge.onRight,
    });
    this.vms = new VmEffects(this.hypervisor, (module, command, limit) =>
      this.mirrors.ask(module, command, limit),
    );
    this.effects = new Effects(this.effectEdge());
    const { incarnation, boot, pause } = beginning;
    const state = initialState({
      self: server.name,
      incarnation,
      at: instant(this.caller.now),
      boot,
      peers: Object.fromEntries(edge.peers.map((name) => [name, networkTimeouts])),
      modules: configs.map((config) => ({ config, durable: server.record.get(config.id) ?? newDurable })),
      ...(pause !== undefined && { pause }),
    });
    this.loop = this.beginLoop(state);
    this.observer = this.observe();
    const beat = (): void => {
      if (this.loop.turns) edge.beat(incarnation, viewsOf(this.state, instant(this.caller.now)));
    };
    // A connection begins with the views; then they come with every pulse.
    this.caller.after(connectMs, beat);
    this.every(pulse, beat);
  }

  /** P6: nothing is decided before both mirrors and VMs were looked at. */
  findWhatRuns(): void {
    for (const { id } of this.server.configs) this.mirrors.adopt(id);
    void this.observer.look();
  }

  get state(): NodeState {
    return this.loop.state;
  }

  get isAlive(): boolean {
    return this.caller.isAlive;
  }

  post(report: Report): void {
    if (this.isAlive) this.loop.post(report);
  }

  /** SIGKILL: mirrors and VMs run on. */
  stop(): void {
    this.caller.isAlive = false;
    this.loop.stop();
    this.observer.stop();
  }

  mirrorSaid(id: ModuleId): void {
    this.mirrors.look(id);
  }

  mirrorGone(id: ModuleId): void {
    this.mirrors.gone(id);
  }

  powerChanged(id: ModuleId): void {
    if (!this.server.isHypervisorUp) return;
    this.hypervisor.tell({ kind: "power", id: this.vmOf(id), power: "unknown", reason: "" });
  }

  hypervisorIs(is: "back" | "lost"): void {
    this.hypervisor.tell({ kind: is });
  }

  private get every(): Every {
    return (period, act) => this.caller.every(period, act);
  }

  private otherOf(id: ModuleId): NodeName {
    const nodes = this.server.configs.find((config) => config.id === id)?.nodes ?? [];
    return nodes.find((node) => node !== this.server.name) ?? nodeName("");
  }

  private vmOf(id: string): string {
    return this.server.configs.find((config) => config.id === id)?.vm.id ?? "";
  }

  private beginLoop(state: NodeState): NodeLoop {
    const { caller, edge } = this;
    return new NodeLoop(state, {
      now: () => instant(caller.now),
      every: this.every,
      soon: (act) => void Promise.resolve().then(act),
      step,
      persist: (next) => this.persist(next),
      record: (decision) => {
        if (caller.isAlive) edge.record(decision);
      },
      carryOut: (effect) => this.carryOut(effect),
      changed: (next) => edge.changed(next),
      failed: (error) => {
        if (caller.isAlive) edge.ended(error);
      },
    });
  }

  private async persist(state: NodeState): Promise<void> {
    const record = new Map(Object.values(state.modules).map(({ config, durable }) => [config.id, durable]));
    const ms = this.caller.takes("flush");
    this.isFlushing = true;
    await this.caller.exchange("flush", (done: (value: undefined) => void) =>
      this.server.flush(record, ms, () => done(undefined)),
    );
    this.isFlushing = false;
  }

  private carryOut(effect: Effect): void {
    if (!this.caller.crashes("before effect")) this.effects.carryOut(effect);
  }

  private effectEdge(): ConstructorParameters<typeof Effects>[0] {
    const { caller, edge } = this;
    return {
      now: () => instant(caller.now),
      hasRunSince: (from) => this.loop.hasRunSince(from),
      post: (report) => this.post(report),
      place: (module) => ({ module, vm: this.vmOf(module), folder: `/vm/${module}` }),
      mirror: this.mirrors,
      arbiter: () => edge.arbiter,
      fence: edge.fence,
      vm: this.vms,
      kill: async (module) => {
        const killed = await this.hypervisor.kill(this.vmOf(module));
        if (!killed.ok) throw new GemelError("GEMEL-3006", module, killed.message);
      },
      seeVm: (module) => this.observer.see(moduleId(module)),
      setAside: (module) => caller.perform("set-aside", () => this.setAside(moduleId(module))),
      send: ({ to, message }) => edge.send(this.state.incarnation, to, message),
      answer: ({ id, answer }) => edge.answer(id, answer),
      explain: unexplained,
    };
  }

  private setAside(id: ModuleId): boolean {
    const { server } = this;
    const copy = server.copyOf(id);
    this.edge.setsAside(id);
    server.kept.push({ ...copy, records: new Set(copy.records) });
    if (!server.hasReflinks) server.copies.set(id, newCopy());
    return server.hasReflinks;
  }

  private observe(): Observer {
    return new Observer(this.hypervisor, {
      every: this.every,
      post: (report) => this.post(report),
      vms: () => new Map(this.server.configs.map(({ id, vm }) => [id, vm.id])),
      runsHere: (module) => {
        const state = this.state.modules[module]?.phase.state;
        return state === "ALONE" || state === "PRIM";
      },
      keepDefinition: (module, definition) => this.vms.keepDefinition(module, definition),
      record: () => undefined,
      recheck: () => Promise.resolve(),
      paused: () => Promise.resolve(),
    });
  }
}
