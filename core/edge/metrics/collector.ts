// SPDX-License-Identifier: Apache-2.0
// The way of a figure: counters → rates → the live stream, the other nodes and the store. Every second while
// somebody looks (at this node or at the other one), else every ten seconds for the store alone.
//
//     second:  read ─► rates since the last look ─► published here, told to the other nodes
//     ten:     read ─► rates since the last ten ─► stored here, told to the other nodes, who store them too
//
// One look at a time; a look that takes longer than its second costs the seconds that it takes. Each node
// keeps the rows of all, so that a dead node's past is still there.

import {
  fineSeconds,
  sampleLimit,
  keptSampleLimit,
  figuresFreshMs,
  figuresIdleFreshMs,
  loadWindowSeconds,
  coarseSeconds,
} from "../../base/limits/edge.js";
import { dirname } from "node:path";
import { moduleId, nodeName, type NodeName } from "../../base/units.js";
import type { LiveEvent, LiveFigures, MirrorCounts } from "../../api/contract.js";
import type { Series, SeriesRange, Trends } from "../../api/contract.js";
import { wallClock } from "../clock.js";
import { peersOf } from "../config/cluster-file.js";
import { defaultFolder, type Paths } from "../config/paths.js";
import { Inventory, membersOf, type MeasuredRooms } from "./inventory.js";
import { areFacts, type HostFacts } from "../../describe/host-facts.js";
import { figuresBetween } from "./rates.js";
import { Sampler, type Sample } from "./sample.js";
import { seriesNames } from "../../base/vocabulary.js";
import { areFigures, hostSeriesNames, hostSubject, moduleSubject, rowsOf } from "./row.js";
import { recentGrid, slotsOf } from "./series.js";
import { MetricsStore } from "./store.js";

/** The live stream, as far as figures need it. */
export interface FiguresStream {
  /** Somebody reads it. */
  readonly isWatched: boolean;
  pass(event: LiveEvent): void;
}

/** What goes to the other node. */
export interface Told {
  /** Somebody looks at the teller: it wants this every second. */
  readonly watched: boolean;
  readonly live: LiveFigures;
  /** Of ten seconds, to be kept. */
  readonly ten?: LiveFigures;
  readonly facts?: HostFacts;
}

const secondMs = 1_000;

/** What a card's small charts show. */
const trendNames = ["cpu", "writeP50Us", "dirtyBytes"] as const;

interface Heard {
  readonly ms: number;
  readonly watched: boolean;
  readonly live: LiveFigures;
}

export class MetricsCollector {
  private readonly store: MetricsStore;
  private readonly sampler: Sampler;
  private readonly inventory: Inventory;
  private readonly timer: NodeJS.Timeout;
  private readonly heard = new Map<string, Heard>();
  private readonly known = new Map<string, HostFacts>();
  private last: Sample | undefined;
  private lastTen: Sample | undefined;
  private own: LiveFigures | undefined;
  private ten = 0;
  private window = 0;
  private isBusy = false;
  private isCounting = false;
  private untold: HostFacts | undefined;
  private stopped = false;

  constructor(
    private readonly rooms: MeasuredRooms,
    paths: Paths,
    private readonly stream: FiguresStream,
  ) {
    const { hypervisor, mirrors } = rooms;
    this.store = new MetricsStore(paths.figures, (sentence, outcome) => rooms.log(null, sentence, outcome));
    this.sampler = new Sampler({
      hypervisor,
      mirror: async (module, limit) => (await mirrors.ask(module, { do: "figures" }, limit)) as MirrorCounts,
    });
    this.inventory = new Inventory(rooms, dirname(defaultFolder(paths, "any")));
    this.timer = setInterval(() => void this.turn(), secondMs);
  }

  /** Why the figures cannot be kept just now. */
  get trouble(): string | undefined {
    return this.store.trouble;
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
    this.store.close();
  }

  /** Own figures and those of the other nodes that were heard of lately. */
  figures(): readonly LiveFigures[] {
    const others = this.peers().flatMap((peer) => {
      const heard = this.heard.get(peer);
      return heard !== undefined && this.speaks(peer) ? [heard.live] : [];
    });
    return [...(this.own === undefined ? [] : [this.own]), ...others].sort((a, b) =>
      a.node < b.node ? -1 : 1,
    );
  }

  facts(node: string): HostFacts | undefined {
    const known = this.known.get(node);
    if (known !== undefined) return known;
    const kept = this.store.facts(node);
    if (!areFacts(kept, node)) return undefined;
    this.known.set(node, kept);
    return kept;
  }

  /** It is connected, and says how it is every ten seconds. */
  speaks(node: string): boolean {
    if (node === this.rooms.node) return true;
    const heard = this.heard.get(node);
    const isFresh = heard !== undefined && performance.now() - heard.ms < figuresIdleFreshMs;
    return isFresh && this.rooms.network.answersControl(nodeName(node));
  }

  /** Cores, as a mean of the last while; what was never seen counts as idle. */
  loadOf(module: string): number {
    const since = this.seconds() - loadWindowSeconds;
    return this.store.mean(moduleSubject(module), "cpu", since) ?? 0;
  }

  moduleSeries(module: string, range: SeriesRange): Series {
    return this.store.series(moduleSubject(module), module, range, this.seconds(), seriesNames);
  }

  hostSeries(node: string, range: SeriesRange): Series {
    return this.store.series(hostSubject(node), node, range, this.seconds(), hostSeriesNames);
  }

  /** Of every node, and of the modules that have a copy here. */
  trends(): Trends {
    const now = this.seconds();
    const grid = recentGrid(now);
    const nodes = [this.rooms.node, ...this.peers()];
    return {
      stepSeconds: grid.step,
      at: slotsOf(grid),
      hosts: nodes.map((node) => this.store.trend(hostSubject(node), node, now, ["cpu"])),
      modules: membersOf(this.rooms).map(({ module }) =>
        this.store.trend(moduleSubject(module), module, now, trendNames),
      ),
    };
  }

  /** From another node; what does not look like it is not taken. */
  hear(from: string, value: unknown): void {
    const { watched, live, ten, facts } = (value ?? {}) as Partial<Record<keyof Told, unknown>>;
    if (this.stopped || !areFigures(live, from)) return;
    this.heard.set(from, { ms: performance.now(), watched: watched === true, live });
    if (areFigures(ten, from)) this.store.write(this.seconds(), rowsOf(ten));
    if (areFacts(facts, from)) this.learn(facts);
  }

  private async turn(): Promise<void> {
    const ten = Math.floor(this.seconds() / fineSeconds);
    const isTen = ten !== this.ten;
    if (this.isBusy || !(isTen || this.isWanted())) return;
    this.isBusy = true;
    try {
      await this.look(isTen);
      if (isTen) this.ten = ten;
    } finally {
      this.isBusy = false;
    }
  }

  private isWanted(): boolean {
    const now = performance.now();
    const isAsked = [...this.heard.values()].some(({ watched, ms }) => watched && now - ms < figuresFreshMs);
    return this.stream.isWatched || isAsked;
  }

  private async look(isTen: boolean): Promise<void> {
    const { rooms, stream } = this;
    const runners = membersOf(rooms).filter(({ module }) => rooms.runsHere(moduleId(module)));
    const names = runners.map(({ module }) => module);
    const sample = await this.sampler.read(names, this.isWanted() ? sampleLimit : keptSampleLimit);
    if (this.stopped) return;
    const label = { node: rooms.node, at: wallClock() };
    const live = figuresBetween(label, runners, this.last, sample);
    const ten = isTen ? figuresBetween(label, runners, this.lastTen, sample) : undefined;
    this.last = sample;
    this.own = live;
    if (ten !== undefined) this.keep(ten, sample);
    const facts = this.untold;
    this.untold = undefined;
    const watched = stream.isWatched;
    const told: Told = { watched, live, ...(ten && { ten }), ...(facts && { facts }) };
    for (const peer of this.peers()) rooms.network.tellFigures(peer, told);
    if (watched) stream.pass({ kind: "figures", figures: this.figures() });
  }

  private keep(ten: LiveFigures, sample: Sample): void {
    void this.count(this.lastTen, sample);
    this.lastTen = sample;
    const now = this.seconds();
    this.store.write(now, rowsOf(ten));
    const window = Math.floor(now / coarseSeconds);
    if (window === this.window) return;
    this.window = window;
    this.store.condense(now);
  }

  /** Beside the seconds, which need not wait for a slow disk; told to the others with the next of them. */
  private async count(before: Sample | undefined, sample: Sample): Promise<void> {
    if (this.isCounting) return;
    this.isCounting = true;
    try {
      const known = [this.rooms.node, ...this.peers()].flatMap((one) => this.facts(one) ?? []);
      const facts = await this.inventory.take(before, sample, known);
      if (facts === undefined || this.stopped) return;
      this.learn(facts);
      this.untold = facts;
    } finally {
      this.isCounting = false;
    }
  }

  private learn(facts: HostFacts): void {
    this.known.set(facts.node, facts);
    this.store.keepFacts(facts.node, facts);
  }

  private seconds(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** Asked for each time: the other node may join later. */
  private peers(): readonly NodeName[] {
    const { member, node } = this.rooms;
    return peersOf(member.config, node).map(({ name }) => name);
  }
}
