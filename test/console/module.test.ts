// SPDX-License-Identifier: Apache-2.0
/**
 * One module: both nodes, the way of a write, what was, and what a person may do; the decision between two
 * copies.
 */
import assert from "node:assert/strict";
import { consoleScenarios, type MockPage } from "./browser/mock-page.js";

const scenario = consoleScenarios();
const at = "/modules/cam1";

/** What stands beside a field, as a screen reader would say it. */
async function besides({ page }: MockPage, field: string): Promise<string> {
  const ids = await page.getByLabel(field, { exact: true }).getAttribute("aria-describedby");
  return await page.locator(`#${ids ?? "none"}`).innerText();
}

scenario("module-shows-both-nodes-and-the-way-of-a-write", { at }, async (mock) => {
  await mock.step(30);
  await mock.sees(mock.page.getByRole("heading", { level: 1, name: "Kamera Süd" }));
  await mock.sees(mock.page.getByRole("heading", { level: 2, name: /^alpha PRIM/ }));
  await mock.sees(mock.page.getByRole("heading", { level: 2, name: /^beta SECOND/ }));
  await mock.sees(mock.page.getByRole("img", { name: /guest on alpha: writes flow, waits \d/ }));
});

scenario(
  "module-catching-up: progress with rate and time left, then protected",
  { at, scenario: "reintegration" },
  async (mock) => {
    await mock.step(2);
    await mock.sees(mock.page.getByRole("progressbar", { name: /Catching up/ }));
    await mock.seesText(/MiB\/s/);
    await mock.step(600);
    await mock.isGone(mock.page.getByRole("progressbar", { name: /Catching up/ }));
    await mock.sees(mock.page.getByText("Protected"));
  },
);

scenario("writes-wait: since when, why, and whose turn it is", { at, scenario: "frozen" }, async (mock) => {
  await mock.step(16);
  const drawing = mock.page.getByRole("img", { name: /A write.s way/ });
  const words = mock.page.getByRole("paragraph");
  await mock.sees(
    words.filter({ hasText: /^Writes wait since 15:05:13 .* because the data link to beta was lost/ }),
  );
  await mock.sees(drawing.and(mock.page.getByRole("img", { name: /guest on alpha: waits, waits –/ })));
  await mock.sees(drawing.getByText("17 in flight"));
  await mock.step(10);
  await mock.sees(words.filter({ hasText: /^The VM is paused on alpha: its writes wait since 15:05:13 / }));
  await mock.sees(mock.page.getByText("Needs a person"));
  await mock.sees(drawing.and(mock.page.getByRole("img", { name: /guest on alpha: at rest/ })));
  assert.equal(await drawing.getByText("complete copy").count(), 2, "nothing acknowledged is lacking");
  await mock.step(50);
  await mock.sees(mock.page.getByRole("img", { name: /guest on alpha: writes flow, waits \d/ }));
});

scenario("charts-in-three-ranges-and-in-words", { at }, async (mock) => {
  await mock.step(30);
  for (const range of ["1 hour", "24 hours", "30 days"]) {
    await mock.button(range).click();
    await mock.sees(mock.page.getByRole("img", { name: new RegExp(`What a write waits, ${range}.*Median`) }));
  }
  await mock.button("What a write waits in words and numbers").click();
  await mock.sees(mock.page.getByRole("columnheader", { name: /Median/ }));
});

scenario("timeline-explains-a-change: rule and evidence", { at, scenario: "host-loss" }, async (mock) => {
  await mock.step(40);
  // beta fell silent ten seconds after the beginning; five seconds later alpha went on alone.
  await mock.page
    .getByRole("button", { name: /^alpha, 20 Nov 2026 15:05:1[35]/ })
    .first()
    .click();
  await mock.page.getByRole("button", { name: /The freeze is answered/ }).click();
  await mock.seesText("R21");
  await mock.seesText(/silence/);
});

scenario(
  "settings-bad-input: the message stands beside its field, the page goes on",
  { at },
  async (mock) => {
    const field = "Automatic restarts at most";
    await mock.page.getByLabel(field, { exact: true }).fill("many");
    await mock.button("Save").click();
    await mock.sees(
      mock.page.getByLabel(field, { exact: true }).and(mock.page.locator('[aria-invalid="true"]')),
    );
    const told = await besides(mock, field);
    assert.match(told, /integer/);
    await mock.page.getByLabel(field, { exact: true }).fill("5");
    await mock.button("Save").click();
    await mock.seesText("Saved on both nodes.");
  },
);

scenario("settings-are-for-admins", { at, as: "control" }, async (mock) => {
  const field = mock.page.getByLabel("Automatic restarts at most", { exact: true });
  await mock.sees(field);
  assert.ok(await field.isDisabled());
  assert.equal(await mock.button("Save").count(), 0);
});

scenario("both-copies-compared", { at }, async (mock) => {
  await mock.button("Compare both copies").click();
  await mock.step(1);
  await mock.seesText("A comparison is going on.");
  await mock.step(300);
  await mock.seesText(/Last compared .*: no difference/);
});

scenario("protection-ended: the name is typed, a wrong one does nothing", { at }, async (mock) => {
  await mock.button("End protection …").click();
  const end = mock.dialog.getByRole("button", { name: "End protection" });
  const name = mock.dialog.getByRole("textbox", { name: "Type cam1 to confirm" });
  await name.fill("cam2");
  assert.ok(await end.isDisabled());
  await name.fill("cam1");
  await end.click();
  await mock.isGone(mock.dialog);
  await mock.step(600);
  await mock.page.getByRole("link", { name: "Overview" }).click();
  await mock.sees(mock.page.getByRole("article", { name: "Kamera Nord" }));
  assert.equal(await mock.page.getByRole("article", { name: "Kamera Süd" }).count(), 0);
});

scenario("module-stopped-and-started", { at }, async (mock) => {
  await mock.button("Stop").click();
  await mock.sees(mock.dialog);
  await mock.dialog.getByRole("button", { name: "Stop" }).click();
  await mock.isGone(mock.dialog);
  await mock.step(90);
  await mock.sees(mock.page.getByRole("heading", { level: 2, name: /^alpha STOP/ }));
  await mock.button("Start").click();
  await mock.dialog.getByRole("button", { name: "Start" }).click();
  await mock.isGone(mock.dialog);
  await mock.step(90);
  await mock.sees(mock.page.getByRole("heading", { level: 2, name: /^beta (PRIM|ALONE)/ }));
});

scenario(
  "decide: both copies side by side, the wrong name does nothing, then one goes on",
  { at: `${at}/decide`, scenario: "conflict" },
  async (mock) => {
    for (const node of ["alpha", "beta"]) await mock.seesText(`If ${node} goes on:`);
    assert.ok(await mock.button("Choose a copy first").isDisabled());
    await mock.page.getByRole("radio", { name: "beta goes on" }).check();
    const go = mock.button("Go on with the copy of beta");
    const name = mock.page.getByRole("textbox", { name: "Type cam1 to confirm" });
    await name.fill("CAM1");
    assert.ok(await go.isDisabled());
    await name.fill("cam1");
    await go.click();
    await mock.seesText("Decided: the copy of beta goes on");
    await mock.step(900);
    await mock.seesText("Decided: Kamera Süd is protected again");
  },
);

scenario("module-that-is-gone: says so and leads back", { at: "/modules/nothing" }, async (mock) => {
  await mock.sees(mock.page.getByRole("link", { name: /overview/i }).last());
  await mock.seesText(/no module|nothing/i);
});
