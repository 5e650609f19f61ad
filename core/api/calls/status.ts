// SPDX-License-Identifier: Apache-2.0
// What is, and why: status, the live stream, history; and what everybody is told once it is said on one node:
// the pause, and who has heard an alarm.

import type { historySchemas } from "../schemas/history.js";
import type { statusSchemas } from "../schemas/status.js";
import { oneLine } from "./deed.js";
import { change, look, overHttp, type CallRows } from "./row.js";

export const statusRows = {
  "GET /status": look("Nodes, modules and what they do", { exits: ["unprotected", "notReady"] }),
  "GET /doctor": look("What is not as it should be on this node"),
  "GET /events": overHttp(
    look("Live stream (server-sent events); resumes after Last-Event-ID", { type: "text/event-stream" }),
  ),
  "GET /ready/:module": overHttp(
    look("200 on the active node, else 404", {
      admits: "everybody",
      status: 404,
      unused: "load balancers ask it",
    }),
  ),
  "PUT /pause": change(
    "Pause automatic failover on the whole cluster",
    "control",
    ({ body }) => {
      const why = oneLine(body["why"]);
      return why === "" ? "pause automatic failover" : `pause automatic failover (${why})`;
    },
    { place: "cluster" },
  ),
  "DELETE /pause": change("Let automatic failover work again", "control", "resume automatic failover", {
    place: "cluster",
  }),
  "POST /alarms/:id/acknowledge": change(
    "Silence an alarm under one's name, until its cause is over",
    "control",
    ({ params }) => `acknowledge the alarm ${oneLine(params["id"])}`,
    { place: "cluster" },
  ),
} satisfies CallRows<typeof statusSchemas>;

export const historyRows = {
  "GET /history": look("Decisions, audit and log of a node (absent: of this one), newest first", {
    place: "node",
  }),
} satisfies CallRows<typeof historySchemas>;
