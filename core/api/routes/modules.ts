// SPDX-License-Identifier: Apache-2.0
// Modules: what is configured, and what a person may ask of them.

import type { FastifyInstance } from "fastify";
import { Type, type Static } from "@sinclair/typebox";
import type { ApiDoor } from "../door.js";
import { commandRequest, described, moduleChange, moduleParams, verifyRequest } from "../schemas.js";

type Params = Static<typeof moduleParams>;
const configBody = Type.Object(
  { xml: Type.String({ maxLength: 256 * 1024 }) },
  { additionalProperties: false },
);

export function moduleRoutes(app: FastifyInstance, door: ApiDoor): void {
  app.get(
    "/api/v1/modules",
    {
      schema: { summary: "All modules with their settings", response: { 200: described("ModuleView[]") } },
      config: { admits: "monitor" },
    },
    () => door.modules(),
  );
  app.get<{ Params: Params }>(
    "/api/v1/modules/:module",
    {
      schema: { summary: "One module", params: moduleParams, response: { 200: described("ModuleView") } },
      config: { admits: "monitor" },
    },
    (request) => door.module(request.params.module),
  );
  app.patch<{ Params: Params; Body: Static<typeof moduleChange> }>(
    "/api/v1/modules/:module",
    {
      schema: { summary: "Change settings, on both nodes", params: moduleParams, body: moduleChange },
      config: { admits: "admin" },
    },
    (request) => door.changeModule(request.params.module, request.body),
  );
  app.put<{ Params: Params; Body: Static<typeof configBody> }>(
    "/api/v1/modules/:module/userconfig",
    {
      schema: { summary: "Replace userconfig.xml, on both nodes", params: moduleParams, body: configBody },
      config: { admits: "admin" },
    },
    (request) => door.replaceModule(request.params.module, request.body.xml),
  );
  app.post<{ Params: Params; Body: Static<typeof commandRequest> }>(
    "/api/v1/modules/:module/commands",
    {
      schema: {
        summary: "start, stop, restart, stopstart, swap, prim, second, resolve",
        params: moduleParams,
        body: commandRequest,
        response: { 200: described("CommandReply") },
      },
      config: { admits: "control" },
    },
    (request) => door.command(request.params.module, request.body, request.caller),
  );
  app.post<{ Params: Params; Body: Static<typeof verifyRequest> }>(
    "/api/v1/modules/:module/verify",
    {
      schema: {
        summary: "Compare both copies while the guest runs",
        params: moduleParams,
        body: verifyRequest,
      },
      config: { admits: "control" },
    },
    async (request) => {
      await door.verify(request.params.module, request.body);
      return { started: true };
    },
  );
  app.post(
    "/api/v1/shutdown",
    {
      schema: { summary: "Orderly host shutdown: all modules of this node stop with goodbye" },
      config: { admits: "control" },
    },
    (request) => door.shutdown(request.caller),
  );
}
