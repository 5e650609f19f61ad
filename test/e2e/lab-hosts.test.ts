// SPDX-License-Identifier: Apache-2.0
/** The lab's hosts and networks: what each fault looks like from the other host. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { LabHost } from "../lab/host.js";
import { Lab } from "../lab/lab.js";
import { labsPath } from "../lab/machine/folders.js";
import { leftoversAfter } from "../runner/leftovers.js";
import { waitFor } from "../lab/wait.js";
import { mkdirSync } from "node:fs";

const port = 9000;

/** Serves one connection and sends a byte now and then, as a process with something to say would. */
const talkingServer = `require("node:net").createServer((socket) => {
  socket.on("error", () => undefined);
  const timer = setInterval(() => socket.write("x"), 50);
  socket.on("close", () => clearInterval(timer));
}).listen(${port}, () => console.log("listening"));`;

/** Holds a connection, sends too, and prints everything that happens to it. */
const listeningClient = (
  address: string,
): string => `const socket = require("node:net").connect(${port}, "${address}");
  socket.on("connect", () => { console.log("connected"); setInterval(() => socket.write("y"), 50); });
  let heard = false;
  socket.on("data", () => { if (!heard) console.log("heard"); heard = true; });
  socket.on("end", () => console.log("end"));
  socket.on("error", (error) => console.log("error", error.code));
  socket.on("close", () => console.log("close"));`;

type Program = { readonly output: () => string; readonly stop: () => void };

function runProgram(host: LabHost, script: string): Program {
  const { child, stop } = host.spawn([process.execPath, "-e", script]);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { output: () => output, stop };
}

async function talk(server: LabHost, client: LabHost): Promise<{ server: Program; client: Program }> {
  const serving = runProgram(server, talkingServer);
  await waitFor("the server to listen", () => serving.output().includes("listening"), 10_000);
  const listening = runProgram(client, listeningClient(server.address("data")));
  await waitFor("the client to hear the server", () => listening.output().includes("heard"), 10_000);
  return { server: serving, client: listening };
}

async function hears(listener: LabHost, speaker: LabHost, network: "data" | "heart"): Promise<boolean> {
  // One echo request needs both ways; the one-way test looks at the neighbour's counters instead.
  const { code } = await listener.exec(["ping", "-c", "1", "-W", "1", speaker.address(network)]);
  return code === 0;
}

async function framesFrom(host: LabHost): Promise<number> {
  const text = await host.must(["cat", "/sys/class/net/data/statistics/rx_packets"]);
  return Number(text);
}

describe("lab hosts", () => {
  mkdirSync(labsPath(), { recursive: true });
  const dir = mkdtempSync(join(labsPath(), "test-hosts-"));
  let lab: Lab;
  const alpha = (): LabHost => lab.host("alpha");
  const beta = (): LabHost => lab.host("beta");

  before(async () => {
    lab = await Lab.up({ dir, sizeMiB: 512 });
  });
  after(async () => {
    await lab.down();
    const left = await leftoversAfter(5_000, "none", dir);
    rmSync(dir, { recursive: true, force: true });
    assert.deepEqual(left, [], "the lab left something behind");
  });

  test("all hosts hear each other on both networks", async () => {
    for (const network of ["data", "heart"] as const) {
      assert.ok(await hears(alpha(), beta(), network), `alpha and beta on ${network}`);
      assert.ok(await hears(beta(), lab.host("gamma"), network), `beta and gamma on ${network}`);
    }
  });

  test("each host has its own name, disk, libvirtd and run folder", async () => {
    assert.equal((await alpha().must(["hostname"])).trim(), "alpha");
    await alpha().must(["sh", "-c", "echo mine >/run/mine && echo mine >/var/lib/gemel/vm/mine"]);
    assert.notEqual((await beta().exec(["cat", "/run/mine"])).code, 0);
    assert.notEqual((await beta().exec(["cat", "/var/lib/gemel/vm/mine"])).code, 0);
    const identity = async (host: LabHost): Promise<string> =>
      /<uuid>(.*)<\/uuid>/.exec((await host.virsh("capabilities")).stdout)?.[1] ?? "none";
    assert.notEqual(await identity(alpha()), await identity(beta()));
  });

  test("the pool's files can be renamed into Gemel's folder", async () => {
    await alpha().must(["sh", "-c", "touch /var/lib/libvirt/images/a.raw"]);
    const script =
      "require('node:fs').renameSync('/var/lib/libvirt/images/a.raw', '/var/lib/gemel/vm/a.raw')";
    await alpha().must([process.execPath, "-e", script]);
  });

  test("a killed process closes its connection (the contrast to a killed host)", async () => {
    const talking = await talk(alpha(), beta());
    talking.server.stop();
    await waitFor("the client to see the end", () => talking.client.output().includes("close"), 10_000);
    talking.client.stop();
  });

  test("a killed host falls silent: neither FIN nor RST, then it boots with its disk", async () => {
    await alpha().must(["sh", "-c", "echo kept >/var/lib/gemel/vm/kept && sync"]);
    const talking = await talk(alpha(), beta());
    await alpha().kill();
    assert.equal(alpha().state, "off");
    // Everything of alpha is gone by now; what beta has sent since is unanswered and its connection stays.
    const sockets = async (): Promise<string> =>
      await beta().must(["ss", "-tnH", "state", "established", `( dport = :${port} )`]);
    const unanswered = async (): Promise<boolean> => Number((await sockets()).trim().split(/\s+/)[1]) > 10;
    await waitFor("beta's words to pile up unanswered", unanswered, 10_000, sockets);
    assert.doesNotMatch(talking.client.output(), /end|error|close/);
    talking.client.stop();

    await alpha().boot();
    assert.equal((await alpha().must(["cat", "/var/lib/gemel/vm/kept"])).trim(), "kept");
    assert.equal((await alpha().exec(["cat", "/run/mine"])).code, 1, "/run is new");
    assert.ok(await hears(beta(), alpha(), "data"));
  });

  test("a frozen host says nothing, keeps its carrier, and goes on where it was", async () => {
    const talking = await talk(alpha(), beta());
    await alpha().freeze();
    assert.equal(alpha().state, "frozen");
    assert.equal(await hears(beta(), alpha(), "heart"), false);
    assert.equal((await beta().must(["cat", "/sys/class/net/data/carrier"])).trim(), "1");
    await alpha().thaw();
    await waitFor("alpha to be heard again", async () => await hears(beta(), alpha(), "heart"), 10_000);
    assert.doesNotMatch(talking.client.output(), /end|error|close/);
    talking.client.stop();
    talking.server.stop();
  });

  test("a host frozen with its links up still answers a ping: only its processes stand still", async () => {
    await alpha().freeze({ linksUp: true });
    assert.ok(await hears(beta(), alpha(), "data"));
    await alpha().thaw();
  });

  test("a cut network loses its carrier, the other one works on, healing brings it back", async () => {
    await lab.cut("data");
    assert.equal(await hears(alpha(), beta(), "data"), false);
    assert.equal((await beta().must(["cat", "/sys/class/net/data/carrier"])).trim(), "0");
    assert.ok(await hears(alpha(), beta(), "heart"));
    await lab.heal("data");
    await waitFor("the data network to work", async () => await hears(alpha(), beta(), "data"), 10_000);
  });

  test("a one-way cut lets the other way through", async () => {
    await lab.cut("data", { oneWay: ["alpha", "beta"] });
    assert.equal(await hears(alpha(), beta(), "data"), false);
    const before = await framesFrom(alpha());
    assert.equal(await hears(beta(), alpha(), "data"), false);
    assert.ok((await framesFrom(alpha())) > before, "beta's requests reach alpha");
    await lab.heal("data");
    assert.ok(await hears(alpha(), beta(), "data"));
  });

  test("a slow network delays each way, a cut holds there too", async () => {
    await lab.slow("data", 30);
    const ping = ["ping", "-c", "3", "-W", "2", beta().address("data")];
    const fastest = async (): Promise<number> =>
      Number(/rtt [^=]*= ([\d.]+)/.exec(await alpha().must(ping))?.[1] ?? Number.NaN);
    assert.ok((await fastest()) >= 60, "there and back takes twice the delay at least");
    await lab.cut("data");
    assert.equal(await hears(alpha(), beta(), "data"), false);
    await lab.heal("data");
    await waitFor("the slow network to work", async () => await hears(alpha(), beta(), "data"), 10_000);
    const talking = await talk(alpha(), beta());
    talking.client.stop();
    talking.server.stop();
    await lab.slow("data", 0);
    assert.ok((await fastest()) < 60);
  });

  test("cuts outlive a power-off of the host", async () => {
    await lab.cut("heart");
    await lab.cut("data", { oneWay: ["beta", "alpha"] });
    await alpha().kill();
    await alpha().boot();
    assert.equal(await hears(alpha(), beta(), "heart"), false);
    assert.equal(await hears(alpha(), beta(), "data"), false);
    await lab.heal("heart");
    await lab.heal("data");
    await waitFor("the networks to work", async () => await hears(alpha(), beta(), "heart"), 10_000);
  });

  test("a host boots without its data disk when asked", async () => {
    await alpha().kill();
    await alpha().boot({ volume: false });
    assert.notEqual((await alpha().exec(["mountpoint", "-q", "/var/lib/gemel/vm"])).code, 0);
    await alpha().kill();
    await alpha().boot();
    assert.equal((await alpha().exec(["mountpoint", "-q", "/var/lib/gemel/vm"])).code, 0);
  });

  test("a killed Gemel daemon is started again, a stopped one stays away until it is started", async () => {
    const daemon = (): number | undefined =>
      beta()
        .processes()
        .find(({ argv }) => argv[1]?.endsWith("/dist/core/main.js") === true)?.pid;
    const first = await waitFor("the daemon to run", daemon, 20_000);
    await beta().killDaemon();
    const second = await waitFor("the daemon to run again", daemon, 20_000);
    assert.notEqual(second, first);
    await beta().kill();
    await beta().boot({ daemon: false });
    assert.equal(daemon(), undefined);
    beta().startDaemon();
    await waitFor("the daemon to run after all", daemon, 20_000);
    await beta().stopDaemon();
    assert.equal(daemon(), undefined);
    beta().startDaemon();
  });

  test("an orderly shutdown ends and can be booted again", async () => {
    await beta().shutdown();
    assert.equal(beta().state, "off");
    await beta().boot();
    assert.ok(await hears(alpha(), beta(), "data"));
  });

  test("a frozen host can be killed", async () => {
    await beta().freeze();
    await beta().kill();
    assert.equal(beta().state, "off");
    await beta().boot();
    assert.equal(beta().state, "up");
  });
});
