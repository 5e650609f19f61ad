// SPDX-License-Identifier: Apache-2.0
/** The two hosts side by side: what is told, and VMs moved by mouse, by keyboard, one and several. */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { consoleScenarios, type MockPage } from "./browser/mock-page.js";

const scenario = consoleScenarios();
/** A VM of the calm pair, at home on alpha. */
const south = "Kamera Süd";
const door = "출입 통제";

const column = ({ page }: MockPage, node: string): Locator =>
  page.getByRole("region", { name: node, exact: true });
const card = (within: Locator, vm: string): Locator => within.getByRole("article", { name: vm, exact: true });

/** A VM that moves has shut down, started and paired up again by then. */
const moveSeconds = 60;

async function arrives(mock: MockPage, vm: string, node: string): Promise<void> {
  await mock.isGone(mock.dialog);
  await mock.step(moveSeconds);
  await mock.sees(card(column(mock, node), vm));
  await mock.sees(card(column(mock, node), vm).getByText("Protected"));
}

async function dragTo(mock: MockPage, vm: string, node: string): Promise<void> {
  const from = await mock.page
    .getByRole("article", { name: vm, exact: true })
    .getByText("Protected")
    .boundingBox();
  const to = await column(mock, node).boundingBox();
  assert.ok(from !== null && to !== null, "card and column are on the screen");
  const { mouse } = mock.page;
  await mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await mouse.down();
  await mouse.move(to.x + to.width / 2, to.y + 120, { steps: 8 });
}

scenario("overview-tells-each-vm-in-one-sentence", {}, async (mock) => {
  for (const [node, vms] of Object.entries({
    alpha: [south, door],
    beta: ["Kamera Nord", "Building management"],
  }))
    for (const vm of vms) {
      const one = card(column(mock, node), vm);
      await mock.sees(one.getByText("Protected"));
      await mock.sees(one.getByText(new RegExp(`If ${node} died now`, "i")));
    }
  await mock.sees(column(mock, "alpha").getByText(/would fit on alpha/));
  assert.match(await mock.page.title(), /Overview/);
});

scenario(
  "host-lost-and-back: sentences, places and alarms follow by themselves",
  { scenario: "host-loss" },
  async (mock) => {
    await mock.sees(card(column(mock, "beta"), "Kamera Nord"));
    await mock.step(17);
    await mock.sees(column(mock, "beta").getByText("Silent"));
    await mock.sees(card(column(mock, "alpha"), south).getByText(/Unprotected: beta is down since/));
    await mock.step(15);
    await mock.sees(card(column(mock, "alpha"), "Kamera Nord"));
    assert.match(await mock.page.title(), /^\(/, "the title of a hidden tab tells that there is an alarm");
    await mock.step(240);
    await mock.sees(card(column(mock, "alpha"), "Kamera Nord").getByText("Protected"));
    await mock.sees(column(mock, "beta").getByText("Reachable"));
  },
);

scenario("drag-to-the-other-host: asks what will happen, then moves", {}, async (mock) => {
  await mock.sees(card(column(mock, "alpha"), south));
  await dragTo(mock, south, "beta");
  await mock.seesText("Let go to move to beta");
  await mock.page.mouse.up();
  await mock.sees(mock.dialog.getByText("The guest restarts"));
  await mock.dialog.getByRole("button", { name: "Move to the other host" }).click();
  await arrives(mock, south, "beta");
});

scenario("drag-given-up: Escape while dragging changes nothing", {}, async (mock) => {
  await mock.sees(card(column(mock, "alpha"), south));
  await dragTo(mock, south, "beta");
  await mock.page.keyboard.press("Escape");
  await mock.page.mouse.up();
  await mock.step(1);
  assert.equal(await mock.dialog.count(), 0);
  await mock.sees(card(column(mock, "alpha"), south));
});

scenario("move-cancelled: the dialog closes and nothing was asked", {}, async (mock) => {
  await mock.button(`Move ${south} to beta`).click();
  await mock.dialog.getByRole("button", { name: "Cancel" }).click();
  await mock.isGone(mock.dialog);
  await mock.step(moveSeconds);
  await mock.sees(card(column(mock, "alpha"), south));
});

scenario("several-at-once: one question for all, each arrives", {}, async (mock) => {
  await mock.page.getByRole("checkbox", { name: `Select ${south}` }).check();
  await mock.page.getByRole("checkbox", { name: `Select ${door}` }).check();
  await mock.seesText("2 selected");
  await mock.page.getByLabel("Selected VMs").getByRole("button", { name: "Move to the other host" }).click();
  for (const vm of [south, door]) await mock.sees(mock.dialog.getByRole("region", { name: vm }));
  await mock.dialog.getByRole("button", { name: "Move to the other host" }).click();
  await arrives(mock, south, "beta");
  await mock.sees(card(column(mock, "beta"), door));
});

scenario("swap-refused-by-the-api: says why and what now, the page goes on", {}, async (mock) => {
  await mock.button(`Move ${south} to beta`).click();
  await mock.sees(mock.dialog.getByText("The guest restarts"));
  // Between question and answer beta is lost.
  await mock.mock("world.cluster.host('beta').powerOff()");
  await mock.step(6);
  await mock.dialog.getByRole("button", { name: "Move to the other host" }).click();
  await mock.sees(mock.dialog.getByText(/cam1 was refused/));
  await mock.sees(mock.dialog.getByText(/GEMEL-1009/));
  await mock.dialog.getByRole("button", { name: "Cancel" }).click();
  await mock.isGone(mock.dialog);
  await mock.button(/^Balance/).click();
  await mock.sees(mock.dialog);
});

scenario(
  "balance: shows its moves and why, then makes them one after another",
  { scenario: "thirty-two" },
  async (mock) => {
    await mock.button(/^Balance/).click();
    const moves = mock.dialog.getByRole("list").first().getByRole("listitem");
    await mock.sees(moves);
    const count = await moves.count();
    assert.ok(count > 0, "the mock has something to balance");
    const vm = await moves.first().locator("strong").innerText();
    await mock.dialog.getByRole("button", { name: "Move them, one after another" }).click();
    await mock.seesText(new RegExp(`Moving ${vm} to `));
    for (let move = 0; move < count; move += 1) {
      await mock.isCalm();
      await mock.step(moveSeconds);
    }
    await mock.seesText(new RegExp(`${count} of ${count} VMs were moved`));
  },
);

scenario("pause-and-resume: with a reason or in a hurry, everybody sees it in red", {}, async (mock) => {
  await mock.button("Pause failover").click();
  await mock.dialog.getByRole("button", { name: "Pause" }).click();
  await mock.seesText(/Automatic failover is paused By anna/);
  await mock.button("Resume automatic failover").click();
  await mock.button("Pause failover").click();
  await mock.dialog.getByRole("textbox", { name: "Why" }).fill("the switch is replaced");
  await mock.dialog.getByRole("button", { name: "Pause" }).click();
  await mock.isGone(mock.dialog);
  await mock.seesText("Automatic failover is paused: the switch is replaced");
  await mock.button("Resume automatic failover").click();
  await mock.isGone(mock.page.getByText("Automatic failover is paused: the switch is replaced"));
});

scenario(
  "alarm-acknowledged-by-name: silenced, and still there",
  { scenario: "host-loss", as: "control" },
  async (mock) => {
    await mock.step(20);
    const alarms = mock.page.getByRole("region", { name: "Alarms" });
    const open = alarms.getByRole("button", { name: "Acknowledge" });
    await mock.sees(open);
    // More than three fold: all are counted, or one that was behind takes the acknowledged one's place.
    const more = alarms.getByRole("button", { name: /more alarms?$/ });
    if ((await more.count()) > 0) await more.click();
    const before = await open.count();
    await open.first().click();
    await mock.button("1 acknowledged alarm").click();
    await mock.sees(mock.dialog.getByText(/carl/));
    assert.equal(await open.count(), before - 1);
  },
);

scenario("monitor-may-look-only: every action is greyed and says why", { as: "monitor" }, async (mock) => {
  await mock.button(`Actions for ${south}`).click();
  const move = mock.page.getByRole("menuitem", { name: /Move to beta/ });
  await mock.sees(move.getByText(/needs the role Control; you are logged in as Monitor/));
  await move.click({ force: true });
  assert.equal(await mock.dialog.count(), 0);
  await mock.page.keyboard.press("Escape");
  assert.equal(await mock.button("Pause failover").getAttribute("aria-disabled"), "true");
  await mock.button("Pause failover").focus();
  await mock.sees(mock.page.getByRole("tooltip", { name: /needs the role Control/ }));
  assert.equal(await mock.button("Protect a VM").getAttribute("aria-disabled"), "true");
});

scenario("nothing-protected-yet: says what to do first", { scenario: "empty" }, async (mock) => {
  await mock.seesText("No VM is protected yet");
  await mock.button("Protect the first VM").click();
  await mock.sees(mock.page.getByRole("heading", { level: 1, name: /Protect/ }));
});

scenario(
  "telephone: no sideways scrolling, the cards below each other",
  { width: 390, height: 844 },
  async (mock) => {
    await mock.sees(card(column(mock, "alpha"), south));
    const wide = await mock.page.evaluate<number>("document.documentElement.scrollWidth");
    assert.ok(wide <= 390, `the page is ${wide} pixels wide on a telephone of 390`);
  },
);
