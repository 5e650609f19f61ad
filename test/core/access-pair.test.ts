// SPDX-License-Identifier: Apache-2.0
// The command line's half, with two real daemons: users on both nodes, the authority, certificates, the
// control connection while an own certificate serves browsers.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { after, before, test } from "node:test";
import type { CertificateView, Session, UserView } from "../../core/api/contract.js";
import { createAuthority, createKeyPair, issue } from "../../core/edge/cluster/authority.js";
import { Pair, type Node } from "./pair/pair.js";

const secret = "correct horse battery";
let pair: Pair;
before(async () => {
  pair = await Pair.up();
  writeFileSync(pair.path("alpha", "secret"), `${secret}\nnot this line\n`);
});
after(async () => {
  await pair.close();
});

async function users(node: Node): Promise<readonly UserView[]> {
  return JSON.parse((await pair.gemel(node, "user", "list", "--json")).stdout) as UserView[];
}

const role = async (node: Node, name: string): Promise<string | undefined> =>
  (await users(node)).find((one) => one.name === name)?.role;

async function login(node: Node, user: string, ca: string): Promise<{ status: number; body: string }> {
  return await new Promise((done, failed) => {
    const options = {
      host: pair.address(node, "data"),
      port: 7410,
      method: "POST",
      path: "/api/v1/login",
      ca,
    };
    const sent = request({ ...options, headers: { "content-type": "application/json" } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => done({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", failed);
    sent.end(JSON.stringify({ user, password: secret }));
  });
}

test("init-makes-the-administrator", async () => {
  assert.deepEqual(
    (await users("alpha")).map(({ name, role: as, changedBy }) => [name, as, changedBy]),
    [["admin", "admin", "cluster init"]],
  );
});

test("a-user-made-on-one-node-logs-in-on-the-other", async () => {
  const file = pair.path("alpha", "secret");
  const added = await pair.gemel("alpha", "user", "add", "ops", "--role", "control", "--password-file", file);
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stdout, /ops may come in as control/);
  await pair.until("beta has the user", async () => (await role("beta", "ops")) === "control");
  const { stdout: ca } = await pair.gemel("beta", "cluster", "ca");
  const { status, body } = await login("beta", "ops", ca);
  assert.equal(status, 200, body);
  const session = JSON.parse(body) as Session;
  assert.deepEqual([session.user, session.role, session.node], ["ops", "control", "beta"]);
});

test("role-and-removal-by-the-command-line", async () => {
  assert.equal((await pair.gemel("beta", "user", "role", "ops", "monitor")).code, 0);
  await pair.until("alpha has the role", async () => (await role("alpha", "ops")) === "monitor");
  assert.equal((await pair.gemel("alpha", "user", "remove", "ops")).code, 0);
  await pair.until("beta has it no more", async () => (await role("beta", "ops")) === undefined);
  const last = await pair.gemel("alpha", "user", "remove", "admin");
  assert.equal(last.code, 1);
  assert.match(last.stderr, /GEMEL-4019[\s\S]*next: +Make another one first/);
  assert.equal((await pair.gemel("alpha", "user", "role", "admin", "king")).code, 2);
});

test("a-node-that-was-away-learns-it-when-it-is-back", async () => {
  await pair.stop("beta", "SIGTERM");
  const file = pair.path("alpha", "secret");
  assert.equal(
    (await pair.gemel("alpha", "user", "add", "late", "--role", "admin", "--password-file", file)).code,
    0,
  );
  await pair.start("beta");
  await pair.until("beta has learnt it", async () => (await role("beta", "late")) === "admin");
});

test("own-certificate-by-the-command-line-leaves-the-nodes-alone", async () => {
  const company = await createAuthority("company");
  const { publicKey, privateKey } = createKeyPair();
  const address = pair.address("alpha", "data");
  const leaf = await issue(company, { kind: "node", name: "console.example" }, publicKey, [address]);
  const [certFile, keyFile] = [pair.path("alpha", "own.pem"), pair.path("alpha", "own.key")];
  writeFileSync(certFile, leaf);
  writeFileSync(keyFile, privateKey);
  const own = ["--certificate", certFile, "--key", keyFile];
  const installed = await pair.gemel("alpha", "cert", "install", ...own);
  assert.equal(installed.code, 0, installed.stderr);
  assert.match(installed.stdout, /console +the console's own[\s\S]*until 2/);
  assert.equal((await login("alpha", "late", company.certificate)).status, 200);
  // Nodes and the command line from afar still meet the cluster's certificate.
  await pair.stop("beta", "SIGKILL");
  await pair.start("beta");
  await pair.until("beta reaches alpha's daemon", async () => {
    const { nodes } = await pair.status("beta");
    return nodes.every(({ daemon }) => daemon === "answers");
  });
  const afar = ["--host", address, "--cert", pair.path("beta", "etc/tls/admin.pem")];
  const list = await pair.gemel("beta", ...afar, "cert", "list", "--json");
  const views = JSON.parse(list.stdout) as readonly CertificateView[];
  assert.deepEqual(
    views.map(({ node, use }) => `${node} ${use}`),
    ["alpha cluster-ca", "alpha node", "alpha console", "alpha admin"],
  );
  assert.equal((await pair.gemel("alpha", "cert", "remove")).code, 0);
});
