// SPDX-License-Identifier: Apache-2.0
// The mock cluster tells its stories: each scenario comes to the states that it promises, commands change
// them over simulated time, and the same seed tells the same story twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveEvent, Status } from "../../core/api/contract.js";
import { ApiFailure } from "../../ui/api.js";
import { MockCluster, type MockOptions } from "../../ui/mock/cluster.js";
import { settle } from "../scenarios/settle.js";
import { isScenario, scenarios } from "../../ui/mock/scenarios/index.js";

const startWallMs = Date.parse("2026-11-21T10:00:00Z");
const begin = (options: Omit<MockOptions, "startWallMs" | "settle">): MockCluster =>
  new MockCluster({ startWallMs, settle, user: "anna", ...options });

const status = async (mock: MockCluster): Promise<Status> => await mock.ask("GET /status");

async function stateOf(mock: MockCluster, module: string, node: string): Promise<string> {
  const found = (await status(mock)).modules.find(({ id }) => id === module);
  const row = found?.nodes.find((one) => one.node === node);
  return row === undefined ? "nobody" : `${row.state} ${row.stability}`;
}

/** Moves time on, second by second, until it is so. */
async function until(mock: MockCluster, what: string, look: () => Promise<boolean>): Promise<void> {
  for (let second = 0; second < 900; second++) {
    if (await look()) return;
    await mock.advance(1_000);
  }
  assert.fail(`not within 900 simulated seconds: ${what}; ${JSON.stringify((await status(mock)).modules)}`);
}

test("every-scenario-begins-and-goes-on", async () => {
  for (const name of Object.keys(scenarios)) {
    assert.ok(isScenario(name));
    const mock = begin({ scenario: name });
    const first = await status(mock);
    assert.equal(first.nodes.length, 2, name);
    for (let second = 0; second < 200; second++) await mock.advance(1_000);
    const last = await status(mock);
    assert.equal(last.modules.length >= first.modules.length, true, name);
  }
});

test("same-seed-same-story", async () => {
  const tell = async (): Promise<unknown> => {
    const mock = begin({ scenario: "host-loss", seed: 7 });
    const heard: LiveEvent[] = [];
    const stop = mock.events({
      opened: () => undefined,
      event: (event) => heard.push(event),
      lost: () => undefined,
    });
    await Promise.resolve();
    await mock.advance(120_000);
    stop();
    return heard;
  };
  assert.deepEqual(await tell(), await tell());
});

test("host-loss-changes-sentences-and-heals", async () => {
  const mock = begin({ scenario: "host-loss" });
  await mock.advance(9_000);
  assert.equal((await status(mock)).sentence, "All 4 modules are protected.");
  await mock.advance(7_000);
  const lost = await status(mock);
  assert.deepEqual(
    lost.nodes.map(({ name, reachable }) => [name, reachable]),
    [
      ["alpha", true],
      ["beta", false],
    ],
  );
  assert.match(lost.modules.find(({ id }) => id === "cam1")?.sentence ?? "", /^Unprotected: beta is down/);
  assert.ok(lost.alarms.some(({ id }) => id === "node:beta"));
  await until(
    mock,
    "alpha runs beta's VM",
    async () => (await stateOf(mock, "cam2", "alpha")) === "ALONE NotReady",
  );
  await until(mock, "all are protected again", async () =>
    (await status(mock)).modules.every((module) => module.protected),
  );
  assert.equal(await stateOf(mock, "cam2", "alpha"), "PRIM Ready");
  assert.equal(
    (await status(mock)).alarms.some(({ id }) => id === "node:beta"),
    false,
  );
});

test("swap-takes-its-time-and-arrives", async () => {
  const mock = begin({});
  await mock.ask("POST /modules/:module/commands", { module: "cam1" }, { verb: "swap" });
  assert.notEqual((await status(mock)).modules.find(({ id }) => id === "cam1")?.protected, true);
  await assert.rejects(
    mock.ask("POST /modules/:module/commands", { module: "cam1" }, { verb: "restart" }),
    refusal("GEMEL-1010"),
  );
  await until(mock, "beta runs cam1", async () => (await stateOf(mock, "cam1", "beta")) === "PRIM Ready");
  assert.equal(await stateOf(mock, "cam1", "alpha"), "SECOND Ready");
});

test("stop-and-start-both", async () => {
  const mock = begin({});
  await mock.ask("POST /modules/:module/commands", { module: "bms1" }, { verb: "stop" });
  await until(mock, "stopped", async () => (await stateOf(mock, "bms1", "beta")) === "STOP NotReady");
  await mock.ask("POST /modules/:module/commands", { module: "bms1" }, { verb: "start" });
  await until(mock, "runs again", async () =>
    (await status(mock)).modules.every((module) => module.protected),
  );
});

test("conflict-is-resolved-by-a-person", async () => {
  const mock = begin({ scenario: "conflict" });
  await assert.rejects(
    mock.ask("POST /modules/:module/commands", { module: "cam1" }, { verb: "swap" }),
    refusal("GEMEL-1007"),
  );
  await mock.ask("POST /modules/:module/commands", { module: "cam1" }, { verb: "resolve", keep: "beta" });
  await until(
    mock,
    "beta's copy goes on",
    async () => (await stateOf(mock, "cam1", "beta")) === "PRIM Ready",
  );
});

test("protect-ends-in-a-first-copy", async () => {
  const mock = begin({ scenario: "empty" });
  const refused = await mock.ask("POST /protect", {}, { vm: "License server", node: "alpha" });
  assert.ok(refused.findings.some(({ severity, code }) => severity === "blocks" && code === "GEMEL-5002"));
  await mock.ask("POST /protect", {}, { vm: "License server", node: "alpha", stop: true });
  await until(mock, "its first copy runs", async () => {
    const [module] = (await status(mock)).modules;
    return module?.reintegration?.kind === "first-copy";
  });
  await until(mock, "it is protected", async () => (await status(mock)).modules[0]?.protected === true);
});

test("paused-failover-waits-for-a-person-or-the-host", async () => {
  const mock = begin({ scenario: "host-loss" });
  await mock.ask("PUT /pause", {}, { why: "the switch is being replaced" });
  await mock.advance(20_000);
  assert.equal(await stateOf(mock, "cam2", "alpha"), "WAIT NotReady");
  await until(
    mock,
    "beta returned and runs it",
    async () => (await stateOf(mock, "cam2", "beta")) === "PRIM Ready",
  );
});

test("roles-and-wrong-fields-are-refused-with-their-place", async () => {
  const nobody = new MockCluster({ startWallMs, settle });
  await assert.rejects(nobody.ask("GET /status"), { status: 401 });
  await assert.rejects(nobody.ask("POST /login", {}, { user: "mona", password: "wrong" }), {
    status: 401,
  });
  await nobody.ask("POST /login", {}, { user: "mona", password: "mona-may-look" });
  await assert.rejects(nobody.ask("PUT /pause", {}, { why: "x" }), refusal("GEMEL-4009"));
  const mock = begin({});
  const short = { name: "olga", role: "control", password: "short" } as const;
  await assert.rejects(mock.ask("POST /users", {}, short), { code: "GEMEL-4020", where: "password" });
  await assert.rejects(mock.ask("DELETE /users/:user", { user: "anna" }), ApiFailure);
});

test("silence-is-silence-and-ends", async () => {
  const mock = begin({ scenario: "nobody-answers" });
  await mock.advance(11_000);
  await assert.rejects(status(mock), (thrown) => thrown instanceof ApiFailure && thrown.isSilence);
  await mock.advance(60_000);
  assert.equal((await status(mock)).modules.length, 4);
});

function refusal(code: string): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof ApiFailure, String(thrown));
    assert.equal(thrown.code, code);
    assert.notEqual(thrown.next, "");
    return true;
  };
}
