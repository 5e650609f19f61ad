// SPDX-License-Identifier: Apache-2.0
// What each daemon knows only of itself and both consoles show: its alarms, its version, how long its VMs
// took to start and stop, and its wall clock. Asked of the other node every few seconds; the answer's round
// trip bounds how wrong the difference of the clocks can be. For people's eyes alone: nothing is decided by
// it.

import type { Alarm } from "../api/contract.js";
import { nodeFactsInterval } from "../base/limits.js";
import { elapsed, type Instant } from "../base/units.js";
import { toldAlarms } from "./alarm/alarm-book.js";
import type { PeerNodeFact } from "./alarm/alarms.js";
import { measuresOf, type Measures } from "./module/measures.js";

/** Travels as JSON; an older daemon does not know the call, and is not shown as anything but older. */
export interface NodeFacts {
  readonly version: string;
  readonly wallMs: number;
  readonly alarms: readonly Alarm[];
  readonly measures: Measures;
}

export interface ToldFacts extends PeerNodeFact {
  readonly alarms: readonly Alarm[];
  readonly measures: Measures;
}

export interface FactsSources {
  readonly now: () => Instant;
  readonly wallMs: () => number;
  readonly peers: () => readonly string[];
  /** Its daemon is connected. */
  readonly answers: (peer: string) => boolean;
  readonly ask: (peer: string) => Promise<unknown>;
}

export class FactsExchange {
  private readonly told = new Map<string, ToldFacts>();
  private asked: Instant | undefined;
  private busy = false;

  constructor(private readonly sources: FactsSources) {}

  /** Called often; asks when it is time. Returns whether something was learnt. */
  async exchange(): Promise<boolean> {
    const now = this.sources.now();
    const isEarly = this.asked !== undefined && elapsed(this.asked, now) < nodeFactsInterval;
    if (this.busy || isEarly) return false;
    this.busy = true;
    this.asked = now;
    try {
      const peers = this.sources.peers().filter((peer) => this.sources.answers(peer));
      const learnt = await Promise.all(peers.map((peer) => this.ask(peer)));
      return learnt.includes(true);
    } finally {
      this.busy = false;
    }
  }

  /** Of the nodes that answer: what a silent one said is no longer so. */
  live(): readonly ToldFacts[] {
    return [...this.told.values()].filter(({ node }) => this.sources.answers(node));
  }

  /** As it last said. */
  version(node: string): string | undefined {
    return this.told.get(node)?.version;
  }

  /** Durations stay true while their node is away. */
  measures(node: string): Measures {
    return this.told.get(node)?.measures ?? {};
  }

  private async ask(peer: string): Promise<boolean> {
    const before = this.sources.wallMs();
    try {
      const answer = await this.sources.ask(peer);
      const told = factsOf(peer, answer, before, this.sources.wallMs());
      if (told !== undefined) this.told.set(peer, told);
      return told !== undefined;
    } catch {
      // Not reached, or of a version that does not know the call: asked again.
      return false;
    }
  }
}

export function factsOf(node: string, value: unknown, before: number, after: number): ToldFacts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, wallMs, alarms, measures } = value as Partial<Record<keyof NodeFacts, unknown>>;
  if (typeof version !== "string" || version.length > 100 || typeof wallMs !== "number") return undefined;
  return {
    node,
    version,
    clockMs: Math.round(wallMs - (before + after) / 2),
    clockErrorMs: Math.max(0, Math.ceil((after - before) / 2)),
    alarms: toldAlarms(alarms),
    measures: measuresOf(measures),
  };
}
