// SPDX-License-Identifier: Apache-2.0
// What is: status, figures, doctor's findings, the live stream, and the question of load balancers.

import type { FastifyInstance } from "fastify";
import type { Static } from "@sinclair/typebox";
import { GemelError } from "../../base/errors.js";
import { isStillIn } from "../admission.js";
import type { ApiDoor } from "../door.js";
import { described, figuresQuery, moduleParams } from "../schemas.js";
import { liveKeepAliveMs } from "../../base/limits/access.js";

export function statusRoutes(app: FastifyInstance, door: ApiDoor): void {
  app.get(
    "/api/v1/status",
    {
      schema: { summary: "Nodes, modules and what they do", response: { 200: described("Status") } },
      config: { admits: "monitor" },
    },
    () => door.status(),
  );
  app.get<{ Params: Static<typeof moduleParams>; Querystring: Static<typeof figuresQuery> }>(
    "/api/v1/modules/:module/figures",
    {
      schema: {
        summary: "The mirror process's own figures and status",
        params: moduleParams,
        querystring: figuresQuery,
        response: { 200: described("Figures") },
      },
      config: { admits: "monitor" },
    },
    (request) => door.figures(request.params.module, request.query.node),
  );
  app.get(
    "/api/v1/doctor",
    {
      schema: {
        summary: "What is not as it should be on this node",
        response: { 200: described("DoctorReport") },
      },
      config: { admits: "monitor" },
    },
    () => door.doctor(),
  );
  app.get<{ Params: Static<typeof moduleParams> }>(
    "/ready/:module",
    {
      schema: { summary: "200 on the active node, else 404", params: moduleParams },
      config: { admits: "everybody" },
    },
    (request, reply) => {
      const active = door.ready(request.params.module);
      return reply.code(active ? 200 : 404).send({ active });
    },
  );
  liveRoute(app, door);
}

function liveRoute(app: FastifyInstance, door: ApiDoor): void {
  app.get(
    "/api/v1/events",
    {
      schema: { summary: "Live stream (server-sent events); resumes after Last-Event-ID" },
      config: { admits: "monitor" },
    },
    (request, reply) => {
      const header = request.headers["last-event-id"];
      const last = typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
      if (header !== undefined && last === undefined) {
        throw new GemelError("GEMEL-4008", "Last-Event-ID", "It must be a number.");
      }
      reply.hijack();
      const stream = reply.raw;
      stream.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      const stop = door.subscribe(last, (id, event) => {
        const place = id === undefined ? "" : `id: ${id}\n`;
        // A reader that does not read is let go; it comes back with its Last-Event-ID.
        if (stream.writableLength > 4 * 1024 * 1024) stream.destroy();
        else stream.write(`${place}event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
      });
      const alive = setInterval(() => {
        // Logged out, idle too long, removed: who may not ask any more need not be told either.
        if (isStillIn(request.caller, door)) stream.write(": alive\n\n");
        else stream.end();
      }, liveKeepAliveMs);
      stream.on("close", () => {
        clearInterval(alive);
        stop();
      });
    },
  );
}
