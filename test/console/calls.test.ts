// SPDX-License-Identifier: Apache-2.0
/**
 * What calls for a person, or waits for one: sound and notification of an alarm, the announced log-out, the
 * wait after wrong passwords. Sound, notification and the page's own clock are stood in for.
 */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { alarmOverAfter } from "../../core/base/limits.js";
import { mockPasswords } from "../../ui/mock/rooms/access.js";
import { consoleScenarios, people, type MockPage } from "./browser/mock-page.js";

const scenario = consoleScenarios();

/** What the page does every `ms` or less often it does so many times as often. */
const oftener = (ms: number, times: number): string => `
  const every = setInterval;
  globalThis.setInterval = (run, ms, ...given) => every(run, ms >= ${ms} ? ms / ${times} : ms, ...given);
`;

/** Counts tones. */
const heard = `
  ${oftener(5000, 150)}
  globalThis.rings = 0;
  globalThis.mayRing = true;
  globalThis.AudioContext = class {
    get state() {
      return mayRing ? "running" : "suspended";
    }
    resume() {
      return new Promise((done) => mayRing && done());
    }
    currentTime = 0;
    destination = {};
    createOscillator() {
      const frequency = { setValueAtTime() {} };
      return { frequency, connect: (to) => to, start: () => (rings += 1), stop() {} };
    }
    createGain() {
      const gain = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
      return { gain, connect: (to) => to };
    }
  };
`;

/** Three times as long as a tone comes after the last one. */
const threeRounds = `new Promise((done) => {
  let rounds = 0;
  const timer = setInterval(() => {
    rounds += 1;
    if (rounds < 3) return;
    clearInterval(timer);
    done(true);
  }, 15_000);
})`;

const rings = async ({ page }: MockPage): Promise<number> => await page.evaluate<number>("rings");

async function ringsOn(mock: MockPage): Promise<boolean> {
  const before = await rings(mock);
  await mock.page.evaluate(threeRounds);
  return (await rings(mock)) > before;
}

/** By keyboard: what is drawn of a switch lies over it. */
async function toggle({ page }: MockPage, wish: Locator): Promise<void> {
  await wish.focus();
  await page.keyboard.press("Space");
}

async function alarm(mock: MockPage, begins: boolean): Promise<void> {
  await mock.mock(begins ? "pauseBy('carl', 'works')" : "resume()");
  await mock.step(1);
}

scenario(
  "alarm-sound: until acknowledged, and only where wished",
  { at: "/account", before: heard },
  async (mock) => {
    const wish = mock.page.getByRole("switch", { name: /^Play a sound/ });
    await mock.sees(wish);
    await toggle(mock, wish);
    assert.equal(await ringsOn(mock), false, "there is no alarm");
    assert.equal(await rings(mock), 1, "the switch lets hear what it will be");
    await toggle(mock, wish);
    await alarm(mock, true);
    await mock.seesText("Automatic failover is paused: works");
    assert.equal(await ringsOn(mock), false, "nobody wished for a sound");
    await toggle(mock, wish);
    assert.equal(await ringsOn(mock), true, "an open alarm rings again and again");
    await mock.button(/^Acknowledge: Automatic failover is paused/).click();
    await mock.sees(mock.button("1 acknowledged alarm"));
    assert.equal(await ringsOn(mock), false, "somebody has acknowledged");
    await alarm(mock, false);
    await mock.step(alarmOverAfter / 1000 + 5);
    await alarm(mock, true);
    assert.equal(await ringsOn(mock), true, "the same alarm again is a new one");
    await mock.page.evaluate("mayRing = false");
    await mock.seesText("The browser keeps the alarm sound back until this page is touched");
    assert.equal(await ringsOn(mock), false, "the browser forbids it");
    await mock.page.evaluate("mayRing = true");
    await mock.page.keyboard.press("Shift");
    await mock.isGone(
      mock.page.getByText("The browser keeps the alarm sound back until this page is touched"),
    );
    await toggle(mock, wish);
    assert.equal(await ringsOn(mock), false, "it is no longer wished for");
  },
);

/** Permission is asked for twice: refused, then granted. */
const notified = `
  globalThis.shown = [];
  globalThis.Notification = class {
    static permission = "default";
    static answers = ["denied", "granted"];
    static async requestPermission() {
      Notification.permission = Notification.answers.shift();
      return Notification.permission;
    }
    constructor(title, { body }) {
      shown.push(title + " | " + body);
    }
  };
`;

scenario(
  "alarm-notification: refused is told, then each alarm once",
  { at: "/account", before: notified },
  async (mock) => {
    const wish = mock.page.getByRole("switch", { name: /^Show a notification/ });
    const shown = async (): Promise<string[]> => await mock.page.evaluate<string[]>("shown");
    await toggle(mock, wish);
    await mock.seesText("The browser does not allow notifications of this page.");
    assert.equal(await wish.isChecked(), false);
    await alarm(mock, true);
    assert.deepEqual(await shown(), [], "what is not allowed is not tried");
    await alarm(mock, false);
    await toggle(mock, wish);
    await mock.isGone(mock.page.getByText("The browser does not allow notifications of this page."));
    assert.deepEqual((await shown()).splice(0), ["An alarm looks like this. | It says what to do next."]);
    await alarm(mock, true);
    await mock.seesText("Automatic failover is paused: works");
    const told =
      "Automatic failover is paused since 15:05 UTC+1 by carl (works): nothing takes over by itself. | " +
      "gemel resume";
    for (let second = 0; second < 3; second += 1) await mock.step(1);
    assert.deepEqual((await shown()).slice(1), [told]);
    await alarm(mock, false);
    await mock.isGone(mock.page.getByText("Automatic failover is paused: works"));
    await alarm(mock, true);
    await mock.seesText("Automatic failover is paused: works");
    assert.deepEqual((await shown()).slice(1), [told, told], "once for each time that it begins");
  },
);

/** The page's own clock, which a test moves on. */
const ownClock = `
  ${oftener(1000, 10)}
  globalThis.ahead = 0;
  const own = performance.now.bind(performance);
  performance.now = () => own() + ahead;
`;
const later = async ({ page }: MockPage, seconds: number): Promise<void> => {
  await page.evaluate(`ahead += ${seconds * 1000}`);
};
const idleSeconds = 1_800;

scenario(
  "idle: announced, kept by whoever is there, ended in silence",
  { before: ownClock },
  async (mock) => {
    const question = mock.dialog.getByRole("heading", { name: "Are you still there?" });
    const told = async (): Promise<number> => await mock.page.evaluate<number>("told");
    await mock.sees(mock.page.getByRole("heading", { level: 1, name: "Overview" }));
    await mock.page.evaluate(`
    globalThis.told = 0;
    const asked = mock.request.bind(mock);
    mock.request = (method, path, body) => {
      if (path === "/session") told += 1;
      return asked(method, path, body);
    };
  `);
    await later(mock, idleSeconds - 50);
    await mock.sees(question);
    await mock.sees(mock.dialog.getByText(/You will be logged out in \d+ s/));
    await mock.dialog.getByRole("button", { name: "Stay logged in" }).focus();
    await mock.page.keyboard.press("Enter");
    await mock.isGone(mock.dialog);
    assert.ok((await told()) > 0, "the node is told that somebody is there");
    await later(mock, idleSeconds - 50);
    await mock.sees(question);
    const before = await told();
    await mock.page.keyboard.press("Shift");
    await mock.isGone(mock.dialog);
    assert.ok((await told()) > before, "any touch tells it, too");
    await later(mock, idleSeconds + 10);
    await mock.seesText("You were logged out because nobody touched the console for a while.");
  },
);

scenario(
  "login-back-off: the wait counts down, then the right one enters",
  { as: null, before: ownClock },
  async (mock) => {
    const name = people.admin;
    const right = mockPasswords.find((one) => one.name === name)?.password ?? "";
    const secret = mock.page.getByRole("textbox", { name: "Password" });
    await mock.page.getByRole("textbox", { name: "User" }).fill(name);
    await secret.fill("not this one");
    for (let wrong = 0; wrong < 5; wrong += 1) {
      await mock.sees(mock.page.getByRole("button", { name: "Log in", disabled: false }));
      await mock.button("Log in").click();
      await mock.seesText(/The user or the password is wrong/);
    }
    const waits = mock.button(/^Wait \d+ s$/);
    // Twice as long each time: 1, 2, 4, 8 s.
    for (const wait of [1, 2, 4, 8]) {
      await mock.sees(mock.page.getByRole("button", { name: "Log in", disabled: false }));
      await mock.button("Log in").click();
      await mock.seesText(/Too many wrong passwords/);
      await mock.step(wait);
      await later(mock, wait);
      await mock.button("Log in").click();
      await mock.seesText(/The user or the password is wrong/);
    }
    await mock.sees(mock.page.getByRole("button", { name: "Log in", disabled: false }));
    await mock.button("Log in").click();
    await mock.sees(mock.button(/^Wait 1[0-6] s$/));
    assert.ok(await waits.isDisabled());
    await later(mock, 8);
    await mock.sees(mock.button(/^Wait [1-8] s$/));
    await mock.step(16);
    await later(mock, 8);
    await mock.seesText("You can try again now.");
    await secret.fill(right);
    await mock.button("Log in").click();
    await mock.sees(mock.page.getByRole("heading", { level: 1, name: "Overview" }));
  },
);
