// SPDX-License-Identifier: Apache-2.0
// Who can make sure that a node does not run any more, without that node's help: its power supply, its
// management processor, the hypervisor below it. Asked only under an epoch that the arbiter has granted, so
// that of two nodes that would switch each other off one at most may.

import type { NodeName } from "../base/units.js";
import type { Epoch } from "./arbiter.js";

export interface FenceOrder {
  readonly node: NodeName;
  readonly epoch: Epoch;
  /** The same request is one order, however often it is given. */
  readonly request: string;
}

export type FenceAnswer =
  /** Read back, not assumed: it is off. */
  | { readonly kind: "off" }
  | { readonly kind: "refused"; readonly why: string }
  /** No answer within the limit: it may or may not be off. */
  | { readonly kind: "silent" };

export interface Fence {
  /** Ends within its limit. */
  ask(order: FenceOrder): Promise<FenceAnswer>;
}
