// SPDX-License-Identifier: Apache-2.0
// Figures, series, capacity and placement on two daemons: one node shows both, each keeps the other's past,
// what is known of a dead node stays, and `gemel balance` moves what is pinned elsewhere.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { after, before, test } from "node:test";
import type { Capacity, LiveEvent, LiveFigures, Placement, Series } from "../../core/api/contract.js";
import { protectCam1 } from "./pair/cam1.js";
import { Pair, type Node } from "./pair/pair.js";

let pair: Pair;
const vm = { id: randomUUID(), name: "Kamera Süd" };

before(async () => {
  pair = await Pair.up();
  await protectCam1(pair, vm);
});
after(async () => {
  await pair.close();
});

async function get<T>(node: Node, path: string): Promise<T> {
  return await new Promise((done, failed) => {
    const sent = request(
      { socketPath: pair.path(node, "run/gemel.sock"), path: `/api/v1${path}` },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => (text += part));
        answer.on("end", () => done(JSON.parse(text) as T));
      },
    );
    sent.on("error", failed);
    sent.end();
  });
}

/** Listens until the figures of some moment please, and hands them over. */
async function watched(
  node: Node,
  pleases: (figures: readonly LiveFigures[]) => boolean,
): Promise<readonly string[]> {
  return await new Promise((done, failed) => {
    const numbered: string[] = [];
    const late = setTimeout(() => failed(new Error(`no such figures within 20 s on ${node}`)), 20_000);
    const socketPath = pair.path(node, "run/gemel.sock");
    const sent = request({ socketPath, path: "/api/v1/events" }, (stream) => {
      let rest = "";
      stream.setEncoding("utf8");
      stream.on("data", (part: string) => {
        const blocks = (rest + part).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const data = block.split("\n").find((line) => line.startsWith("data: "));
          if (data === undefined) continue;
          const event = JSON.parse(data.slice(6)) as LiveEvent;
          if (event.kind !== "figures") continue;
          if (block.startsWith("id: ")) numbered.push(block);
          if (!pleases(event.figures)) continue;
          clearTimeout(late);
          stream.destroy();
          done(numbered);
        }
      });
      stream.on("error", () => undefined);
    });
    sent.on("error", failed);
    sent.end();
  });
}

test("whoever-listens-sees-both-nodes", async () => {
  for (const node of ["alpha", "beta"] as const) {
    const numbered = await watched(node, (figures) => {
      const [alpha, beta] = figures;
      const module = alpha?.modules[0];
      const isComplete = figures.length === 2 && alpha?.host !== null && beta?.host !== null;
      return isComplete && module?.module === "cam1" && module.writesPerSecond > 0 && module.cpu !== null;
    });
    assert.deepEqual(numbered, [], "figures have no number: a reader that was away does not want old ones");
  }
  const [alpha, beta] = await get<readonly LiveFigures[]>("beta", "/figures");
  assert.equal(alpha?.modules[0]?.memory, 64 * 1024 ** 2);
  assert.deepEqual(beta?.modules, [], "the VM does not run there");
});

test("each-node-keeps-the-past-of-both", async () => {
  for (const node of ["alpha", "beta"] as const) {
    await pair.until(`${node} has rows of both`, async () => {
      const module = await get<Series>(node, "/series?module=cam1&range=1h");
      const hosts = await Promise.all(
        ["alpha", "beta"].map((one) => get<Series>(node, `/series?host=${one}&range=1h`)),
      );
      const has = (series: Series): boolean => (series.values.cpu ?? []).some((value) => value !== null);
      return has(module) && hosts.every(has) && module.node.includes("alpha");
    });
  }
  const { values, at } = await get<Series>("beta", "/series?host=alpha&range=24h");
  assert.deepEqual(Object.keys(values), ["cpu", "memory"]);
  assert.equal(values.cpu?.length, at.length);
});

test("a-series-names-one-thing-that-exists", async () => {
  const codeOf = async (query: string): Promise<string> =>
    (await get<{ readonly code: string }>("alpha", `/series?range=1h${query}`)).code;
  assert.equal(await codeOf(""), "GEMEL-4008");
  assert.equal(await codeOf("&module=cam1&host=alpha"), "GEMEL-4008");
  assert.equal(await codeOf("&module=nothing"), "GEMEL-1001");
  assert.equal(await codeOf("&host=gamma"), "GEMEL-4012");
});

test("everything-would-fit", async () => {
  await pair.until("both hosts' sizes are known", async () => {
    const { hosts } = await get<Capacity>("beta", "/capacity");
    const isKnown = hosts.every(({ live, sentence }) => live && !/Not counted/.test(sentence));
    return hosts.length === 2 && isKnown && hosts.every((one) => one.ifEverything.disk > one.used.disk);
  });
  const { hosts } = await get<Capacity>("beta", "/capacity");
  for (const { node, fits, sentence, ifEverything, disk } of hosts) {
    assert.equal(fits, true);
    assert.match(
      sentence,
      new RegExp(`^Everything would fit on ${node}: 1.1 of 8 GiB, \\d+\\.\\d of 2 cores\\.$`),
    );
    assert.equal(ifEverything.memory, 1024 ** 3 + 64 * 1024 ** 2);
    assert.ok(disk.total > disk.free && disk.free > 0);
    // The thin disk of 8 MiB has 1 MiB of its own yet.
    assert.equal(ifEverything.disk - (disk.total - disk.free), 7 * 1024 ** 2);
  }
});

test("balance-says-what-it-would-do-and-does-it-when-told", async () => {
  const idle = await pair.gemel("alpha", "balance");
  assert.equal(idle.code, 0, idle.stderr);
  assert.match(
    idle.stdout,
    /The hosts are balanced[\s\S]*If one host had to run everything:[\s\S]*fit on beta/,
  );
  await pair.gemel("alpha", "module", "set", "cam1", "--pin", "beta");
  const asked = JSON.parse((await pair.gemel("alpha", "balance", "--json")).stdout) as Placement;
  assert.deepEqual(asked.moves, [
    { module: "cam1", from: "alpha", to: "beta", why: "It is pinned to beta." },
  ]);
  assert.equal((await pair.status("alpha")).modules[0]?.active, "alpha", "looking moves nothing");
  const applied = await pair.gemel("alpha", "balance", "--apply", "--timeout", "40");
  assert.equal(applied.code, 0, applied.stderr + pair.log("alpha").slice(-2000));
  assert.match(applied.stdout, /cam1: runs on beta, protected\.\nDone: cam1 to beta\./);
  assert.equal((await pair.status("alpha")).modules[0]?.active, "beta");
});

test("a-dead-node-is-shown-as-last-known", async () => {
  await pair.stop("beta", "SIGKILL");
  await pair.until(
    "beta is no longer heard",
    async () => {
      const { hosts } = await get<Capacity>("alpha", "/capacity");
      return hosts.find(({ node }) => node === "beta")?.live === false;
    },
    60,
  );
  const { hosts } = await get<Capacity>("alpha", "/capacity");
  assert.match(hosts.find(({ node }) => node === "beta")?.sentence ?? "", /fit on beta.*As last known\.$/);
  assert.deepEqual(
    (await get<readonly LiveFigures[]>("alpha", "/figures")).map(({ node }) => node),
    ["alpha"],
  );
  const past = await get<Series>("alpha", "/series?host=beta&range=1h");
  assert.ok(
    past.values.cpu?.some((value) => value !== null),
    "its past is still there",
  );
});

test("what-was-known-survives-the-daemon", async () => {
  await pair.stop("alpha", "SIGKILL");
  await pair.start("alpha");
  const { hosts } = await get<Capacity>("alpha", "/capacity");
  assert.equal(hosts.find(({ node }) => node === "beta")?.live, false);
});
