// SPDX-License-Identifier: Apache-2.0
// What to do about a module that is not well, as exactly as is known: the last failure's own way out; else
// that of the reason why a copy is not there; a command with the node on which it is to be typed. Pure.

import type { ModuleOnNode, ModuleStatus } from "../../api/contract.js";
import { reasonNamed } from "../../base/reasons.js";

export function nextStep(module: ModuleStatus): string {
  const { id, nodes, active, troubles } = module;
  const told = troubles.find(({ next }) => next !== "");
  if (told !== undefined) return told.next;
  // The copy that is missing tells more than the one that runs.
  const live = nodes.filter((node) => node.live).sort((a, b) => weight(a, active) - weight(b, active));
  for (const { node, reason } of live) {
    const { next } = reasonNamed(reason) ?? {};
    const peer = nodes.find((other) => other.node !== node)?.node ?? "the other node";
    if (next !== undefined) return typedOn(node, next).replaceAll("{module}", id).replaceAll("{peer}", peer);
  }
  const silent = nodes.find((node) => !node.live);
  if (active !== null && silent !== undefined)
    return `Bring ${silent.node} back: its copy catches up by itself.`;
  return `gemel explain ${id}`;
}

const weight = ({ node }: ModuleOnNode, active: string | null): number => (node === active ? 1 : 0);

/** "gemel prim cam1" becomes "On beta: gemel prim cam1"; a sentence stays one. */
const typedOn = (node: string, next: string): string =>
  /^(gemel (explain|start|stop|prim|swap|log)|systemctl) /.test(next) && !next.includes("--node")
    ? `On ${node}: ${next}`
    : next;
