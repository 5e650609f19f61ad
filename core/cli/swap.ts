// SPDX-License-Identifier: Apache-2.0
// Waiting for a swap ends in two ways: the VM runs on the other node, or it has left and runs again where it
// was (something kept it from leaving, it did not start there, or its daemon was restarted in the middle).
// Nobody waits for what is over. And what was to start has not, as long as its VM does not run.

import type { ModuleStatus } from "../api/contract.js";
import { isMarked } from "../base/reasons.js";
import { CommandEnd, commandRefused, ended, exitCodes } from "./outcome.js";
import { atRest } from "./session.js";

/** To be shown each look at the module; throws once it has come back to `from`. */
export function watchReturn(from: string | null): (module: ModuleStatus) => void {
  let hasLeft = false;
  let why = "";
  return (module) => {
    if (from === null) return;
    why = module.troubles[0]?.message ?? why;
    const isHere = module.active === from && atRest(module, from, ["PRIM", "ALONE"]);
    hasLeft ||= !isHere;
    if (!isHere || !hasLeft) return;
    const message = `It did not move to the other node and runs again on ${from}. ${why}`.trim();
    throw ended("refused", "GEMEL-1004", message, module.id, `See why with: gemel explain ${module.id}`);
  };
}

/** What only the opened mirror can tell of a copy: a forced start is given up by them (states/wait.ts). */
const givenUp = ["GEMEL-1005", "GEMEL-1006", "GEMEL-1007", "GEMEL-1017", "GEMEL-1019", "GEMEL-2001"];

/** `prim` was accepted, and given up when the copy was seen: nobody waits for what will not come. */
export function demandStillWanted({ id, nodes, troubles }: ModuleStatus, node: string): void {
  const isWaiting = nodes.some(
    (one) => one.node === node && one.live && (one.state === "WAIT" || one.state === "STOP"),
  );
  const trouble = troubles.find(({ code }) => givenUp.includes(code));
  if (isWaiting && trouble !== undefined) throw commandRefused({ ...trouble, where: id });
}

/**
 * Has a start been decided, seen from all nodes? Not while one of them is still on its way, nor while a
 * secondary knows its primary and the primary's own word has not arrived yet.
 */
export function startDecided({ active, nodes }: ModuleStatus): boolean {
  if (active !== null) return true;
  const live = nodes.filter((one) => one.live);
  const isOnItsWay = live.some(
    ({ state, reason }) => isMarked(reason, "under-way") || (state === "WAIT" && isMarked(reason, "passing")),
  );
  const isLed = live.some(({ state }) => state === "PRIM" || state === "ALONE");
  return !isOnItsWay && (isLed || live.every(({ state }) => state !== "SECOND"));
}

/** After a start: the module has come to rest, and its VM runs somewhere. */
export function demandRuns(module: ModuleStatus): void {
  if (module.active !== null) return;
  const [trouble] = module.troubles;
  throw new CommandEnd(exitCodes.notReady, {
    code: trouble?.code ?? "GEMEL-1002",
    message: [`${module.sentence}.`, trouble?.message ?? ""].join(" ").trim(),
    where: module.id,
    next: trouble?.next ?? `gemel explain ${module.id}`,
  });
}
