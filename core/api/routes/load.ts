// SPDX-License-Identifier: Apache-2.0
// How loaded hosts and VMs are, now and in the past; whether everything fits on one host; which swaps would
// balance them. All of it is looking: the swaps are commands like any other.

import type { FastifyInstance } from "fastify";
import type { Static } from "@sinclair/typebox";
import type { ApiDoor } from "../door.js";
import { described, seriesQuery } from "../schemas.js";

export function loadRoutes(app: FastifyInstance, door: ApiDoor): void {
  app.get(
    "/api/v1/figures",
    {
      schema: {
        summary: "CPU, memory and writes of hosts and VMs, now",
        response: { 200: described("LiveFigures[]") },
      },
      config: { admits: "monitor" },
    },
    () => door.load.figures(),
  );
  app.get<{ Querystring: Static<typeof seriesQuery> }>(
    "/api/v1/series",
    {
      schema: {
        summary: "The same over time: of one module, or of one host; at most 600 steps",
        querystring: seriesQuery,
        response: { 200: described("Series") },
      },
      config: { admits: "monitor" },
    },
    (request) => door.load.series(request.query),
  );
  app.get(
    "/api/v1/trends",
    {
      schema: {
        summary: "The last two minutes of all hosts and modules, in steps of ten seconds",
        response: { 200: described("Trends") },
      },
      config: { admits: "monitor" },
    },
    () => door.load.trends(),
  );
  app.get(
    "/api/v1/capacity",
    {
      schema: { summary: "Would everything fit on one host?", response: { 200: described("Capacity") } },
      config: { admits: "monitor" },
    },
    () => door.load.capacity(),
  );
  app.get(
    "/api/v1/placement",
    {
      schema: {
        summary: "Which swaps would balance the hosts, and why; nothing is done",
        response: { 200: described("Placement") },
      },
      config: { admits: "monitor" },
    },
    () => door.load.placement(),
  );
}
