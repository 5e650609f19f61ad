// SPDX-License-Identifier: Apache-2.0
// The node's loop: one event at a time through the pure middle.
//
//   take ──▶ step(state, event) ──▶ persist what changed (fsync) ──▶ carry out effects
//     ▲                └── what rests on nothing durable leaves at once ──▶ │
//     └────────────────── results come back as events ◀─────────────────────┘
//
// The loop goes on turning while the record is written: a disk that hangs must not keep this node from giving
// its word or answering a freeze (R20). Everything else waits for the record of its turn, in order. The first
// turn writes whatever it brings: what the daemon began with (a boot has renewed the wishes) must be what the
// next one finds.
//
// Invariants: the state changes nowhere else; an effect starts only after what it rests on is on disk; a
// loop that does not turn does not beat, since nobody speaks for this node then; an event gets its instant
// when the loop takes it, so a stalled loop shows as a gap and voids what rests on the time before (R16):
// in the middle by the instants, in an effect that takes long by `hasRunSince`. A state that cannot be
// persisted stops the daemon: guests and mirrors go on without it, which is safer than deciding on what a
// restart would forget.
//
// It has no timer of its own: when it ticks and when it turns is its edge's, so that the daemon's clock and
// the simulator's (core/sim) drive the very same loop.

import "../base/limits/relations.js";
import { leavesAtOnce } from "../decide/mirror/effect.js";
import type { Decision, Effect, Event, NodeState } from "../decide/mirror/types.js";
import { turnGapMax } from "../base/limits.js";
import { elapsed, type Instant, type Milliseconds } from "../base/units.js";
import { stillMax, tickEvery } from "../base/limits/decision.js";

/** An event as the edge reports it: the loop adds the instant. */
export type Report = Event extends infer One ? (One extends Event ? Omit<One, "at"> : never) : never;

export interface Stepped {
  readonly state: NodeState;
  readonly effects: readonly Effect[];
  readonly decisions: readonly Decision[];
}

/** Calls again and again until the function that it returns is called. */
export type Every = (period: Milliseconds, act: () => void) => () => void;

export interface NodeEdge {
  readonly now: () => Instant;
  readonly every: Every;
  /** Once, as soon as whoever runs now is done. */
  readonly soon: (act: () => void) => void;
  readonly step: (state: NodeState, event: Event) => Stepped;
  /** Resolves when it is on stable storage. Called at the beginning, and when something durable changed. */
  readonly persist: (state: NodeState) => Promise<void>;
  readonly record: (decision: Decision) => void;
  /** Starts it and returns at once; its result is posted as an event. */
  readonly carryOut: (effect: Effect) => void;
  readonly changed: (state: NodeState) => void;
  readonly failed: (error: unknown) => void;
}

export class NodeLoop {
  private readonly queue: Report[] = [];
  private busy = false;
  private stopped = false;
  /** Counts what must be in the record: as the state has it, and as the disk has it. */
  private version = 1;
  private written = 0;
  private isWriting = false;
  /** What waits for the record of its turn. */
  private readonly held: { readonly version: number; readonly effect: Effect }[] = [];
  private readonly stopTicking: () => void;
  private lastTurn: Instant;
  /** End of the last gap. */
  private steadySince: Instant;

  constructor(
    private current: NodeState,
    private readonly edge: NodeEdge,
  ) {
    this.lastTurn = edge.now();
    this.steadySince = this.lastTurn;
    this.stopTicking = edge.every(tickEvery, () => {
      // A loop that is behind needs no more ticks.
      if (!this.queue.some(({ kind }) => kind === "tick")) this.post({ kind: "tick" });
    });
  }

  get state(): NodeState {
    return this.current;
  }

  post(report: Report): void {
    if (this.stopped) return;
    this.queue.push(report);
    if (this.busy) return;
    this.busy = true;
    // After the caller is done: a report never changes the state under its reporter.
    this.edge.soon(() => this.run());
  }

  stop(): void {
    this.stopped = true;
    this.stopTicking();
  }

  /** R16: no gap above the limit between two turns since then, up to now. */
  hasRunSince(begin: Instant): boolean {
    return this.steadySince <= begin && elapsed(this.lastTurn, this.edge.now()) <= turnGapMax;
  }

  /** It has turned lately, as it does with every tick. */
  get turns(): boolean {
    return elapsed(this.lastTurn, this.edge.now()) <= stillMax;
  }

  private run(): void {
    try {
      for (let next = this.queue.shift(); next !== undefined && !this.stopped; next = this.queue.shift()) {
        this.turn({ ...next, at: this.edge.now() });
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  private fail(error: unknown): void {
    this.stop();
    this.edge.failed(error);
  }

  private turn(event: Event): void {
    if (elapsed(this.lastTurn, event.at) > turnGapMax) this.steadySince = event.at;
    this.lastTurn = event.at;
    const before = this.current;
    const { state, effects, decisions } = this.edge.step(before, event);
    if (durableChanged(before, state)) this.version += 1;
    this.current = state;
    for (const decision of decisions) this.edge.record(decision);
    for (const effect of effects) this.handOut(effect);
    if (this.written < this.version && !this.isWriting) void this.write();
    this.edge.changed(state);
  }

  private handOut(effect: Effect): void {
    const { version } = this;
    if (this.written >= version || leavesAtOnce(effect)) this.edge.carryOut(effect);
    else this.held.push({ version, effect });
  }

  /** One write at a time, each with all that is known by then. */
  private async write(): Promise<void> {
    this.isWriting = true;
    try {
      while (this.written < this.version && !this.stopped) {
        const { version } = this;
        await this.edge.persist(this.current);
        this.written = version;
        this.release(version);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.isWriting = false;
    }
  }

  /** What has waited for this version of the record. */
  private release(version: number): void {
    const ready = this.held.filter((one) => one.version <= version);
    this.held.splice(0, ready.length);
    if (!this.stopped) for (const { effect } of ready) this.edge.carryOut(effect);
  }
}

function durableChanged(before: NodeState, after: NodeState): boolean {
  if (before.modules === after.modules) return false;
  const ids = Object.keys(after.modules) as (keyof NodeState["modules"])[];
  const removed = Object.keys(before.modules).length !== ids.length;
  return removed || ids.some((id) => before.modules[id]?.durable !== after.modules[id]?.durable);
}
