// SPDX-License-Identifier: Apache-2.0
// Coming in as a person: login and its back-off, sessions, CSRF, roles, users.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { hashPassword, isPassword, makePassword } from "../../core/edge/access/password.js";
import { LoginGuard, TooManyTries } from "../../core/edge/access/login-guard.js";
import { Sessions } from "../../core/edge/access/sessions.js";
import { Users } from "../../core/edge/access/users.js";
import { changedEntries, type Entries } from "../../core/edge/cluster/shared-entries.js";
import type { Admits } from "../../core/api/calls/row.js";
import type { HistoryEntry, Role, Session, UserView } from "../../core/api/contract.js";
import { sessionIdleLimit, sessionLimit } from "../../core/base/limits.js";
import { instant } from "../../core/base/units.js";
import { assertRefused, password, TestDoor, type Browser } from "./access/door.js";

const alpha = new TestDoor();
let admin: Browser;
before(async () => {
  await alpha.found();
  await alpha.user("mona", "monitor");
  await alpha.user("carl", "control");
  admin = await alpha.browser();
});
after(async () => {
  await admin.app.close();
  await alpha.close();
});

test("password-hashes-differ-and-match", async () => {
  const [one, two] = [await hashPassword(password), await hashPassword(password)];
  assert.notEqual(one, two);
  assert.match(one, /^scrypt\$32768\$8\$3\$/);
  assert.ok(await isPassword(password, one));
  assert.equal(await isPassword(`${password}!`, one), false);
  assert.equal(await isPassword("", undefined), false);
  assert.equal(await isPassword("", "scrypt$nonsense"), false);
  assert.ok(
    await isPassword("Gro\u00dfe Stra\u00dfe \u00e4", await hashPassword("Gro\u00dfe Stra\u00dfe a\u0308")),
  );
  assert.match(makePassword(), /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
});

test("login-gives-a-cookie-no-script-can-read", async () => {
  assertRefused(await admin.ask("GET", "/session"), 401, "GEMEL-4013");
  const response = await admin.login("admin");
  assert.equal(response.statusCode, 200, response.body);
  const { csrf, ...session } = response.json<Session>();
  assert.deepEqual(session, { user: "admin", role: "admin", node: "alpha", idleSecondsMax: 1800 });
  assert.ok(csrf.length > 30);
  const cookie = String(response.headers["set-cookie"]);
  for (const word of [/^gemel-alpha=/, /HttpOnly/, /Secure/, /SameSite=Strict/, /Path=\//])
    assert.match(cookie, word);
  assert.ok(!cookie.includes("Expires") && !response.body.includes(admin.cookie ?? "?"));
  assert.deepEqual((await admin.ask("GET", "/session")).json(), response.json());
});

test("wrong-user-and-wrong-password-look-the-same", async () => {
  const [nobody, wrong] = [
    await admin.another("192.0.2.20").login("nosuch", "whatever it is"),
    await admin.another("192.0.2.21").login("admin", "whatever it is"),
  ];
  assertRefused(nobody, 401, "GEMEL-4015");
  assert.equal(wrong.body, nobody.body);
});

test("guessing-is-slowed-down-and-says-how-long", async () => {
  const guesser = admin.another("192.0.2.30");
  for (let n = 0; n < 5; n++)
    assertRefused(await guesser.login("carl", `guess number ${n}`), 401, "GEMEL-4015");
  const blocked = await guesser.login("carl");
  assertRefused(blocked, 429, "GEMEL-4014");
  assert.ok(Number(blocked.headers["retry-after"]) >= 1, String(blocked.headers["retry-after"]));
  assertRefused(await guesser.login("mona"), 429, "GEMEL-4014");
});

test("back-off-doubles-is-bounded-and-forgets", async () => {
  let now = 0;
  const guard = new LoginGuard(() => instant(now));
  /** How long this one must wait; 0: its (wrong) password was looked at. */
  const guess = async (address: string, user: string): Promise<number> =>
    await guard
      .judge(address, user, () => Promise.resolve(undefined))
      .then(
        () => 0,
        (error: unknown) => (error instanceof TooManyTries ? error.wait : -1),
      );
  const waits: number[] = [];
  for (let n = 0; n < 20; n++) {
    const wait = await guess("a", "ann");
    waits.push(wait / 1000);
    now += wait;
    if (wait > 0) assert.equal(await guess("a", "ann"), 0);
  }
  assert.deepEqual(waits.slice(0, 9), [0, 0, 0, 0, 0, 1, 2, 4, 8]);
  assert.equal(Math.max(...waits), 15 * 60);
  assert.equal(await guess("b", "ann"), 60_000, "a user's name is never locked for longer");
  assert.equal(await guess("b", "bob"), 0, "another user from another address is not held up");
  now += 31 * 60_000;
  assert.equal(await guess("a", "ann"), 0);
});

test("csrf-missing-or-wrong-changes-nothing", async () => {
  const page = await alpha.browser();
  await page.login("admin");
  const word = page.csrf;
  for (const csrf of ["", "nonsense", `${word}x`]) {
    page.csrf = csrf;
    assertRefused(
      await page.ask("POST", "/users", { name: "eve", role: "admin", password }),
      403,
      "GEMEL-4016",
    );
    assertRefused(await page.ask("POST", "/logout"), 403, "GEMEL-4016");
  }
  page.csrf = word;
  assert.equal((await page.ask("GET", "/users")).json<UserView[]>().length, 3);
  await page.app.close();
});

test("each-role-may-do-what-its-routes-say-and-no-more", async () => {
  const rank: Readonly<Record<Role, number>> = { monitor: 0, control: 1, admin: 2 };
  const needs = (admits: Admits): number =>
    admits === "nodes" || admits === "local" ? 9 : admits === "everybody" ? -1 : rank[admits];
  // What would end the walk or the session that walks, for whom it is allowed.
  const ends = ["POST /api/v1/logout", "GET /api/v1/events", "POST /api/v1/shutdown"];
  for (const [user, role] of [
    ["mona", "monitor"],
    ["carl", "control"],
    ["admin", "admin"],
  ] as const) {
    const page = (await alpha.browser()).another(`198.51.100.${rank[role]}`);
    // carl was guessed at above: his name waits a little.
    for (let n = 0; n < 5 && page.cookie === undefined; n++) {
      const answer = await page.login(user);
      const after_ = Number(answer.headers["retry-after"] ?? 0);
      if (answer.statusCode === 429) await new Promise((done) => setTimeout(done, after_ * 1000));
    }
    assert.ok(page.cookie !== undefined, `${user} is in`);
    for (const [way, admits] of page.app.ways) {
      const [method = "", url = ""] = way.split(" ");
      const isSpared = ends.includes(way) && needs(admits) <= rank[role];
      if (isSpared || method === "HEAD" || needs(admits) < 0) continue;
      const path = url.replace(/:[a-z]+/g, "nosuch").replace("*", "");
      const verb = method as "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      // A body that no schema takes: who may is refused for it, and nothing is done.
      const payload = verb === "GET" || verb === "DELETE" ? {} : { payload: { nosuch: 1 } };
      const headers = { "x-gemel-csrf": page.csrf };
      const { statusCode, body } = await page.send({ method: verb, url: path, headers, ...payload });
      const isRefused = statusCode === 403 && /GEMEL-4009/.test(body);
      const isPersonal = way === "POST /api/v1/session/handover";
      assert.equal(
        isRefused && !isPersonal,
        needs(admits) > rank[role],
        `${way} as ${role}: ${statusCode} ${body}`,
      );
    }
    await page.app.close();
  }
});

test("role-and-removal-count-at-once-in-open-sessions", async () => {
  await alpha.user("rita", "monitor");
  const rita = await alpha.browser();
  await rita.login("rita");
  assertRefused(await rita.ask("GET", "/users"), 403, "GEMEL-4009");
  assert.equal((await admin.ask("PATCH", "/users/rita", { role: "admin" })).statusCode, 200);
  assert.equal((await rita.ask("GET", "/users")).statusCode, 200);
  assert.equal((await admin.ask("DELETE", "/users/rita")).statusCode, 200);
  assertRefused(await rita.ask("GET", "/session"), 401, "GEMEL-4013");
  await alpha.user("rita", "admin");
  assertRefused(await rita.ask("GET", "/session"), 401, "GEMEL-4013");
  await rita.app.close();
});

test("own-password-changed-ends-the-other-sessions", async () => {
  await alpha.user("paul", "monitor");
  const [here, there] = [await alpha.browser(), await alpha.browser()];
  await here.login("paul");
  await there.login("paul");
  const change = async (old: string, next: string): Promise<number> =>
    (await here.ask("POST", "/session/password", { old, new: next })).statusCode;
  assert.equal(await change("not this one", "another good one"), 401);
  assert.equal(await change(password, "short"), 400);
  assert.equal(await change(password, "another good one"), 200);
  assert.equal((await here.ask("GET", "/session")).statusCode, 200);
  assert.equal((await there.ask("GET", "/session")).statusCode, 401);
  assert.equal((await there.login("paul", "another good one")).statusCode, 200);
  await here.app.close();
  await there.app.close();
});

test("refusals-name-the-field", async () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ name: "Eve", role: "admin", password }, "name"],
    [{ name: "admin", role: "admin", password }, "name"],
    [{ name: "eve", role: "admin", password: "short" }, "password"],
    [{ name: "eve", role: "god", password }, "role"],
    [{ name: "eve", password }, "role"],
  ];
  for (const [body, field] of wrong) {
    const answer = await admin.ask("POST", "/users", body);
    assert.equal(answer.statusCode, 400, answer.body);
    assert.equal(answer.json<{ readonly where: string }>().where, field, answer.body);
  }
});

test("the-last-administrator-stays", async () => {
  const admins = (await admin.ask("GET", "/users")).json<UserView[]>().filter(({ role }) => role === "admin");
  for (const { name } of admins) if (name !== "admin") await admin.ask("DELETE", `/users/${name}`);
  assertRefused(await admin.ask("DELETE", "/users/admin"), 409, "GEMEL-4019");
  assertRefused(await admin.ask("PATCH", "/users/admin", { role: "control" }), 409, "GEMEL-4019");
  assertRefused(await admin.ask("DELETE", "/users/nosuch"), 404, "GEMEL-4017");
});

test("a-restart-logs-nobody-out-and-the-disk-does-not-hold-the-cookie", async () => {
  const page = await alpha.browser();
  await page.login("mona");
  const { cookie, csrf } = page;
  await page.app.close();
  await admin.app.close();
  await alpha.restart();
  const again = await alpha.browser();
  Object.assign(again, { cookie, csrf });
  assert.equal((await again.ask("GET", "/session")).statusCode, 200);
  assert.ok(cookie !== undefined && !readFileSync(alpha.path("state/sessions.db")).includes(cookie));
  assert.equal((await again.ask("POST", "/logout")).statusCode, 200);
  again.cookie = cookie;
  assertRefused(await again.ask("GET", "/session"), 401, "GEMEL-4013");
  const old = admin.cookie;
  const oldCsrf = admin.csrf;
  await again.app.close();
  admin = await alpha.browser();
  Object.assign(admin, { cookie: old, csrf: oldCsrf });
});

test("sessions-end-idle-or-old-and-polling-keeps-none-alive", () => {
  let now = 1_000_000;
  const sessions = new Sessions(alpha.path("limits.db"), () => instant(now));
  const id = sessions.open("ann", "mark");
  now += sessionIdleLimit;
  assert.ok(sessions.find(id) !== undefined);
  // A poll of a page that nobody has touched since.
  sessions.touch(id, instant(now - sessionIdleLimit));
  now += 1;
  assert.equal(sessions.find(id), undefined);
  const busy = sessions.open("ann", "mark");
  const end = now + sessionLimit;
  for (; now <= end; now += sessionIdleLimit / 2) {
    assert.ok(sessions.find(busy) !== undefined);
    sessions.touch(busy, instant(now));
  }
  assert.equal(sessions.find(busy), undefined);
  sessions.close();
});

test("an-abandoned-page-says-how-long-nobody-was-there", async () => {
  const page = await alpha.browser();
  await page.login("mona");
  const poll = (idle: number): Promise<unknown> =>
    page.send({ method: "GET", url: "/api/v1/status", headers: { "x-gemel-idle": String(idle) } });
  await poll(1700);
  assert.equal((await page.ask("GET", "/session")).statusCode, 200);
  await page.app.close();
});

test("the-audit-names-person-address-and-role", async () => {
  await admin.ask("POST", "/users", { name: "audited", role: "monitor", password });
  await admin.another("192.0.2.99").login("audited", "wrong password");
  const entries = (await admin.ask("GET", "/history?kind=audit&limit=20")).json<HistoryEntry[]>();
  const made = entries.find(({ sentence }) => sentence === "add the user audited as monitor");
  assert.deepEqual(made?.inputs, { by: "admin", from: "192.0.2.7", as: "user", role: "admin" });
  const tried = entries.find(({ sentence }) => sentence === "log in");
  assert.deepEqual([tried?.inputs["by"], tried?.inputs["from"]], ["audited", "192.0.2.99"]);
  assert.match(tried?.outcome ?? "", /refused \(401\)/);
  assert.ok(!JSON.stringify(entries).includes(password));
});

test("administrators-removed-at-once: the last one stays, however long a change takes", async () => {
  let shared: Entries = {};
  const users = new Users({
    shared: () => shared,
    set: async (name, value) => {
      await new Promise((done) => setImmediate(done));
      shared = changedEntries(shared, "alpha", "user", name, value);
    },
    now: () => "now",
    passwords: { hash: (text) => Promise.resolve(text), is: () => Promise.resolve(true), mark: String },
  });
  for (const name of ["anna", "bert"])
    await users.add({ name, role: "admin", password: "ten signs!" }, "root");
  const both = await Promise.allSettled([users.remove("anna"), users.remove("bert")]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.deepEqual(
    users.list().map(({ name }) => name),
    ["bert"],
  );
});
