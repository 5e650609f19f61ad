// SPDX-License-Identifier: Apache-2.0
// Everything that can reach the deciding middle. Every event carries the boot-time instant at which the loop
// took it. Facts are level-triggered: a mirror's status, what a workload does, a peer's views may be repeated
// or arrive late and say all.

import type { Failure } from "../../base/errors.js";
import type { Instant, Milliseconds, ModuleId, NodeName } from "../../base/units.js";
import type { MirrorStatus } from "../../../native/index.js";
import type { ArbiterAnswer } from "../../ports/arbiter.js";
import type { FenceAnswer } from "../../ports/fence.js";
import type { Run } from "../../ports/workload.js";
import type { Command } from "./command.js";
import type { Durable } from "./durable.js";
import type { PeerMessage } from "./message.js";
import type { FailoverPause, ModuleConfig } from "./module-config.js";
import type { ModulePicture } from "./picture.js";

export type TaskOutcome =
  /**
   * `cloned`: set-aside left the copy's files in place (reflinks), so that only differences travel. `hangs`:
   * the VM is verified dead, and the kernel does not let the mirror process die yet (R20).
   */
  | { readonly ok: true; readonly cloned?: boolean; readonly hangs?: boolean }
  | { readonly ok: false; readonly failure: Failure };

export type Event = { readonly at: Instant } & (
  | { readonly kind: "tick" }
  /** An authenticated heartbeat over one network. */
  | {
      readonly kind: "heartbeat";
      readonly from: NodeName;
      readonly network: string;
      readonly incarnation: string;
    }
  /** An authenticated answer on the control connection. */
  | { readonly kind: "control-answer"; readonly from: NodeName; readonly incarnation: string }
  /** Its process closed its sockets (or the kernel reset them). Knowledge, no verdict. */
  | { readonly kind: "peer-closed"; readonly from: NodeName }
  /** What the peer says about its modules; rides on heartbeats or the control connection. */
  | {
      readonly kind: "peer-views";
      readonly from: NodeName;
      readonly incarnation: string;
      readonly views: readonly ModulePicture[];
    }
  | { readonly kind: "peer-message"; readonly from: NodeName; readonly message: PeerMessage }
  /** After each event of the mirror process, after each command, and at least once a second. */
  | { readonly kind: "mirror-status"; readonly module: ModuleId; readonly status: MirrorStatus }
  /** Looked for at the daemon's start, and none runs. */
  | { readonly kind: "mirror-absent"; readonly module: ModuleId }
  /** It ended without being asked to (socket closed or pidfd readable). */
  | { readonly kind: "mirror-gone"; readonly module: ModuleId; readonly why: string }
  | { readonly kind: "run-seen"; readonly module: ModuleId; readonly run: Run }
  | { readonly kind: "hypervisor"; readonly is: "up" | "lost" }
  | {
      readonly kind: "task-done";
      readonly module: ModuleId;
      readonly task: number;
      readonly outcome: TaskOutcome;
    }
  | {
      readonly kind: "arbiter-answered";
      readonly module: ModuleId;
      readonly request: string;
      readonly answer: ArbiterAnswer;
    }
  | {
      readonly kind: "fence-answered";
      readonly module: ModuleId;
      readonly request: string;
      readonly answer: FenceAnswer;
    }
  /** A checker wants something done by the outcome of its script. */
  | {
      readonly kind: "checker";
      readonly module: ModuleId;
      readonly action: "restart" | "stopstart" | "stop" | "swap";
      readonly why: string;
    }
  | {
      readonly kind: "command";
      readonly id: string;
      readonly by: string;
      readonly command: Command;
    }
  /** The cluster's record of a pause of automatic failover; without `pause` there is none. */
  | { readonly kind: "failover-pause"; readonly pause?: FailoverPause }
  /** With what the record says of it, if only now its settings can be read: it may run. */
  | { readonly kind: "module-configured"; readonly config: ModuleConfig; readonly durable?: Durable }
  | { readonly kind: "module-removed"; readonly module: ModuleId }
  | {
      readonly kind: "peer-configured";
      readonly peer: NodeName;
      readonly networks: Readonly<Record<string, Milliseconds>>;
    }
);

export type EventKind = Event["kind"];

export const eventKinds = [
  "tick",
  "heartbeat",
  "control-answer",
  "peer-closed",
  "peer-views",
  "peer-message",
  "mirror-status",
  "mirror-absent",
  "mirror-gone",
  "run-seen",
  "hypervisor",
  "task-done",
  "arbiter-answered",
  "fence-answered",
  "checker",
  "command",
  "failover-pause",
  "module-configured",
  "module-removed",
  "peer-configured",
] as const satisfies readonly EventKind[];
