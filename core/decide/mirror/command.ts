// SPDX-License-Identifier: Apache-2.0
// What a person (or the console, or a procedure) may ask of a module. `scope: both` is passed on to the
// other node by the middle itself; everything else is for the node that gets it (the edge forwards `--node
// N`).

import { moduleVerbs, type StateName } from "../../base/vocabulary.js";
import type { Failure } from "../../base/errors.js";
import type { ModuleId, NodeName } from "../../base/units.js";

export type Scope = "node" | "both";

export type Command =
  | { readonly do: "start"; readonly module: ModuleId; readonly scope: Scope }
  /** Both: the VM ends, both flush, the secondary leaves last, neither takes over. */
  | { readonly do: "stop"; readonly module: ModuleId; readonly scope: Scope; readonly force: boolean }
  /** The VM is stopped and started on this node; the state stays. */
  | { readonly do: "restart"; readonly module: ModuleId }
  /** Leaves with goodbye (the other takes over) and comes back. */
  | { readonly do: "stopstart"; readonly module: ModuleId }
  /** Exchange of roles; may be given to either node. */
  | { readonly do: "swap"; readonly module: ModuleId }
  /**
   * Start here as primary although it is not proven current; `force`: also on a half-copied or unknown copy.
   */
  | { readonly do: "prim"; readonly module: ModuleId; readonly force: boolean }
  /** Start here as secondary only. */
  | { readonly do: "second"; readonly module: ModuleId; readonly force: boolean }
  | { readonly do: "resolve"; readonly module: ModuleId; readonly keep: NodeName }
  /** Orderly host shutdown: every module of this node stops with goodbye. `back`: it does not happen. */
  | { readonly do: "shutdown"; readonly back?: boolean };

/** Who gives the command to stop when those inside have switched the VM off. */
export const guestName = "the guest";

export type CommandVerb = Command["do"];

export const commandVerbs = [...moduleVerbs, "shutdown"] as const satisfies readonly CommandVerb[];

export type CommandAnswer =
  | {
      readonly ok: true;
      /** What happens now, for a person. */
      readonly sentence: string;
      /** The command is finished when this node's state is one of these (with no work going on). */
      readonly until: readonly StateName[];
    }
  | { readonly ok: false; readonly failure: Failure };
