// SPDX-License-Identifier: Apache-2.0
// What the mock cluster consists of. Unlike the daemon it knows both hosts at once and changes its values in
// place; what a page sees of them is made fresh for each answer (status.ts).

import type { StateName, ModuleVerb } from "../../../core/base/vocabulary.js";
import type {
  ApiError,
  ModuleView,
  Pause,
  ProcedureStatus,
  Reintegration,
  Role,
  Status,
} from "../../../core/api/contract.js";

export interface Host {
  readonly name: string;
  /** Network → address. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly memory: number;
  readonly disk: { readonly path: string; readonly total: number; free: number };
  /** Powered and running. */
  up: boolean;
  /** The other host hears it: later than `up` turns false, by the detection time. */
  heard: boolean;
  daemon: boolean;
  /** Since when `heard` is what it is. */
  since: number;
  /** Networks that are cut although the host is up. */
  readonly cut: Set<string>;
}

export interface Copy {
  readonly node: string;
  state: StateName;
  reason: string;
  since: number;
  vm: "off" | "on" | "unknown";
  upToDate: boolean;
  generation: string;
  session: number;
  lastWrite: number;
  /** Instants between which it ran alone. */
  alone?: { readonly from: number; readonly to?: number };
  /** Its host is lost: this is what it last said. */
  gone: boolean;
}

/** What the guest does in its middle hour. */
export interface Load {
  readonly cpu: number;
  readonly memory: number;
  readonly writesPerSecond: number;
  readonly bytesPerWrite: number;
  readonly bytesReadPerSecond: number;
}

export interface Resync {
  readonly target: string;
  readonly kind: Reintegration["kind"];
  readonly total: number;
  done: number;
  sent: number;
  hashed: number;
  rate: number;
}

export type Settings = { -readonly [Key in keyof ModuleView["settings"]]: ModuleView["settings"][Key] };

export interface MockModule {
  readonly id: string;
  readonly settings: Settings;
  readonly load: Load;
  readonly size: { readonly total: number; readonly allocated: number };
  readonly copies: readonly [Copy, Copy];
  resync: Resync | null;
  verify: { done: number; readonly repair: boolean } | null;
  lastVerify: { readonly at: string; readonly differingBytes: number; readonly repairedBytes: number } | null;
  conflict: boolean;
  /** Writes wait since that instant. */
  freeze: { readonly reason: string; readonly since: number; guestPaused: boolean } | null;
  neededBytes: number | null;
  readonly partly: boolean;
  troubles: ApiError[];
  dirty: number;
  /** Counts commands and incidents: a step that was planned in an earlier turn is void. */
  turn: number;
  /** What is going on that forbids the next command. */
  busy: ModuleVerb | null;
}

export interface MockVm {
  readonly node: string;
  readonly id: string;
  readonly name: string;
  power: "on" | "off";
  readonly memory: number;
  readonly vcpus: number;
  readonly size: number;
  /** A disk that is no file: it cannot move into a folder. */
  readonly rawDisk?: string;
  readonly cdrom?: boolean;
  /** The module that a protect under way makes of it. */
  coming?: string;
}

export interface MockUser {
  readonly name: string;
  role: Role;
  password: string;
  changedAt: string;
  changedBy: string;
}

export interface Procedure extends Omit<ProcedureStatus, "step" | "state" | "progress" | "notes"> {
  step: string;
  state: ProcedureStatus["state"];
  progress: ProcedureStatus["progress"] | null;
  notes: string[];
}

export interface ClusterFacts {
  readonly name: string;
  readonly uuid: string;
  readonly arbiter: Status["arbiter"];
  readonly networks: readonly { readonly name: string; readonly cidr: string }[];
  pause: Pause | null;
}

/** Who asks: the session's user. */
export interface Caller {
  readonly user: string;
  readonly role: Role;
}

/** How fast both copies are compared. */
export const verifyBytesPerSecond = 420 * 1024 ** 2;
export const GiB = 1024 ** 3;
export const MiB = 1024 ** 2;
