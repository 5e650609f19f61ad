// SPDX-License-Identifier: Apache-2.0
// ALONE: this node runs the VM (or is about to), and the other copy does not count. Amber: one complete copy
// (P1). Red when it runs on mere silence (R21) and the other node has not been heard since, or in a
// conflict. Becomes PRIM when the other copy is up to date. The work itself is in active.ts.

import type { Case } from "../evidence/turn.js";
import type { ActiveWork } from "../types.js";
import { decideActive } from "./active.js";

export const decideAlone = (c: Case, work: ActiveWork): boolean => decideActive(c, work);
