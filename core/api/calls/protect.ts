// SPDX-License-Identifier: Apache-2.0
// Protecting VMs: what the hosts have, the procedures that move a VM into a module and back, and how they
// stand.

import { seconds } from "../../base/units.js";
import type { protectSchemas } from "../schemas/protect.js";
import { listedWords, oneLine } from "./deed.js";
import { change, look, type CallRows } from "./row.js";

export const protectRows = {
  // A list that waits for a node which has just died helps nobody.
  "GET /vms": look("The VMs of the nodes' hypervisors, or of one node's", {
    place: "node",
    limit: seconds(5),
  }),
  "POST /protect": change(
    "Preflight on both nodes, then move the VM into a module and copy it",
    "admin",
    ({ body }) =>
      body["dryRun"] === true
        ? null
        : listedWords(`protect the VM ${oneLine(body["vm"])}`, [
            [body["module"] !== undefined, `as ${oneLine(body["module"])}`],
            [body["node"] !== undefined, `on ${oneLine(body["node"])}`],
            [body["stop"] === true, "shut the guest down for it"],
          ]),
    // The preflight on both nodes, each with its own limit (core/protect).
    { place: "node", limit: seconds(110), exits: ["notFinished"] },
  ),
  "POST /modules/:module/unprotect": change(
    "Put the VM back as it was",
    "admin",
    ({ body }) => listedWords("unprotect", [[body["stop"] === true, "shut the guest down for it"]]),
    { exits: ["notFinished"] },
  ),
  "GET /procedures/:id": look("How a procedure stands", { place: "cluster" }),
} satisfies CallRows<typeof protectSchemas>;
