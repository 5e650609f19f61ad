// SPDX-License-Identifier: Apache-2.0
/** Coming in, as what, and going out. */
import assert from "node:assert/strict";
import { consoleScenarios, people, type MockPage } from "./browser/mock-page.js";
import { mockPasswords } from "../../ui/mock/rooms/access.js";

const scenario = consoleScenarios();
const admin = people.admin;
const password = mockPasswords.find(({ name }) => name === admin)?.password ?? "";

const user = ({ page }: MockPage) => page.getByRole("textbox", { name: "User" });
const secret = ({ page }: MockPage) => page.getByRole("textbox", { name: "Password" });
const overview = ({ page }: MockPage) => page.getByRole("heading", { level: 1, name: "Overview" });

scenario("login-by-keyboard", { as: null }, async (mock) => {
  await mock.sees(user(mock));
  await mock.page.keyboard.type(admin);
  await mock.page.keyboard.press("Tab");
  await mock.page.keyboard.type(password);
  await mock.page.keyboard.press("Enter");
  await mock.sees(overview(mock));
  await mock.sees(mock.button(`${admin}, Admin`));
});

scenario(
  "login-wrong-password: told beside the field, and the right one still enters",
  { as: null },
  async (mock) => {
    await user(mock).fill(admin);
    await secret(mock).fill("not this one");
    await mock.button("Log in").click();
    await mock.seesText(/The user or the password is wrong/);
    const told = await secret(mock).getAttribute("aria-describedby");
    assert.match(
      await mock.page.locator(`#${told ?? "none"}`).innerText(),
      /The user or the password is wrong/,
    );
    await secret(mock).fill(password);
    await mock.button("Log in").click();
    await mock.sees(overview(mock));
  },
);

scenario("login-empty: each field says what it lacks", { as: null }, async (mock) => {
  await mock.button("Log in").click();
  await mock.seesText("Type the name of a user, such as admin.");
  await mock.seesText("Type the password.");
});

scenario("login-returns-to-the-address-that-was-asked-for", { as: null, at: "/events" }, async (mock) => {
  await user(mock).fill(admin);
  await secret(mock).fill(password);
  await mock.button("Log in").click();
  await mock.sees(mock.page.getByRole("heading", { level: 1, name: /Events/ }));
});

scenario("login-says-how-to-trust-the-certificate", { as: null }, async (mock) => {
  await mock.page.getByText("The browser warns about the certificate?").click();
  const link = mock.page.getByRole("link", { name: "gemel-ca.pem" });
  await mock.sees(link);
  assert.equal(await link.getAttribute("href"), "/api/v1/cluster/ca");
});

scenario("log-out", {}, async (mock) => {
  await mock.button(`${admin}, Admin`).click();
  await mock.page.getByRole("menuitem", { name: "Log out" }).click();
  await mock.seesText("You are logged out.");
  await mock.page.goto(mock.site.url);
  await mock.sees(user(mock));
});

scenario("session-ended: log in again and be where one was", { at: "/cluster" }, async (mock) => {
  await mock.sees(mock.page.getByRole("heading", { level: 1, name: "Cluster" }));
  await mock.mock("enter(null)");
  await mock.page.getByRole("link", { name: "Events" }).click();
  await mock.seesText("Your session has ended.");
  await user(mock).fill(admin);
  await secret(mock).fill(password);
  await mock.button("Log in").click();
  await mock.sees(mock.page.getByRole("heading", { level: 1, name: /Events/ }));
});

scenario("theme-chosen: kept over a reload", {}, async (mock) => {
  await mock.button("Dark theme").click();
  await mock.sees(mock.button("Light theme"));
  await mock.page.reload();
  await mock.sees(mock.button("Light theme"));
});

scenario("users-page-is-for-admins", { as: "control" }, async (mock) => {
  await mock.sees(overview(mock));
  assert.equal(await mock.page.getByRole("link", { name: "Users" }).count(), 0);
});
