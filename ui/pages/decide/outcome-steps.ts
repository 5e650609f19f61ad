// SPDX-License-Identifier: Apache-2.0
// How far a decision has come, read off the module's status: the conflict is over, the VM runs from the copy
// that was kept, the other copy is the same again. Pure.

import type { ModuleStatus } from "../../../core/api/contract.js";

export interface OutcomeStep {
  readonly name: string;
  readonly state: "done" | "now" | "later";
}

/** A step counts as done only when all before it are: what comes first is what one waits for. */
export function stepsOf(module: ModuleStatus, kept: string): OutcomeStep[] {
  const { conflict, nodes } = module;
  const row = nodes.find(({ node }) => node === kept);
  const other = nodes.find(({ node }) => node !== kept)?.node ?? "the other host";
  const runs = row?.vm === "on" && (row.state === "ALONE" || row.state === "PRIM");
  const facts: readonly (readonly [name: string, isTrue: boolean])[] = [
    ["The conflict is over", !conflict],
    [`The VM runs on ${kept}`, runs],
    [`The copy of ${other} is the same again`, module.protected],
  ];
  const open = facts.findIndex(([, isTrue]) => !isTrue);
  return facts.map(([name], index) => ({
    name,
    state: open < 0 || index < open ? "done" : index === open ? "now" : "later",
  }));
}
