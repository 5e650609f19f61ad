// SPDX-License-Identifier: Apache-2.0
// A host on fake time: the daemon with its loop around step() (persist, then effects, results as events),
// its mirror processes and its VMs. The loop here keeps the order of loop/node-loop.ts; a crash between
// any two of its actions is what the simulator tries.

import { initialState, newDurable, step } from "../../../core/decide/mirror/step.js";
import type {
  Decision,
  Durable,
  Effect,
  Event,
  FailoverPause,
  ModuleConfig,
  NodeState,
} from "../../../core/decide/mirror/types.js";
import { viewsOf } from "../../../core/decide/mirror/views.js";
import { failure } from "../../../core/base/errors.js";
import { stallLimit } from "../../../core/base/limits.js";
import { instant, milliseconds, type ModuleId, type NodeName } from "../../../core/base/units.js";
import { newCopy, type Copy } from "./copy.js";
import { FakeMirror, type Guest } from "./fake-mirror.js";
import type { World } from "./world.js";

type Unstamped<T> = T extends unknown ? Omit<T, "at"> : never;
export type NewEvent = Unstamped<Event>;

const setAsideDone = { kind: "task-done", outcome: { ok: true, cloned: true } } as const;

/** How long the fake hypervisor and mirror take, fake milliseconds. */
const mirrorMs = 50;
const startMs = 1000;
const stopMs = 2000;

/** With the process of the run that is on, or was last. */
type RunGuest = Guest & { process: string };

export class Host {
  isUp = true;
  isFrozen = false;
  isHypervisorUp = true;
  isDaemonUp = false;
  /** The guest ignores a shutdown. */
  isGuestDeaf = false;
  startsFail = false;
  /** Its file system clones: a losing copy that was set aside is still there, to be made equal. */
  hasReflinks = false;
  state: NodeState | undefined;
  readonly decisions: Decision[] = [];
  readonly copies = new Map<ModuleId, Copy>();
  readonly guests = new Map<ModuleId, RunGuest>();
  readonly mirrors = new Map<ModuleId, FakeMirror>();
  readonly answers = new Map<string, Extract<Effect, { do: "answer-command" }>["answer"]>();
  /** Copies kept by resolve. */
  readonly kept: Copy[] = [];
  private durable = new Map<ModuleId, Durable>();
  /** What this host's copy of the cluster's shared record says. */
  private pause: FailoverPause | undefined;
  private run = 0;
  private frozenAt = 0;
  /** When this host last woke from a freeze, and when its daemon last heard the other one's. */
  thawedAt = 0;
  heardAt = 0;
  /** How long it had been silent when it was heard again just now. */
  lastSilence = 0;
  private queue: Event[] = [];
  private busyUntil = new Map<ModuleId, number>();
  private lastBeat = -1e9;
  private hasBooted = true;
  private processes = 0;

  constructor(
    readonly name: NodeName,
    readonly world: World,
    readonly configs: ModuleConfig[],
  ) {
    for (const { id } of configs) {
      this.copies.set(id, newCopy());
      this.guests.set(id, { on: false, paused: false, process: "" });
      this.durable.set(id, newDurable);
    }
    this.startDaemon();
  }

  get runs(): boolean {
    return this.isUp && !this.isFrozen;
  }

  startDaemon(): void {
    if (!this.runs || this.isDaemonUp) return;
    this.isDaemonUp = true;
    this.run += 1;
    this.queue = [];
    const other = this.world.otherOf(this.name);
    const timeout = milliseconds(5000);
    this.state = initialState({
      self: this.name,
      incarnation: `${this.name}-${this.run}`,
      at: instant(this.world.now),
      boot: this.hasBooted ? "host" : "daemon",
      peers: { [other]: { data: timeout, heart: timeout } },
      modules: this.configs.map((config) => ({ config, durable: this.durable.get(config.id) ?? newDurable })),
      ...(this.pause !== undefined && { pause: this.pause }),
    });
    this.hasBooted = false;
    this.persist();
    this.feed({ kind: "hypervisor", is: this.isHypervisorUp ? "up" : "lost" });
    for (const { id } of this.configs) {
      if (this.mirrors.get(id)?.isAlive === true) this.seeMirror(id);
      else this.feed({ kind: "mirror-absent", module: id });
      this.seeVm(id);
    }
  }

  setPause(pause: FailoverPause | undefined): void {
    this.pause = pause;
    if (!this.isDaemonUp) return;
    this.feed({ kind: "failover-pause", ...(pause !== undefined && { pause }) });
  }

  killDaemon(): void {
    if (!this.isDaemonUp) return;
    this.isDaemonUp = false;
    this.state = undefined;
    this.queue = [];
    this.world.daemonClosed(this.name);
  }

  killMirror(id: ModuleId): void {
    this.mirrors.get(id)?.die("killed");
    if (this.isDaemonUp) this.feed({ kind: "mirror-gone", module: id, why: "killed" });
  }

  killGuest(id: ModuleId): void {
    Object.assign(this.guestOf(id), { on: false, paused: false });
    this.seeVm(id);
  }

  /** Power-off: nothing closes anything, the network is silent; what was on disk stays. */
  powerOff(): void {
    this.isUp = false;
    this.isDaemonUp = false;
    this.state = undefined;
    this.queue = [];
    for (const { id } of this.configs) {
      this.mirrors.get(id)?.die("power");
      this.mirrors.delete(id);
      Object.assign(this.guestOf(id), { on: false, paused: false });
    }
  }

  boot(): void {
    this.isUp = true;
    this.isFrozen = false;
    this.hasBooted = true;
    this.startDaemon();
  }

  freeze(): void {
    this.isFrozen = true;
    this.frozenAt = this.world.now;
  }

  hear(): void {
    const now = this.world.now;
    if (now > this.heardAt) this.lastSilence = now - Math.max(this.heardAt, this.thawedAt);
    this.heardAt = now;
  }

  /** The engine's reactor finds the gap before anything else (R16). */
  thaw(): void {
    this.isFrozen = false;
    if (this.world.now - this.frozenAt <= stallLimit) return;
    this.thawedAt = this.world.now;
    for (const mirror of this.mirrors.values()) {
      if (!mirror.isAlive) continue;
      const wasInSync = mirror.inSync;
      if (mirror.link.kind === "paired") mirror.dropLink("the host slept");
      mirror.unbroken = undefined;
      if (mirror.role === "primary" && wasInSync) mirror.freezeNow("host-slept");
    }
  }

  setHypervisor(isUp: boolean): void {
    this.isHypervisorUp = isUp;
    this.feed({ kind: "hypervisor", is: isUp ? "up" : "lost" });
    for (const { id } of this.configs) this.seeVm(id);
  }

  feed(event: NewEvent): void {
    if (this.isDaemonUp) this.queue.push({ ...event, at: instant(0) });
  }

  /** One step of the world: own reports, a tick, and all that has arrived. */
  turn(): void {
    if (!this.runs || !this.isDaemonUp) return;
    this.feed({ kind: "tick" });
    if (this.world.now - this.lastBeat >= 500) this.beat();
    for (const { id } of this.configs) this.seeMirror(id);
    for (let event = this.queue.shift(); event !== undefined; event = this.queue.shift()) this.take(event);
  }

  private beat(): void {
    this.lastBeat = this.world.now;
    if (this.state === undefined) return;
    this.world.heartbeat(this.name, this.state.incarnation, viewsOf(this.state, instant(this.world.now)));
  }

  private take(event: Event): void {
    if (this.state === undefined) return;
    const result = step(this.state, { ...event, at: instant(this.world.now) });
    this.state = result.state;
    this.decisions.push(...result.decisions);
    this.world.checkTurn(this, result);
    if (this.world.crashesHere(this.name, "before-persist")) return;
    this.persist();
    if (this.world.crashesHere(this.name, "after-persist")) return;
    for (const effect of result.effects) this.carryOut(effect);
  }

  private persist(): void {
    for (const module of Object.values(this.state?.modules ?? {})) {
      this.durable.set(module.config.id, module.durable);
    }
  }

  private carryOut(effect: Effect): void {
    switch (effect.do) {
      case "send":
        return this.world.deliver(this.name, this.state?.incarnation ?? "", effect.message);
      case "answer-command":
        return void this.answers.set(effect.id, effect.answer);
      case "ask-arbiter":
        return this.world.askArbiter(this, effect);
      case "mirror": {
        const act = (): void => this.commandMirror(effect);
        if (effect.lane === "main") this.later(effect.module, mirrorMs, act);
        else this.world.after(mirrorMs, this.alive(act));
        return;
      }
      default: {
        const ms =
          effect.do === "start-workload" ? startMs : effect.do === "stop-workload" ? stopMs : mirrorMs;
        this.later(effect.module, ms, () => this.act(effect));
      }
    }
  }

  /** Lane main: one after the other per module. */
  private later(id: ModuleId, ms: number, act: () => void): void {
    const start = Math.max(this.busyUntil.get(id) ?? 0, this.world.now);
    this.busyUntil.set(id, start + ms);
    this.world.after(start + ms - this.world.now, this.alive(act));
  }

  /** What was under way when the daemon died is not carried out; on a frozen host it waits for the thaw. */
  private alive(act: () => void): () => void {
    const run = this.run;
    const attempt = (): void => {
      if (!this.isDaemonUp || !this.isUp || run !== this.run) return;
      if (this.isFrozen) this.world.after(100, attempt);
      else act();
    };
    return attempt;
  }

  private done(module: ModuleId, task: number, error?: { code: string; message: string }): void {
    const outcome =
      error === undefined
        ? ({ ok: true } as const)
        : ({
            ok: false,
            failure: { ...failure("GEMEL-2010", module, error.message), code: error.code },
          } as const);
    this.feed({ kind: "task-done", module, task, outcome });
  }

  private commandMirror(effect: Extract<Effect, { do: "mirror" }>): void {
    const { module, task, command, validUntil } = effect;
    if (validUntil !== undefined && this.world.now > validUntil) {
      this.done(module, task, { code: "GEMEL-9002", message: "too late" });
      return;
    }
    const result = this.mirrors.get(module)?.do(command) ?? {
      ok: false,
      code: "GEMEL-2004",
      message: "none",
    };
    this.seeMirror(module);
    this.seeVm(module);
    this.done(module, task, result.ok ? undefined : result);
    if (this.mirrors.get(module)?.isAlive === false) this.mirrors.delete(module);
  }

  private act(
    effect: Extract<
      Effect,
      { do: "open-mirror" | "terminate" | "start-workload" | "stop-workload" | "set-aside" }
    >,
  ): void {
    const { module, task } = effect;
    const guest = this.guestOf(module);
    switch (effect.do) {
      case "open-mirror":
        this.openMirror(module, effect.known);
        return this.done(module, task);
      case "terminate":
        this.mirrors.get(module)?.die("buried");
        this.mirrors.delete(module);
        Object.assign(guest, { on: false, paused: false });
        this.seeVm(module);
        return this.done(module, task);
      case "start-workload":
        return this.startVm(module, task, effect.validUntil);
      case "stop-workload":
        return this.stopVm(module, task, effect.how);
      case "set-aside": {
        const copy = this.copyOf(module);
        this.kept.push({ ...copy, records: new Set(copy.records) });
        if (this.hasReflinks) return this.feed({ ...setAsideDone, module, task });
        this.copies.set(module, newCopy());
        return this.done(module, task);
      }
    }
  }

  private openMirror(module: ModuleId, known: Durable["known"]): void {
    if (this.mirrors.get(module)?.isAlive === true) return;
    const copy = this.copyOf(module);
    if (known.kind === "initialised" && copy.state === "empty") copy.isThere = false;
    const other = this.world.otherOf(this.name);
    const now = (): number => this.world.now;
    const mirror = new FakeMirror(this.name, other, module, copy, this.guestOf(module), now);
    mirror.onRight = (_mirror, basis) => this.world.onRight(this, mirror, basis);
    this.mirrors.set(module, mirror);
    this.seeMirror(module);
  }

  private startVm(module: ModuleId, task: number, validUntil: number): void {
    const mirror = this.mirrors.get(module);
    if (this.world.now > validUntil) {
      this.done(module, task, { code: "GEMEL-9002", message: "too late" });
    } else if (!this.isHypervisorUp || this.startsFail || mirror?.acceptsWrites() !== true) {
      this.done(module, task, { code: "GEMEL-3002", message: "it does not start" });
    } else {
      this.beginGuest(module);
      this.world.vmStarted(this, module);
      this.seeVm(module);
      this.done(module, task);
    }
  }

  /** A process of its own for each run, whoever starts it. */
  beginGuest(id: ModuleId): void {
    this.processes += 1;
    Object.assign(this.guestOf(id), { on: true, paused: false, process: `${this.name} ${this.processes}` });
  }

  private stopVm(module: ModuleId, task: number, how: "shutdown" | "off" | "kill"): void {
    const guest = this.guestOf(module);
    const mirror = this.mirrors.get(module);
    const isStuck = guest.on && mirror?.freeze !== undefined;
    const refuses = how === "shutdown" && (this.isGuestDeaf || guest.paused || isStuck);
    if (refuses || (!this.isHypervisorUp && how !== "kill")) {
      this.done(module, task, { code: "GEMEL-3003", message: "still running" });
      return;
    }
    Object.assign(guest, { on: false, paused: false });
    this.seeVm(module);
    this.done(module, task);
  }

  private seeMirror(id: ModuleId): void {
    const mirror = this.mirrors.get(id);
    if (mirror?.isAlive === true) this.feed({ kind: "mirror-status", module: id, status: mirror.status() });
  }

  seeVm(id: ModuleId): void {
    const { on, paused, process } = this.guestOf(id);
    const run = !this.isHypervisorUp
      ? ({ kind: "unknown", why: "libvirtd does not answer" } as const)
      : on
        ? ({ kind: "on", paused, instance: process } as const)
        : ({ kind: "off" } as const);
    this.feed({ kind: "run-seen", module: id, run });
  }

  copyOf(id: ModuleId): Copy {
    const copy = this.copies.get(id);
    if (copy === undefined) throw new Error(`no copy of ${id}`);
    return copy;
  }

  guestOf(id: ModuleId): RunGuest {
    const guest = this.guests.get(id);
    if (guest === undefined) throw new Error(`no guest ${id}`);
    return guest;
  }
}
