// SPDX-License-Identifier: Apache-2.0
// What must survive the daemon of a module: its record (core/edge/record/node-record.ts).

import type { NodeName } from "../../base/units.js";
import type { Instance } from "../../ports/workload.js";
import type { GenerationHex, MirrorConfig } from "../../../native/index.js";

/** What survives the daemon, per module. Written before effects of the same turn are carried out. */
export interface Durable {
  readonly wish: Wish;
  /** What the daemon's own record knows of this copy (R27). */
  readonly known: MirrorConfig["known"];
  /** This node was the last one of the pair that it knows to have run the VM. */
  readonly lastPrim: boolean;
  /**
   * R20: this node's daemon gave its word; never current before a handshake, whatever a new mirror process
   * says.
   */
  readonly outdated?: { readonly generation: GenerationHex; readonly session: number };
  /**
   * As this copy was last seen: left alone last (R19). A stopped node's answer to a cold start rests on it.
   */
  readonly leftAlone: boolean;
  /**
   * Failover was off, or paused, when the primary was lost: a person decides, also after a restart of the
   * daemon.
   */
  readonly held: boolean;
  /** It is held by a pause of automatic failover, and only as long as that lasts (evidence/hold.ts). */
  readonly heldByPause?: boolean;
  /** The start that this module runs (Run): known from a stranger's after a restart. */
  readonly vm?: Instance;
  /** `resolve` was asked for; repeated until done. */
  readonly resolving?: {
    readonly keep: NodeName;
    readonly step: "set-aside" | "settle" | "settled";
    /** The other node keeps its copy, by its own words: only then this one is set aside. */
    readonly agreed?: true;
  };
}

export type Wish =
  | { readonly kind: "stop"; readonly by: StopReason }
  | { readonly kind: "run"; readonly as: "any" | "second" };

export type StopReason =
  | "person"
  | "shutdown"
  | "maxloop"
  | "never-started"
  | "failed"
  | "guest"
  /** Nobody knows what was wished: the daemon's record is gone. */
  | "record-lost";
