// SPDX-License-Identifier: Apache-2.0
/** When what the page shows is not the present: it says so, keeps what it knew, and finds back by itself. */
import type { Locator } from "playwright-core";
import { consoleScenarios } from "./browser/mock-page.js";

const scenario = consoleScenarios();
/** A page whose node is silent looks for the other one; the mock's addresses lead nowhere. */
const theOtherNode = [/https:\/\/10\.0\.\d+\.\d+:7410/];

scenario(
  "stale-stream: the page calls its own picture old until it hears again",
  { scenario: "stale-stream" },
  async (mock) => {
    await mock.sees(mock.page.getByText("live", { exact: true }));
    await mock.step(30);
    await mock.seesText(/What you see is old: nothing was heard since/);
    await mock.sees(mock.page.getByRole("article", { name: "Kamera Süd" }));
    await mock.step(50);
    await mock.sees(mock.page.getByText("live", { exact: true }));
    await mock.isGone(mock.page.getByText(/What you see is old/));
  },
);

scenario(
  "nobody-answers: last known state with its age, the commands to type, and back",
  { scenario: "nobody-answers", may: theOtherNode },
  async (mock) => {
    await mock.sees(mock.page.getByRole("article", { name: "Kamera Süd" }));
    await mock.step(45);
    await mock.seesText(/No node answers/);
    await mock.seesText("gemel status");
    await mock.step(60);
    await mock.sees(mock.page.getByRole("article", { name: "Kamera Süd" }));
    await mock.isGone(mock.page.getByText(/No node answers/));
  },
);

scenario("nobody-answers-from-the-first: says so, and asks again", {}, async (mock) => {
  await mock.sees(mock.page.getByRole("article", { name: "Kamera Süd" }));
  await mock.page.addInitScript(`Object.defineProperty(window, "mock", {
    configurable: true,
    set(mock) {
      mock.world.trouble = "silent";
      Object.defineProperty(window, "mock", { value: mock });
    },
  })`);
  await mock.page.reload();
  await mock.seesText(/No node answers/);
  await mock.mock("world.trouble = 'none'");
  await mock.button("Ask again").click();
  await mock.sees(mock.page.getByRole("article", { name: "Kamera Süd" }));
});

scenario(
  "upgraded-while-open: a page that is gone says why, the rest goes on",
  { may: [/status of 404/, /could not be fetched/] },
  async (mock) => {
    const way = (name: string): Locator => mock.page.getByRole("link", { name, exact: true });
    await mock.page.route(/\/assets\/Events-.*\.js$/, async (route) => {
      await route.fulfill({ status: 404 });
    });
    await way("Events").click();
    await mock.sees(mock.page.getByRole("heading", { level: 1, name: "This page broke" }));
    await mock.seesText(/the console on this node was probably updated/);
    await way("Cluster").click();
    await mock.sees(mock.page.getByRole("heading", { level: 1, name: "Cluster" }));
    await way("Events").click();
    await mock.sees(mock.button("Load it again"));
    await mock.page.unroute(/\/assets\/Events-.*\.js$/);
    await mock.button("Load it again").click();
    await mock.sees(mock.page.getByRole("heading", { level: 1, name: "Events" }));
    // The session ends later; this page never needed the login before.
    await mock.page.route(/\/assets\/Login-.*\.js$/, async (route) => {
      await route.fulfill({ status: 404 });
    });
    await mock.mock("enter(null)");
    await way("Users").click();
    await mock.seesText(/the console on this node was probably updated/);
    await mock.page.unroute(/\/assets\/Login-.*\.js$/);
    await mock.button("Load it again").click();
    await mock.sees(mock.page.getByRole("textbox", { name: "User" }));
  },
);
