// SPDX-License-Identifier: Apache-2.0
/**
 * A person without a mouse: nothing here points, clicks or fills. What a walk cannot reach within
 * `pressesMax` presses of one key counts as out of reach.
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { MockPage } from "./mock-page.js";

export class Keys {
  private readonly page: Page;

  constructor(private readonly mock: MockPage) {
    this.page = mock.page;
  }

  /** One after the other, as pressed: "Shift+Tab", "Enter", "a". */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Walks until `wanted` has the focus; it must be there by then. */
  async to(wanted: Locator, key = "Tab"): Promise<void> {
    await this.mock.sees(wanted);
    await this.mock.pressUntil(key, wanted);
  }

  async back(wanted: Locator): Promise<void> {
    await this.to(wanted, "Shift+Tab");
  }

  /** Walks there and presses it. */
  async enter(wanted: Locator, key = "Tab"): Promise<void> {
    await this.to(wanted, key);
    await this.press("Enter");
  }

  async space(wanted: Locator): Promise<void> {
    await this.to(wanted);
    await this.press("Space");
  }

  /** Walks to the field and types in the place of what stands there. */
  async write(field: Locator, text: string): Promise<void> {
    await this.to(field);
    await this.press("ControlOrMeta+a");
    await this.type(text);
  }

  /** The focus comes there by itself: after a dialog has closed, after another page was opened. */
  async comesTo(wanted: Locator): Promise<void> {
    await this.mock.sees(this.page.locator(":focus").and(wanted));
  }

  /** Walks once around: everything that Tab reaches lies within. */
  async staysIn(place: Locator, presses: number): Promise<void> {
    const inside = place.locator(":focus");
    for (let press = 0; press < presses; press += 1) {
      await this.press("Tab");
      assert.equal(await inside.count(), 1, `after ${press + 1} presses of Tab the focus has left`);
    }
  }
}
