// SPDX-License-Identifier: Apache-2.0
// Certificates over real TLS: what browsers get, what nodes get on the same port, an own one installed and
// removed without a restart; and the console's files with their headers.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import type { CertificateView, Status } from "../../core/api/contract.js";
import { createAuthority, createKeyPair, issue, type Authority } from "../../core/edge/cluster/authority.js";
import { assertRefused, password, TestDoor, type Browser } from "./access/door.js";

const alpha = new TestDoor();
let admin: Browser;
let company: Authority;
before(async () => {
  await alpha.found();
  admin = await alpha.browser();
  await admin.login("admin");
  company = await createAuthority("company");
});
after(async () => {
  await admin.app.close();
  await alpha.close();
});

/** What the port shows to who asks for this name. */
async function shown(servername: string | undefined): Promise<X509Certificate> {
  const socket = connect({
    host: alpha.address,
    port: 7410,
    rejectUnauthorized: false,
    ...(servername !== undefined && { servername }),
  });
  await new Promise((done, failed) => {
    socket.once("secureConnect", done);
    socket.once("error", failed);
  });
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}

async function ownPair(): Promise<{ readonly certificate: string; readonly privateKey: string }> {
  const { publicKey, privateKey } = createKeyPair();
  const leaf = await issue(company, { kind: "node", name: "console.example" }, publicKey, []);
  return { certificate: leaf + company.certificate, privateKey };
}

test("the-authority-is-given-to-everybody", async () => {
  const response = await admin.another("192.0.2.8").ask("GET", "/cluster/ca");
  assert.equal(response.statusCode, 200);
  assert.equal(response.body, readFileSync(alpha.path("etc/tls/ca.pem"), "utf8"));
});

test("a-browser-that-trusts-it-asks-nothing", async () => {
  const ca = readFileSync(alpha.path("etc/tls/ca.pem"), "utf8");
  const body = JSON.stringify({ user: "admin", password });
  const said = await new Promise<{ status: number | undefined; cookie: string }>((done, failed) => {
    const headers = { "content-type": "application/json" };
    const options = { host: alpha.address, port: 7410, path: "/api/v1/login", method: "POST", headers, ca };
    const sent = request(options, (response) => {
      response.resume();
      const cookie = String(response.headers["set-cookie"]);
      response.on("end", () => done({ status: response.statusCode, cookie }));
    });
    sent.on("error", failed);
    sent.end(body);
  });
  assert.equal(said.status, 200);
  assert.match(said.cookie, /^gemel-alpha=.*HttpOnly; Secure; SameSite=Strict/);
  const names = (await shown(undefined)).subjectAltName ?? "";
  for (const name of ["DNS:alpha", "DNS:alpha.example", `IP Address:${alpha.address}`])
    assert.ok(names.includes(name), names);
});

test("an-own-certificate-serves-browsers-at-once-and-never-the-nodes", async () => {
  const cluster = (await shown(undefined)).fingerprint256;
  const installed = await admin.ask("PUT", "/certificates/console", await ownPair());
  assert.equal(installed.statusCode, 200, installed.body);
  const view = installed.json<CertificateView[]>().find(({ use }) => use === "console");
  assert.equal((await shown(undefined)).fingerprint256, view?.fingerprint);
  assert.equal((await shown("console.example")).fingerprint256, view?.fingerprint);
  assert.equal((await shown("gemel-node")).fingerprint256, cluster);
  await admin.app.close();
  const { cookie, csrf } = admin;
  await alpha.restart();
  admin = Object.assign(await alpha.browser(), { cookie, csrf });
  assert.equal((await shown(undefined)).fingerprint256, view?.fingerprint, "after a restart");
  const removed = await admin.ask("DELETE", "/certificates/console");
  assert.deepEqual(
    removed.json<CertificateView[]>().map(({ use }) => use),
    ["cluster-ca", "node", "admin"],
  );
  assert.equal((await shown(undefined)).fingerprint256, cluster);
});

test("another-address-in-cluster-xml-is-in-the-certificate-after-a-restart", async () => {
  const before_ = (await shown(undefined)).publicKey.export({ type: "spki", format: "pem" });
  const file = alpha.path("etc/cluster.xml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("https://alpha.example", "https://other.example:8443"),
  );
  await admin.app.close();
  const { cookie, csrf } = admin;
  await alpha.restart();
  admin = Object.assign(await alpha.browser(), { cookie, csrf });
  const after_ = await shown(undefined);
  assert.match(after_.subjectAltName ?? "", /DNS:other\.example/);
  assert.equal(after_.publicKey.export({ type: "spki", format: "pem" }), before_);
  const [node] = (await admin.ask("GET", "/status")).json<Status>().nodes;
  assert.equal(node?.urls[0], "https://other.example:8443");
});

test("certificates-that-are-refused-name-their-field", async () => {
  const [one, two] = [await ownPair(), await ownPair()];
  const other = await createAuthority("other");
  const [leaf = ""] = one.certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
  const cases: readonly (readonly [string, object, string, RegExp])[] = [
    ["no certificate", { ...one, certificate: "hello" }, "certificate", /no certificate/],
    ["broken", { ...one, certificate: leaf.replace(/[A-Z]{4}/, "AAAA").slice(0, -60) }, "certificate", /./],
    ["no key", { ...one, privateKey: "hello" }, "privateKey", /no private key/],
    ["another key", { ...one, privateKey: two.privateKey }, "privateKey", /does not belong/],
    ["wrong chain", { ...one, certificate: leaf + other.certificate }, "certificate", /has not signed/],
    ["issuer first", { ...one, certificate: company.certificate + leaf }, "certificate", /must come first/],
    ["missing", { certificate: leaf }, "privateKey", /privateKey/],
  ];
  for (const [name, body, field, why] of cases) {
    const response = await admin.ask("PUT", "/certificates/console", body);
    assert.equal(response.statusCode, 400, `${name}: ${response.body}`);
    const { where, message } = response.json<{ readonly where: string; readonly message: string }>();
    assert.equal(where, field, `${name}: ${response.body}`);
    assert.match(message, why, name);
  }
  const views = (await admin.ask("GET", "/certificates")).json<CertificateView[]>();
  assert.ok(!views.some(({ use }) => use === "console"));
  assert.ok(
    views.every(({ daysLeft, fingerprint }) => daysLeft > 30_000 && /^([0-9A-F]{2}:){31}/.test(fingerprint)),
  );
});

test("console-files-are-cached-by-their-hash-and-guarded", async () => {
  const folder = alpha.path("console");
  mkdirSync(`${folder}/assets`, { recursive: true });
  writeFileSync(`${folder}/index.html`, "<!doctype html><title>Gemel</title>");
  writeFileSync(`${folder}/favicon.svg`, "<svg/>");
  writeFileSync(`${folder}/assets/main-abc123.js`, "export {};");
  const browser = await alpha.browser({ console: folder });
  const get = (url: string, accept = "text/html"): ReturnType<Browser["send"]> =>
    browser.send({ method: "GET", url, headers: { accept } });
  for (const url of ["/", "/modules/cam1?tab=log"]) {
    const page = await get(url);
    assert.match(page.body, /<title>Gemel/, url);
    assert.equal(page.headers["cache-control"], "no-cache", url);
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /default-src 'self'; script-src 'self'; style-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(page.headers["strict-transport-security"], undefined);
  }
  const script = await get("/assets/main-abc123.js", "*/*");
  assert.match(String(script.headers["cache-control"]), /max-age=31536000, immutable/);
  assert.match(String(script.headers["content-type"]), /javascript/);
  assert.equal(
    (await get("/favicon.svg", "image/*")).headers["cross-origin-resource-policy"],
    "cross-origin",
  );
  for (const [url, accept] of [
    ["/api/v1/nosuch", "text/html"],
    ["/assets/gone-123.js", "*/*"],
    ["/..%2f..%2fetc%2fpasswd.txt", "text/html"],
    ["/nowhere", "application/json"],
  ] as const)
    assertRefused(await get(url, accept), 404, "GEMEL-4008");
  await browser.app.close();
  const unbuilt = await alpha.browser({ console: alpha.path("nosuch") });
  const answer = await unbuilt.send({ method: "GET", url: "/", headers: { accept: "text/html" } });
  assert.equal(answer.statusCode, 503);
  assert.match(answer.body, /console was not built/);
  await unbuilt.app.close();
});
