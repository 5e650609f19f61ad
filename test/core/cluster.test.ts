// SPDX-License-Identifier: Apache-2.0
// Founding and joining with two daemons, and who is let in afterwards.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { createAuthority, createKeyPair, holderOf, issue } from "../../core/edge/cluster/authority.js";
import { decodeToken, encodeToken, newSecret, useSecret } from "../../core/edge/cluster/join-token.js";
import { pathsUnder } from "../../core/edge/config/paths.js";
import { Pair } from "./pair/pair.js";

let pair: Pair;
before(async () => {
  pair = await Pair.up({ joined: false });
});
after(async () => {
  await pair.close();
});

test("certificates-say-who-and-what", async () => {
  const [ours, theirs] = await Promise.all([createAuthority("ours"), createAuthority("theirs")]);
  const { publicKey } = createKeyPair();
  const node = await issue(ours, { kind: "node", name: "alpha" }, publicKey, ["10.0.0.1"]);
  const raw = new X509Certificate(node).raw;
  assert.deepEqual(holderOf(raw, ours.certificate), { kind: "node", name: "alpha" });
  assert.equal(holderOf(raw, theirs.certificate), undefined);
});

test("token-is-used-once-and-expires", () => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-token-"));
  try {
    const paths = pathsUnder({ etc: folder, state: folder, run: folder });
    const { secret, expires } = newSecret(paths, 1000);
    assert.equal(useSecret(paths, "wrong", 2000), false);
    assert.equal(useSecret(paths, secret, 2000), true);
    assert.equal(useSecret(paths, secret, 2000), false);
    const late = newSecret(paths, 1000);
    assert.equal(useSecret(paths, late.secret, expires + 1), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("token-round-trip-and-nonsense", () => {
  const token = {
    cluster: "site",
    contacts: ["10.0.0.1:7410"],
    networks: [["data", "10.0.0.0/24"]] as const,
    authority: "ab",
    secret: "s",
    expires: 5,
  };
  assert.deepEqual(decodeToken(encodeToken(token)), token);
  for (const text of [
    "",
    "gemel1.",
    "gemel1.e30",
    "gemel1.WzFd",
    encodeToken({ ...token, contacts: ["evil host:1"] }),
  ]) {
    assert.throws(() => decodeToken(text), /GEMEL-4003|not valid/);
  }
});

test("without-a-cluster-status-says-what-to-do", async () => {
  const status = await pair.gemel("alpha", "status");
  assert.equal(status.code, 0);
  assert.match(status.stdout, /gemel cluster init/);
  const vms = await pair.gemel("alpha", "protect", "--list");
  assert.equal(vms.code, 1);
  assert.match(vms.stderr, /GEMEL-4001/);
});

test("join-with-nonsense-changes-nothing", async () => {
  const joined = await pair.gemel("beta", "cluster", "join", "gemel1.nonsense");
  assert.equal(joined.code, 1);
  assert.match(joined.stderr, /GEMEL-4003/);
  assert.throws(() => statSync(pair.path("beta", "etc/cluster.xml")), /ENOENT/);
});

test("init-and-join-without-a-restart", async () => {
  await pair.join();
  const shown = await pair.gemel("beta", "cluster", "show");
  assert.match(shown.stdout, /beta \(this node\)/);
  const ports = await pair.gemel("alpha", "cluster", "ports");
  assert.match(ports.stdout, /7410\/tcp[\s\S]*7411\/udp[\s\S]*7451\/tcp/);
  for (const secret of ["ca.key", "node.key", "admin.pem", "heartbeat.key"]) {
    assert.equal(statSync(pair.path("alpha", "etc/tls", secret)).mode & 0o777, 0o600, secret);
  }
});

test("init-twice-is-refused", async () => {
  const again = await pair.gemel("alpha", "cluster", "init", "--name", "x", "--net", "data=127.0.0.0/8");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /GEMEL-4002/);
});

test("admin-certificate-opens-the-api-from-afar", async () => {
  const cert = pair.path("alpha", "etc/tls/admin.pem");
  const status = await pair.gemel(
    "alpha",
    "--host",
    pair.address("beta", "data"),
    "--cert",
    cert,
    "status",
    "--json",
  );
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /"answeredBy":"beta"/);
});

test("strangers-are-turned-away", async () => {
  const target = { host: pair.address("alpha", "data"), port: 7410 };
  assert.match(await ask(target, undefined), /^HTTP\/1\.1 401[\s\S]*GEMEL-4013/);
  const authority = await createAuthority("another");
  const keys = createKeyPair();
  const cert = await issue(authority, { kind: "admin", name: "mallory" }, keys.publicKey, []);
  assert.match(await ask(target, { cert, key: keys.privateKey }), /^HTTP\/1\.1 401[\s\S]*GEMEL-4004/);
  const member = readFileSync(pair.path("alpha", "etc/tls/admin.pem"), "utf8");
  assert.match(await ask(target, { cert: member, key: member }), /^HTTP\/1\.1 200/);
});

test("garbage-on-the-api-port-stops-nothing", async () => {
  const socket = connectTcp({ host: pair.address("alpha", "data"), port: 7410 });
  socket.on("error", () => undefined);
  socket.end("GET / HTTP/1.0\r\n\r\n\u0000\u0001garbage");
  await new Promise((done) => socket.once("close", done));
  assert.equal((await pair.gemel("alpha", "status")).code, 0);
});

test("peer-killed-is-known-at-once-and-silent-later", async () => {
  await pair.stop("beta", "SIGKILL");
  await pair.until("alpha knows that beta's daemon is gone", async () => {
    const beta = (await pair.status("alpha")).nodes.find(({ name }) => name === "beta");
    return beta?.daemon === "silent";
  });
  await pair.start("beta");
  await pair.until("they hear each other again", async () => {
    const beta = (await pair.status("alpha")).nodes.find(({ name }) => name === "beta");
    return beta?.daemon === "answers" && beta.reachable;
  });
});

async function ask(
  target: { readonly host: string; readonly port: number },
  identity: { readonly cert: string; readonly key: string } | undefined,
): Promise<string> {
  const asking = { servername: "gemel-node", rejectUnauthorized: false };
  const socket = connect({ ...target, ...identity, ...asking });
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (part: string) => (text += part));
  socket.end("GET /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await new Promise((done, failed) => {
    socket.once("close", done);
    socket.once("error", failed);
  });
  return text;
}
