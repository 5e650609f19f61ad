// SPDX-License-Identifier: Apache-2.0
// Arbiter and fence `none`: there is no third place and nothing that could switch a node off, so nobody
// answers, at once.

import type { Arbiter, ArbiterKind } from "../../ports/arbiter.js";
import type { Fence } from "../../ports/fence.js";

const noArbiter: Arbiter = { ask: () => Promise.resolve({ kind: "silent" }) };
/** A lease that nobody has installed is one that cannot be reached. */
export const withoutLease: Readonly<Record<ArbiterKind, Arbiter>> = {
  none: noArbiter,
  lease: noArbiter,
  "lease-and-fence": noArbiter,
};

export const noFence: Fence = { ask: () => Promise.resolve({ kind: "silent" }) };
