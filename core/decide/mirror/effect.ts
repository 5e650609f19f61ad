// SPDX-License-Identifier: Apache-2.0
// What the loop carries out for the middle. Each ends within a limit of its own and returns as one
// `task-done` (or `arbiter-answered`); "don't know" is a failure, and the facts are read again.
//
// - `lane` says what may overlap: effects of one module in lane "main" are carried out one after the
//   other; those of lane "answer" (grant, deny, word) at once, also while a start or stop is going on.
//   `terminate` ends what is going on.
// - `validUntil`: not begun by this instant, the effect is void and answered with GEMEL-9002: what was
// decided
//   before a gap of the daemon's own must not be done after it (R16).

import type { MirrorCommand, MirrorConfig } from "../../../native/index.js";
import type { Instant, Milliseconds, ModuleId, NodeName } from "../../base/units.js";
import type { ArbiterQuestion } from "../../ports/arbiter.js";
import type { FenceOrder } from "../../ports/fence.js";
import type { CommandAnswer } from "./command.js";
import type { PeerMessage } from "./message.js";

export type Lane = "main" | "answer";

export type Effect =
  /** Start the mirror process (mounted, secondary, link on). A left-over mount is cleared first. */
  | {
      readonly do: "open-mirror";
      readonly module: ModuleId;
      readonly task: number;
      readonly known: MirrorConfig["known"];
    }
  | {
      readonly do: "mirror";
      readonly module: ModuleId;
      readonly task: number;
      readonly lane: Lane;
      readonly command: MirrorCommand;
      readonly validUntil?: Instant;
    }
  /**
   * R35, R24: SIGKILL to the VM, the dead (or condemned) mirror process killed, its FUSE connection aborted,
   * the VM's death verified by pidfd. Done means: verified dead. The unmount is retried beside it.
   */
  | { readonly do: "terminate"; readonly module: ModuleId; readonly task: number }
  /** Define from the folder, start paused, attach the guest, prove the disks (R31), let it run. */
  | {
      readonly do: "start-workload";
      readonly module: ModuleId;
      readonly task: number;
      readonly validUntil: Instant;
    }
  /** Done means: verified off and undefined. A failure means: still running, or unknown. */
  | {
      readonly do: "stop-workload";
      readonly module: ModuleId;
      readonly task: number;
      readonly how: "shutdown" | "save" | "off" | "kill";
      readonly limit: Milliseconds;
    }
  /** P8: the closed copy is cloned or renamed to ID.kept-G; done means it is safe to fill anew. */
  | { readonly do: "set-aside"; readonly module: ModuleId; readonly task: number }
  /** Over any network that reaches it; lost is lost, the middle repeats. `atOnce`: see leavesAtOnce. */
  | { readonly do: "send"; readonly to: NodeName; readonly message: PeerMessage; readonly atOnce?: true }
  /** May this node run the module alone? Idempotent per request (R20). */
  | ({ readonly do: "ask-arbiter" } & ArbiterQuestion)
  /** Is it off? Made sure of, under the epoch of a granted lease. */
  | ({ readonly do: "ask-fence"; readonly module: ModuleId } & FenceOrder)
  | { readonly do: "answer-command"; readonly id: string; readonly answer: CommandAnswer };

/**
 * R20: not to wait for the record of its turn. What lane "answer" brings the engine makes durable by itself;
 * what is terminated was condemned by what has happened; a message is marked where nothing durable has to
 * stand behind it.
 */
export function leavesAtOnce(effect: Effect): boolean {
  if (effect.do === "mirror") return effect.lane === "answer";
  return effect.do === "terminate" || (effect.do === "send" && effect.atOnce === true);
}

export type EffectKind = Effect["do"];

/**
 * P9: what was decided, on what evidence, by which rule. `gemel explain`, the timeline and replay read it.
 */
export interface Decision {
  readonly at: Instant;
  readonly module?: ModuleId;
  /** "R21", "R22", "command", "maxloop" … */
  readonly rule: string;
  readonly sentence: string;
  /** The evidence, as it was. */
  readonly inputs: Readonly<Record<string, string | number | boolean>>;
  readonly outcome: string;
}
