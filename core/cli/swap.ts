// SPDX-License-Identifier: Apache-2.0
// Waiting for a swap ends in two ways: the VM runs on the other node, or it has left and runs again where it
// was (it did not start there, or its daemon was restarted in the middle). Nobody waits for what is over.

import type { ModuleStatus } from "../api/contract.js";
import { ended } from "./outcome.js";
import { atRest } from "./session.js";

/** To be shown each look at the module; throws once it has come back to `from`. */
export function watchReturn(from: string | null): (module: ModuleStatus) => void {
  let hasLeft = false;
  return (module) => {
    if (from === null) return;
    const isHere = module.active === from && atRest(module, from, ["PRIM", "ALONE"]);
    hasLeft ||= !isHere;
    if (!isHere || !hasLeft) return;
    const message = `It did not start on the other node and runs again on ${from}.`;
    throw ended("refused", "GEMEL-1004", message, module.id, `See why with: gemel explain ${module.id}`);
  };
}
