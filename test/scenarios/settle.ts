// SPDX-License-Identifier: Apache-2.0
// Node's proof that no promise has anything left to do: the next macrotask (core/sim/time.ts).

import type { Settle } from "../../core/sim/time.js";

export const settle: Settle = () => new Promise((done) => setImmediate(done));
