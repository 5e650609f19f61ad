// SPDX-License-Identifier: Apache-2.0
// Founding, joining, showing the cluster, and the two ways by which nodes themselves ask.

import { admissionsPerMinuteMax } from "../../base/limits/access.js";
import type { clusterSchemas } from "../schemas/cluster.js";
import { unsaid, oneLine } from "./deed.js";
import { change, look, type CallRows } from "./row.js";

export const clusterRows = {
  "GET /cluster": look("Networks, nodes, ports"),
  "POST /cluster": change(
    "Found a cluster on this node",
    "local",
    ({ body }) => `found the cluster ${oneLine(body["name"])}`,
  ),
  "POST /cluster/join": change("Join with a token", "local", "join a cluster"),
  "POST /cluster/tokens": change("A new one-time token", "admin", "make a token for a further host"),
  "POST /cluster/admissions": change(
    "A node with a token comes in",
    "everybody",
    ({ body }) => `admit the host ${oneLine(body["node"])}`,
    {
      perMinute: admissionsPerMinuteMax,
      hidden: true,
      unused: "the other node's daemon asks it, with the secret of a token",
    },
  ),
  // What the other daemon asks is part of something that a person asked, and was recorded there.
  "POST /peer/calls/:call": change("What daemons ask each other by name (peer.ts)", "nodes", unsaid, {
    hidden: true,
    unused: "only nodes ask it",
  }),
} satisfies CallRows<typeof clusterSchemas>;
