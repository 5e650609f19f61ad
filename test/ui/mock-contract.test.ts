// SPDX-License-Identifier: Apache-2.0
// The mock speaks as the daemon does: the same requests to both, answers of the same form, refusals with the
// same status, code and field. Whatever OpenAPI names is either asked here or said not to be the console's.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { LiveEvent } from "../../core/api/contract.js";
import { ApiFailure } from "../../ui/api.js";
import { MockCluster } from "../../ui/mock/cluster.js";
import { settle } from "../scenarios/settle.js";
import { protectCam1 } from "../core/pair/cam1.js";
import { Pair } from "../core/pair/pair.js";
import { DaemonClient } from "./contract/daemon-client.js";
import { differences, shapeOf } from "./contract/shape.js";

interface Row {
  readonly method: string;
  /** As OpenAPI writes it, below /api/v1. */
  readonly route: string;
  /** Absent: the route itself. */
  readonly path?: string;
  readonly body?: unknown;
}

const get = (route: string, path?: string): Row => ({
  method: "GET",
  route,
  ...(path !== undefined && { path }),
});
const change = (method: string, route: string, path: string, body?: unknown): Row => ({
  method,
  route,
  path,
  ...(body !== undefined && { body }),
});

const longPassword = "one two three four";
const command = "/modules/{module}/commands";

/** In this order: looking, refusals, changes, and last what ends the session. */
const rows: readonly Row[] = [
  get("/session"),
  get("/status"),
  get("/doctor"),
  get("/modules"),
  get("/modules/{module}", "/modules/cam1"),
  get("/modules/{module}", "/modules/nothing"),
  get("/modules/{module}/figures", "/modules/cam1/figures"),
  get("/modules/{module}/preview", "/modules/cam1/preview?verb=swap"),
  get("/modules/{module}/preview", "/modules/cam1/preview?verb=resolve&keep=beta"),
  get("/modules/{module}/copies", "/modules/cam1/copies"),
  get("/procedures/{id}", "/procedures/nothing"),
  get("/vms"),
  get("/figures"),
  get("/series", "/series?module=cam1&range=1h"),
  get("/trends"),
  get("/series", "/series?host=alpha&range=24h"),
  get("/series", "/series?module=nothing&range=1h"),
  get("/capacity"),
  get("/placement"),
  get("/history", "/history?limit=200"),
  get("/history", "/history?node=beta&limit=50"),
  get("/history", "/history?limit=0"),
  get("/history", "/history?node=gamma"),
  get("/cluster"),
  get("/cluster/ca"),
  get("/certificates"),
  get("/certificates", "/certificates?node=beta"),
  get("/certificates", "/certificates?node=gamma"),
  get("/users"),
  change("POST", command, "/modules/cam1/commands", { verb: "explode" }),
  change("POST", command, "/modules/cam1/commands", {}),
  change("POST", command, "/modules/cam1/commands", { verb: "start", extra: 1 }),
  change("POST", command, "/modules/nothing/commands", { verb: "start" }),
  change("POST", command, "/modules/cam1/commands", { verb: "start", node: "gamma" }),
  change("POST", command, "/modules/cam1/commands", { verb: "resolve", keep: "beta" }),
  change("POST", "/users", "/users", { name: "Olga", role: "control", password: longPassword }),
  change("POST", "/users", "/users", { name: "olga", role: "control", password: "short" }),
  change("POST", "/users", "/users", { name: "olga", role: "chief", password: longPassword }),
  change("POST", "/users", "/users", { name: "olga", role: "control", password: longPassword }),
  change("POST", "/users", "/users", { name: "olga", role: "control", password: longPassword }),
  change("PATCH", "/users/{user}", "/users/olga", { role: "monitor" }),
  change("PATCH", "/users/{user}", "/users/nobody", { role: "monitor" }),
  change("PATCH", "/users/{user}", "/users/anna", { role: "monitor" }),
  change("DELETE", "/users/{user}", "/users/olga"),
  change("DELETE", "/users/{user}", "/users/anna"),
  change("POST", "/session/password", "/session/password", { old: "wrong one", new: longPassword }),
  change("POST", "/session/handover", "/session/handover"),
  change("PUT", "/certificates/console", "/certificates/console", { certificate: "no", privateKey: "no" }),
  change("DELETE", "/certificates/console", "/certificates/console"),
  change("POST", "/cluster/tokens", "/cluster/tokens"),
  change("PUT", "/pause", "/pause", { why: "" }),
  change("PUT", "/pause", "/pause", { why: "the switch is being replaced" }),
  change("DELETE", "/pause", "/pause"),
  change("POST", "/alarms/{id}/acknowledge", "/alarms/nothing/acknowledge"),
  change("PATCH", "/modules/{module}", "/modules/cam1", { maxLoop: 5 }),
  change("PATCH", "/modules/{module}", "/modules/cam1", { maxLoop: "many" }),
  change("PUT", "/modules/{module}/userconfig", "/modules/cam1/userconfig", { xml: "<wrong/>" }),
  change("POST", "/protect", "/protect", { vm: "nothing" }),
  change("POST", "/modules/{module}/unprotect", "/modules/cam1/unprotect", {}),
  change("POST", "/modules/{module}/verify", "/modules/cam1/verify", {}),
  change("POST", command, "/modules/cam1/commands", { verb: "swap" }),
  change("POST", "/logout", "/logout"),
  get("/session"),
  change("POST", "/login", "/login", { user: "anna", password: "not this one" }),
  change("POST", "/login", "/login", { user: "anna" }),
  change("POST", "/login", "/login", { user: "anna", password: "anna-may-configure" }),
];

const notTheConsoles: Readonly<Record<string, string>> = {
  "GET /events": "the live stream, held together below",
  "POST /cluster": "before there is a cluster there is no console",
  "POST /cluster/join": "before there is a cluster there is no console",
  "POST /shutdown": "the host's own shutdown calls it",
  "DELETE /shutdown": "for whoever is at the host's own terminal",
};

/** Keys that a right answer may lack: marked with `?` in the contract. */
const optional = new Set([
  "etaSeconds",
  "diskFull",
  "freeze",
  "lastVerify",
  "acknowledged",
  "module",
  "node",
  "alone",
  "lastWrite",
  "failure",
  "progress",
  "steps",
  "firstCopy",
  "disks",
  "procedure",
]);

let pair: Pair;
let daemon: DaemonClient;
let mock: MockCluster;

before(async () => {
  pair = await Pair.up();
  await protectedModule();
  daemon = await annaAtAlpha();
  mock = new MockCluster({ settle, startWallMs: Date.now(), scenario: "calm", user: "anna" });
  await mock.advance(5_000);
});
after(async () => {
  await pair.close();
});

async function protectedModule(): Promise<void> {
  await protectCam1(pair, { id: randomUUID(), name: "Kamera Süd" });
}

/** The only administrator, as in the mock: so that both refuse to lose her. */
async function annaAtAlpha(): Promise<DaemonClient> {
  const password = "anna-may-configure";
  const file = pair.path("alpha", "password");
  writeFileSync(file, password);
  const made = await pair.gemel("alpha", "user", "add", "anna", "--role", "admin", "--password-file", file);
  assert.equal(made.code, 0, made.stderr);
  const anna = new DaemonClient(pair.address("alpha", "data"), 7410);
  await anna.login("anna", password);
  await anna.ask("DELETE", "/users/admin");
  return anna;
}

type Outcome =
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "refusal"; readonly status: number; readonly code: string; readonly where: string };

async function outcomeOf(asked: Promise<unknown>): Promise<Outcome> {
  try {
    return { kind: "answer", value: await asked };
  } catch (thrown) {
    if (!(thrown instanceof ApiFailure)) throw thrown;
    const { status, code, where } = thrown;
    // Who is not logged in is named by address, and that is another one on each side.
    return { kind: "refusal", status, code, where: where.replace(/^[0-9.]{7,15}$/, "ADDRESS") };
  }
}

test("same-requests-same-forms", async () => {
  const wrong: string[] = [];
  for (const { method, route, path = route, body } of rows) {
    const real = await outcomeOf(daemon.ask(method, path, body));
    const played = await outcomeOf(mock.request(method, path, body));
    await mock.advance(1_000);
    const name = `${method} ${path} ${body === undefined ? "" : JSON.stringify(body)}`;
    if (real.kind !== "answer" || played.kind !== "answer") {
      const [a, b] = [real, played].map((one) => JSON.stringify(one).slice(0, 200));
      if (a !== b) wrong.push(`${name}\n    daemon ${String(a)}\n    mock   ${String(b)}`);
      continue;
    }
    const found = differences(shapeOf(real.value), shapeOf(played.value), optional);
    if (found.length > 0) wrong.push(`${name} (first: daemon, second: mock)\n    ${found.join("\n    ")}`);
  }
  assert.deepEqual(wrong, [], wrong.join("\n"));
});

test("live-stream-has-one-form", async () => {
  const kinds = ["status", "figures"] as const;
  const real = await daemon.events(kinds);
  const played = new Map<string, LiveEvent>();
  const stop = mock.events({
    opened: () => undefined,
    event: (event) => void played.set(event.kind, event),
    lost: () => assert.fail("the mock's stream ended"),
  });
  await Promise.resolve();
  await mock.advance(2_000);
  stop();
  for (const kind of kinds) {
    const [first, second] = [real.get(kind), played.get(kind)].map((event) => shapeOf(contentOf(event)));
    assert.ok(first !== undefined && second !== undefined);
    const found = differences(first, second, optional);
    assert.deepEqual(found, [], `${kind}: first daemon, second mock`);
  }
});

function contentOf(event: LiveEvent | undefined): unknown {
  if (event?.kind === "status") return event.status;
  return event?.kind === "figures" ? event.figures : assert.fail("both streams tell of it");
}

test("every-route-is-asked-or-not-the-console-s", async () => {
  const asked = new Set(rows.map(({ method, route }) => `${method} ${route}`));
  const { paths } = await daemon.ask<{ readonly paths: Readonly<Record<string, object>> }>(
    "GET",
    "/openapi.json",
  );
  const named = Object.entries(paths).flatMap(([path, methods]) =>
    path.startsWith("/api/v1/")
      ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`)
      : [],
  );
  const forgotten = named.filter((route) => !asked.has(route) && !(route in notTheConsoles));
  assert.deepEqual(forgotten, []);
  assert.deepEqual(
    [...asked].filter((route) => !named.includes(route)),
    [],
  );
  const modules = await mock.ask("GET /modules");
  assert.ok(modules.length > 0);
});
