// SPDX-License-Identifier: Apache-2.0
// PRIM: this node runs the VM and the other copy is up to date; losing it freezes the guest until that is
// answered (rules/arbitration.ts). Becomes ALONE by a grant, SECOND by a swap. The work itself is in
// active.ts.

import type { Case } from "../evidence/turn.js";
import type { ActiveWork } from "../types.js";
import { decideActive } from "./active.js";

export const decidePrim = (c: Case, work: ActiveWork): boolean => decideActive(c, work);
