// SPDX-License-Identifier: Apache-2.0
/** Faults of the engine. The names of their tests are those of `TEST(name)` in test/native. */
import { dataFaults } from "./engine-faults-data.js";
import { errorFaults } from "./engine-faults-errors.js";
import { peerFaults } from "./engine-faults-peer.js";
import type { EngineFault } from "./fault.js";

export const engineFaults: readonly EngineFault[] = [...dataFaults, ...peerFaults, ...errorFaults];
