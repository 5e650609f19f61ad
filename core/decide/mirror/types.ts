// SPDX-License-Identifier: Apache-2.0
// What the deciding middle knows, as values. `step(state, event) → { state, effects, decisions }` (step.ts)
// is pure: no clock, socket, file or random; instants come with the events.
//
//              start               elected / proven current              peer up to date
//   ┌──────┐ ───────▶ ┌──────┐ ──────────────────────────▶ ┌───────┐ ◀──────────────▶ ┌──────┐
//   │ STOP │          │ WAIT │                             │ ALONE │   peer lost      │ PRIM │
//   └──────┘ ◀─────── └──────┘ ◀──┐                        └───────┘                  └──────┘
//              stop      │        │ lost, not current          ▲                         │ swap
//                        ▼        │                            │ failover                ▼
//                     ┌────────────┐ ──────────────────────────┘                     (SECOND)
//                     │   SECOND   │ ◀── the other is ALONE or PRIM
//                     └────────────┘
//
// Three kinds of knowledge are kept apart: *facts* (mirror, run, peer's view: what was last reported), the
// *phase* (what this node is doing about it), and the *durable* part (what must survive the daemon; the loop
// writes it, with fsync, before it carries out the effects of the same turn).

import type { Failure } from "../../base/errors.js";
import type { ReasonCode } from "../../base/reasons.js";
import type { Instant, ModuleId, NodeName } from "../../base/units.js";
import type { ArbiterAnswer } from "../../ports/arbiter.js";
import type { FenceAnswer } from "../../ports/fence.js";
import type { Run } from "../../ports/workload.js";
import type { Durable } from "./durable.js";
import type { FailoverPause, ModuleConfig } from "./module-config.js";
import type { ModulePicture } from "./picture.js";
import type { Peer } from "../liveness/liveness.js";
import type { ModuleSide } from "./side.js";
import type { FreezeId, GenerationHex, GrantBasis, MirrorStatus } from "../../../native/index.js";

export type * from "./durable.js";
export type * from "./event.js";
export type * from "./module-config.js";
export type * from "./picture.js";
export type * from "./effect.js";
export type * from "./message.js";

export type MirrorFact =
  /** The daemon has just started and has not looked yet. */
  | { readonly kind: "unknown" }
  | { readonly kind: "none" }
  | { readonly kind: "up"; readonly status: MirrorStatus; readonly at: Instant }
  /** It ended unexpectedly; the last status tells what it was (R24, R35). */
  | { readonly kind: "dead"; readonly last?: MirrorStatus; readonly at: Instant };

/** What the other node last said about the module. */
export interface PeerFact {
  readonly view: ModulePicture;
  readonly at: Instant;
  /** Since when it has not called itself primary. */
  readonly idleSince?: Instant;
  readonly incarnation: string;
}

/** One outstanding effect per module; its result carries the same number, older numbers are void. */
export interface Task {
  readonly id: number;
  readonly what: TaskKind;
  readonly since: Instant;
}

export type TaskKind =
  | "open"
  | "terminate"
  | "initialise"
  | "prepare"
  | "promote"
  | "demote"
  | "give-up"
  | "left-alone"
  | "word"
  | "link-on"
  | "link-off"
  | "settle"
  | "set-aside"
  | "close"
  | "start-workload"
  | "stop-workload";

/** Why a leaving node leaves; what follows when it has left. */
export type LeavePurpose = "stop" | "shutdown" | "stopstart" | "maxloop" | "resolve" | "swap" | "failed";

/** Steps of leaving (R22), in this order; a step that does not apply is skipped. */
export type LeaveStep =
  "wait-turn" | "vm" | "demote" | "give-up" | "goodbye" | "hand-over" | "close" | "set-aside";

export interface LeaveWork {
  readonly kind: "leaving";
  readonly purpose: LeavePurpose;
  readonly step: LeaveStep;
  /** Both nodes stop: the other must not take over when this one says goodbye. */
  readonly both: boolean;
  /** Whether this node gives up its right in favour of the other; when both stop only the primary does. */
  readonly yields: boolean;
  /** How the VM is ended; it grows when a gentler way failed. */
  readonly how: "shutdown" | "save" | "off" | "kill";
  /** Start of the present step. */
  readonly since: Instant;
  /** Last time the step's message was sent. */
  readonly sent?: Instant;
  /** What was durably given up (R22), said in the goodbye. */
  readonly gaveUp?: { readonly generation: GenerationHex; readonly session: number };
  /** What the word is owed for when the mirror process, which could not be demoted, has ended (R38). */
  readonly owes?: { readonly generation: GenerationHex; readonly session: number };
}

/**
 * With a lease (R17, R25): the data link is closed first, the asking begins when the other must have
 * stopped.
 */
export interface AskingArbiter {
  readonly kind: "asking-arbiter";
  readonly request: string;
  /** When the data link was closed. */
  readonly closed?: Instant;
  readonly asked?: Instant;
  readonly answer?: ArbiterAnswer;
  /** With a fence: last asked, under the epoch of the answer; what it said to that. */
  readonly fenceAsked?: Instant;
  readonly fence?: FenceAnswer;
}

export type StopWork =
  | { readonly kind: "idle"; readonly failure?: Failure }
  /** The module belongs to other nodes: nothing is ever decided here (side.ts). */
  | { readonly kind: "bystander" };

export type WaitWork =
  | { readonly kind: "discovering" }
  /** `hangs`: the VM is verified dead; the mirror process was killed and the kernel holds it (R20). */
  | { readonly kind: "burying"; readonly giveWord: boolean; readonly hangs?: true }
  | { readonly kind: "opening" }
  | { readonly kind: "waiting"; readonly reason: ReasonCode; readonly detail?: string }
  | {
      readonly kind: "claiming";
      readonly claim: string;
      readonly since: Instant;
      readonly sent?: Instant;
      readonly rank: number;
    }
  | {
      readonly kind: "asking-word";
      readonly request: string;
      readonly since: Instant;
      readonly sent?: Instant;
      readonly rank: number;
      readonly why: "cold-start" | "forced";
    }
  | AskingArbiter
  | { readonly kind: "initialising" }
  | LeaveWork;

/** ALONE and PRIM do the same work; they differ in whether the peer is up to date. */
export type ActiveWork =
  | { readonly kind: "promoting"; readonly basis?: GrantBasis }
  | {
      readonly kind: "starting";
      readonly attempt: number;
      readonly notBefore: Instant;
      readonly failure?: Failure;
    }
  | { readonly kind: "running" }
  /** How the VM is ended; it grows when a gentler way failed. */
  | { readonly kind: "restarting"; readonly how: LeaveWork["how"] }
  | LeaveWork;

export type SecondWork = { readonly kind: "following" } | AskingArbiter | LeaveWork;

export type Phase =
  | { readonly state: "STOP"; readonly work: StopWork }
  | { readonly state: "WAIT"; readonly work: WaitWork }
  | { readonly state: "ALONE"; readonly work: ActiveWork }
  | { readonly state: "PRIM"; readonly work: ActiveWork }
  | { readonly state: "SECOND"; readonly work: SecondWork };

/** What was asked of peer and arbiter about the freeze at hand, and what they said (R13 to R15, R20, R21). */
export interface FreezeCase {
  readonly freeze: FreezeId;
  readonly since: Instant;
  readonly request: string;
  /** Last time the peer was asked for its word, and the arbiter for the right. */
  readonly asked?: Instant;
  readonly askedArbiter?: Instant;
  readonly arbiter?: ArbiterAnswer;
  readonly answer?:
    { readonly kind: "grant"; readonly basis: GrantBasis } | { readonly kind: "deny"; readonly why: string };
  /** Task of the answer on its way to the engine; freed when it failed, so that it is judged anew. */
  readonly task?: number;
  /** The engine has taken the answer. */
  readonly delivered?: boolean;
}

export interface Farewell {
  readonly basis: "word" | "goodbye";
  readonly generation: GenerationHex;
  readonly session: number;
  /** The engine is making "left alone last" durable; acted upon and acknowledged only when it has. */
  readonly task?: number;
  readonly recorded: boolean;
  /** The answer to this node's own question: following it is a start, not a failover. */
  readonly asked: boolean;
}

/** A word this node owes the peer: repeated until it says that it has it (R20). */
export interface OwedWord {
  readonly generation: GenerationHex;
  readonly session: number;
  readonly sent?: Instant;
}

export interface ModuleState {
  readonly config: ModuleConfig;
  readonly side: ModuleSide;
  readonly durable: Durable;
  readonly phase: Phase;
  /** When the phase's state and work last changed. */
  readonly since: Instant;
  readonly mirror: MirrorFact;
  readonly run: Run;
  readonly peer?: PeerFact;
  readonly task?: Task;
  readonly freeze?: FreezeCase;
  /** The peer said that it does not run and refuses this generation: its goodbye (R22) or its word (R20). */
  readonly farewell?: Farewell;
  readonly owed?: OwedWord;
  /** A word being made durable by the mirror: before it is given (lease) or beside it (none). */
  readonly giving?: { readonly request: string; readonly generation: GenerationHex; readonly task: number };
  /** What this mirror process was told already (rules/upkeep.ts). */
  readonly told: { readonly word: boolean; readonly empty: boolean };
  /** When the peer refused its word because it was left alone last itself. */
  readonly wordRefused?: Instant;
  /** `prim` was asked for and not yet carried out. */
  readonly forced?: { readonly force: boolean; readonly since: Instant };
  /** Why the last `prim` was given up when its copy was seen; until the next order. */
  readonly givenUp?: Failure;
  /** Swap: told the other that it is its turn; repeated until it goes ahead. */
  readonly handOver?: { readonly session: number; readonly since: Instant; readonly sent?: Instant };
  /** Both sides of a resolve: the winner repeats its order until the conflict is gone. */
  readonly resolveSent?: Instant;
  /** No task of lane main before this instant: the last one failed. */
  readonly notBefore?: Instant;
  /** How often in a row the same task has failed. */
  readonly failures?: { readonly what: TaskKind; readonly count: number };
  /** Refused starts in a row on this node (R39), and the last one. */
  readonly startTrouble?: { readonly count: number; readonly last: Instant; readonly failure: Failure };
  /** When a swap was last given up: nobody goes home by itself soon after it. */
  readonly swapFailed?: Instant;
  /** When the VM was last sent home (defaultprim); bounded by homeSwapsMax. */
  readonly homeSwaps?: readonly Instant[];
  /** Automatic restarts within the loop interval. */
  readonly restarts: readonly Instant[];
  readonly mirrorDeaths: readonly Instant[];
  /** The last failure worth showing; cleared by the next success. */
  readonly trouble?: Failure;
}

export interface NodeState {
  readonly self: NodeName;
  /** This run of the daemon: makes request names unique. */
  readonly incarnation: string;
  /** The instant of the last event: no two turns may lie further apart than the link limit (R16). */
  readonly turn: Instant;
  readonly counter: number;
  readonly hypervisor: "unknown" | "up" | "lost";
  /** The host is shutting down: nothing starts any more. */
  readonly leaving: boolean;
  /** Automatic failover is paused on the whole cluster: nobody takes over by itself. */
  readonly pause?: FailoverPause;
  readonly peers: Readonly<Record<NodeName, Peer>>;
  readonly modules: Readonly<Record<ModuleId, ModuleState>>;
}
