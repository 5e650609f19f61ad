// SPDX-License-Identifier: Apache-2.0
// The port that browsers and nodes share: who is asked for a certificate, and what a first message of TLS may
// cost before anybody has answered it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from "node:net";
import { after, before, test, type TestContext } from "node:test";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { readClientHello } from "../../core/api/secure/client-hello.js";
import { SecurePort } from "../../core/api/secure/port.js";
import { helloBytesMax } from "../../core/base/limits/access.js";
import { TestDoor } from "./access/door.js";

const run = promisify(execFile);
const alpha = new TestDoor();
before(() => alpha.found());
after(() => alpha.close());

/** The messages of a handshake, as OpenSSL's own client names them. */
async function handshake(...argv: string[]): Promise<string> {
  const asked = run("openssl", ["s_client", "-connect", `${alpha.address}:7410`, "-msg", ...argv]);
  asked.child.stdin?.end();
  const { stdout } = await asked;
  assert.match(stdout, /CertificateVerify/, "there was a handshake");
  return stdout;
}

test("browsers-are-not-asked-for-a-certificate", async () => {
  for (const argv of [
    ["-noservername"],
    ["-servername", "alpha.example"],
    ["-servername", "gemel-node.example"],
  ])
    assert.doesNotMatch(await handshake(...argv), /CertificateRequest/, argv.join(" "));
  assert.match(await handshake("-servername", "gemel-node"), /CertificateRequest/);
});

test("certificate-without-the-nodes-name-is-nobodys", async () => {
  const pem = readFileSync(alpha.path("etc/tls/admin.pem"), "utf8");
  const status = async (more: object): Promise<string> => {
    // Nobody is trusted beyond the cluster's authority: the certificate must have the name that is asked for.
    const identity = { cert: pem, key: pem, ca: readFileSync(alpha.path("etc/tls/ca.pem"), "utf8") };
    const socket = connect({ host: alpha.address, port: 7410, ...identity, ...more });
    socket.end("GET /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return (await text(socket)).split("\r\n")[0] ?? "";
  };
  assert.equal(await status({ servername: "gemel-node" }), "HTTP/1.1 200 OK");
  assert.equal(await status({ servername: "alpha" }), "HTTP/1.1 401 Unauthorized");
});

async function text(socket: Socket): Promise<string> {
  let all = "";
  socket.setEncoding("utf8").on("data", (part: string) => (all += part));
  await once(socket, "close");
  return all;
}

/** What a client of Node sends first. */
async function firstMessage(t: TestContext, servername: string): Promise<Buffer> {
  const server = createServer();
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: "127.0.0.1", port, servername, ALPNProtocols: ["http/1.1"] });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [data] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  client.destroy();
  return data;
}

/** The same message in records of so many bytes. */
function inRecords(message: Buffer, size: number): Buffer {
  const body = message.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

test("first-message-is-read-whole-or-waited-for", async (t) => {
  const message = await firstMessage(t, "gemel-node");
  const named = { kind: "whole", serverName: "gemel-node" };
  assert.deepEqual(readClientHello(message), named);
  assert.deepEqual(readClientHello(Buffer.concat([message, Buffer.from("more")])), named);
  for (const size of [1, 7, 100]) assert.deepEqual(readClientHello(inRecords(message, size)), named);
  for (let length = 0; length < message.length; length++) {
    const hello = readClientHello(message.subarray(0, length));
    assert.ok(hello.kind === "more" && hello.bytes > length && hello.bytes <= message.length, `${length}`);
  }
});

test("first-message-with-any-wrong-byte-is-refused-or-read", async (t) => {
  const message = await firstMessage(t, "gemel-node");
  const kinds = new Map<string, number>();
  for (let at = 0; at < message.length; at++)
    for (const wrong of [0, 1, 127, 255]) {
      const changed = Buffer.from(message);
      changed[at] = wrong;
      const { kind } = readClientHello(changed);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
  assert.deepEqual([...kinds.keys()].sort(), ["more", "refused", "whole"]);
  const refused = [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.from([22, 3, 1, 0, 0]),
    // A message, and a record, that announce more than we read.
    Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0]),
    Buffer.from([22, 3, 1, 0xff, 0xff]),
  ];
  for (const data of refused) assert.equal(readClientHello(data).kind, "refused", data.toString("hex"));
});

/** A port of its own, whose patience is short. */
async function shortPort(t: TestContext): Promise<number> {
  const node = {
    certificate: readFileSync(alpha.path("etc/tls/node.pem"), "utf8"),
    privateKey: readFileSync(alpha.path("etc/tls/node.key"), "utf8"),
  };
  const authority = readFileSync(alpha.path("etc/tls/ca.pem"), "utf8");
  const port = 7499;
  const peers = (): boolean => false;
  const way = { addresses: [alpha.address], port, node, authority, console: undefined, peers };
  const taker = { request: (_asked: unknown, answer: { end: () => void }) => answer.end() };
  const secure = new SecurePort(way, {
    ...taker,
    upgrade: (_a, socket) => socket.destroy(),
    helloLimit: 200,
  });
  await secure.open();
  t.after(() => secure.close());
  return port;
}

test("first-message-that-does-not-come-ends-the-connection", async (t) => {
  const port = await shortPort(t);
  const message = await firstMessage(t, "gemel-node");
  for (const begin of [Buffer.alloc(0), message.subarray(0, 40)]) {
    const socket = connectTcp({ host: alpha.address, port });
    socket.on("error", () => undefined);
    socket.write(begin);
    await once(socket, "close");
  }
});

test("first-message-without-an-end-is-cut-off", async (t) => {
  const port = await shortPort(t);
  const socket = connectTcp({ host: alpha.address, port });
  socket.on("error", () => undefined);
  const record = Buffer.concat([Buffer.from([22, 3, 1, 4, 0]), Buffer.alloc(1024)]);
  // Announces a message of 15 MB.
  record.set([1, 0xf0, 0, 0], 5);
  socket.write(record);
  await once(socket, "close");
  assert.ok(socket.bytesWritten <= helloBytesMax);
});

test("first-message-in-single-bytes-is-answered", async (t) => {
  const port = await shortPort(t);
  const between = createServer((near) => {
    const far = connectTcp({ host: alpha.address, port, noDelay: true });
    near.on("data", (data) => {
      for (const byte of data) far.write(Buffer.from([byte]));
    });
    far.pipe(near);
    far.on("error", () => near.destroy());
  });
  t.after(() => between.close());
  between.listen(0, "127.0.0.1");
  await once(between, "listening");
  const { port: near } = between.address() as AddressInfo;
  const target = { host: "127.0.0.1", port: near, servername: "gemel-node", rejectUnauthorized: false };
  const socket = connect(target);
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 200 OK/);
});
