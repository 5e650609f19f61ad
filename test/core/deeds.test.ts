// SPDX-License-Identifier: Apache-2.0
// What the audit says of a request: what was asked for, of whom, and never a secret.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf } from "../../core/api/calls/deed.js";
import { deedOf, deeds } from "../../core/api/calls/table.js";

const secret = "correct horse battery staple";

test("deeds-say-what-was-asked-for", () => {
  const table: readonly (readonly [way: string, params: object, body: object, deed: string | null])[] = [
    ["POST /api/v1/login", {}, { user: "anna", password: secret }, "log in"],
    [
      "POST /api/v1/users",
      {},
      { name: "dora", role: "control", password: secret },
      "add the user dora as control",
    ],
    [
      "PATCH /api/v1/users/:user",
      { user: "dora" },
      { role: "admin", password: secret },
      "change the user dora, role admin, a new password",
    ],
    ["POST /api/v1/modules/:module/commands", { module: "cam1" }, { verb: "swap" }, "swap"],
    [
      "POST /api/v1/modules/:module/commands",
      { module: "cam1" },
      { verb: "prim", node: "beta", force: true },
      "prim, on beta, forced",
    ],
    [
      "POST /api/v1/modules/:module/commands",
      { module: "cam1" },
      { verb: "resolve", keep: "beta" },
      "resolve, the copy of beta goes on",
    ],
    [
      "PATCH /api/v1/modules/:module",
      { module: "cam1" },
      { failover: false, niceStopSeconds: 30 },
      "change settings, failover false, niceStopSeconds 30",
    ],
    [
      "POST /api/v1/protect",
      {},
      { vm: "Cam 1", module: "cam1", node: "alpha", stop: true },
      "protect the VM Cam 1, as cam1, on alpha, shut the guest down for it",
    ],
    ["POST /api/v1/protect", {}, { vm: "Cam 1", dryRun: true }, null],
    ["POST /api/v1/peer/calls/:call", { call: "copy" }, {}, null],
    ["PUT /api/v1/pause", {}, { why: "" }, "pause automatic failover"],
    ["PUT /api/v1/pause", {}, { why: "new\r\nswitch" }, "pause automatic failover (new switch)"],
    ["POST /api/v1/tomorrow", {}, {}, "POST /api/v1/tomorrow"],
  ];
  for (const [way, params, body, deed] of table)
    assert.equal(deedOf(way, { params: fieldsOf(params), body: fieldsOf(body) }), deed, way);
});

test("deeds-never-say-a-secret-and-stay-short", () => {
  const secrets = { password: secret, old: secret, new: secret, token: secret, secret, ticket: secret };
  const body = { ...secrets, privateKey: secret, publicKey: secret, certificate: secret, xml: secret };
  for (const way of Object.keys(deeds)) {
    if (way === "PATCH /api/v1/modules/:module") continue;
    assert.ok(!(deedOf(way, { params: {}, body }) ?? "").includes(secret), way);
  }
  const long = deedOf("PUT /api/v1/pause", { params: {}, body: { why: "x".repeat(10_000) } }) ?? "";
  assert.ok(long.length < 200);
  for (const strange of [null, 7, "text", ["a"], undefined]) assert.deepEqual(fieldsOf(strange), {});
});
