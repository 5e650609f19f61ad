// SPDX-License-Identifier: Apache-2.0
// What is configured, as far as decisions need it.

import type { Milliseconds, ModuleId, NodeName } from "../../base/units.js";
import type { ArbiterKind } from "../../ports/arbiter.js";

export type PowerOff = "stop" | "restart";

/** A module's configuration as far as decisions need it (from userconfig.xml and cluster.xml). */
export interface ModuleConfig {
  readonly id: ModuleId;
  /** The pair; a cluster may have more nodes. */
  readonly nodes: readonly [NodeName, NodeName];
  readonly vm: { readonly id: string; readonly name: string };
  readonly arbiter: ArbiterKind;
  readonly defaultPrim:
    | { readonly kind: "alone" }
    | { readonly kind: "lastprim" }
    | { readonly kind: "node"; readonly node: NodeName };
  /** Off: a secondary whose primary is lost waits for a person. */
  readonly failover: boolean;
  /** Started when the host boots. */
  readonly boot: boolean;
  readonly maxLoop: number;
  readonly loopInterval: Milliseconds;
  /** How a stop and a swap end the VM, and how long each way may take before a harder one. */
  readonly stopHow: "shutdown" | "save" | "off";
  readonly niceStop: Milliseconds;
  readonly forceStop: Milliseconds;
  /** What follows when those inside have switched it off: the module stops, or it is started again. */
  readonly powerOff: PowerOff;
}

/** Who paused automatic failover, when (wall time, shown and never decided upon) and why. */
export interface FailoverPause {
  readonly since: string;
  readonly by: string;
  readonly why: string;
}
