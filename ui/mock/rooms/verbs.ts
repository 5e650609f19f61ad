// SPDX-License-Identifier: Apache-2.0
// What a person may ask of a module and why not just now: the daemon's own refusals, as far as the mock can
// get into such a state. The same function answers the command, the preview and the greyed button.

import type { CommandRequest } from "../../../core/api/contract.js";
import { refuse, type Refusal } from "../world/refusal.js";
import { isProtected } from "../world/status.js";
import type { MockModule } from "../world/types.js";
import { activeCopy, copyOn, otherCopy, type World } from "../world/world.js";

/** null: allowed. */
export function refusalOf(world: World, module: MockModule, request: CommandRequest): Refusal | null {
  const no = (code: Parameters<typeof refuse>[0], detail?: string): Refusal =>
    refuse(code, module.id, detail);
  const isRunning = activeCopy(module) !== undefined;
  if (module.busy !== null && request.verb !== "stop") return no("GEMEL-1010");
  switch (request.verb) {
    case "start":
      return null;
    case "stop":
      return null;
    case "restart":
      return isRunning ? null : no("GEMEL-1002");
    case "stopstart":
      return isRunning ? null : no("GEMEL-1002");
    case "swap":
      return swapRefusal(world, module);
    case "prim":
      return primRefusal(world, module, request);
    case "second":
      return secondRefusal(module, request);
    case "resolve":
      if (!module.conflict) return no("GEMEL-1008");
      return world.hosts.every(({ heard }) => heard) ? null : no("GEMEL-1009");
  }
}

function swapRefusal(world: World, module: MockModule): Refusal | null {
  const active = activeCopy(module);
  if (active === undefined) return refuse("GEMEL-1002", module.id);
  if (module.conflict) return refuse("GEMEL-1007", module.id);
  if (!world.host(otherCopy(module, active.node).node).heard) return refuse("GEMEL-1009", module.id);
  if (!isProtected(module)) {
    return refuse("GEMEL-1004", module.id, "A swap needs both copies in sync.");
  }
  return null;
}

function primRefusal(world: World, module: MockModule, { node, force }: CommandRequest): Refusal | null {
  const target = copyOn(module, node ?? world.answering?.name ?? module.copies[0].node);
  const active = activeCopy(module);
  if (module.conflict) return refuse("GEMEL-1007", module.id);
  if (active !== undefined && active.node !== target.node && world.host(active.node).heard) {
    return refuse("GEMEL-1005", module.id);
  }
  const isHalf = module.resync !== null && module.resync.target === target.node;
  return isHalf && force !== true ? refuse("GEMEL-1006", module.id) : null;
}

function secondRefusal(module: MockModule, { node }: CommandRequest): Refusal | null {
  const active = activeCopy(module);
  const isRunner = active !== undefined && (node === undefined || active.node === node);
  if (!isRunner) return null;
  return active.state === "PRIM"
    ? refuse("GEMEL-1003", module.id, "It runs here: use gemel swap.")
    : refuse("GEMEL-1011", module.id);
}
