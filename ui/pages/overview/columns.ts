// SPDX-License-Identifier: Apache-2.0
// Where each card stands, and what may be done with several of them at once. Pure: the test of the board.

import type { Action, ModuleStatus, NodeStatus, Status } from "../../../core/api/contract.js";
import type { ModuleVerb } from "../../../core/base/vocabulary.js";

export interface NodeColumn {
  readonly node: NodeStatus;
  readonly modules: readonly ModuleStatus[];
}

export interface BoardColumns {
  readonly columns: readonly NodeColumn[];
  /** Modules whose VM runs on no host that we know of. */
  readonly nowhere: readonly ModuleStatus[];
}

export function boardOf({ nodes, modules }: Pick<Status, "nodes" | "modules">): BoardColumns {
  const sorted = [...modules].sort((a, b) => a.vm.localeCompare(b.vm));
  return {
    columns: nodes.map((node) => ({ node, modules: sorted.filter((one) => placeOf(one) === node.name) })),
    nowhere: sorted.filter((one) => !nodes.some(({ name }) => name === placeOf(one))),
  };
}

/** Where it runs, or is about to: a card that starts does not jump away and back. */
function placeOf({ active, nodes }: ModuleStatus): string | null {
  if (active !== null) return active;
  const starting = nodes.filter(({ live, state }) => live && (state === "PRIM" || state === "ALONE"));
  return starting.length === 1 ? (starting[0]?.node ?? null) : null;
}

const unknownAction: Omit<Action, "verb"> = { allowed: false, why: "The node does not say whether it may." };

export function actionOf(module: ModuleStatus, verb: string): Omit<Action, "verb"> {
  return module.actions.find((action) => action.verb === verb) ?? unknownAction;
}

/** Where a swap would bring it; null: it runs nowhere. A module names its two nodes. */
export function otherNode({ nodes, active }: ModuleStatus): string | null {
  if (active === null) return null;
  return nodes.find(({ node }) => node !== active)?.node ?? null;
}

export interface Split {
  readonly able: readonly ModuleStatus[];
  readonly refused: readonly { readonly module: ModuleStatus; readonly why: string }[];
}

/** Of several, those that may; each of the others with its reason. `to`: only moves to that host. */
export function split(modules: readonly ModuleStatus[], verb: ModuleVerb, to: string | null = null): Split {
  const judged = modules.map((module) => ({ module, why: refusalOf(module, verb, to) }));
  return {
    able: judged.filter(({ why }) => why === null).map(({ module }) => module),
    refused: judged.flatMap(({ module, why }) => (why === null ? [] : [{ module, why }])),
  };
}

function refusalOf(module: ModuleStatus, verb: ModuleVerb, to: string | null): string | null {
  if (to !== null && module.active === to) return `It runs on ${to} already.`;
  if (to !== null && otherNode(module) !== to) return `${to} is none of its two hosts.`;
  const { allowed, why } = actionOf(module, verb);
  return allowed ? null : why;
}
