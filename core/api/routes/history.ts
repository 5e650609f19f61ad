// SPDX-License-Identifier: Apache-2.0
// Why things are as they are: decisions with rule and evidence, audit, log (P9).

import type { FastifyInstance } from "fastify";
import type { Static } from "@sinclair/typebox";
import type { ApiDoor } from "../door.js";
import { described, historyQuery } from "../schemas.js";

export function historyRoutes(app: FastifyInstance, door: ApiDoor): void {
  app.get<{ Querystring: Static<typeof historyQuery> }>(
    "/api/v1/history",
    {
      schema: {
        summary: "Decisions, audit and log of this node, newest first",
        querystring: historyQuery,
        response: { 200: described("HistoryEntry[]") },
      },
      config: { admits: "monitor" },
    },
    (request) => door.history(request.query),
  );
}
