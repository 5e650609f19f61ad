// SPDX-License-Identifier: Apache-2.0
// Whom each route admits, in one table: a route that is not in it, or says another word than here, fails. The
// table is held against OpenAPI and against what fastify itself has registered, so that a hidden route cannot
// slip past it.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Admits } from "../../core/api/calls/row.js";
import { buildApplication } from "../../core/api/server.js";
import { deeds } from "../../core/api/calls/table.js";
import { TestDoor } from "./access/door.js";

/** In the order of docs: look · command · configure · other nodes, this host · everybody. */
const table: Readonly<Record<Admits, readonly string[]>> = {
  monitor: [
    "GET /api/v1/capacity",
    "GET /api/v1/certificates",
    "GET /api/v1/cluster",
    "GET /api/v1/doctor",
    "GET /api/v1/events",
    "GET /api/v1/figures",
    "GET /api/v1/history",
    "GET /api/v1/modules",
    "GET /api/v1/modules/:module",
    "GET /api/v1/modules/:module/copies",
    "GET /api/v1/modules/:module/figures",
    "GET /api/v1/modules/:module/preview",
    "GET /api/v1/openapi.json",
    "GET /api/v1/placement",
    "GET /api/v1/procedures/:id",
    "GET /api/v1/series",
    "GET /api/v1/trends",
    "GET /api/v1/session",
    "GET /api/v1/status",
    "GET /api/v1/vms",
    "POST /api/v1/logout",
    "POST /api/v1/session/handover",
    "POST /api/v1/session/password",
  ],
  control: [
    "DELETE /api/v1/pause",
    "POST /api/v1/alarms/:id/acknowledge",
    "POST /api/v1/modules/:module/commands",
    "POST /api/v1/modules/:module/verify",
    "POST /api/v1/shutdown",
    "DELETE /api/v1/shutdown",
    "PUT /api/v1/pause",
  ],
  admin: [
    "DELETE /api/v1/certificates/console",
    "DELETE /api/v1/users/:user",
    "GET /api/v1/users",
    "PATCH /api/v1/modules/:module",
    "PATCH /api/v1/users/:user",
    "POST /api/v1/cluster/tokens",
    "POST /api/v1/modules/:module/unprotect",
    "POST /api/v1/protect",
    "POST /api/v1/users",
    "PUT /api/v1/certificates/console",
    "PUT /api/v1/modules/:module/userconfig",
  ],
  nodes: ["POST /api/v1/peer/calls/:call"],
  local: ["POST /api/v1/cluster", "POST /api/v1/cluster/join"],
  everybody: [
    "GET /*",
    "GET /api/v1/cluster/ca",
    "GET /ready/:module",
    "POST /api/v1/cluster/admissions",
    "POST /api/v1/login",
    "POST /handover",
  ],
};

const words = new Map(
  (Object.entries(table) as [Admits, readonly string[]][]).flatMap(([admits, routes]) =>
    routes.map((route) => [route, admits] as const),
  ),
);

test("every-route-says-whom-it-admits", async () => {
  const { app, close } = await TestDoor.application();
  try {
    const found = [...app.ways].filter(([route]) => !route.startsWith("HEAD "));
    assert.deepEqual(Object.fromEntries(found.sort()), Object.fromEntries([...words].sort()));
    for (const way of Object.keys(deeds)) assert.ok(app.ways.has(way), `the audit has words for ${way}`);
    for (const [route, admits] of app.ways)
      if (route.startsWith("HEAD ")) assert.equal(words.get(route.replace("HEAD", "GET")), admits, route);
  } finally {
    await close();
  }
});

test("openapi-shows-no-route-that-is-not-in-the-table", async () => {
  const { app, close } = await TestDoor.application();
  try {
    const { paths = {} } = app.swagger() as {
      readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    const shown = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{([^}]+)\}/g, ":$1")}`,
      ),
    );
    assert.ok(shown.length > 15, shown.join());
    for (const route of shown) assert.ok(words.has(route), `${route} is in OpenAPI and not in the table`);
  } finally {
    await close();
  }
});

test("a-route-without-its-word-cannot-be-registered", async () => {
  const door = new TestDoor();
  try {
    const forgetful = (): Promise<unknown> =>
      buildApplication(door.door, "test", {
        routes: [(app) => void app.get("/forgotten", () => "open to whom?")],
      });
    await assert.rejects(forgetful, /GET \/forgotten does not say whom it admits/);
    const wordless = (): Promise<unknown> =>
      buildApplication(door.door, "test", {
        routes: [(app) => void app.post("/wordless", { config: { admits: "admin" } }, () => "done")],
      });
    await assert.rejects(wordless, /The audit has no words for POST \/wordless/);
  } finally {
    await door.close();
  }
});
