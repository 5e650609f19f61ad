// SPDX-License-Identifier: Apache-2.0
// What a module protects, as far as the middle knows it: something that is started, stopped and looked at,
// on one node at a time. A VM is the first payload (hypervisor.ts), an application with its scripts the
// second. Each answers to the same contract suite (test/contract/workload-suite.ts).
//
//   off ──startHeld──▶ held ──letRun──▶ on ──stop, kill──▶ off        what cannot be told is unknown
//
// Invariants: a held one has executed nothing, so that ending it loses nothing; "off" is said only of what is
// verified to be dead; every call ends within its limit, and "unknown" means: look again, never guess.

import type { Milliseconds } from "../base/units.js";

/** The payload's stable name with its adapter (of a VM: the hypervisor's id). */
export type WorkloadId = string;

export type Run =
  | { readonly kind: "unknown"; readonly why: string }
  /** `byItself`: it ended in order, because those inside wanted it to; else nobody can say why. */
  | { readonly kind: "off"; readonly byItself?: true }
  /** Started by Gemel and not yet let run: it has executed nothing. */
  | { readonly kind: "held"; readonly instance?: Instance }
  /**
   * `paused`: it stands still, by a person, a full disk, or the engine. `crashed`: it has ended inside, and
   * its process was kept for somebody to look at: it goes on only when it was ended and started again.
   */
  | { readonly kind: "on"; readonly paused: boolean; readonly crashed?: true; readonly instance?: Instance };

export type RunKind = Run["kind"];

/**
 * The same as long as it is the same start: the adapter's own words, compared and never read. Absent where it
 * cannot be told.
 */
export type Instance = string;

/**
 * What the mirror process must be able to pause and to end (R14 to R16), as the adapter and the mirror
 * process of one platform name it to each other: handed on, never read (R102).
 */
export type GuestProcess = Readonly<Record<string, string | number>>;

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly next: string;
      /** It ran into its limit: slow, or gone, nobody knows yet. */
      readonly slow?: true;
    };

export type StopHow = "shutdown" | "save" | "off";

export interface WorkloadSummary {
  readonly id: WorkloadId;
  readonly name: string;
  readonly run: Run;
}

export type WorkloadEvent =
  /** It was started, let run, paused, or it ended. */
  | { readonly kind: "power"; readonly id: WorkloadId }
  /** What would be started here was changed past Gemel. */
  | { readonly kind: "definition"; readonly id: WorkloadId }
  | { readonly kind: "io-error"; readonly id: WorkloadId; readonly reason: string }
  /** What a person should know of what was done here. */
  | {
      readonly kind: "told";
      readonly id: WorkloadId;
      readonly sentence: string;
      readonly detail: string;
    }
  /** The adapter's service does not answer any more; it answers again. */
  | { readonly kind: "lost" }
  | { readonly kind: "back" };

export interface Workload {
  close(): Promise<void>;
  /** All that this host knows; whatever it does not know is off here. */
  list(): Promise<Outcome<readonly WorkloadSummary[]>>;
  look(id: WorkloadId): Promise<Outcome<WorkloadSummary>>;
  /** Ends with a process that has executed nothing; `letRun` after the proof (R31). */
  startHeld(id: WorkloadId): Promise<Outcome<GuestProcess>>;
  letRun(id: WorkloadId): Promise<Outcome<void>>;
  /** Ends when it is verified off, or with a failure at the limit. */
  stop(id: WorkloadId, how: StopHow, limit: Milliseconds): Promise<Outcome<void>>;
  /** SIGKILL of its process, verified dead by pidfd. */
  kill(id: WorkloadId): Promise<Outcome<void>>;
  health(id: WorkloadId): Promise<Outcome<{ readonly healthy: boolean; readonly reason: string }>>;
  events(listener: (event: WorkloadEvent) => void): () => void;
}

/** What one look has shown: a workload that its adapter does not know (GEMEL-3005) is off here. */
export function runSeen(looked: Outcome<WorkloadSummary>): Run {
  if (looked.ok) return looked.value.run;
  return looked.code === "GEMEL-3005" ? { kind: "off" } : { kind: "unknown", why: looked.message };
}
