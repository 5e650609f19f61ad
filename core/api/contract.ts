// SPDX-License-Identifier: Apache-2.0
// The words between the API and whoever uses it: CLI and console know Gemel only through this file. Types
// alone, no code but the table of routes, so that it can be compiled into a browser. schemas.ts holds the
// same as JSON schemas for OpenAPI and validation; a compile-time comparison there keeps both equal.

import type { Colour, ModuleVerb, Stability, StateName } from "../base/vocabulary.js";
import type { Alarm, Pause } from "./contract-access.js";
import type { LiveFigures } from "./contract-load.js";

export type * from "./contract-access.js";
export type * from "./contract-load.js";

export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly where: string;
  readonly next: string;
}

export interface NodeStatus {
  readonly name: string;
  readonly reachable: boolean;
  /** Wall time at which that began, as far as this daemon knows. */
  readonly since: string;
  readonly networks: readonly { readonly name: string; readonly heard: boolean }[];
  /** Its daemon answers on the control connection. */
  readonly daemon: "answers" | "silent";
  /** Of its Gemel, as it last said; null: it has not said so yet. */
  readonly version: string | null;
  /** Where its console is, best first. */
  readonly urls: readonly string[];
}

export interface Action {
  readonly verb: string;
  readonly allowed: boolean;
  readonly why: string;
}

export interface ModuleOnNode {
  readonly node: string;
  readonly state: StateName;
  readonly stability: Stability;
  readonly upToDate: boolean;
  readonly generation: string;
  readonly session: number;
  readonly reason: string;
  readonly since: string;
  readonly vm: "off" | "on" | "unknown";
  /** False: this is what the node last said before it fell silent. */
  readonly live: boolean;
}

export interface Reintegration {
  readonly node: string;
  readonly kind: "first-copy" | "tracked" | "by-hash" | "verify";
  readonly direction: "source" | "target";
  readonly bytesTotal: number;
  readonly bytesDone: number;
  readonly bytesSent: number;
  readonly bytesHashed: number;
  readonly bytesPerSecond: number;
  readonly etaSeconds?: number;
}

export interface ModuleStatus {
  readonly id: string;
  readonly vm: string;
  readonly sentence: string;
  /** Both copies are up to date: any single failure is survived (P1). */
  readonly protected: boolean;
  /** Disks were left out when the VM was protected. */
  readonly partly: boolean;
  readonly colour: Colour;
  /** The node on which the VM runs, as far as is known. */
  readonly active: string | null;
  /** "If alpha died now: back in about 20 s on beta." */
  readonly ifHostDied: {
    readonly sentence: string;
    readonly seconds: number | null;
    readonly node: string | null;
  };
  readonly nodes: readonly ModuleOnNode[];
  readonly reintegration: Reintegration | null;
  readonly conflict: boolean;
  /** What is wrong here and what to do next, newest first. */
  readonly troubles: readonly ApiError[];
  readonly actions: readonly Action[];
  readonly diskFull?: { readonly neededBytes: number };
  readonly freeze?: { readonly reason: string; readonly ageMs: number; readonly guestPaused: boolean };
  readonly lastVerify?: {
    readonly at: string;
    readonly differingBytes: number;
    readonly repairedBytes: number;
  };
}

export interface Status {
  readonly format: 1;
  /** The node that answers, and when. */
  readonly answeredBy: string;
  readonly at: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly arbiter: "none" | "lease" | "lease-and-fence";
  readonly nodes: readonly NodeStatus[];
  readonly modules: readonly ModuleStatus[];
  readonly procedures: readonly ProcedureStatus[];
  readonly warnings: readonly string[];
  readonly alarms: readonly Alarm[];
  /** Automatic failover is paused; null: it is not. */
  readonly pause: Pause | null;
  readonly sentence: string;
}

/** Protect, unprotect: many steps, each journaled, continued after a crash. */
export interface ProcedureStatus {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly node: string;
  readonly step: string;
  /** All its steps in order; `step` is one of them, or says that everything is put back. */
  readonly steps?: readonly string[];
  readonly progress?: { readonly bytesDone: number; readonly bytesTotal: number };
  readonly state: "running" | "done" | "failed" | "undone";
  readonly failure?: ApiError;
  readonly notes: readonly string[];
}

export interface CommandRequest {
  readonly verb: ModuleVerb;
  /** Only on this node; absent: where it belongs (start and stop: both). */
  readonly node?: string;
  readonly force?: boolean;
  /** resolve: whose copy goes on. */
  readonly keep?: string;
}

export interface CommandReply {
  readonly node: string;
  readonly sentence: string;
  /** Finished when the module's state on `node` is one of these and no work is going on. */
  readonly until: readonly StateName[];
}

export interface NetworkRequest {
  readonly name: string;
  readonly cidr: string;
  /** This host's address in it; absent: found by itself. */
  readonly address?: string;
}

export interface InitRequest {
  readonly name: string;
  readonly networks: readonly NetworkRequest[];
  readonly node?: string;
  /**
   * Where API and console listen: on every address of the host (the default) or only in the cluster's
   * networks.
   */
  readonly listen?: "all" | "networks";
  /** Where browsers find this node's console: https://HOST[:PORT]; absent: its networks' addresses. */
  readonly console?: string;
  /** Of the first user, admin; absent: one is made up and said once. */
  readonly password?: string;
}

export interface ClusterReply {
  readonly cluster: string;
  readonly node: string;
  /** init, token: for `gemel cluster join` on the other host. */
  readonly token?: string;
  /** init: of the user admin, when it was made up; never to be seen again. */
  readonly password?: string;
  readonly warnings: readonly string[];
}

export interface ClusterView {
  readonly name: string;
  readonly uuid: string;
  readonly self: string;
  readonly networks: readonly {
    readonly name: string;
    readonly cidr: string;
    readonly pulseMs: number;
    readonly timeoutMs: number;
  }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly addresses: Readonly<Record<string, string>>;
    readonly console?: string;
  }[];
  readonly ports: readonly PortUse[];
}

export interface PortUse {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly use: string;
}

export interface JoinRequest {
  readonly token: string;
  readonly node?: string;
  /** Network → this host's address in it, where it shall not be found by itself. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** As in InitRequest, for this node. */
  readonly console?: string;
}

export interface AdmissionRequest {
  readonly secret: string;
  readonly node: string;
  readonly addresses: Readonly<Record<string, string>>;
  readonly publicKey: string;
  readonly version: string;
  readonly protocol: number;
  readonly wallTimeMs: number;
  readonly console?: string;
}

export interface VmView {
  readonly node: string;
  readonly id: string;
  readonly name: string;
  readonly power: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly module?: string;
}

export interface ProtectRequest {
  /** Name or id of a VM of `node`. */
  readonly vm: string;
  /** Absent: the answering node. */
  readonly node?: string;
  readonly module?: string;
  readonly folder?: string;
  /** Shut the guest down first. */
  readonly stop?: boolean;
  /** Only say what would happen. */
  readonly dryRun?: boolean;
  readonly eject?: boolean;
  readonly exclude?: readonly { readonly target: string; readonly how: "detach" | "empty" }[];
}

export interface FindingView {
  readonly severity: "blocks" | "warns";
  readonly node: string;
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export interface ProtectReply {
  readonly module: string;
  readonly procedure?: string;
  readonly findings: readonly FindingView[];
  /** What the operator should know before and while it happens: expected outage, sizes, ETA. */
  readonly notes: readonly string[];
  /** What the first copy will carry, and how long that takes at the rate of the last one. */
  readonly firstCopy?: { readonly bytes: number; readonly seconds: number | null };
  /** What the VM has now: what `exclude` may name, and which drives `eject` is about. */
  readonly disks?: readonly DiskView[];
}

export interface DiskView {
  /** "vda": what `exclude` names. */
  readonly target: string;
  readonly device: "disk" | "cdrom" | "floppy";
  /** Its image or ISO; absent: an empty drive. */
  readonly source?: string;
  readonly bytes: number;
}

export interface UnprotectRequest {
  readonly stop?: boolean;
}

export interface ModuleView {
  readonly id: string;
  readonly xml: string;
  readonly warnings: readonly string[];
  readonly settings: {
    readonly vm: { readonly id: string; readonly name: string; readonly folder: string };
    readonly nodes: readonly string[];
    readonly index: number;
    readonly defaultPrim: string;
    readonly failover: boolean;
    readonly boot: boolean;
    readonly maxLoop: number;
    readonly loopIntervalHours: number;
    /** Bytes per second; 0: none. */
    readonly resyncCap: number;
    readonly stop: "shutdown" | "save" | "off";
    readonly niceStopSeconds: number;
    readonly acknowledge: "written" | "received";
    /** Where `balance` leaves it; the VM's group of which no two shall share a host. */
    readonly pin: string | null;
    readonly apart: string | null;
  };
}

/** What `module set` changes; everything else is edited in userconfig.xml. */
export interface ModuleChange {
  readonly defaultPrim?: string;
  readonly failover?: boolean;
  readonly boot?: boolean;
  readonly maxLoop?: number;
  readonly loopIntervalHours?: number;
  readonly acknowledge?: "written" | "received";
  readonly resyncCap?: number;
  readonly stop?: "shutdown" | "save" | "off";
  readonly niceStopSeconds?: number;
  /** Node name, or "" for none. */
  readonly pin?: string;
  /** Group name, or "" for none. */
  readonly apart?: string;
}

/** Decision, audit or log entry as history.db holds it. */
export interface HistoryEntry {
  readonly id: number;
  readonly at: string;
  readonly node: string;
  readonly kind: "decision" | "audit" | "log";
  readonly module: string | null;
  readonly rule: string;
  readonly sentence: string;
  readonly inputs: Readonly<Record<string, string | number | boolean>>;
  readonly outcome: string;
}

/** What a mirror process counts (native/index.ts MirrorFigures). */
export interface MirrorCounts {
  readonly writeLatency: Readonly<Record<"whole" | "local" | "peer", readonly number[]>>;
  readonly writes: number;
  readonly reads: number;
  readonly flushes: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
  readonly inFlight: number;
  readonly dirtyBytes: number;
  readonly hotExtents: number;
  readonly resyncBytesSent: number;
  readonly resyncBytesHashed: number;
  readonly resyncBytesDiffering: number;
  readonly resyncBytesHot: number;
  readonly guestPauseMaxMs: number;
}

export interface Figures {
  readonly module: string;
  readonly node: string;
  /** Absent while it does not run. */
  readonly mirror: MirrorCounts | null;
  readonly status: Readonly<Record<string, unknown>> | null;
}

export interface DoctorReport {
  readonly node: string;
  readonly findings: readonly FindingView[];
}

export interface VerifyRequest {
  readonly repair?: boolean;
}

/** Live stream: `event:` is the kind, `data:` this value, `id:` counts up. */
export type LiveEvent =
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "history"; readonly entry: HistoryEntry }
  | { readonly kind: "figures"; readonly figures: readonly LiveFigures[] };

export const apiRoot = "/api/v1";
export const defaultSocket = "/run/gemel/gemel.sock";
