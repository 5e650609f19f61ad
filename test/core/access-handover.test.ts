// SPDX-License-Identifier: Apache-2.0
// From one node to the other without a second login: two daemons in one cluster, their users alike, tickets
// good once and nowhere else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { issueTicket } from "../../core/edge/access/ticket.js";
import type { HandOver, Session, UserView } from "../../core/api/contract.js";
import { createAuthority, createKeyPair, issue } from "../../core/edge/cluster/authority.js";
import { readCard, type MembershipCard } from "../../core/edge/cluster/membership-card.js";
import { password, TestDoor, type Browser } from "./access/door.js";

const alpha = new TestDoor("alpha");
const beta = new TestDoor("beta");
let onAlpha: Browser;
let onBeta: Browser;

before(async () => {
  await beta.join(await alpha.found());
  onAlpha = await alpha.browser();
  onBeta = await beta.browser();
  assert.equal((await onAlpha.login("admin")).statusCode, 200);
  await until("beta knows the users", () => beta.daemon.access.users.find("admin") !== undefined);
});
after(async () => {
  await onAlpha.app.close();
  await onBeta.app.close();
  await alpha.close();
  await beta.close();
});

async function until(what: string, look: () => boolean): Promise<void> {
  for (let left = 600; !look(); left--) {
    if (left === 0) throw new Error(`not within 60 s: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function ticket(): Promise<HandOver> {
  const response = await onAlpha.ask("POST", "/session/handover");
  assert.equal(response.statusCode, 200, response.body);
  return response.json<HandOver>();
}

/** As the browser does it: a form that navigates, without any header of a script. */
async function post(browser: Browser, text: string): Promise<{ status: number; body: string; to: unknown }> {
  const payload = new URLSearchParams({ ticket: text }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const {
    statusCode,
    body,
    headers: said,
  } = await browser.send({ method: "POST", url: "/handover", headers, payload });
  return { status: statusCode, body, to: said.location };
}

function card(of: TestDoor): MembershipCard {
  const found = readCard(of.daemon.paths);
  assert.ok(found !== undefined);
  return found;
}

test("users-and-their-ends-reach-the-other-node", async () => {
  const { users } = alpha.daemon.access;
  await users.add({ name: "shared", role: "monitor", password }, "admin");
  await until("beta has it", () => beta.daemon.access.users.find("shared") !== undefined);
  await beta.daemon.access.users.change("shared", { role: "control" }, "admin");
  await until("alpha has the change", () => users.find("shared")?.role === "control");
  await users.remove("shared");
  await until("beta has forgotten it", () => beta.daemon.access.users.find("shared") === undefined);
});

test("the-other-node-lets-in-once", async () => {
  const { ticket: text, expiresAt, nodes } = await ticket();
  assert.deepEqual(
    nodes.map(({ name }) => name),
    ["beta"],
  );
  assert.ok(Date.parse(expiresAt) > Date.now());
  const browser = onBeta.another("192.0.2.50");
  assert.deepEqual(await post(browser, text), { status: 303, body: "", to: "./" });
  const session = (await browser.ask("GET", "/session")).json<Session>();
  assert.deepEqual([session.user, session.role, session.node], ["admin", "admin", "beta"]);
  browser.csrf = session.csrf;
  assert.equal((await browser.ask("GET", "/users")).json<UserView[]>().length, 1);
  const again = onBeta.another("192.0.2.51");
  const refused = await post(again, text);
  assert.equal(refused.status, 401);
  assert.match(refused.body, /used already[\s\S]*href="\.\/"[\s\S]*GEMEL-4021/);
  assert.equal(again.cookie, undefined);
});

test("urls-keep-the-kind-of-address-by-which-the-page-came", async () => {
  const urls = async (host: string): Promise<readonly string[]> => {
    const headers = { "x-gemel-csrf": onAlpha.csrf, host };
    const options = { method: "POST", url: "/api/v1/session/handover", headers } as const;
    const [node] = (await onAlpha.send(options)).json<HandOver>().nodes;
    return node?.urls ?? [];
  };
  const [console, data] = ["https://beta.example", `https://${beta.address}:7410`];
  assert.deepEqual(await urls("alpha.example"), [console, data]);
  assert.deepEqual(await urls(`${alpha.address}:7410`), [data, console]);
  assert.deepEqual(await urls("unknown.example:99"), [console, data]);
});

test("tickets-that-are-not-good", async () => {
  const { mark = "" } = alpha.daemon.access.users.find("admin") ?? {};
  const of = { user: "admin", mark, ageMs: 0, idleMs: 0 };
  const now = Date.now();
  const good = issueTicket(card(alpha), of, now).text;
  const [prefix = "", body = "", signature = ""] = good.split(".");
  const forged = Buffer.from(Buffer.from(body, "base64url").toString().replace("admin", "adminx"));
  const strangers = await createAuthority("test");
  const keys = createKeyPair();
  const leaf = await issue(strangers, { kind: "node", name: "alpha" }, keys.publicKey, []);
  const stranger = { node: "alpha", certificate: leaf, privateKey: keys.privateKey };
  const own = await issue(card(alpha).authority, { kind: "admin", name: "alpha" }, keys.publicKey, []);
  const notANode = { node: "alpha", certificate: own, privateKey: keys.privateKey };
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["nonsense", "nonsense", /not a ticket/],
    ["empty", "", /not a ticket/],
    ["too long", `gemel1.${"a".repeat(9000)}.a`, /not a ticket/],
    ["other words", [prefix, forged.toString("base64url"), signature].join("."), /signature does not match/],
    ["no signature", `${prefix}.${body}.`, /signature does not match/],
    ["another authority", issueTicket(stranger, of, now).text, /No node of this cluster/],
    ["a certificate that is no node's", issueTicket(notANode, of, now).text, /No node of this cluster/],
    [
      "another's name",
      issueTicket({ ...card(alpha), node: "beta" }, of, now).text,
      /No node of this cluster/,
    ],
    ["expired", issueTicket(card(alpha), of, now - 601_000).text, /has expired/],
    ["from the future", issueTicket(card(alpha), of, now + 120_000).text, /clocks/],
    ["old password", issueTicket(card(alpha), { ...of, mark: "another" }, now).text, /new password/],
    ["removed user", issueTicket(card(alpha), { ...of, user: "gone" }, now).text, /gone/],
    ["session too old", issueTicket(card(alpha), { ...of, ageMs: 13 * 3_600_000 }, now).text, /is over/],
    ["session too idle", issueTicket(card(alpha), { ...of, idleMs: 31 * 60_000 }, now).text, /is over/],
  ];
  for (const [name, text, why] of cases) {
    const browser = onBeta.another("192.0.2.60");
    const refused = await post(browser, text);
    assert.equal(refused.status, 401, name);
    assert.match(refused.body, why, name);
    assert.equal(browser.cookie, undefined, name);
  }
  const home = onAlpha.another("192.0.2.61");
  assert.match((await post(home, good)).body, /This node made it/);
});

test("a-used-ticket-stays-used-over-a-restart", async () => {
  const { ticket: text } = await ticket();
  assert.equal((await post(onBeta.another("192.0.2.70"), text)).status, 303);
  await onBeta.app.close();
  await beta.restart();
  onBeta = await beta.browser();
  assert.match((await post(onBeta.another("192.0.2.71"), text)).body, /used already/);
});

test("a-form-is-taken-nowhere-else", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const payload = "user=admin&password=x";
  const response = await onBeta
    .another("192.0.2.80")
    .send({ method: "POST", url: "/api/v1/login", headers, payload });
  assert.equal(response.statusCode, 415);
});
