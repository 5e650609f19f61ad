// SPDX-License-Identifier: Apache-2.0
// Protecting VMs: what the hosts have, the procedures that move a VM into a module and back, and how they
// stand.

import type { FastifyInstance } from "fastify";
import { Type, type Static } from "@sinclair/typebox";
import type { ApiDoor } from "../door.js";
import {
  described,
  moduleParams,
  peerCallParams,
  procedureParams,
  protectRequest,
  unprotectRequest,
  vmsQuery,
} from "../schemas.js";

export function protectRoutes(app: FastifyInstance, door: ApiDoor): void {
  app.get<{ Querystring: Static<typeof vmsQuery> }>(
    "/api/v1/vms",
    {
      schema: {
        summary: "The VMs of the nodes' hypervisors, or of one node's",
        querystring: vmsQuery,
        response: { 200: described("VmView[]") },
      },
      config: { admits: "monitor" },
    },
    (request) => door.vms(request.query.node),
  );
  app.post<{ Body: Static<typeof protectRequest> }>(
    "/api/v1/protect",
    {
      schema: {
        summary: "Preflight on both nodes, then move the VM into a module and copy it",
        body: protectRequest,
        response: { 200: described("ProtectReply") },
      },
      config: { admits: "admin" },
    },
    async (request) => {
      const reply = await door.protect(request.body, request.caller);
      request.made = reply.module;
      return reply;
    },
  );
  app.post<{ Params: Static<typeof moduleParams>; Body: Static<typeof unprotectRequest> }>(
    "/api/v1/modules/:module/unprotect",
    {
      schema: {
        summary: "Put the VM back as it was",
        params: moduleParams,
        body: unprotectRequest,
        response: { 200: described("ProtectReply") },
      },
      config: { admits: "admin" },
    },
    (request) => door.unprotect(request.params.module, request.body, request.caller),
  );
  app.get<{ Params: Static<typeof procedureParams> }>(
    "/api/v1/procedures/:id",
    {
      schema: {
        summary: "How a procedure stands",
        params: procedureParams,
        response: { 200: described("ProcedureStatus") },
      },
      config: { admits: "monitor" },
    },
    (request) => door.procedure(request.params.id),
  );
  app.post<{ Params: Static<typeof peerCallParams> }>(
    "/api/v1/peer/calls/:call",
    {
      schema: { hide: true, params: peerCallParams, body: Type.Unknown() },
      config: { admits: "nodes" },
    },
    (request) => door.peerCall(request.params.call, request.body),
  );
}
