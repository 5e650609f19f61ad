// SPDX-License-Identifier: Apache-2.0
/**
 * With a finger: a card is moved by its grip, and everywhere else a finger scrolls the page. The touches are
 * given to the browser itself, so that its own judgement, scroll or not, is part of the test.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { CDPSession, Locator } from "playwright-core";
import { consoleScenarios, type MockPage } from "./browser/mock-page.js";

const scenario = consoleScenarios();
const south = "Kamera Süd";
/** Lower than the page: there is something to scroll. */
const tablet = { width: 1024, height: 700, hasTouch: true };
/** Longer than a browser looks back to tell how fast a finger was when it let go. */
const restMs = 300;

interface Spot {
  readonly x: number;
  readonly y: number;
}

async function middleOf(what: Locator): Promise<Spot> {
  const box = await what.boundingBox();
  assert.ok(box !== null, `${String(what)} is on the screen`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

class Finger {
  private constructor(private readonly session: CDPSession) {}

  static async of({ page }: MockPage): Promise<Finger> {
    return new Finger(await page.context().newCDPSession(page));
  }

  async down(at: Spot): Promise<void> {
    await this.send("touchStart", [at]);
  }

  /** As a finger goes: in small steps. */
  async draw(from: Spot, to: Spot): Promise<void> {
    const steps = 10;
    for (let step = 1; step <= steps; step += 1) {
      const part = step / steps;
      await this.send("touchMove", [
        { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part },
      ]);
    }
  }

  /**
   * Stands still before it lets go, as with everything that is put down. A finger that lets go in motion
   * throws, and the browser takes the next touch as the one that stops what was thrown: it presses nothing.
   */
  async rest(): Promise<void> {
    await delay(restMs);
  }

  async up(): Promise<void> {
    await this.send("touchEnd", []);
  }

  private async send(type: "touchStart" | "touchMove" | "touchEnd", touchPoints: Spot[]): Promise<void> {
    await this.session.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}

const scrolled = async ({ page }: MockPage): Promise<number> =>
  await page.evaluate<number>("document.querySelector('main').scrollTop");

/** Resolves once the page has been scrolled so far and rests. */
const scrollEnds = `new Promise((done, failed) => {
  const main = document.querySelector("main");
  let last = -1;
  let looks = 0;
  const look = () => {
    looks += 1;
    if (looks > 100) return failed(new Error("the page was not scrolled: " + main.scrollTop));
    if (main.scrollTop > 20 && main.scrollTop === last) return done(true);
    last = main.scrollTop;
    setTimeout(look, 100);
  };
  look();
})`;

scenario("touch: the grip drags a card to the other host, a swipe scrolls", tablet, async (mock) => {
  const { page } = mock;
  const finger = await Finger.of(mock);
  const card = page.getByRole("article", { name: south, exact: true });
  await mock.sees(card.getByText("Protected"));

  const words = await middleOf(card.getByText("Protected"));
  await finger.down(words);
  await finger.draw(words, { x: words.x, y: words.y - 200 });
  await finger.up();
  await page.evaluate(scrollEnds);
  assert.equal(await page.getByText(/^Let go to move/).count(), 0);
  assert.equal(await mock.dialog.count(), 0);

  const before = await scrolled(mock);
  const grip = await middleOf(mock.button(`Move ${south} to beta`));
  const beta = await middleOf(
    page.getByRole("region", { name: "beta", exact: true }).getByRole("heading", { level: 2 }),
  );
  await finger.down(grip);
  await finger.draw(grip, { x: beta.x, y: grip.y });
  await mock.seesText("Let go to move to beta");
  await finger.rest();
  assert.equal(await scrolled(mock), before, "the page stands still while a card is dragged");
  await finger.up();
  await mock.sees(mock.dialog.getByText("The guest restarts"));
  await mock.dialog.getByRole("button", { name: "Move to the other host" }).tap();
  await mock.isGone(mock.dialog);
  await mock.step(60);
  await mock.sees(
    page.getByRole("region", { name: "beta", exact: true }).getByRole("article", { name: south }),
  );
});
