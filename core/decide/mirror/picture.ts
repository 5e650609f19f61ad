// SPDX-License-Identifier: Apache-2.0
// A module on one node as it tells the other one.

import type { ReasonCode } from "../../base/reasons.js";
import type { Instant, ModuleId, NodeName } from "../../base/units.js";
import type { GenerationHex, MirrorStatus } from "../../../native/index.js";
import type { Stability, StateName } from "../../base/vocabulary.js";

/** Compact picture of one module on one node: in heartbeats, in the peer's API, in status. */
export interface ModulePicture {
  readonly module: ModuleId;
  readonly state: StateName;
  readonly stability: Stability;
  readonly upToDate: boolean;
  readonly generation: GenerationHex;
  readonly session: number;
  /** Current by which proof (R19), "none" when not. */
  readonly current: "none" | "session" | "handshake" | "record";
  readonly mirror: "none" | "up" | "dead" | "unknown";
  readonly copy: MirrorStatus["copy"];
  readonly vm: "off" | "on" | "unknown";
  /** May run the VM now: its hypervisor answers, nobody told it to stop, and the VM did not fail to start. */
  readonly willing: boolean;
  /**
   * It has gone, or is going, ahead as primary: from the decision to promote until the VM is off and
   * demoted.
   */
  readonly primary: boolean;
  readonly lastPrim: boolean;
  readonly conflict: boolean;
  /** Whose copy goes on, while a conflict is being resolved. */
  readonly keeps?: NodeName;
  /** One of base/reasons.ts. */
  readonly reason: ReasonCode;
  readonly since: Instant;
}
