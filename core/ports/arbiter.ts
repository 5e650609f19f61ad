// SPDX-License-Identifier: Apache-2.0
// The third place that remembers who runs a module (R17, R20). It is asked, it never decides on its own; who
// gets no answer waits (R15). What it grants it grants under an epoch: a number that grows with each change
// of the holder, so that whatever was done under an older one can be told from what counts.

import type { ModuleId, NodeName } from "../base/units.js";

/** `none`: there is no third place, and silence on every network is all that can be known (R21). */
export type ArbiterKind = "none" | "lease" | "lease-and-fence";

export type Epoch = number;

export interface ArbiterQuestion {
  readonly module: ModuleId;
  /** The same request gets the same answer, however often it is asked. */
  readonly request: string;
  /** The copy that would go on. */
  readonly generation: string;
  readonly why: "frozen" | "takeover" | "cold-start" | "forced" | "afterwards";
}

export type ArbiterAnswer =
  | { readonly kind: "granted"; readonly epoch: Epoch }
  | { readonly kind: "denied"; readonly holder: NodeName; readonly epoch: Epoch }
  /** Not reached, or no answer within the limit: nothing is known, it may be asked again. */
  | { readonly kind: "silent" };

export interface Arbiter {
  /** Ends within its limit. */
  ask(question: ArbiterQuestion): Promise<ArbiterAnswer>;
}
