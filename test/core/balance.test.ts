// SPDX-License-Identifier: Apache-2.0
// `gemel balance` against a daemon that answers as it is told: what is printed, in which order things are
// moved, and that the first refusal ends it, saying what was done.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Capacity, ModuleStatus, Placement } from "../../core/api/contract.js";

const program = join(dirname(fileURLToPath(import.meta.url)), "../../core/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "gemel-balance-"));
const socket = join(folder, "gemel.sock");

const GiB = 1024 ** 3;
const move = (module: string): Placement["moves"][number] => ({
  module,
  from: "alpha",
  to: "beta",
  why: `${module} is heavy.`,
});
const placement: Placement = {
  at: "now",
  moves: ["a", "b", "c"].map(move),
  sentence: "3 swaps would balance the hosts; nothing moves before somebody says so.",
  held: [{ module: "d", why: "It is pinned to alpha." }],
  before: [
    { node: "alpha", cpu: 6, memory: 6 * GiB },
    { node: "beta", cpu: 0, memory: 0 },
  ],
  after: [
    { node: "alpha", cpu: 3, memory: 3 * GiB },
    { node: "beta", cpu: 3, memory: 3 * GiB },
  ],
};
const need = { cpu: 1, memory: GiB, disk: 100 };
const capacity: Capacity = {
  at: "now",
  hosts: [
    {
      node: "beta",
      live: true,
      at: "now",
      cpus: 16,
      memory: 32 * GiB,
      disk: { path: "/data", total: 400 * GiB, free: 300 * GiB },
      used: need,
      ifEverything: need,
      fits: true,
      sentence: "Everything would fit on beta: 12 of 32 GiB, 3.1 of 16 cores.",
    },
  ],
};

const where = new Map<string, string>();
const swapped: string[] = [];
/** Modules whose swap is refused. */
const refused = new Set<string>();
let overlapped = false;
/** Swaps do not come to an end. */
let stuck = false;

function statusOf(id: string): ModuleStatus {
  const active = where.get(id) ?? "alpha";
  const row = {
    stability: "Ready",
    upToDate: true,
    generation: "1",
    session: 1,
    reason: "none",
    since: "now",
  } as const;
  const node = (name: string): ModuleStatus["nodes"][number] => ({
    ...row,
    node: name,
    state: name === active ? "PRIM" : "SECOND",
    vm: name === active ? "on" : "off",
    live: true,
  });
  return {
    id,
    vm: id,
    sentence: "Protected",
    protected: true,
    partly: false,
    colour: "green",
    active,
    ifHostDied: { sentence: "", seconds: null, node: null },
    nodes: [node("alpha"), node("beta")],
    reintegration: null,
    conflict: false,
    troubles: [],
    actions: [],
  };
}

/** A swap takes a few questions; nobody may ask for the next one meanwhile. */
let moving: { readonly id: string; left: number } | undefined;

function answer(url: string): readonly [number, unknown] {
  const command = /^\/api\/v1\/modules\/(\w+)\/commands$/.exec(url)?.[1];
  if (command !== undefined) {
    overlapped ||= moving !== undefined;
    if (refused.has(command))
      return [409, { code: "GEMEL-1004", message: "It is not up to date.", where: command, next: "Wait." }];
    swapped.push(command);
    moving = { id: command, left: stuck ? Infinity : 2 };
    return [200, { node: "alpha", sentence: "Swapping.", until: ["SECOND"] }];
  }
  if (url.endsWith("/placement")) return [200, placement];
  if (url.endsWith("/capacity")) return [200, capacity];
  if (moving !== undefined && moving.left-- === 0) {
    where.set(moving.id, "beta");
    moving = undefined;
  }
  return [200, { modules: ["a", "b", "c", "d"].map(statusOf), sentence: "" }];
}

const server: Server = createServer((request, response) => {
  request.resume();
  const [status, body] = answer(request.url ?? "");
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
await new Promise<void>((done) => server.listen(socket, done));
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  where.clear();
  refused.clear();
  swapped.length = 0;
  moving = undefined;
  overlapped = false;
  stuck = false;
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function balance(...args: string[]): Promise<Ran> {
  return await new Promise((done) => {
    const argv = [program, "--socket", socket, "balance", ...args];
    execFile(process.execPath, argv, { timeout: 60_000 }, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
      done({ code, stdout, stderr });
    });
  });
}

test("looking-prints-moves-reasons-and-what-stays", async () => {
  const { code, stdout } = await balance();
  assert.equal(code, 0);
  assert.match(stdout, /^3 swaps would balance/);
  assert.match(stdout, / {2}a {2}alpha → beta {2}a is heavy\.\n/);
  assert.match(stdout, /Stay, although moving them would help:\n {2}d {2}It is pinned to alpha\.\n/);
  assert.match(stdout, /alpha +6\.0 cores +6\.0 GiB +→ 3\.0 cores, 3\.0 GiB\n/);
  assert.match(stdout, /beta +Everything would fit on beta: .* cores\. +disk 100 of 400 GiB used\n/);
  assert.deepEqual(swapped, []);
  assert.deepEqual(JSON.parse((await balance("--json")).stdout), { ...placement, capacity });
});

test("apply-moves-one-after-the-other", async () => {
  const { code, stdout, stderr } = await balance("--apply");
  assert.equal(code, 0, stderr);
  assert.deepEqual(swapped, ["a", "b", "c"]);
  assert.equal(overlapped, false, "the next one only when the one before it is protected again");
  assert.match(stdout, /Done: a to beta, b to beta, c to beta\.\n$/);
});

test("the-first-refusal-ends-it-and-says-what-was-done", async () => {
  refused.add("b");
  const { code, stderr } = await balance("--apply");
  assert.equal(code, 1);
  assert.deepEqual(swapped, ["a"]);
  assert.match(stderr, /GEMEL-1004 +b: It is not up to date\. Done: a to beta\. One more left as it was\./);
  refused.add("a");
  assert.match((await balance("--apply")).stderr, /Nothing was moved\. 2 more left as they were\./);
});

test("a-module-that-moved-meanwhile-is-not-moved-back", async () => {
  where.set("a", "beta");
  const { code, stderr } = await balance("--apply");
  assert.equal(code, 1);
  assert.deepEqual(swapped, []);
  assert.match(stderr, /GEMEL-1005 +a: It runs on beta by now, not on alpha\./);
});

test("a-swap-that-takes-too-long-is-exit-3", async () => {
  stuck = true;
  const { code, stderr } = await balance("--apply", "--timeout", "1");
  assert.equal(code, 3, stderr);
  assert.match(stderr, /swap a was not reached within 1 s\..*Nothing was moved\./s);
});
