// SPDX-License-Identifier: Apache-2.0
/**
 * The console against real daemons: a person logs in, protects a guest and moves it by hand; the host that
 * serves the page dies, and the page goes on with the other one. One story in one lab, told in order.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import type { Browser } from "playwright-core";
import { launch } from "../console/browser/chromium.js";
import { labsPath } from "../lab/machine/folders.js";
import { Twins } from "./twins.js";
import { isProtected, moveLimitMs, storyTeller, Visit, waitLimitMs } from "./visit.js";

const vm = "cam1";
const watcher = { user: "mona", password: "only-look-please-42" };

describe("console", { timeout: 330_000 }, () => {
  mkdirSync(labsPath(), { recursive: true });
  const dir = mkdtempSync(join(labsPath(), "e2e-console-"));
  let twins: Twins;
  let browser: Browser;
  let admin: Visit;
  let monitor: Visit;

  before(async () => {
    twins = await Twins.up({ dir, console: true });
    await twins.define(vm);
    browser = await launch();
    admin = await Visit.begin(browser, twins);
    monitor = await Visit.begin(browser, twins);
  });
  after(async () => {
    await browser.close();
    await twins.down();
    rmSync(dir, { recursive: true, force: true });
  });

  const step = storyTeller(() => [admin.picture(), monitor.picture(), twins.diagnosis()]);

  step("log in, with a wrong password first", async () => {
    await admin.goto("alpha");
    await admin.logIn(twins.administrator.user, "certainly not this");
    await admin.seesText("The user or the password is wrong.");
    await admin.logIn(twins.administrator.user, twins.administrator.password);
    await admin.seesText("No VM is protected yet");
    await admin.sees(admin.page.getByText("live", { exact: true }));
  });

  step("protect a guest and watch its first copy", async () => {
    await admin.page.getByRole("button", { name: "Protect the first VM" }).click();
    await admin.page.getByRole("button", { name: `Protect ${vm}` }).click();
    await admin.sees(admin.dialog.getByText("Ready to start"));
    await admin.dialog.getByRole("button", { name: "Start", exact: true }).click();
    await admin.isGone(admin.dialog);
    const underWay = admin.page.getByRole("region", { name: "Being protected" });
    await admin.sees(underWay.getByText(vm));
    await admin.sees(underWay.getByText(isProtected), moveLimitMs);
    await admin.page.getByRole("link", { name: "Overview" }).first().click();
    await admin.sees(admin.card("alpha", vm).getByText(isProtected));
    await admin.sees(admin.card("alpha", vm).getByText(/If alpha died now/));
  });

  step("drag the card to the other host: the guest moves there", async () => {
    await admin.dragTo("beta", vm);
    await admin.seesText("Let go to move to beta");
    await admin.page.mouse.up();
    await admin.sees(admin.dialog.getByText("The guest restarts"));
    await admin.dialog.getByRole("button", { name: "Move to the other host" }).click();
    await admin.sees(admin.card("beta", vm), moveLimitMs);
    await admin.sees(admin.card("beta", vm).getByText(isProtected), moveLimitMs);
    await twins.acknowledgesMore(vm);
  });

  step("who may only look is shown why, and refused by the API too", async () => {
    const { user, password } = watcher;
    await admin.post("/users", { name: user, role: "monitor", password });
    await monitor.goto("beta");
    await monitor.logIn(user, password);
    await monitor.sees(monitor.card("beta", vm));
    await monitor.page.getByRole("button", { name: `Actions for ${vm}` }).click();
    const move = monitor.page.getByRole("menuitem", { name: /Move to alpha/ });
    await monitor.sees(move.getByText(/needs the role Control/));
    await monitor.page.keyboard.press("Escape");
    const refused = await monitor.post(`/modules/${vm}/commands`, { verb: "swap" });
    assert.deepEqual(refused, { status: 403, code: "GEMEL-4009" });
  });

  step(
    "the host that serves the page dies: the page goes on with the other one, still logged in",
    async (context) => {
      const killed = performance.now();
      await twins.host("alpha").kill();
      const unprotected = /Unprotected: alpha is down since/;
      await monitor.sees(monitor.card("beta", vm).getByText(unprotected), waitLimitMs);
      const seconds = (performance.now() - killed) / 1000;
      context.diagnostic(`the sentence had changed ${seconds.toFixed(1)} s after the kill`);
      await admin.sees(admin.card("beta", vm).getByText(unprotected), waitLimitMs);
      assert.equal(new URL(admin.page.url()).origin, twins.host("beta").consoleUrl);
      assert.match(await admin.page.title(), /^\(/, "the title of a hidden tab tells that there is an alarm");
      await twins.acknowledgesMore(vm);
    },
  );

  step("the host returns: protected again, by itself", async () => {
    await twins.host("alpha").boot();
    await admin.sees(admin.card("beta", vm).getByText(isProtected), moveLimitMs);
    await monitor.sees(monitor.card("beta", vm).getByText(isProtected), moveLimitMs);
  });

  step("a node that stands still: the page calls its own picture old, or asks the other one", async () => {
    await monitor.goto("alpha");
    await monitor.logIn(watcher.user, watcher.password);
    await monitor.sees(monitor.card("beta", vm));
    await twins.host("alpha").freeze();
    const old = monitor.page.getByText(/What you see is old|No node answers/);
    const unprotected = monitor.card("beta", vm).getByText(/Unprotected: alpha is/);
    await monitor.sees(old.or(unprotected), waitLimitMs);
    await twins.host("alpha").thaw();
    await monitor.sees(monitor.card("beta", vm).getByText(isProtected), moveLimitMs);
  });

  step("nothing foreign was asked, nothing went wrong in a page", () => {
    assert.deepEqual([...admin.faults, ...monitor.faults], []);
    return Promise.resolve();
  });
});
