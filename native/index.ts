// SPDX-License-Identifier: Apache-2.0
// The words between the daemon and a mirror process: JSON lines on a unix socket, one object per line. The
// daemon sends `MirrorRequest`s and gets one `MirrorReply` each; the mirror sends `MirrorEvent`s by itself.
// Everything that matters is also in the status (level-triggered), so a daemon that was away has missed
// nothing after its first `status`.

import type { GuestProcess } from "../core/ports/workload.js";

/** 16 hex digits; "0000000000000000" = none. */
export type GenerationHex = string;

/** A frozen engine names its freeze; a grant for any other freeze is void (R13). */
export interface FreezeId {
  readonly session: number;
  readonly counter: number;
}

export interface MirrorConfig {
  readonly module: string;
  readonly moduleUuid: string;
  readonly cluster: string;
  readonly node: string;
  readonly peerNode: string;
  /** Directory that is mirrored over itself (absolute). */
  readonly root: string;
  /** Sibling directory with the engine's state (R27). */
  readonly state: string;
  /** Unix socket on which this mirror process serves its daemon. */
  readonly socket: string;
  readonly acknowledge: "written" | "received";
  /** Own addresses to listen on, and the peer's to dial, one per network in order of preference. */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  readonly peer: readonly { readonly address: string; readonly port: number }[];
  /** PEM files; absent only for benchmarks of plain TCP. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** R17, milliseconds. */
  readonly limits: {
    readonly stallMs: number;
    readonly askMs: number;
    readonly stopMs: number;
    /** From the start of a freeze until the engine pauses the guest by itself (R16, R17). */
    readonly freezeDeadlineMs: number;
  };
  /**
   * What the daemon's own record knows of this copy: "initialised" makes an empty folder *data not there*
   * (R27).
   */
  readonly known:
    | { readonly kind: "never" }
    | { readonly kind: "set-aside" }
    | { readonly kind: "initialised"; readonly fileSystem: string };
  /** Resynchronisation cap in bytes per second, 0 = none. */
  readonly resyncCap: number;
}

export type CopyState = "absent" | "empty" | "unknown" | "inconsistent" | "consistent";

/** R19: by which proof this copy is current, or why not. */
export type Currency =
  | { readonly kind: "session"; readonly session: number }
  | { readonly kind: "handshake" }
  | { readonly kind: "record"; readonly basis: "word" | "goodbye" | "silence" | "lease" | "forced" | "first" }
  | { readonly kind: "none"; readonly why: string };

export interface ResyncStatus {
  readonly kind: "first-copy" | "tracked" | "by-hash" | "verify";
  readonly direction: "source" | "target";
  readonly bytesTotal: number;
  readonly bytesDone: number;
  /** Bytes that crossed the wire, and bytes compared by hash. */
  readonly bytesSent: number;
  readonly bytesHashed: number;
  readonly bytesPerSecond: number;
  /** Seconds, absent while it cannot be told honestly. */
  readonly etaSeconds?: number;
  readonly pass: number;
}

export interface MirrorStatus {
  readonly module: string;
  readonly node: string;
  readonly pid: number;
  readonly process: string;
  readonly role: "primary" | "secondary";
  readonly mounted: boolean;
  readonly copy: CopyState;
  /** Set when the files or the state are not what the records say: nothing may start (R27). */
  readonly dataProblem?: { readonly code: string; readonly message: string; readonly next: string };
  readonly generation: GenerationHex;
  readonly history: readonly GenerationHex[];
  readonly session: number;
  readonly right: "none" | "paired" | "alone" | "outdated" | "gave-up";
  readonly current: Currency;
  readonly link:
    | { readonly kind: "off" }
    /**
     * `quietMs`: how long the peer had not answered when the link was lost; the daemon counts silence from
     * there (R21).
     */
    | { readonly kind: "down"; readonly reason: string; readonly quietMs?: number }
    | { readonly kind: "handshake" }
    | { readonly kind: "paired"; readonly row: string; readonly peerUpToDate: boolean }
    | {
        readonly kind: "refused";
        readonly row: string;
        readonly outcome: "conflict" | "unrelated" | "unknown" | "refuse" | "denied";
        readonly message: string;
      };
  /** Both copies up to date and paired: green (P1). */
  readonly inSync: boolean;
  readonly freeze?: FreezeId & {
    readonly reason: "link-lost" | "stalled" | "host-slept";
    readonly ageMs: number;
    readonly guestPaused: boolean;
  };
  /** R18: kept out after repeated stalls. */
  readonly peerKeptOutMs?: number;
  readonly resync?: ResyncStatus;
  readonly lastVerify?: {
    readonly at: string;
    readonly differingBytes: number;
    readonly repairedBytes: number;
  };
  readonly guest: "none" | "running" | "paused" | "dead";
  readonly openForWriting: number;
  readonly diskFull?: { readonly neededBytes: number };
  readonly diskError?: { readonly errno: number; readonly file: string };
  readonly fileSystem: string;
  readonly fuseConnection?: number;
  readonly bytesUsed: number;
  readonly bytesFree: number;
}

export interface MirrorFigures {
  /** Powers of two of microseconds: counts[i] = writes with latency in [2^i, 2^(i+1)) µs. */
  readonly writeLatency: {
    readonly whole: readonly number[];
    readonly local: readonly number[];
    readonly peer: readonly number[];
  };
  readonly writes: number;
  readonly reads: number;
  readonly flushes: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
  readonly inFlight: number;
  readonly dirtyBytes: number;
  readonly hotExtents: number;
  /** Since the process started: bytes sent by reintegration, bytes compared, bytes found different. */
  readonly resyncBytesSent: number;
  readonly resyncBytesHashed: number;
  readonly resyncBytesDiffering: number;
  /** Of the different ones: in regions that only the peer had marked (a dead host's hot extents). */
  readonly resyncBytesHot: number;
  readonly guestPauseMaxMs: number;
}

/** Why a grant is given: what proves that the other does not run (R20, R21). */
export type GrantBasis = "word" | "goodbye" | "silence" | "lease" | "fence" | "forced";

export type MirrorCommand =
  | { readonly do: "status" }
  | { readonly do: "figures" }
  /** Data link on or off (off: closed now, nothing more is acknowledged). */
  | { readonly do: "link"; readonly on: boolean }
  /** First use: this copy's present files are the good ones (generation made), or it is to be filled. */
  | { readonly do: "initialise"; readonly as: "source" | "empty" }
  /**
   * The VM's process: watched by pidfd, paused and killed by the engine when the rules say so (R14 to R16).
   * On Linux its `pid` and `startTime`, from the adapter.
   */
  | ({ readonly do: "attach-guest" } & GuestProcess)
  | { readonly do: "detach-guest" }
  /**
   * Become primary (R25). `alone`: with a new generation on this basis; `paired`: the peer follows in this
   * session.
   */
  | { readonly do: "promote"; readonly alone?: { readonly basis: GrantBasis } }
  /** Back to secondary (R26): waits for the last writer, flushes both. */
  | { readonly do: "demote"; readonly timeoutMs: number }
  | { readonly do: "grant"; readonly freeze: FreezeId; readonly basis: GrantBasis }
  | { readonly do: "deny"; readonly freeze: FreezeId; readonly why: string }
  /** R20: durably "I am outdated at G" (this node is the secondary); G is refused from now on. */
  | { readonly do: "word"; readonly generation: GenerationHex }
  /** R22: this node leaves; durable before the reply. Refused while a writer is open. */
  | { readonly do: "give-up"; readonly generation: GenerationHex }
  /** R22: the peer left or gave its word; durable record that this copy was left alone last. */
  | {
      readonly do: "left-alone";
      readonly basis: "word" | "goodbye";
      readonly generation: GenerationHex;
      readonly session: number;
    }
  | { readonly do: "verify"; readonly repair: boolean }
  | { readonly do: "resync-cap"; readonly bytesPerSecond: number }
  /**
   * Forget the peer's copy / own tracking after resolve (R10, P8): next handshake treats this copy as the
   * source.
   */
  | { readonly do: "settle-conflict"; readonly keep: "this" | "other" }
  /** Small files of the module for the daemon (R33). Paths are relative to the root, without "..". */
  | { readonly do: "read-file"; readonly path: string }
  | { readonly do: "write-file"; readonly path: string; readonly base64: string; readonly mode: number }
  | { readonly do: "list-files" }
  /**
   * Orderly end: demoted, flushed, clean record written (R29), unmounted; the process exits after the
   * reply.
   */
  | { readonly do: "close" };

/**
 * `until`: a right to go ahead that comes with it (promote alone, grant) is not taken after this instant
 * (uptime in ms): the process may have stood still meanwhile, and what was so then may be over (R16).
 */
export type MirrorOrder = MirrorCommand & { readonly until?: number };

export interface MirrorRequest {
  readonly id: number;
  readonly command: MirrorOrder;
}

export type MirrorReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string; readonly next: string };
    };

export type MirrorEvent =
  | { readonly event: "status"; readonly status: MirrorStatus }
  | {
      readonly event: "frozen";
      readonly freeze: FreezeId;
      readonly reason: "link-lost" | "stalled" | "host-slept";
    }
  | { readonly event: "thawed"; readonly freeze: FreezeId; readonly by: "peer" | "grant" | "deny" }
  | {
      readonly event: "guest";
      readonly state: "paused" | "resumed" | "killed" | "dead";
      readonly why: string;
    }
  | { readonly event: "handshake"; readonly row: string; readonly outcome: string; readonly evidence: string }
  | { readonly event: "in-sync" }
  | { readonly event: "peer-lost"; readonly reason: string }
  | { readonly event: "resync"; readonly resync: ResyncStatus }
  | { readonly event: "verified"; readonly differingBytes: number; readonly repairedBytes: number }
  | { readonly event: "refused-write"; readonly pid: number; readonly command: string }
  | { readonly event: "trouble"; readonly code: string; readonly message: string; readonly next: string };
