// SPDX-License-Identifier: Apache-2.0
// Two hosts (and more, of no module's pair), two networks, an arbiter and a fence on fake time. Nothing here
// is random: transcripts drive it by words, the simulator by a seed, the console's mock by hand. Nothing of
// it needs Node.
//
// What decides and what carries out is the product's own (core/loop); fake is what it stands on.

import { milliseconds, moduleId, nodeName, seconds, type ModuleId, type NodeName } from "../base/units.js";
import { forceStopTimeout } from "../base/limits.js";
import type { ModuleConfig, ModulePicture, NodeState, PeerMessage } from "../decide/mirror/types.js";
import type { ArbiterAnswer, ArbiterQuestion } from "../ports/arbiter.js";
import { usualTimes, type CrashPoint, type Operation } from "./caller.js";
import { FakeArbiter } from "./fake-arbiter.js";
import { FakeFence } from "./fake-fence.js";
import { Host } from "./host.js";
import { FakeLink, write } from "./mirror/fake-link.js";
import type { FakeMirror } from "./mirror/fake-mirror.js";
import { Networks } from "./networks.js";
import { executes } from "./server.js";
import { FakeTime, type Settle } from "./time.js";

/** The engines look at each other this often. */
const linkStepMs = 100;
const messageMs = 100;
const arbiterMs = 500;

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
  stopHow: "shutdown",
  niceStop: milliseconds(300_000),
  forceStop: forceStopTimeout,
  powerOff: "stop",
});

export class Cluster {
  readonly hosts: readonly [Host, Host, ...Host[]];
  readonly networks = new Networks();
  readonly arbiter = new FakeArbiter();
  readonly fence: FakeFence;
  readonly acknowledged = new Map<ModuleId, Set<number>>();
  /** A guest writes a record that often; a reintegration takes so long. */
  readonly pace = { fillMs: 2000, writeMs: 200 };
  /** The simulator's eyes and hands. */
  onVmStart: (host: Host, module: ModuleId) => void = () => undefined;
  onRight: (host: Host, mirror: FakeMirror, basis: string) => void = () => undefined;
  onTurn: (host: Host, state: NodeState) => void = () => undefined;
  onSetAside: (host: Host, module: ModuleId) => void = () => undefined;
  losesMessage: () => boolean = () => false;
  takes: (what: Operation, node: NodeName) => number = (what) => usualTimes[what];
  fails: (what: Operation, node: NodeName) => boolean = () => false;
  crashes: (node: NodeName, point: CrashPoint) => boolean = () => false;
  onFailed: (host: Host, error: unknown) => void = (_host, error) => this.fail(error);
  private readonly links = new Map<ModuleId, FakeLink>();
  private readonly time: FakeTime;
  private record = 0;
  private failure: { readonly error: unknown } | undefined;

  readonly configs: ModuleConfig[];

  constructor(configs: readonly ModuleConfig[], settle: Settle, more: readonly NodeName[] = []) {
    this.configs = [...configs];
    this.time = new FakeTime(settle);
    this.fence = new FakeFence(
      (ms, act) => this.time.after(ms, act),
      (node) => this.host(node).powerOff(),
    );
    const [a, b] = configs[0]?.nodes ?? defaultConfig("none").nodes;
    const names = [a, b, ...more];
    this.hosts = [
      this.newHost(a, names),
      this.newHost(b, names),
      ...more.map((name) => this.newHost(name, names)),
    ];
    for (const { id } of configs) this.connect(id);
    this.time.after(linkStepMs, () => this.step());
  }

  private connect(id: ModuleId): void {
    this.links.set(id, new FakeLink(() => this.now, this.pace));
    this.acknowledged.set(id, new Set());
  }

  /** A module more: both daemons learn of it, nothing of it runs yet. */
  add(config: ModuleConfig): void {
    this.configs.push(config);
    this.connect(config.id);
    for (const host of this.hosts) {
      host.receive(config.id);
      host.report({ kind: "module-configured", config });
    }
  }

  /** It is no longer Gemel's. */
  remove(id: ModuleId): void {
    this.configs.splice(
      this.configs.findIndex((config) => config.id === id),
      1,
    );
    for (const host of this.hosts) host.report({ kind: "module-removed", module: id });
  }

  get now(): number {
    return this.time.now;
  }

  /** Advances by `ms`; what a daemon or an invariant has thrown meanwhile is thrown here. */
  async run(ms: number): Promise<void> {
    await this.time.run(ms);
    if (this.failure !== undefined) throw this.failure.error;
  }

  /** The first one counts: the rest may follow from it. */
  fail(error: unknown): void {
    this.failure ??= { error };
  }

  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`there is no host ${name}`);
    return found;
  }

  /** The two that have a copy of the module, in the order of its configuration. */
  private pairOf(id: ModuleId): readonly [Host, Host] {
    const [a, b] = this.configs.find((config) => config.id === id)?.nodes ?? [];
    return a === undefined || b === undefined ? [this.hosts[0], this.hosts[1]] : [this.host(a), this.host(b)];
  }

  /** Of the first two, where there are no more. */
  other(host: { readonly name: NodeName }): Host {
    const [a, b] = this.hosts;
    return host.name === a.name ? b : a;
  }

  private others(host: Host): readonly Host[] {
    return this.hosts.filter(({ name }) => name !== host.name);
  }

  private newHost(name: NodeName, names: readonly NodeName[]): Host {
    const host: Host = new Host(name, this.time, this.configs, {
      faults: {
        takes: (what, node) => this.takes(what, node),
        fails: (what, node) => this.fails(what, node),
        crashes: (node, point) => this.crashes(node, point),
      },
      peers: names.filter((one) => one !== name),
      beat: (incarnation, views) => {
        for (const to of this.others(host)) this.beat(host, to, incarnation, views);
      },
      send: (incarnation, to, message) => this.deliver(host, this.host(to), incarnation, message),
      arbiter: { ask: (question) => this.askArbiter(host, question) },
      fence: this.fence,
      changed: (state) => this.onTurn(host, state),
      letsRun: (module) => this.onVmStart(host, module),
      setsAside: (module) => this.onSetAside(host, module),
      onRight: (mirror, basis) => this.onRight(host, mirror, basis),
      closed: () => this.daemonClosed(host),
      failed: (error) => this.onFailed(host, error),
    });
    return host;
  }

  private step(): void {
    for (const { id } of this.configs) this.stepModule(id);
    this.time.after(linkStepMs, () => this.step());
  }

  private stepModule(id: ModuleId): void {
    const pair = this.pairOf(id);
    const [a, b] = pair;
    const [atA, atB] = [mirrorOf(a, id), mirrorOf(b, id)];
    const isOpen = this.networks.linkIsOpen(a, b) && atA?.isHung !== true && atB?.isHung !== true;
    const mirrors = [atA, atB].map((mirror) => (mirror?.isHung === true ? undefined : mirror));
    const before = mirrors.map((mirror) => mirror?.mark());
    this.links.get(id)?.step(awake(a, mirrors[0]), awake(b, mirrors[1]), { isOpen });
    if (atA?.inSync === true && atB?.inSync === true) this.arbiter.renew(id);
    if (this.now % this.pace.writeMs === 0) {
      this.write(id, pair, isOpen);
      this.write(id, [b, a], isOpen);
    }
    pair.forEach((host, index) => {
      if (mirrors[index]?.mark() !== before[index]) host.mirrorSaid(id);
    });
  }

  private write(id: ModuleId, [host, other]: readonly [Host, Host], isOpen: boolean): void {
    const mirror = host.mirrors.get(id);
    if (!host.runs || !executes(host.machineOf(id)) || mirror?.acceptsWrites() !== true) return;
    const peer = isOpen ? other.mirrors.get(id) : undefined;
    const number = (this.record += 1);
    if (write(mirror, peer, number)) this.acknowledged.get(id)?.add(number);
  }

  private beat(from: Host, to: Host, incarnation: string, views: readonly ModulePicture[]): void {
    for (const network of this.networks.ways(from, to)) {
      this.time.after(messageMs, () => {
        if (!to.runs) return;
        to.hear();
        to.report({ kind: "heartbeat", from: from.name, network, incarnation });
        to.report({ kind: "peer-views", from: from.name, incarnation, views });
      });
    }
  }

  private deliver(from: Host, to: Host, incarnation: string, message: PeerMessage): void {
    if (!this.networks.talk(from, to) || !to.isDaemonUp || this.losesMessage()) return;
    this.time.after(messageMs, () => {
      if (!to.runs) return;
      to.hear();
      to.report({ kind: "control-answer", from: from.name, incarnation });
      to.report({ kind: "peer-message", from: from.name, message });
    });
  }

  private daemonClosed(host: Host): void {
    for (const other of this.others(host)) {
      if (this.networks.talk(host, other)) other.report({ kind: "peer-closed", from: host.name });
    }
  }

  private askArbiter(host: Host, question: ArbiterQuestion): Promise<ArbiterAnswer> {
    return new Promise((answer) => {
      host.after(arbiterMs, () => {
        const isReached = this.arbiter.isUp && this.networks.isWhole("arbiter", host.name, "arbiter");
        const [a, b] = this.pairOf(question.module);
        const other = host.name === a.name ? b : a;
        answer(isReached ? this.arbiter.answer(host.name, other.name, question) : { kind: "silent" });
      });
    });
  }
}

const mirrorOf = (host: Host, id: ModuleId): FakeMirror | undefined =>
  host.isUp ? host.mirrors.get(id) : undefined;

/** A frozen host's processes do nothing at all. */
const awake = (host: Host, mirror: FakeMirror | undefined): FakeMirror | undefined =>
  host.isFrozen ? undefined : mirror;
