// SPDX-License-Identifier: Apache-2.0
// Waiting for a swap ends in two ways: the VM runs on the other node, or it has left and runs again where it
// was (it did not start there, or its daemon was restarted in the middle). Nobody waits for what is over.

import type { ModuleStatus } from "../api/contract.js";
import { CommandEnd, exitCodes } from "./outcome.js";
import { atRest } from "./session.js";

/** To be shown each look at the module; throws once it has come back to `from`. */
export function watchReturn(from: string | null): (module: ModuleStatus) => void {
  let hasLeft = false;
  return (module) => {
    if (from === null) return;
    const isHere = module.active === from && atRest(module, from, ["PRIM", "ALONE"]);
    hasLeft ||= !isHere;
    if (!isHere || !hasLeft) return;
    throw new CommandEnd(exitCodes.refused, {
      code: "GEMEL-1004",
      message: `It did not start on the other node and runs again on ${from}.`,
      where: module.id,
      next: `See why with: gemel explain ${module.id}`,
    });
  };
}
