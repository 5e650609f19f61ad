// SPDX-License-Identifier: Apache-2.0
// Founding, joining, showing the cluster. Admission is the one call that needs no certificate: it brings a
// secret.

import type { FastifyInstance } from "fastify";
import type { Static } from "@sinclair/typebox";
import type { ApiDoor } from "../door.js";
import { admissionRequest, described, initRequest, joinRequest } from "../schemas.js";

export function clusterRoutes(app: FastifyInstance, door: ApiDoor): void {
  app.get(
    "/api/v1/cluster",
    {
      schema: { summary: "Networks, nodes, ports", response: { 200: described("ClusterView") } },
      config: { admits: "monitor" },
    },
    () => door.cluster(),
  );
  app.post<{ Body: Static<typeof initRequest> }>(
    "/api/v1/cluster",
    {
      schema: {
        summary: "Found a cluster on this node",
        body: initRequest,
        response: { 200: described("ClusterReply") },
      },
      config: { admits: "local" },
    },
    (request) => door.initCluster(request.body),
  );
  app.post<{ Body: Static<typeof joinRequest> }>(
    "/api/v1/cluster/join",
    {
      schema: {
        summary: "Join with a token",
        body: joinRequest,
        response: { 200: described("ClusterReply") },
      },
      config: { admits: "local" },
    },
    (request) => door.joinCluster(request.body),
  );
  app.post(
    "/api/v1/cluster/tokens",
    {
      schema: { summary: "A new one-time token", response: { 200: described("ClusterReply") } },
      config: { admits: "admin" },
    },
    () => door.newToken(),
  );
  app.post<{ Body: Static<typeof admissionRequest> }>(
    "/api/v1/cluster/admissions",
    { schema: { hide: true, body: admissionRequest }, config: { admits: "everybody" } },
    (request) => door.admit(request.body),
  );
}
