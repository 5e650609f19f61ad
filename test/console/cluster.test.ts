// SPDX-License-Identifier: Apache-2.0
/** Cluster, people, events, own account. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { consoleScenarios } from "./browser/mock-page.js";

const scenario = consoleScenarios();

scenario("cluster-shows-hosts-networks-arbiter-certificates", { at: "/cluster" }, async (mock) => {
  for (const node of ["alpha", "beta"])
    await mock.sees(mock.page.getByRole("heading", { level: 2, name: new RegExp(`^${node}`) }));
  await mock.seesText(/a beat every 500 ms, missed after 5 s/);
  await mock.sees(mock.page.getByRole("heading", { level: 2, name: /Arbiter/ }));
  await mock.sees(mock.page.getByRole("grid", { name: "Certificates" }).getByText(/days left/));
});

scenario("join-token: made once, ready to be typed on the other host", { at: "/cluster" }, async (mock) => {
  await mock.button("Make a token").click();
  await mock.seesText(/gemel cluster join \S+/);
});

scenario("own-certificate-refused: the message stands beside its field", { at: "/cluster" }, async (mock) => {
  await mock.button("Install an own certificate …").click();
  const pem = mock.dialog.getByLabel(/^Certificate \(PEM\)/);
  await pem.fill("this is no certificate");
  const key = mock.dialog.getByLabel(/^Private key \(PEM\)/);
  await key.fill("and this no key");
  await mock.dialog.getByRole("button", { name: "Install" }).click();
  await mock.sees(key.and(mock.page.locator('[aria-invalid="true"]')));
  await mock.sees(mock.dialog.getByText(/not a private key in PEM form/));
  await mock.dialog.getByRole("button", { name: "Cancel" }).click();
  await mock.isGone(mock.dialog);
});

scenario("user-added-changed-removed", { at: "/users" }, async (mock) => {
  await mock.button("Add a user").click();
  await mock.dialog.getByRole("textbox", { name: "Name" }).fill("Not Allowed");
  await mock.dialog.getByLabel(/First password/).fill("long enough for anybody");
  await mock.dialog.getByRole("button", { name: "Add" }).click();
  const name = mock.dialog.getByRole("textbox", { name: "Name" });
  await mock.sees(name.and(mock.page.locator('[aria-invalid="true"]')));
  await name.fill("dora");
  await mock.dialog.getByRole("button", { name: "Add" }).click();
  await mock.isGone(mock.dialog);
  await mock.page.getByRole("combobox", { name: "Role of dora" }).selectOption("Control");
  await mock.seesText(/20 Nov 2026/);
  await mock.button("Remove dora").click();
  await mock.dialog.getByRole("button", { name: "Remove" }).click();
  await mock.isGone(mock.page.getByRole("combobox", { name: "Role of dora" }));
});

scenario("last-admin-stays: refused in its line, the page goes on", { at: "/users" }, async (mock) => {
  await mock.page.getByRole("combobox", { name: "Role of anna" }).selectOption("Monitor");
  await mock.sees(mock.page.getByRole("alert").getByText(/last Admin/i));
  await mock.button("Add a user").click();
  await mock.sees(mock.dialog);
});

scenario("events-filtered-and-explained", { at: "/events" }, async (mock) => {
  const list = mock.page.getByRole("list", { name: "Entries, newest first" });
  await mock.sees(list.getByRole("listitem"));
  await mock.page.getByRole("combobox", { name: "Kind" }).selectOption("Decision");
  await mock.page.getByRole("combobox", { name: "Module" }).selectOption("cam1");
  await mock.isGone(list.getByText("Audit"));
  await list.getByRole("listitem").first().locator("summary").click();
  await mock.sees(list.getByText(/R\d\d/));
  await mock.page.getByRole("textbox", { name: "Text" }).fill("no such words anywhere");
  await mock.isGone(list.getByRole("listitem"));
  await mock.button("Clear").click();
  await mock.sees(list.getByText("Audit"));
});

scenario(
  "events-of-an-ended-module: found from one of its entries, and the filter says so",
  { at: "/events" },
  async (mock) => {
    const list = mock.page.getByRole("list", { name: "Entries, newest first" });
    const choice = mock.page.getByRole("combobox", { name: "Module" });
    const ofCam1 = list.getByRole("listitem").filter({ hasText: "cam1" });
    await mock.mock("endModule('cam1')");
    await mock.step(1);
    await choice.locator("option", { hasText: "cam1" }).waitFor({ state: "detached" });
    await ofCam1.first().locator("summary").click();
    await ofCam1.first().getByRole("link", { name: "All entries of cam1" }).click();
    await choice
      .locator("option:checked", { hasText: "cam1 · no longer protected" })
      .waitFor({ state: "attached" });
    await mock.isGone(list.getByRole("listitem").filter({ hasNotText: "cam1" }));
    await mock.sees(ofCam1);
  },
);

scenario("audit-says-who-did-what-from-where", { at: "/events" }, async (mock) => {
  await mock.button("Who did what").click();
  await mock.seesText(/from 192\.168\.10\./);
});

scenario("events-exported: a file with what the filter lets through", { at: "/events" }, async (mock) => {
  await mock.page.getByRole("combobox", { name: "Host" }).selectOption("beta");
  await mock.button("Export").click();
  const [download] = await Promise.all([
    mock.page.waitForEvent("download"),
    mock.page.getByRole("menuitem", { name: "As CSV" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "gemel-events.csv");
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\n");
  assert.ok(lines.length > 10, "there is something in the file");
  assert.ok(!lines.slice(1).some((line) => line.includes(",alpha,")), "nothing of the other host");
});

scenario("password-changed: a wrong old one is told beside its field", { at: "/account" }, async (mock) => {
  const old = mock.page.getByLabel("Present password", { exact: false });
  await old.fill("not this one");
  await mock.page.getByRole("textbox", { name: "New password", exact: true }).fill("a rather long new one");
  await mock.page.getByLabel("New password again").fill("a rather long new one");
  await mock.button("Change the password").click();
  await mock.sees(old.and(mock.page.locator('[aria-invalid="true"]')));
  await old.fill("anna-may-configure");
  await mock.button("Change the password").click();
  await mock.seesText("The password is changed");
});
