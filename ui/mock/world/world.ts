// SPDX-License-Identifier: Apache-2.0
// The mock cluster as a whole: its hosts, modules and people, its clock, its history, and who listens. The
// rooms (../rooms) change it, a scenario (../scenarios) fills it.

import type { HistoryEntry, LiveEvent } from "../../../core/api/contract.js";
import { hex } from "./chance.js";
import { SimClock } from "./clock.js";
import { refuse } from "./refusal.js";
import type { ClusterFacts, Copy, Host, MockModule, MockUser, MockVm, Procedure } from "./types.js";

type NewEntry = Pick<HistoryEntry, "node" | "kind" | "module" | "sentence"> &
  Partial<Pick<HistoryEntry, "rule" | "inputs" | "outcome">>;
type Listener = (event: LiveEvent) => void;

/** The heartbeat's timeout: a host that dies is noticed so much later. */
export const detectionMs = 5_000;
const historyMax = 5_000;

/** How the API can be out of order, beside what happens to hosts. */
export type Trouble = "none" | "silent" | "stream-stale";

export class World {
  readonly clock: SimClock;
  readonly hosts: Host[] = [];
  readonly modules: MockModule[] = [];
  readonly vms: MockVm[] = [];
  readonly users: MockUser[] = [];
  readonly procedures: Procedure[] = [];
  readonly acknowledged = new Map<string, { readonly by: string; readonly at: string }>();
  /** Alarm → since when. */
  readonly alarmsSince = new Map<string, string>();
  /** Of the console, by node: an own certificate in the place of the cluster's. */
  readonly ownCertificates = new Map<string, { readonly since: string }>();
  readonly warnings: string[] = [];
  trouble: Trouble = "none";
  clockApartSeconds = 0;
  private readonly histories = new Map<string, HistoryEntry[]>();
  private readonly listeners = new Set<Listener>();

  constructor(
    readonly seed: number,
    readonly facts: ClusterFacts,
    startWallMs: number,
  ) {
    this.clock = new SimClock(startWallMs);
  }

  get now(): number {
    return this.clock.now;
  }

  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw refuse("GEMEL-4012", name);
    return found;
  }

  other(name: string): Host | undefined {
    return this.hosts.find((host) => host.name !== name);
  }

  /** The first host that can answer: a browser that lost one has moved to it. */
  get answering(): Host | undefined {
    return this.hosts.find(({ up, daemon }) => up && daemon);
  }

  module(id: string): MockModule {
    const found = this.modules.find((module) => module.id === id);
    if (found === undefined) throw refuse("GEMEL-1001", id);
    return found;
  }

  newGeneration(module: MockModule): string {
    return hex(this.seed, `generation ${module.id} ${module.turn} ${this.now}`, 16);
  }

  /** Plans a step of a module's way; void if something else has happened to the module by then. */
  then(module: MockModule, ms: number, step: () => void): void {
    const { turn } = module;
    this.clock.after(ms, () => {
      if (module.turn === turn && this.modules.includes(module)) step();
    });
  }

  record({ rule = "", inputs = {}, outcome = "", ...entry }: NewEntry, at = this.now): HistoryEntry {
    const list = this.historyOf(entry.node);
    const id = (list.at(-1)?.id ?? 0) + 1;
    const made: HistoryEntry = { id, at: this.clock.wall(at), ...entry, rule, inputs, outcome };
    list.push(made);
    if (list.length > historyMax) list.shift();
    this.publish({ kind: "history", entry: made });
    return made;
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

export function copyOn(module: MockModule, node: string): Copy {
  const found = module.copies.find((copy) => copy.node === node);
  if (found === undefined) throw refuse("GEMEL-1015", node);
  return found;
}

export function otherCopy(module: MockModule, node: string): Copy {
  const [first, second] = module.copies;
  return first.node === node ? second : first;
}

/** The copy whose host runs the VM, or is about to. */
export const activeCopy = ({ copies }: MockModule): Copy | undefined =>
  copies.find(({ state, gone }) => !gone && (state === "ALONE" || state === "PRIM"));

/** One setter for a copy's state, so that nobody forgets since when. */
/** A change of state is recorded in the daemon's own form: the timeline reads it. */
export function become(
  world: World,
  copy: Copy,
  state: Copy["state"],
  reason = "none",
  at: number = world.now,
): void {
  const { state: before, node } = copy;
  if (before === state && copy.reason === reason) return;
  copy.state = state;
  copy.reason = reason;
  if (before === state) return;
  copy.since = at;
  const module = world.modules.find(({ copies }) => copies.includes(copy));
  if (module === undefined) return;
  const { rule, sentence, work } = changes[state];
  const { generation, session, upToDate } = copy;
  const inputs = { vm: copy.vm, generation, session, upToDate, reason };
  const outcome = `${before} → ${state} (${work})`;
  world.record({ node, kind: "decision", module: module.id, rule, sentence, inputs, outcome }, at);
}

type Change = { readonly rule: string; readonly sentence: string; readonly work: string };

const changes: Readonly<Record<Copy["state"], Change>> = {
  STOP: { rule: "R22", sentence: "The module has left.", work: "idle" },
  WAIT: { rule: "R23", sentence: "It finds out whether it may run, follows or waits.", work: "waiting" },
  ALONE: { rule: "R10", sentence: "The other copy is lost or no longer up to date.", work: "running" },
  PRIM: { rule: "R10", sentence: "The other copy is up to date.", work: "running" },
  SECOND: { rule: "R23", sentence: "Both copies are paired.", work: "following" },
};
