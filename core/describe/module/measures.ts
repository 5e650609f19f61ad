// SPDX-License-Identifier: Apache-2.0
// How long a module's VM last took to come up (from the decision to promote until it runs) and to shut down,
// on this node: what "back in about 20 s" and a preview's downtime rest on. Taken from the states that pass
// by; nothing is ever decided by it.

import { exists } from "../../decide/mirror/evidence/proofs.js";
import { elapsed, milliseconds, type Instant, type Milliseconds } from "../../base/units.js";
import type { ModuleState, NodeState, Phase } from "../../decide/mirror/types.js";
import { measureMsMax } from "../../base/limits/edge.js";

export interface Measure {
  readonly startMs?: number;
  readonly stopMs?: number;
}

export type Measures = Readonly<Record<string, Measure>>;

export class Stopwatch {
  private readonly starts = new Map<string, Instant>();
  private readonly stops = new Map<string, Instant>();
  private before: NodeState | undefined;

  constructor(
    private known: Measures,
    private readonly learnt: (measures: Measures) => void,
  ) {}

  get measures(): Measures {
    return this.known;
  }

  /** Every state of the loop, in order. */
  see(state: NodeState): void {
    const { before } = this;
    this.before = state;
    for (const module of Object.values(state.modules)) {
      const { id } = module.config;
      const earlier = before?.modules[id];
      if (earlier === undefined || earlier === module) continue;
      const stopMs = this.time(this.stops, id, state.turn, isStopping(module), module.run.kind === "off");
      const startMs = this.time(this.starts, id, state.turn, isStarting(module.phase), isRunning(module));
      if (startMs === undefined && stopMs === undefined) continue;
      const took = { ...(startMs !== undefined && { startMs }), ...(stopMs !== undefined && { stopMs }) };
      this.known = { ...this.known, [id]: { ...this.known[id], ...took } };
      this.learnt(this.known);
    }
  }

  /** Begins when `on`, ends when `done`; given up when neither. */
  private time(
    since: Map<string, Instant>,
    id: string,
    now: Instant,
    on: boolean,
    done: boolean,
  ): number | undefined {
    const begun = since.get(id);
    if (on && !done) {
      if (begun === undefined) since.set(id, now);
      return undefined;
    }
    since.delete(id);
    if (!done || begun === undefined) return undefined;
    const took = elapsed(begun, now);
    return took <= measureMsMax ? took : undefined;
  }
}

const isStarting = ({ work }: Phase): boolean => work.kind === "promoting" || work.kind === "starting";

const isRunning = (module: ModuleState): boolean => module.phase.work.kind === "running" && exists(module);

function isStopping({ phase: { work }, run }: ModuleState): boolean {
  if (run.kind === "off") return false;
  if (work.kind === "restarting") return true;
  return work.kind === "leaving" && work.step === "vm" && work.how === "shutdown";
}

/** As last measured on `node`, else on the other one of the pair. */
export function measuredOn(
  what: keyof Measure,
  pair: readonly string[],
  node: string,
  of: (node: string) => Measure,
): Milliseconds | undefined {
  const other = pair.find((one) => one !== node) ?? node;
  const found = of(node)[what] ?? of(other)[what];
  return found === undefined ? undefined : milliseconds(found);
}

/** What was kept on disk or came from the other node: numbers by module, else nothing. */
export function measuresOf(value: unknown): Measures {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const entries = Object.entries(value as Record<string, unknown>).slice(0, 64);
  return Object.fromEntries(
    entries.flatMap(([id, one]) => {
      if (typeof one !== "object" || one === null) return [];
      const { startMs, stopMs } = one as Record<string, unknown>;
      const isDuration = (ms: unknown): ms is number => typeof ms === "number" && ms >= 0 && ms < 1e9;
      return [[id, { ...(isDuration(startMs) && { startMs }), ...(isDuration(stopMs) && { stopMs }) }]];
    }),
  );
}
