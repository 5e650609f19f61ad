// SPDX-License-Identifier: Apache-2.0
// What somebody without credentials can make a node do: little, and never more than a bound.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { IncomingMessage } from "node:http";
import { connect as connectTcp, Socket } from "node:net";
import { Duplex } from "node:stream";
import { after, before, test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:tls";
import { Places } from "../../core/api/secure/places.js";
import { SecurePort, type SecureTaker } from "../../core/api/secure/port.js";
import { admissionsPerMinuteMax, strangerBodyBytesMax } from "../../core/base/limits/access.js";
import { settingsMarksMax } from "../../core/base/limits/edge.js";
import { parseSettings } from "../../core/edge/config/xml.js";
import { acceptControl, controlPath } from "../../core/edge/network/control-connection.js";
import { assertRefused, TestDoor, type Browser } from "./access/door.js";

const alpha = new TestDoor();
let stranger: Browser;
before(async () => {
  await alpha.found();
  stranger = await alpha.browser();
});
after(async () => {
  await stranger.app.close();
  await alpha.close();
});

/** A host that wants to join, and knows nothing. */
const wish = (addresses: Readonly<Record<string, string>>): object => ({
  ...{ secret: "guessed", node: "mallory", addresses, publicKey: "none", version: "0", protocol: 99 },
  wallTimeMs: 0,
});

test("stranger-without-the-secret-is-looked-at-no-further", async () => {
  const answer = await stranger.ask("POST", "/cluster/admissions", wish({ nosuch: "1.2.3.4" }));
  assertRefused(answer, 401, "GEMEL-4003");
});

test("stranger-brings-few-addresses-and-small-bodies", async () => {
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`n${index}`, "10.0.0.1"]));
  assertRefused(await stranger.ask("POST", "/cluster/admissions", wish(many)), 400, "GEMEL-4008");
  const large = { user: "x".repeat(strangerBodyBytesMax), password: "" };
  for (const path of ["/cluster/admissions", "/login", "/nosuch"])
    assertRefused(await stranger.ask("POST", path, large), 413, "GEMEL-4008");
  // Whoever is not let in does not get so far that his body is read.
  assertRefused(await stranger.ask("POST", "/users", large), 401, "GEMEL-4013");
});

test("stranger-who-goes-on-guessing-must-wait", async () => {
  const other = stranger.another("192.0.2.66");
  for (let tries = 0; tries < admissionsPerMinuteMax; tries++)
    assertRefused(await other.ask("POST", "/cluster/admissions", wish({})), 401, "GEMEL-4003");
  assertRefused(await other.ask("POST", "/cluster/admissions", wish({})), 429, "GEMEL-4014");
  const elsewhere = stranger.another("192.0.2.67");
  assertRefused(await elsewhere.ask("POST", "/cluster/admissions", wish({})), 401, "GEMEL-4003");
});

test("settings-without-an-end-are-refused-before-they-are-read", () => {
  const text = `<safe>\n${"<a b='1'/>\n".repeat(settingsMarksMax)}</safe>`;
  assert.throws(() => parseSettings(text, "safe"), /line \d+: more elements and attributes/);
});

test("places: one address has some, strangers have some together, another node has its own", () => {
  const places = new Places((address) => address === "10.0.0.2", { all: 5, ofAddress: 3, ofPeer: 2 });
  const one = [1, 2, 3].map(() => places.enter("192.0.2.1"));
  assert.ok(one.every((leave) => leave !== undefined));
  assert.equal(places.enter("192.0.2.1"), undefined);
  assert.equal(places.enter("::ffff:192.0.2.1"), undefined);
  assert.ok(places.enter("2001:db8::1") && places.enter("2001:db8::9:0:0:2"));
  assert.equal(places.enter("192.0.2.9"), undefined, "all places of strangers are taken");
  assert.ok(places.enter("10.0.0.2") && places.enter("10.0.0.2"));
  assert.equal(places.enter("10.0.0.2"), undefined);
  one[0]?.();
  assert.ok(places.enter("192.0.2.9"));
  const six = new Places((address) => address === "fd00::2", { all: 1, ofAddress: 1, ofPeer: 2 });
  assert.ok(six.enter("fd00::9"), "a stranger of the same network");
  assert.ok(six.enter("fd00::2") && six.enter("fd00::2"), "the other node, by its whole address");
  const few = new Places(() => false, { all: 9, ofAddress: 1, ofPeer: 1 });
  assert.ok(few.enter("2001:db8::1"));
  assert.equal(few.enter("2001:db8::2"), undefined, "a subscriber's network is one address");
  assert.ok(few.enter("2001:db8:0:1::1"));
});

test("upgrade-that-is-refused-keeps-no-descriptor", async () => {
  // The other end says nothing more, and does not hang up either.
  const open = new Duplex({ read: () => undefined, write: (_part, _encoding, done) => done() });
  const nobody = { peerOf: () => undefined, incarnation: () => "one", heard: () => Promise.resolve(true) };
  const request = Object.assign(new IncomingMessage(new Socket()), { url: controlPath });
  acceptControl(request, open, Buffer.alloc(0), { ...nobody, refused: () => undefined });
  await new Promise((done) => open.once("close", done));
});

const port = 7498;
type Short = Pick<SecureTaker, "helloLimit" | "headersLimit" | "places">;

async function shortPort(t: TestContext, short: Short, peers = (): boolean => false): Promise<void> {
  const pem = (name: string): string => readFileSync(alpha.path("etc/tls", name), "utf8");
  const node = { certificate: pem("node.pem"), privateKey: pem("node.key") };
  const way = { addresses: [alpha.address], port, node, authority: pem("ca.pem"), console: undefined, peers };
  const request: SecureTaker["request"] = (_asked, answer) => answer.end("here");
  const secure = new SecurePort(way, { request, upgrade: (_a, socket) => socket.destroy(), ...short });
  await secure.open();
  t.after(() => secure.close());
}

function dial(t: TestContext): Socket {
  const socket = connectTcp({ host: alpha.address, port });
  socket.on("error", () => undefined).resume();
  t.after(() => socket.destroy());
  return socket;
}

async function answered(): Promise<boolean> {
  const socket = connect({ host: alpha.address, port, rejectUnauthorized: false });
  socket.on("error", () => undefined);
  let said = "";
  socket.setEncoding("utf8").on("data", (part: string) => (said += part));
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await new Promise((done) => socket.once("close", done));
  return said.includes("here");
}

test("silent-connections-take-their-own-places-only", async (t) => {
  await shortPort(t, { places: { all: 8, ofAddress: 3, ofPeer: 1 } });
  const silent = [dial(t), dial(t), dial(t)];
  await Promise.all(silent.map((socket) => once(socket, "connect")));
  const fourth = dial(t);
  await once(fourth, "close");
  assert.equal(await answered(), false);
  silent[0]?.destroy();
  for (let tries = 0; !(await answered()); tries++) {
    assert.ok(tries < 100, "the place that was left is free again");
    await pause(50);
  }
  // And so is the place of a connection that had its answer.
  assert.equal(await answered(), true);
});

test("connection-that-asks-nothing-is-ended", async (t) => {
  await shortPort(t, { headersLimit: 200 });
  for (const begin of ["", "GET / HTTP/1.1\r\nHost: x\r\n"]) {
    const socket = connect({ host: alpha.address, port, rejectUnauthorized: false });
    socket.on("error", () => undefined).resume();
    await once(socket, "secureConnect");
    if (begin !== "") socket.write(begin);
    await once(socket, "close");
  }
});

const portFile = "../../core/api/secure/port.js";
/** A port in a process that may open few files. */
const starved = (folder: string, address: string): string => `
  import { readFileSync } from "node:fs";
  import { SecurePort } from ${JSON.stringify(new URL(portFile, import.meta.url).href)};
  const pem = (name) => readFileSync(${JSON.stringify(folder)} + "/" + name, "utf8");
  const node = { certificate: pem("node.pem"), privateKey: pem("node.key") };
  const peers = () => false;
  const addresses = [${JSON.stringify(address)}];
  const way = { addresses, port: ${port}, node, authority: pem("ca.pem"), peers };
  await new SecurePort(way, { request: (_asked, answer) => answer.end("here"), upgrade: () => {} }).open();
  console.log("open");
`;

test("no-descriptor-left-ends-nobody", async (t) => {
  const script = starved(alpha.path("etc/tls"), alpha.address);
  const argv = ["-c", 'ulimit -n 40; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  const child = spawn("sh", argv, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const crowd = Array.from({ length: 80 }, () => dial(t));
  await Promise.all(crowd.map((socket) => Promise.race([once(socket, "connect"), once(socket, "close")])));
  await pause(300);
  assert.equal(child.exitCode, null, "the process lives");
  for (const socket of crowd) socket.destroy();
  for (let tries = 0; !(await answered()); tries++) {
    assert.ok(tries < 100, "it answers when there is room again");
    await pause(50);
  }
});
