// SPDX-License-Identifier: Apache-2.0
/**
 * Everything by keyboard alone, second half: module, cluster, users, events, account. No test here points or
 * clicks.
 */
import assert from "node:assert/strict";
import { Keys } from "./browser/keys.js";
import { consoleScenarios } from "./browser/mock-page.js";

const scenario = consoleScenarios();
const south = "Kamera Süd";
const onModule = { at: "/modules/cam1" };

scenario("keyboard-module-actions: up front, in the menu, compared", onModule, async (mock) => {
  const keys = new Keys(mock);
  const { page, dialog } = mock;
  for (const name of ["Move to beta", "Stop"]) {
    await keys.enter(mock.button(name));
    await mock.sees(dialog.getByRole("region", { name: south }).getByRole("listitem"));
    await keys.press("Escape");
    await mock.isGone(dialog);
    await keys.comesTo(mock.button(name));
  }
  const menu = mock.button(`All actions for ${south}`);
  await keys.enter(menu);
  const entries = await page.getByRole("menuitem").allInnerTexts();
  const choices = [
    "Move to beta",
    "Start",
    "Stop",
    "Restart VM",
    "Stop and start",
    "Start beta as secondary",
  ];
  for (const [at, choice] of [...choices, "Choose the copy that counts"].entries())
    assert.ok(entries[at]?.startsWith(choice), `entry ${at} is ${choice}: ${entries.join(" | ")}`);
  await keys.enter(page.getByRole("menuitem", { name: /^Restart VM/ }), "ArrowDown");
  await keys.enter(dialog.getByRole("button", { name: "Restart VM" }));
  await mock.isGone(dialog);
  await keys.comesTo(menu);
  await mock.sees(page.getByRole("heading", { name: /The VM is restarted on this node/ }));
  await mock.step(30);
  await keys.space(page.getByRole("checkbox", { name: /^Repair what differs/ }));
  await keys.enter(mock.button("Compare both copies"));
  await mock.step(1);
  await mock.seesText("A comparison is going on.");
  await keys.comesTo(mock.button("Compare both copies"));
});

scenario("keyboard-module-past: a stretch of time, a mark, its explanation", onModule, async (mock) => {
  const keys = new Keys(mock);
  const { page } = mock;
  const day = mock.button("24 hours");
  await keys.space(day);
  await mock.sees(page.getByRole("img", { name: /What a write waits, 24 hours/ }));
  await keys.comesTo(day);
  const marks = page.getByRole("group", { name: "Timeline of both nodes" });
  const last = marks.locator("button.gm-mark[tabindex='0']");
  const single = marks.getByRole("button", { name: /session \d+ begins/ });
  await keys.to(last);
  await keys.to(single, "ArrowLeft");
  await keys.press("Enter");
  await mock.sees(page.getByRole("heading", { name: /^Around / }));
  const told = page.getByRole("list").getByRole("button", { name: /session \d+ begins/ });
  await keys.to(told);
  assert.equal(await told.first().getAttribute("aria-expanded"), "true");
  await mock.seesText(/R19/);
  await keys.back(mock.button("Show the latest changes"));
  await keys.press("Enter");
  await mock.sees(page.getByRole("heading", { name: /^Latest changes/ }));
});

scenario(
  "keyboard-module-settings: saved, the editor is no trap, protection ended",
  onModule,
  async (mock) => {
    const keys = new Keys(mock);
    const { page, dialog } = mock;
    await keys.write(page.getByLabel("Automatic restarts at most", { exact: true }), "5");
    await keys.press("Enter");
    await mock.seesText("Saved on both nodes.");
    await keys.enter(mock.button("userconfig.xml, for who knows it"));
    const editor = page.getByRole("textbox", { name: "userconfig.xml" });
    await keys.to(editor);
    await keys.press("ControlOrMeta+End");
    await keys.type("<!-- by hand -->");
    await keys.press("Tab");
    await keys.comesTo(mock.button("Save the file on both nodes"));
    await keys.press("Shift+Tab");
    await keys.comesTo(editor);
    await keys.enter(mock.button("End protection …"));
    const name = dialog.getByRole("textbox", { name: "Type cam1 to confirm" });
    await keys.write(name, "cam2");
    await keys.press("Enter");
    assert.equal(await dialog.count(), 1, "a wrong name ends nothing");
    await keys.write(name, "cam1");
    await keys.press("Enter");
    await mock.isGone(dialog);
    await mock.seesText(/^Now: /);
    await keys.comesTo(mock.button("End protection …"));
  },
);

scenario(
  "keyboard-cluster: token, certificate given up, paused and resumed",
  { at: "/cluster" },
  async (mock) => {
    const keys = new Keys(mock);
    const { page, dialog } = mock;
    const install = mock.button("Install an own certificate …");
    await keys.enter(mock.button("Pause automatic failover …"));
    await mock.sees(dialog);
    await keys.staysIn(dialog, 6);
    await keys.press("Escape");
    await mock.isGone(dialog);
    await keys.comesTo(mock.button("Pause automatic failover …"));
    await keys.enter(install);
    await keys.write(dialog.getByLabel(/^Certificate \(PEM\)/), "this is no certificate");
    await keys.write(dialog.getByLabel(/^Private key \(PEM\)/), "and this no key");
    await keys.enter(dialog.getByRole("button", { name: "Install" }));
    await mock.sees(dialog.getByText(/not a private key in PEM form/));
    await keys.press("Escape");
    await mock.isGone(dialog);
    await keys.comesTo(install);
    await keys.enter(mock.button(/^Ports that a firewall/));
    await mock.sees(page.getByRole("grid", { name: "Ports" }));
    await keys.enter(mock.button("Make a token"));
    await mock.seesText(/gemel cluster join \S+/);
    await keys.to(mock.button("Copy: Join this cluster"));
    await keys.back(mock.button("Pause automatic failover …"));
    await keys.press("Enter");
    await keys.enter(dialog.getByRole("button", { name: "Pause" }));
    await mock.isGone(dialog);
    const resume = page.getByRole("main").getByRole("button", { name: "Resume automatic failover" });
    await keys.enter(resume.first(), "Shift+Tab");
    await mock.sees(mock.button("Pause automatic failover …"));
  },
);

scenario("keyboard-users: added, made more, new password, removed", { at: "/users" }, async (mock) => {
  const keys = new Keys(mock);
  const { page, dialog } = mock;
  const add = mock.button("Add a user");
  await keys.enter(add);
  await keys.write(dialog.getByRole("textbox", { name: "Name" }), "dora");
  await keys.to(dialog.getByRole("radio", { name: /^Monitor/ }));
  await keys.press("ArrowDown");
  await keys.write(dialog.getByLabel(/First password/), "long enough for anybody");
  await keys.press("Enter");
  await mock.isGone(dialog);
  await keys.comesTo(add);
  const role = page.getByRole("combobox", { name: "Role of dora" });
  await keys.to(role);
  assert.equal(await role.inputValue(), "control");
  await keys.press("ArrowDown");
  await mock.sees(page.getByRole("row", { name: /dora/ }).getByText(/manage users/));
  await keys.comesTo(role);
  await keys.enter(mock.button("New password for dora"));
  await keys.write(dialog.getByLabel(/New password/), "another one for dora");
  await keys.press("Enter");
  await mock.isGone(dialog);
  await keys.comesTo(mock.button("New password for dora"));
  await keys.enter(mock.button("Remove dora"));
  await keys.enter(dialog.getByRole("button", { name: "Remove" }));
  await mock.isGone(role);
  await keys.comesTo(page.getByRole("heading", { level: 1, name: "Users" }));
});

scenario("keyboard-events: filtered, opened, walked through, exported", { at: "/events" }, async (mock) => {
  const keys = new Keys(mock);
  const { page } = mock;
  const list = page.getByRole("list", { name: "Entries, newest first" });
  const lines = list.locator("summary");
  const kind = page.getByRole("combobox", { name: "Kind" });
  await keys.to(kind);
  await keys.type("Decision");
  await mock.isGone(list.getByText("Audit"));
  await keys.to(lines.first());
  await keys.press("ArrowDown", "Enter");
  await mock.sees(list.locator("details[open]").getByText(/R\d\d/));
  await keys.press("End");
  await keys.comesTo(lines.last());
  await keys.press("Home");
  await keys.comesTo(lines.first());
  await keys.back(mock.button("Who did what"));
  await keys.press("Enter");
  await mock.seesText(/from 192\.168\.10\./);
  await keys.back(mock.button("Export"));
  await keys.press("Enter");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    keys.enter(page.getByRole("menuitem", { name: "As CSV" }), "ArrowDown"),
  ]);
  assert.equal(download.suggestedFilename(), "gemel-events.csv");
  await keys.comesTo(mock.button("Export"));
});

scenario("keyboard-account: password, alarm sound, theme", { at: "/account" }, async (mock) => {
  const keys = new Keys(mock);
  const { page } = mock;
  await keys.write(page.getByLabel("Present password"), "anna-may-configure");
  await keys.write(page.getByRole("textbox", { name: "New password", exact: true }), "a rather long new one");
  await keys.write(page.getByLabel("New password again"), "a rather long new one");
  await keys.press("Enter");
  await mock.seesText("The password is changed");
  const sound = page.getByRole("switch", { name: /^Play a sound/ });
  await keys.space(sound);
  assert.ok(await sound.isChecked());
  await keys.to(page.getByRole("radio", { name: "As the system says" }));
  await keys.press("ArrowDown", "ArrowDown");
  assert.ok(await page.getByRole("radio", { name: "Dark" }).isChecked());
  await mock.sees(mock.button("Light theme"));
});
