// SPDX-License-Identifier: Apache-2.0
/** Protecting VMs: what stands against it, how that is settled, one and several. */
import assert from "node:assert/strict";
import { consoleScenarios } from "./browser/mock-page.js";

const scenario = consoleScenarios();
const at = "/protect";

scenario("protect-a-running-vm: findings, repairs by a press, progress, protected", { at }, async (mock) => {
  await mock.button("Protect License server").click();
  const start = mock.dialog.getByRole("button", { name: "Start" });
  await mock.sees(mock.dialog.getByText(/block(s)? it/));
  assert.ok(await start.isDisabled());
  await mock.dialog.getByRole("button", { name: "Let Gemel shut it down" }).click();
  await mock.dialog.getByRole("button", { name: "Empty the drive" }).click();
  await mock.sees(mock.dialog.getByText("Ready to start"));
  await mock.sees(mock.dialog.getByText(/Until the first copy is whole, the VM is not protected/));
  await start.click();
  await mock.isGone(mock.dialog);
  await mock.step(5);
  await mock.sees(mock.page.getByRole("region", { name: "Being protected" }));
  const row = mock.page.getByRole("row", { name: /License server/ });
  await mock.sees(row.getByText("Being set up"));
  assert.equal(await row.getByRole("button").count(), 0, "it is not offered a second time");
  await row.getByRole("link", { name: "license-server" }).click();
  await mock.seesText("It is not protected yet: this is how far it is.");
  await mock.sees(mock.page.getByRole("region", { name: "Protecting license-server" }).getByText(/^Now: /));
  await mock.step(400);
  await mock.sees(mock.page.getByRole("heading", { level: 1, name: "License server" }));
  await mock.page.getByRole("link", { name: "Overview" }).click();
  await mock.sees(mock.page.getByRole("article", { name: "License server" }).getByText("Protected"));
});

scenario("protect-settled-outside: the open dialog notices it", { at }, async (mock) => {
  await mock.button("Protect License server").click();
  const blocks = mock.dialog.getByText(/The VM is on; it must be off/);
  await mock.sees(blocks);
  await mock.mock(`world.vms.find(({ name }) => name === "License server").power = "off"`);
  await mock.isGone(blocks);
  await mock.sees(mock.dialog.getByText("Ready to start"));
});

scenario("protect-bad-folder: the message stands beside its field", { at }, async (mock) => {
  await mock.button("Protect Windows Test").click();
  await mock.sees(mock.dialog.getByText("Ready to start"));
  const folder = mock.dialog.getByLabel("Folder, on both hosts");
  await folder.fill("not/absolute");
  await mock.sees(folder.and(mock.page.locator('[aria-invalid="true"]')));
  const help = await folder.getAttribute("aria-describedby");
  assert.match(await mock.page.locator(`[id="${help ?? ""}"]`).innerText(), /absolute path/);
  assert.ok(await mock.dialog.getByRole("button", { name: "Start" }).isDisabled());
});

scenario("protect-several-at-once: what nothing blocks is started", { at }, async (mock) => {
  for (const vm of ["License server", "Windows Test"])
    await mock.page
      .getByRole("row", { name: new RegExp(vm) })
      .getByRole("checkbox")
      .check();
  await mock.button(/^Protect (the )?(2|chosen)/).click();
  for (const vm of ["License server", "Windows Test"])
    await mock.sees(mock.dialog.getByRole("region", { name: vm }));
  await mock.sees(mock.dialog.getByText("1 cannot be started yet."));
  await mock.dialog.getByRole("button", { name: "Start" }).click();
  await mock.step(5);
  await mock.dialog.getByRole("button", { name: "Cancel" }).click();
  await mock.sees(
    mock.page.getByRole("region", { name: "Being protected" }).getByText(/Windows Test|windows-test/),
  );
});

scenario("protect-is-for-admins", { at, as: "control" }, async (mock) => {
  await mock.seesText(/needs the role Admin/);
});
