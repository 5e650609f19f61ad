// SPDX-License-Identifier: Apache-2.0
// What a person asked for, as a command of the middle: on which node it belongs, and what it then says.

import { GemelError } from "../../base/errors.js";
import { moduleId, nodeName, type NodeName } from "../../base/units.js";
import type { ModuleVerb } from "../../base/vocabulary.js";
import type { Command } from "./command.js";
import type { ModulePicture } from "./types.js";

export interface Request {
  readonly verb: ModuleVerb;
  /** Only on this node; absent: where it belongs (start and stop: both). */
  readonly node?: string;
  readonly force?: boolean;
  /** resolve: whose copy goes on. */
  readonly keep?: string;
}

/** Here, unless only the other node can do it. `cluster`: every node there is. */
export function placeOf(
  {
    self,
    nodes,
    peer,
  }: {
    readonly self: NodeName;
    readonly nodes: readonly NodeName[];
    readonly peer: ModulePicture | undefined;
  },
  { verb, node }: Request,
  cluster: readonly string[],
): NodeName {
  if (node !== undefined) {
    const named = nodes.find((one) => one === node);
    if (named !== undefined) return named;
    throw new GemelError(cluster.includes(node) ? "GEMEL-1015" : "GEMEL-4012", node);
  }
  const [first] = nodes;
  if (!nodes.includes(self) && first !== undefined) return first;
  const other = nodes.find((one) => one !== self);
  const isThere = verb === "restart" || verb === "stopstart";
  return isThere && peer?.primary === true && other !== undefined ? other : self;
}

export function commandOf(id: string, request: Request, nodes: readonly NodeName[]): Command {
  const { verb, node, force = false } = request;
  const module = moduleId(id);
  switch (verb) {
    case "start":
      return { do: verb, module, scope: node === undefined ? "both" : "node" };
    case "stop":
      return { do: verb, module, scope: node === undefined ? "both" : "node", force };
    case "prim":
    case "second":
      return { do: verb, module, force };
    case "resolve":
      return { do: verb, module, keep: keptOf(id, request.keep, nodes) };
    case "restart":
    case "stopstart":
    case "swap":
      return { do: verb, module };
  }
}

/** resolve names whose copy goes on: one of the pair. */
export function keptOf(id: string, keep: string | undefined, nodes: readonly NodeName[]): NodeName {
  if (keep === undefined)
    throw new GemelError("GEMEL-4008", id, "resolve needs keep: the node whose copy goes on.");
  if (!nodes.includes(nodeName(keep))) throw new GemelError("GEMEL-4012", keep);
  return nodeName(keep);
}
