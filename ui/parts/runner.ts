// SPDX-License-Identifier: Apache-2.0
// The node that runs the VM, by the word of a node that answers. The status keeps in `active` what a silent
// node said last, so that a card does not jump; that is no reason to keep a person from starting the VM on
// the other one. Pure.

import type { ModuleStatus } from "../../core/api/contract.js";

/** null: nobody who answers runs it. */
export const runnerOf = ({ active, nodes }: Pick<ModuleStatus, "active" | "nodes">): string | null =>
  nodes.find(({ node, live }) => live && node === active)?.node ?? null;
