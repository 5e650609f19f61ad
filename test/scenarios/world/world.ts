// SPDX-License-Identifier: Apache-2.0
// Two hosts, two networks and an arbiter on fake time, in steps of 100 ms. Nothing here is random:
// transcripts drive it by words, the simulator by a seed.

import type { Step } from "../../../core/decide/mirror/step.js";
import type { Effect, ModuleConfig, ModulePicture, PeerMessage } from "../../../core/decide/mirror/types.js";
import {
  milliseconds,
  moduleId,
  nodeName,
  seconds,
  type ModuleId,
  type NodeName,
} from "../../../core/base/units.js";
import { FakeLink, write } from "./fake-link.js";
import type { FakeMirror } from "./fake-mirror.js";
import { Host } from "./host.js";

export const stepMs = 100;
const messageMs = 100;
/** The guest writes a record this often. */
const writeMs = 200;

export const defaultConfig = (id: string): ModuleConfig => ({
  id: moduleId(id),
  nodes: [nodeName("alpha"), nodeName("beta")],
  vm: { id: `uuid-${id}`, name: id },
  arbiter: "none",
  defaultPrim: { kind: "alone" },
  failover: true,
  boot: true,
  maxLoop: 3,
  loopInterval: seconds(24 * 3600),
  niceStop: milliseconds(300_000),
});

/** A fake lease: compare-and-swap on who runs last. Unreachable unless a network to it is up. */
export interface Arbiter {
  isUp: boolean;
  holders: Map<ModuleId, NodeName>;
  /** Grows with each change of a holder. */
  epoch: number;
}

export type Oracle = (host: Host, module: ModuleId) => void;

export class World {
  now = 1_000_000;
  readonly hosts: readonly [Host, Host];
  readonly arbiter: Arbiter = { isUp: true, holders: new Map(), epoch: 0 };
  /** "net:from>to" of what is cut. */
  readonly cuts = new Set<string>();
  readonly acknowledged = new Map<ModuleId, Set<number>>();
  readonly pace = { fillMs: 2000 };
  /** Simulator hooks. */
  onVmStart: Oracle = () => undefined;
  onRight: (host: Host, mirror: FakeMirror, basis: string) => void = () => undefined;
  losesMessage: () => boolean = () => false;
  onTurn: (host: Host, result: Step) => void = () => undefined;
  crashesHere: (host: NodeName, point: "before-persist" | "after-persist") => boolean = () => false;
  private readonly links = new Map<ModuleId, FakeLink>();
  private readonly later: { at: number; order: number; act: () => void }[] = [];
  private order = 0;
  private record = 0;

  constructor(readonly configs: ModuleConfig[]) {
    this.hosts = [new Host(nodeName("alpha"), this, configs), new Host(nodeName("beta"), this, configs)];
    for (const { id } of configs) {
      this.links.set(id, new FakeLink(() => this.now, this.pace));
      this.acknowledged.set(id, new Set());
    }
  }

  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`there is no host ${name}`);
    return found;
  }

  otherOf(name: NodeName): NodeName {
    return name === "alpha" ? nodeName("beta") : nodeName("alpha");
  }

  after(ms: number, act: () => void): void {
    this.later.push({ at: this.now + ms, order: (this.order += 1), act });
  }

  /** Advances by `ms`. */
  run(ms: number): void {
    for (const end = this.now + ms; this.now < end;) this.step();
  }

  private step(): void {
    this.now += stepMs;
    for (const due of this.takeDue()) due.act();
    for (const { id } of this.configs) this.stepModule(id);
    for (const host of this.hosts) host.turn();
  }

  private takeDue(): { act: () => void }[] {
    const due = this.later
      .filter(({ at }) => at <= this.now)
      .sort((a, b) => a.at - b.at || a.order - b.order);
    const rest = this.later.filter(({ at }) => at > this.now);
    this.later.splice(0, this.later.length, ...rest);
    return due;
  }

  private stepModule(id: ModuleId): void {
    const mirrors = this.hosts.map((host) => (host.isUp ? host.mirrors.get(id) : undefined));
    const [a, b] = mirrors;
    const isOpen = this.hosts.every(({ runs }) => runs) && this.linkIsOpen();
    // A frozen host's processes do nothing at all.
    const awake = (mirror: FakeMirror | undefined): FakeMirror | undefined =>
      mirror !== undefined && !this.host(mirror.node).isFrozen ? mirror : undefined;
    this.links.get(id)?.step(awake(a), awake(b), { isOpen });
    // The lease is renewed by a pair in sync: both may ask again at the next loss.
    if (a?.inSync === true && b?.inSync === true) this.denied.delete(id);
    if (this.now % writeMs === 0) {
      for (const host of this.hosts) this.write(host, id, isOpen);
    }
  }

  private write(host: Host, id: ModuleId, isOpen: boolean): void {
    const { on, paused } = host.guestOf(id);
    const mirror = host.mirrors.get(id);
    if (!on || paused || !host.runs || mirror?.acceptsWrites() !== true) return;
    const peer = isOpen ? this.host(this.otherOf(host.name)).mirrors.get(id) : undefined;
    const number = (this.record += 1);
    if (write(mirror, peer, number)) this.acknowledged.get(id)?.add(number);
  }

  /** Data links try every network; "link" cuts them alone. */
  private linkIsOpen(): boolean {
    const ways = ["data", "heart"].filter(
      (net) => this.reaches(net, "alpha", "beta") && this.reaches(net, "beta", "alpha"),
    );
    return ways.length > 0 && !this.cuts.has("link:alpha>beta") && !this.cuts.has("link:beta>alpha");
  }

  reaches(net: string, from: string, to: string): boolean {
    return !this.cuts.has(`${net}:${from}>${to}`) && this.host(from).runs && this.host(to).isUp;
  }

  cut(net: string, from: string, to: string, oneWay = false): void {
    this.cuts.add(`${net}:${from}>${to}`);
    if (!oneWay) this.cuts.add(`${net}:${to}>${from}`);
  }

  heal(net: string): void {
    for (const cut of [...this.cuts]) if (cut.startsWith(`${net}:`)) this.cuts.delete(cut);
  }

  heartbeat(from: NodeName, incarnation: string, views: readonly ModulePicture[]): void {
    const to = this.otherOf(from);
    for (const network of ["data", "heart"]) {
      if (!this.reaches(network, from, to)) continue;
      this.after(stepMs, () => {
        const host = this.host(to);
        if (!host.runs) return;
        host.hear();
        host.feed({ kind: "heartbeat", from, network, incarnation });
        host.feed({ kind: "peer-views", from, incarnation, views });
      });
    }
  }

  /** The control connection needs a way in both directions, over any network. */
  private talks(from: NodeName, to: NodeName): boolean {
    return ["data", "heart"].some((net) => this.reaches(net, from, to) && this.reaches(net, to, from));
  }

  deliver(from: NodeName, incarnation: string, message: PeerMessage): void {
    const to = this.otherOf(from);
    if (!this.talks(from, to) || !this.host(to).isDaemonUp || this.losesMessage()) return;
    this.after(messageMs, () => {
      const host = this.host(to);
      if (!host.runs) return;
      host.hear();
      host.feed({ kind: "control-answer", from, incarnation });
      host.feed({ kind: "peer-message", from, message });
    });
  }

  daemonClosed(name: NodeName): void {
    const other = this.otherOf(name);
    if (this.talks(name, other)) this.host(other).feed({ kind: "peer-closed", from: name });
  }

  askArbiter(host: Host, { module, request, why }: Extract<Effect, { do: "ask-arbiter" }>): void {
    this.after(500, () => {
      if (!host.isDaemonUp || !host.runs) return;
      const isReached = this.arbiter.isUp && !this.cuts.has(`arbiter:${host.name}>arbiter`);
      const other = this.otherOf(host.name);
      if (!isReached) {
        host.feed({ kind: "arbiter-answered", module, request, answer: { kind: "silent" } });
        return;
      }
      // Who runs last keeps the right; the other gets it only where the holder did not renew: here, when it
      // is asked first after the loss. A swap or a word is told afterwards.
      const holder = this.arbiter.holders.get(module);
      const isRace = why === "frozen" || why === "afterwards" || holder === undefined || holder === host.name;
      const denied = this.denied.get(module) === host.name;
      if (isRace || !denied) {
        if (holder !== host.name) this.arbiter.epoch += 1;
        this.arbiter.holders.set(module, host.name);
        this.denied.set(module, other);
      }
      const { epoch } = this.arbiter;
      const answer = denied
        ? ({ kind: "denied", holder: other, epoch } as const)
        : ({ kind: "granted", epoch } as const);
      host.feed({ kind: "arbiter-answered", module, request, answer });
    });
  }

  /** Who has lost the right to the other since both were last in sync. */
  private readonly denied = new Map<ModuleId, NodeName>();

  vmStarted(host: Host, module: ModuleId): void {
    this.onVmStart(host, module);
  }

  checkTurn(host: Host, result: Step): void {
    this.onTurn(host, result);
  }
}
