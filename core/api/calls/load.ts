// SPDX-License-Identifier: Apache-2.0
// How loaded hosts and VMs are, now and in the past; whether everything fits on one host; which swaps would
// balance them. All of it is looking: the swaps are commands like any other.

import type { loadSchemas } from "../schemas/load.js";
import { look, type CallRows } from "./row.js";

export const loadRows = {
  "GET /figures": look("CPU, memory and writes of hosts and VMs, now", {
    unused: "programs ask it; the console has the same from the live stream",
  }),
  "GET /series": look("The same over time: of one module, or of one host; at most 600 steps"),
  "GET /trends": look("The last two minutes of all hosts and modules, in steps of ten seconds"),
  "GET /capacity": look("Would everything fit on one host?"),
  "GET /placement": look("Which swaps would balance the hosts, and why; nothing is done"),
} satisfies CallRows<typeof loadSchemas>;
