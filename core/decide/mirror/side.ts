// SPDX-License-Identifier: Apache-2.0
// Which node of a module's pair this one is. A cluster may have more nodes than a module has copies: one that
// is neither is a bystander. It sees the module's settings and never decides about it; "the other node" is
// the other one of the pair, whatever the cluster has beside it.

import type { NodeName } from "../../base/units.js";

export type ModuleSide =
  | { readonly kind: "member"; readonly self: NodeName; readonly other: NodeName }
  | { readonly kind: "bystander" };

export function sideOf(pair: readonly NodeName[], self: NodeName): ModuleSide {
  const other = pair.find((name) => name !== self);
  return pair.includes(self) && other !== undefined ? { kind: "member", self, other } : { kind: "bystander" };
}
