// SPDX-License-Identifier: Apache-2.0
/**
 * A browser page before the mock cluster, for one test: a fresh session storage, time that only the test
 * moves, and a judgement at the end whether the page misbehaved on the way.
 */
import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import type { Role } from "../../../core/api/contract.js";
import { launch } from "./chromium.js";
import { watchFaults } from "./faults.js";
import { serveMock, type Site } from "./site.js";

/** Long enough for a loaded machine; nothing that is measured depends on it. */
export const waitLimitMs = 15_000;
/** Nobody presses a key oftener than that to come somewhere: what is farther off is out of reach. */
const pressesMax = 60;
const testLimitMs = 150_000;

/** What the mock's hosts and the browser show at the beginning; only the mock's time moves either. */
const startAt = "2026-11-20T14:05:00Z";
/** The mock's users, by what they may do. */
export const people: Readonly<Record<Role, string>> = { admin: "anna", control: "carl", monitor: "mona" };

const oneTime = `(() => {
  const Real = Date;
  const start = Real.parse("${startAt}");
  const now = () => start + (globalThis.mock?.world.now ?? 0);
  globalThis.Date = class extends Real {
    constructor(...given) { if (given.length === 0) super(now()); else super(...given); }
    static now() { return now(); }
  };
})()`;

/** A colour on its way from one theme to the other is in neither. */
const transitionsEnd = `Promise.allSettled(
  document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished),
).then(() => true)`;

export type Theme = "light" | "dark";

export interface Stage {
  readonly at: string;
  readonly scenario: string;
  /** null: nobody is logged in. */
  readonly as: Role | null;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
  readonly locale: string;
  /** A screen that is touched. */
  readonly hasTouch: boolean;
  /** Run in the page before anything of its own: stands in for what a test cannot have. */
  readonly before: string;
  /** Complaints of the browser that this test provokes. */
  readonly may: readonly RegExp[];
}

export const usualStage: Stage = {
  at: "/",
  scenario: "calm",
  as: "admin",
  theme: "light",
  width: 1280,
  height: 900,
  locale: "en-GB",
  hasTouch: false,
  before: "",
  may: [],
};

export class MockPage {
  constructor(
    readonly page: Page,
    readonly site: Site,
  ) {}

  /** Moves the mock's time on, and gives the page a moment to show it. */
  async step(seconds: number): Promise<void> {
    await this.page.evaluate(`mock.advance(${seconds * 1000})`);
  }

  /** Lets the mock's time run by itself from here on, a second per second. */
  async run(): Promise<void> {
    await this.page.evaluate("void setInterval(() => mock.advance(1000), 1000)");
  }

  /** Nothing is under way that would change the page: requests, fonts, a frame, a change of colours. */
  async isCalm(): Promise<void> {
    await this.page.waitForLoadState("networkidle");
    await this.page.evaluate("document.fonts.ready.then(() => true)");
    await this.page.evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
    );
    await this.page.evaluate(transitionsEnd);
  }

  /** Calls the mock's control, as `npm run dev` offers it in the browser's console. */
  async mock(call: string): Promise<unknown> {
    return await this.page.evaluate(`mock.${call}`);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  /** Walks by Tab, as somebody without a mouse must, until `wanted` has the focus. */
  async tabTo(wanted: Locator): Promise<void> {
    await this.pressUntil("Tab", wanted);
  }

  async pressUntil(key: string, wanted: Locator): Promise<void> {
    const focused = this.page.locator(":focus").and(wanted);
    for (let press = 0; press < pressesMax; press += 1) {
      if ((await focused.count()) > 0) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${pressesMax} presses of ${key} do not lead to ${String(wanted)}`);
  }

  async sees(what: Locator): Promise<void> {
    await what.first().waitFor({ state: "visible" });
  }

  async seesText(text: string | RegExp): Promise<void> {
    await this.sees(this.page.getByText(text));
  }

  async isGone(what: Locator): Promise<void> {
    await what.first().waitFor({ state: "hidden" });
  }
}

export function addressOf(site: Site, stage: Stage): string {
  const url = new URL(stage.at, site.url);
  url.searchParams.set("scenario", stage.scenario);
  url.searchParams.set("at", startAt);
  url.searchParams.set("speed", "0");
  url.searchParams.set("menu", "off");
  if (stage.as !== null) url.searchParams.set("as", people[stage.as]);
  return url.href;
}

export async function contextFor(browser: Browser, stage: Stage): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: stage.width, height: stage.height },
    colorScheme: stage.theme,
    reducedMotion: "reduce",
    locale: stage.locale,
    hasTouch: stage.hasTouch,
    timezoneId: "Europe/Berlin",
  });
  context.setDefaultTimeout(waitLimitMs);
  await context.addInitScript(oneTime);
  await context.addInitScript(stage.before);
  return context;
}

export type Act = (mock: MockPage, context: TestContext) => Promise<void>;

/**
 * One browser and one site for a file; `scenario(name, stage, act)` registers a test with a page of its own.
 */
export function consoleScenarios(): (name: string, stage: Partial<Stage>, act: Act) => void {
  let browser: Browser | undefined;
  let site: Site | undefined;
  before(async () => {
    site = await serveMock();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });
  return (name, given, act) => {
    const stage = { ...usualStage, ...given };
    test(name, { timeout: testLimitMs }, async (context) => {
      assert.ok(browser !== undefined && site !== undefined, "browser and site are there");
      const world = await contextFor(browser, stage);
      try {
        await run(await world.newPage(), site, stage, act, context);
      } finally {
        await world.close();
      }
    });
  };
}

/** In one piece: Playwright's own waiting evaluates a string within the page, which its policy forbids. */
const mockIsThere = `new Promise((done, failed) => {
  const look = (left) => {
    if (globalThis.mock !== undefined) done(true);
    else if (left <= 0) failed(new Error("the mock cluster did not start within ${waitLimitMs} ms"));
    else setTimeout(look, 20, left - 20);
  };
  look(${waitLimitMs});
})`;

async function run(page: Page, site: Site, stage: Stage, act: Act, context: TestContext): Promise<void> {
  const faults = watchFaults(page, [site.url], stage.may);
  try {
    await page.goto(addressOf(site, stage));
    await page.evaluate(mockIsThere);
    await act(new MockPage(page, site), context);
  } catch (failure) {
    context.diagnostic(`${page.url()}\n${faults.join("\n")}\n${await pictureOf(page)}`);
    throw failure;
  }
  assert.deepEqual(faults, [], "the page neither complained nor asked anybody else");
}

/** What a person with a screen reader would have met: says more than a stack. */
async function pictureOf(page: Page): Promise<string> {
  const tree = await page.locator("body").ariaSnapshot().catch(String);
  return tree.split("\n").slice(0, 120).join("\n");
}
