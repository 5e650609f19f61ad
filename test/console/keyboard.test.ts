// SPDX-License-Identifier: Apache-2.0
/**
 * Everything by keyboard alone, first half: around the console, the overview, a decision, protecting. No test
 * here points or clicks; the second half is keyboard-pages.test.ts.
 */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { Keys } from "./browser/keys.js";
import { consoleScenarios, type MockPage } from "./browser/mock-page.js";

const scenario = consoleScenarios();
const south = "Kamera Süd";
const door = "출입 통제";

const heading = ({ page }: MockPage, name: string | RegExp): Locator =>
  page.getByRole("heading", { level: 1, name });
const way = ({ page }: MockPage, name: string): Locator =>
  page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
const choose = ({ page }: MockPage, vm: string): Locator =>
  page.getByRole("checkbox", { name: `Select ${vm}`, exact: true });
const cardOn = ({ page }: MockPage, node: string, vm: string): Locator =>
  page.getByRole("region", { name: node, exact: true }).getByRole("article", { name: vm, exact: true });

scenario("keyboard-around: skip link, pages, person menu, theme, out", {}, async (mock) => {
  const keys = new Keys(mock);
  await mock.sees(heading(mock, "Overview"));
  await keys.press("Tab");
  await keys.comesTo(mock.page.getByRole("link", { name: "To the content" }));
  await keys.press("Enter");
  await keys.comesTo(mock.page.getByRole("main"));
  await keys.press("Tab");
  await keys.comesTo(mock.button("Pause failover"));
  await keys.back(way(mock, "Cluster"));
  await keys.press("Enter");
  await keys.comesTo(heading(mock, "Cluster"));
  await keys.back(mock.button("Dark theme"));
  await keys.press("Space");
  await keys.comesTo(mock.button("Light theme"));
  const person = mock.button("anna, Admin");
  const account = mock.page.getByRole("menuitem", { name: "Account and alarm sound" });
  await keys.enter(person);
  await mock.sees(account);
  await keys.press("ArrowDown", "Escape");
  await mock.isGone(account);
  await keys.comesTo(person);
  await keys.press("Enter");
  await keys.enter(account, "ArrowDown");
  await keys.comesTo(heading(mock, "Account"));
  await keys.back(person);
  await keys.press("Enter");
  await keys.enter(mock.page.getByRole("menuitem", { name: "Log out" }), "ArrowDown");
  await mock.seesText("You are logged out.");
  await keys.comesTo(mock.page.getByRole("textbox", { name: "User" }));
});

scenario("keyboard-overview: several moved together, pause and resume", {}, async (mock) => {
  const keys = new Keys(mock);
  await keys.space(choose(mock, south));
  await keys.to(choose(mock, door), "ArrowDown");
  await keys.press("Space");
  await mock.seesText("2 selected");
  const move = mock.page.getByLabel("Selected VMs").getByRole("button", { name: "Move to the other host" });
  await keys.back(move);
  await keys.press("Enter");
  const confirm = mock.dialog.getByRole("button", { name: "Move to the other host" });
  await mock.sees(mock.dialog.getByText("The guest restarts").nth(1));
  await keys.staysIn(mock.dialog, 8);
  await keys.enter(confirm);
  await mock.isGone(mock.dialog);
  await keys.comesTo(move);
  await keys.to(choose(mock, south));
  await mock.step(60);
  for (const vm of [south, door]) await mock.sees(cardOn(mock, "beta", vm).getByText("Protected"));
  await keys.comesTo(choose(mock, south));

  await keys.back(mock.button("Pause failover"));
  await keys.press("Enter");
  await keys.write(mock.dialog.getByRole("textbox", { name: "Why" }), "the switch is replaced");
  await keys.press("Enter");
  await mock.seesText("Automatic failover is paused: the switch is replaced");
  await mock.isGone(mock.dialog);
  await keys.comesTo(heading(mock, "Overview"));
  await keys.back(mock.button("Resume automatic failover"));
  await keys.press("Enter");
  await mock.isGone(mock.page.getByText("Automatic failover is paused: the switch is replaced"));
  await mock.sees(mock.button("Pause failover"));
});

scenario("keyboard-card: opened, moved and its menu, the focus finds back", {}, async (mock) => {
  const keys = new Keys(mock);
  const menu = mock.button(`Actions for ${south}`);
  await keys.enter(menu);
  await keys.enter(mock.page.getByRole("menuitem", { name: "Stop", exact: true }), "ArrowDown");
  await mock.sees(mock.dialog.getByText(/neither host takes over/));
  await keys.press("Escape");
  await mock.isGone(mock.dialog);
  await keys.comesTo(menu);
  await keys.back(mock.button(`Move ${south} to beta`));
  await keys.press("Enter");
  await mock.sees(mock.dialog.getByText("The guest restarts"));
  await keys.enter(mock.dialog.getByRole("button", { name: "Move to the other host" }));
  await mock.isGone(mock.dialog);
  await mock.step(60);
  await mock.sees(cardOn(mock, "beta", south).getByText("Protected"));
  await keys.comesTo(mock.button(`Move ${south} to alpha`));
  await keys.back(mock.page.getByRole("link", { name: south }));
  await keys.press("Enter");
  await keys.comesTo(heading(mock, south));
});

scenario(
  "keyboard-thirty-two: the last card is near, balance is applied",
  { scenario: "thirty-two" },
  async (mock) => {
    const keys = new Keys(mock);
    await keys.enter(mock.button(/^Balance/));
    const first = mock.dialog.getByRole("list").first().getByRole("listitem").first().locator("strong");
    const vm = await first.innerText();
    await keys.press("Escape");
    await mock.isGone(mock.dialog);
    await keys.comesTo(mock.button(/^Balance/));
    await keys.press("Enter");
    await keys.enter(mock.dialog.getByRole("button", { name: "Move them, one after another" }));
    await mock.seesText(new RegExp(`Moving ${vm} to `));
    const cards = mock.page.getByRole("region", { name: "beta", exact: true }).getByRole("article");
    const last = (await cards.last().getAttribute("aria-label")) ?? "";
    await keys.to(
      mock.page.getByRole("region", { name: "alpha", exact: true }).getByRole("checkbox").first(),
    );
    await keys.press("ArrowRight", "End");
    await keys.comesTo(choose(mock, last));
    await keys.press("Home", "ArrowLeft", "Tab");
    await keys.comesTo(mock.page.getByRole("article").first().getByRole("link"));
  },
);

scenario("keyboard-alarm: acknowledged, and read again", { scenario: "host-loss" }, async (mock) => {
  const keys = new Keys(mock);
  await mock.sees(heading(mock, "Overview"));
  await mock.step(20);
  const silent = mock.button(/^Acknowledge: beta is down/);
  await keys.enter(silent);
  await mock.isGone(silent);
  const badge = mock.button("1 acknowledged alarm");
  await keys.back(badge);
  await keys.press("Enter");
  await mock.sees(mock.dialog.getByText(/beta is down: no sign of life on any network/));
  await keys.press("Escape");
  await mock.isGone(mock.dialog);
  await keys.comesTo(badge);
});

scenario(
  "keyboard-decide: a copy is chosen, its name typed, Return",
  { at: "/modules/cam1/decide", scenario: "conflict" },
  async (mock) => {
    const keys = new Keys(mock);
    const beta = mock.page.getByRole("radio", { name: "beta goes on" });
    await mock.sees(beta);
    await keys.to(mock.page.getByRole("radio", { name: "alpha goes on" }));
    await keys.press("Space", "ArrowDown");
    await keys.comesTo(beta);
    assert.ok(await beta.isChecked());
    await keys.write(mock.page.getByRole("textbox", { name: "Type cam1 to confirm" }), "cam1");
    await keys.press("Enter");
    await mock.seesText("Decided: the copy of beta goes on");
    await keys.comesTo(mock.page.getByRole("region", { name: "After the decision" }));
    await keys.to(mock.page.getByRole("link", { name: `Open ${south}` }));
  },
);

scenario("keyboard-protect: two chosen, settled and started", { at: "/protect" }, async (mock) => {
  const keys = new Keys(mock);
  for (const vm of ["License server on alpha", "Windows Test on alpha"])
    await keys.space(mock.page.getByRole("checkbox", { name: `Choose ${vm}` }));
  await keys.back(mock.button("Protect 2 VMs"));
  await keys.press("Enter");
  const license = mock.dialog.getByRole("region", { name: "License server" });
  await keys.enter(license.getByRole("button", { name: "Let Gemel shut it down" }));
  await mock.sees(license.getByText("Ready to start"));
  await keys.to(license.getByRole("combobox", { name: "Drive sda of License server" }));
  await keys.press("ArrowDown");
  const folder = license.getByRole("textbox", { name: "Folder, on both hosts" });
  await keys.write(folder, "not/absolute");
  await mock.sees(license.getByText("Refused"));
  await keys.write(folder, "/srv/license");
  await mock.sees(license.getByText("Ready to start"));
  await keys.enter(mock.dialog.getByRole("button", { name: "Start with 2 VMs" }));
  await mock.isGone(mock.dialog);
  await mock.step(3);
  await mock.sees(mock.page.getByRole("region", { name: "Being protected" }));
  await keys.enter(mock.page.getByRole("link", { name: "license-server" }));
  await keys.comesTo(heading(mock, "license-server"));
  await mock.seesText("It is not protected yet: this is how far it is.");
});
