// SPDX-License-Identifier: Apache-2.0
// A host without its daemon, on fake time: what is on its disks, the processes that outlive the daemon
// (mirrors, VMs), and its power. Whatever happens here goes on when the daemon dies, waits when the host is
// frozen, and is gone when it loses power.

import { lostDurable, newDurable } from "../decide/mirror/step.js";
import type { Durable, ModuleConfig } from "../decide/mirror/types.js";
import { check } from "../base/check.js";
import { stallLimit, turnGapMax } from "../base/limits.js";
import type { ModuleId, NodeName } from "../base/units.js";
import { newCopy, type Copy } from "./mirror/copy.js";
import type { FakeMirror } from "./mirror/fake-mirror.js";
import type { FakeTime } from "./time.js";

/** A VM on this host. */
export interface Machine {
  isDefined: boolean;
  on: boolean;
  /** Started paused, and not yet let run: it has executed nothing. */
  held: boolean;
  /** By the engine. */
  paused: boolean;
  /** The process of the run that is on, or was last. */
  process: string;
  /** Of one that is on: its guest has crashed, and its process was kept. */
  crashed: boolean;
  /** Of one that is off: those inside have ended it. */
  byItself: boolean;
}

const newMachine = (): Machine => ({
  isDefined: false,
  on: false,
  held: false,
  paused: false,
  process: "",
  crashed: false,
  byItself: false,
});

export const executes = ({ on, held, paused, crashed }: Machine): boolean =>
  on && !held && !paused && !crashed;

export class Server {
  isUp = true;
  isFrozen = false;
  isHypervisorUp = true;
  /** The guest ignores a shutdown. */
  isGuestDeaf = false;
  startsFail = false;
  /** Its file system clones: a losing copy that was set aside is still there, to be made equal. */
  hasReflinks = false;
  /** A flush of the daemon's own record does not come back. */
  isStateDiskHung = false;
  readonly copies = new Map<ModuleId, Copy>();
  readonly machines = new Map<ModuleId, Machine>();
  readonly mirrors = new Map<ModuleId, FakeMirror>();
  /** Copies kept by resolve. */
  readonly kept: Copy[] = [];
  /** The daemon's record: what has survived a flush. */
  readonly record = new Map<ModuleId, Durable>();
  /** When this host last woke from a freeze, and when its daemon last heard the other one's. */
  private thawedAt = 0;
  private heardAt = 0;
  /** Silences of the other one that have ended lately: since when, and until when. */
  private silences: { readonly since: number; readonly until: number }[] = [];
  /** Since its last boot no record was written here: what the boot renews is not in it yet. */
  hasBooted = true;
  private boots = 0;
  private frozenAt = 0;
  private processes = 0;
  /** What fell due while the host was frozen. */
  private waiting: (() => void)[] = [];
  /** Somebody who is told that a VM's power has changed (the hypervisor's own event). */
  onPower: (id: ModuleId) => void = () => undefined;
  onMirrorDeath: (id: ModuleId) => void = () => undefined;

  constructor(
    readonly name: NodeName,
    readonly time: FakeTime,
    readonly configs: readonly ModuleConfig[],
  ) {
    for (const { id } of configs) this.receive(id);
  }

  /** A place for a module: an empty folder, no VM. */
  receive(id: ModuleId): void {
    this.copies.set(id, newCopy());
    this.machines.set(id, newMachine());
    this.record.set(id, newDurable);
  }

  get runs(): boolean {
    return this.isUp && !this.isFrozen;
  }

  /** Done on this host: not when it has lost its power meanwhile, and only after a thaw. */
  after(ms: number, act: () => void): void {
    const { boots } = this;
    const attempt = (): void => {
      if (boots !== this.boots || !this.isUp) return;
      if (this.isFrozen) this.waiting.push(attempt);
      else act();
    };
    this.time.after(ms, attempt);
  }

  copyOf(id: ModuleId): Copy {
    const copy = this.copies.get(id);
    check(copy !== undefined, `a copy of ${id}`);
    return copy;
  }

  machineOf(id: ModuleId): Machine {
    const machine = this.machines.get(id);
    check(machine !== undefined, `a machine ${id}`);
    return machine;
  }

  /** A process of its own for each run, whoever starts it. */
  startMachine(id: ModuleId, held: boolean): Machine {
    this.processes += 1;
    const process = `${this.processes}`;
    const machine = Object.assign(this.machineOf(id), {
      isDefined: true,
      on: true,
      held,
      paused: false,
      process,
      crashed: false,
      byItself: false,
    });
    this.onPower(id);
    return machine;
  }

  endMachine(id: ModuleId, byItself = false): void {
    Object.assign(this.machineOf(id), { on: false, held: false, paused: false, byItself });
    this.onPower(id);
  }

  /** Its process is kept (on_crash=preserve). */
  panic(id: ModuleId): void {
    if (this.machineOf(id).on) this.machineOf(id).crashed = true;
    this.onPower(id);
  }

  killMirror(id: ModuleId): void {
    const mirror = this.mirrors.get(id);
    if (mirror?.isStuck === true) mirror.doom(() => this.forgetMirror(id));
    else {
      mirror?.die("killed");
      this.forgetMirror(id);
    }
  }

  hangMirror(id: ModuleId, isStuck: boolean): void {
    this.mirrors.get(id)?.hang(isStuck);
  }

  forgetMirror(id: ModuleId): void {
    this.mirrors.delete(id);
    this.onMirrorDeath(id);
  }

  /** A flush of the record: what is in it counts only after it. */
  flush(record: ReadonlyMap<ModuleId, Durable>, ms: number, done: () => void): void {
    this.after(ms, () => {
      if (this.isStateDiskHung) return this.flush(record, 100, done);
      this.hasBooted = false;
      this.record.clear();
      for (const [id, durable] of record) this.record.set(id, durable);
      done();
    });
  }

  recordIs(is: "works" | "hangs" | "lost"): void {
    this.isStateDiskHung = is === "hangs";
    if (is === "lost") for (const id of this.record.keys()) this.record.set(id, lostDurable);
  }

  /** Nothing closes anything, the network is silent; what was on disk stays. */
  losePower(): void {
    this.isUp = false;
    this.isFrozen = false;
    this.boots += 1;
    this.waiting = [];
    for (const { id } of this.configs) {
      this.mirrors.get(id)?.die("power");
      this.mirrors.delete(id);
      Object.assign(this.machineOf(id), { on: false, held: false, paused: false });
    }
  }

  freeze(): void {
    this.isFrozen = true;
    this.frozenAt = this.time.now;
  }

  /** The engine's reactor finds the gap before anything else (R16). */
  thaw(): void {
    this.isFrozen = false;
    if (this.time.now - this.frozenAt > stallLimit) {
      this.thawedAt = this.time.now;
      for (const mirror of this.mirrors.values()) mirror.findsItSlept();
    }
    for (const act of this.waiting.splice(0)) act();
  }

  hear(): void {
    const { now } = this.time;
    const since = Math.max(this.heardAt, this.thawedAt);
    this.silences = this.silences.filter(({ until }) => now - until <= turnGapMax);
    if (now > since) this.silences.push({ since, until: now });
    this.heardAt = now;
  }

  /** How long the other one had been silent at that moment of the last seconds, while this one ran. */
  silenceAt(moment: number): number {
    const since = Math.max(this.heardAt, this.thawedAt);
    const then = this.silences.find(({ until }) => until >= moment) ?? { since };
    return moment - then.since;
  }
}
