// SPDX-License-Identifier: Apache-2.0
// Looking before acting: the pause of automatic failover, alarms and who has acknowledged them, what a
// command would do, and both copies side by side.

import type { FastifyInstance } from "fastify";
import { Optional as optional, Type, type Static } from "@sinclair/typebox";
import type { ApiDoor } from "../door.js";
import { described, moduleParams, verb } from "../schemas.js";

const closed = { additionalProperties: false } as const;
const name = Type.String({ minLength: 1, maxLength: 255 });
const pauseRequest = Type.Object({ why: Type.String({ maxLength: 200 }) }, closed);
const alarmParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 255 }) });
const previewQuery = Type.Object({ verb, node: optional(name), keep: optional(name) }, closed);

export function watchRoutes(app: FastifyInstance, door: ApiDoor): void {
  pauseRoutes(app, door);
  app.post<{ Params: Static<typeof alarmParams> }>(
    "/api/v1/alarms/:id/acknowledge",
    {
      schema: { summary: "Silence an alarm under one's name, until its cause is over", params: alarmParams },
      config: { admits: "control" },
    },
    (request) => door.watch.acknowledge(request.params.id, request.caller),
  );
  app.get<{ Params: Static<typeof moduleParams>; Querystring: Static<typeof previewQuery> }>(
    "/api/v1/modules/:module/preview",
    {
      schema: {
        summary: "What a command would do now",
        params: moduleParams,
        querystring: previewQuery,
        response: { 200: described("Preview") },
      },
      config: { admits: "monitor" },
    },
    (request) => door.watch.preview(request.params.module, request.query),
  );
  app.get<{ Params: Static<typeof moduleParams> }>(
    "/api/v1/modules/:module/copies",
    {
      schema: {
        summary: "Both copies side by side, for deciding between them",
        params: moduleParams,
        response: { 200: described("Copies") },
      },
      config: { admits: "monitor" },
    },
    (request) => door.watch.copies(request.params.module),
  );
}

function pauseRoutes(app: FastifyInstance, door: ApiDoor): void {
  app.put<{ Body: Static<typeof pauseRequest> }>(
    "/api/v1/pause",
    {
      schema: { summary: "Pause automatic failover on the whole cluster", body: pauseRequest },
      config: { admits: "control" },
    },
    (request) => door.watch.pause(request.body.why, request.caller),
  );
  app.delete(
    "/api/v1/pause",
    {
      schema: { summary: "Let automatic failover work again" },
      config: { admits: "control" },
    },
    () => door.watch.resume(),
  );
}
