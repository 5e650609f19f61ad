// SPDX-License-Identifier: Apache-2.0
/** When what the page shows is not the present: it says so, keeps what it knew, and finds back by itself. */
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
