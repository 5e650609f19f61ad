// SPDX-License-Identifier: Apache-2.0
// The mock cluster as a whole: two simulated hosts (core/sim), on which the daemon's own middle decides, and
// the scenery around them. The rooms (../rooms) ask and change it, a scenario (../scenarios) tells what
// happens.
//
// Invariant: nothing moves unless `advance` is called or a command waits for its answer; the same seed,
// scenario and calls give the same answers.

import type { HistoryEntry, LiveEvent } from "../../../core/api/contract.js";
import { instant, moduleId, nodeName, wallTime, type NodeName } from "../../../core/base/units.js";
import type { Command, CommandAnswer } from "../../../core/decide/mirror/command.js";
import type { Decision, ModulePicture, NodeState } from "../../../core/decide/mirror/types.js";
import { viewsOf } from "../../../core/decide/mirror/views.js";
import { AlarmBook } from "../../../core/describe/alarm/alarm-book.js";
import { wallAt, type Times } from "../../../core/describe/status/times.js";
import { heartbeatTimeout, pulse } from "../../../core/base/limits.js";
import {
  changedEntries,
  sharedValue,
  sharedValues,
  type Entries,
  type SharedChange,
} from "../../../core/edge/cluster/shared-entries.js";
import { defaultPorts, type ClusterConfig } from "../../../core/edge/config/cluster-file.js";
import { configOf } from "../../../core/edge/config/module-settings.js";
import type { Cluster } from "../../../core/sim/cluster.js";
import { networkTimeouts } from "../../../core/sim/daemon.js";
import type { Settle } from "../../../core/sim/time.js";
import { Player } from "../../../core/sim/transcript.js";
import { Agenda } from "./agenda.js";
import { GemelError } from "../../../core/base/errors.js";
import type { ClusterFacts, HostScene, ModuleScene, Procedure, VmScene } from "./scenery.js";

type NewEntry = Pick<HistoryEntry, "node" | "kind" | "module" | "sentence"> &
  Partial<Pick<HistoryEntry, "rule" | "inputs" | "outcome">>;
type Listener = (event: LiveEvent) => void;

const historyMax = 5_000;
/** The middle answers after its record is flushed; so long it is waited for. */
const answerMsMax = 10_000;
const answerStepMs = 5;
/** Often enough for copies to differ after a while apart. */
const writeMs = 2_000;

/** How the API can be out of order, beside what happens to hosts. */
export type Trouble = "none" | "silent" | "stream-stale";

export class World {
  readonly hosts: HostScene[] = [];
  readonly modules: ModuleScene[] = [];
  readonly vms: VmScene[] = [];
  readonly procedures: Procedure[] = [];
  /** Of the console, by node: an own certificate in the place of the cluster's. */
  readonly ownCertificates = new Set<string>();
  trouble: Trouble = "none";
  readonly book: AlarmBook;
  /** What both nodes know alike. */
  shared: Entries = {};
  private readonly agenda = new Agenda();
  private readonly histories = new Map<string, HistoryEntry[]>();
  private readonly listeners = new Set<Listener>();
  private readonly reach = new Map<string, { readonly reachable: boolean; readonly since: number }>();
  private made: Cluster | undefined;
  /** The simulated instant at which somebody begins to watch. */
  private origin: number | undefined;
  private commands = 0;

  constructor(
    readonly seed: number,
    readonly facts: ClusterFacts,
    private readonly startWallMs: number,
    private readonly settle: Settle,
  ) {
    this.book = new AlarmBook({
      now: () => instant(this.cluster.now),
      wall: () => this.wall(),
      acknowledged: () => sharedValues(this.shared, "ack"),
      forget: (id) => void this.share("ack", id, null),
    });
  }

  /**
   * What puts the cluster up and is no history, what has happened before anybody watches, and what goes on
   * then: each told as a transcript.
   */
  async begin(home: string, before: string, story: string): Promise<void> {
    const configs = this.modules.map(({ id, settings }) => configOf(moduleId(id), settings));
    const arbiter = this.facts.arbiter;
    const player = new Player(this.settle, undefined, {
      configs: configs.map((config) => ({ ...config, arbiter })),
      pass: (ms) => (this.origin === undefined ? this.cluster.run(ms) : this.pass(ms)),
    });
    this.made = player.cluster;
    this.cluster.pace.writeMs = writeMs;
    for (const host of this.cluster.hosts) {
      host.report({
        kind: "peer-configured",
        peer: this.cluster.other(host).name,
        networks: networkTimeouts,
      });
    }
    await player.play("home", home);
    for (const { decisions } of this.cluster.hosts) decisions.splice(0);
    await player.play("before", before);
    this.origin = this.cluster.now;
    this.keepDecisions();
    void player.play("story", story).catch((error: unknown) => {
      console.error(error);
    });
    await this.settle();
  }

  get cluster(): Cluster {
    if (this.made === undefined) throw new Error("the world has not begun");
    return this.made;
  }

  /** Milliseconds since somebody watches. */
  get now(): number {
    return this.origin === undefined ? 0 : this.cluster.now - this.origin;
  }

  get wallMs(): number {
    return this.startWallMs + this.now;
  }

  /** Wall time of an instant since the beginning; negative ones lie before it. */
  wall(at = this.now): string {
    return new Date(this.startWallMs + at).toISOString();
  }

  get times(): Times {
    return { now: instant(this.cluster.now), wall: wallTime(this.wall()) };
  }

  after(ms: number, act: () => void | Promise<void>): void {
    this.agenda.add(this.now + ms, act);
  }

  private pass(ms: number): Promise<void> {
    return new Promise((done) => {
      this.after(ms, done);
    });
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (let due = this.agenda.next(end); due !== undefined; due = this.agenda.next(end)) {
      await this.cluster.run(Math.max(0, due.at - this.now));
      await due.act();
      // A transcript goes on where it waited, before time does.
      await this.settle();
    }
    await this.cluster.run(Math.max(0, end - this.now));
    this.keepDecisions();
  }

  /** A command given to a node's middle, and its answer. */
  async command(node: string, by: string, command: Command): Promise<CommandAnswer> {
    const host = this.cluster.host(node);
    const id = `console-${++this.commands}`;
    host.command(id, by, command);
    for (let waited = 0; waited < answerMsMax; waited += answerStepMs) {
      await this.cluster.run(answerStepMs);
      const answer = host.answers.get(id);
      if (answer === undefined) continue;
      host.answers.delete(id);
      this.keepDecisions();
      return answer;
    }
    throw new GemelError("GEMEL-9003", "", "The daemon did not come to answer the command.");
  }

  /** On both nodes, as the shared record carries it. */
  async share(...change: SharedChange): Promise<void> {
    this.shared = changedEntries(this.shared, this.answering ?? "alpha", ...change);
    if (change[0] !== "pause") return;
    const pause = sharedValue(this.shared, "pause");
    for (const host of this.cluster.hosts) host.setPause(pause && { ...pause, since: wallTime(pause.since) });
    await this.cluster.run(answerStepMs);
    this.keepDecisions();
  }

  get config(): ClusterConfig {
    const { name, uuid, networks } = this.facts;
    return {
      name,
      uuid,
      networks: networks.map((one) => ({ ...one, pulse, timeout: heartbeatTimeout, data: "on" })),
      nodes: this.hosts.map((host) => ({
        name: nodeName(host.name),
        addresses: new Map(Object.entries(host.addresses)),
      })),
      ports: defaultPorts,
      listen: "all",
    };
  }

  /** The first host that can answer: a browser that lost one has moved to it. */
  get answering(): string | undefined {
    return this.cluster.hosts.find(({ isDaemonUp, runs }) => isDaemonUp && runs)?.name;
  }

  state(node: string): NodeState {
    const found = this.cluster.host(node).state;
    if (found === undefined) throw new GemelError("GEMEL-1009", node);
    return found;
  }

  views(node: string): readonly ModulePicture[] {
    return viewsOf(this.state(node), this.times.now);
  }

  host(name: string): HostScene {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new GemelError("GEMEL-4012", name);
    return found;
  }

  other(name: string): HostScene | undefined {
    return this.hosts.find((host) => host.name !== name);
  }

  get nodes(): readonly NodeName[] {
    return this.hosts.map(({ name }) => nodeName(name));
  }

  module(id: string): ModuleScene {
    const found = this.modules.find((module) => module.id === id);
    if (found === undefined) throw new GemelError("GEMEL-1001", id);
    return found;
  }

  /** Protected from now on: the daemons learn of it. */
  addModule(module: ModuleScene): void {
    this.modules.push(module);
    this.cluster.add({ ...configOf(moduleId(module.id), module.settings), arbiter: this.facts.arbiter });
  }

  configure(module: ModuleScene, settings: ModuleScene["settings"]): void {
    module.settings = settings;
    const config = { ...configOf(moduleId(module.id), settings), arbiter: this.facts.arbiter };
    for (const host of this.cluster.hosts) host.report({ kind: "module-configured", config });
  }

  async removeModule(id: string): Promise<void> {
    const module = this.modules.find((one) => one.id === id);
    if (module === undefined) return;
    this.cluster.remove(moduleId(id));
    await this.cluster.run(answerStepMs);
    this.modules.splice(this.modules.indexOf(module), 1);
  }

  /** When a peer became reachable or silent, as shown to people. */
  reachableSince(node: string, peer: string, reachable: boolean): number {
    const before = this.reach.get(`${node} ${peer}`);
    if (before?.reachable === reachable) return before.since;
    const since = this.cluster.now;
    this.reach.set(`${node} ${peer}`, { reachable, since });
    return since;
  }

  record({ rule = "", inputs = {}, outcome = "", ...entry }: NewEntry, at = this.wall()): HistoryEntry {
    const list = this.historyOf(entry.node);
    const id = (list.at(-1)?.id ?? 0) + 1;
    const made: HistoryEntry = { id, at, ...entry, rule, inputs, outcome };
    list.push(made);
    if (list.length > historyMax) list.shift();
    this.publish({ kind: "history", entry: made });
    return made;
  }

  /** What the daemons have decided since the last time goes into their histories. */
  keepDecisions(): void {
    for (const { name, decisions } of this.cluster.hosts) {
      for (const decision of decisions.splice(0)) this.keep(name, decision);
    }
  }

  private keep(node: string, { at, module, rule, sentence, inputs, outcome }: Decision): void {
    const entry = {
      node,
      kind: "decision",
      module: module ?? null,
      rule,
      sentence,
      inputs,
      outcome,
    } as const;
    this.record(entry, wallAt(this.times, at));
  }

  /** Oldest first; each host keeps its own, with its own numbers. */
  historyOf(node: string): HistoryEntry[] {
    const list = this.histories.get(node) ?? [];
    this.histories.set(node, list);
    return list;
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get isListenedTo(): boolean {
    return this.listeners.size > 0;
  }

  publish(event: LiveEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}
