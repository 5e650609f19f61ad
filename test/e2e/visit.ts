// SPDX-License-Identifier: Apache-2.0
/**
 * People at the console of real daemons: each has a browser of their own and finds things as a person does,
 * by what they are called. And the way in which a story about them is told: step by step, in one lab.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { watchFaults } from "../console/browser/faults.js";
import type { NodeName, Twins } from "./twins.js";

/** A guest under TCG shuts down, boots and is filled again within this. */
export const moveLimitMs = 90_000;
export const waitLimitMs = 60_000;

/** Not "Unprotected". */
export const isProtected = /^Protected/;

/** The browser tells of these by itself: nobody is logged in at first, requests are refused, hosts die. */
const provoked = [/Failed to load resource/, /net::ERR_/];

export type Step = (name: string, act: (context: TestContext) => Promise<void>) => void;

/**
 * Registers steps that build on each other: one that fails says what everybody would have seen, and ends the
 * story.
 */
export function storyTeller(pictures: () => readonly Promise<string>[]): Step {
  let isBroken = false;
  return (name, act) => {
    test(name, async (context) => {
      assert.ok(!isBroken, "an earlier step failed");
      try {
        await act(context);
      } catch (failure) {
        isBroken = true;
        for (const seen of await Promise.allSettled(pictures()))
          context.diagnostic(seen.status === "fulfilled" ? seen.value : String(seen.reason));
        throw failure;
      }
    });
  };
}

interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** One person's browser. */
export class Visit {
  private constructor(
    private readonly twins: Twins,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly faults: readonly string[],
  ) {}

  static async begin(browser: Browser, twins: Twins): Promise<Visit> {
    // As somebody who accepts the browser's warning; that the certificate is right is proven by lab-console.
    const screen = { viewport: { width: 1280, height: 900 }, locale: "en-GB" };
    // Without a graphics card what moves would take the processor from the guests.
    const calm = { reducedMotion: "reduce" } as const;
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...screen, ...calm });
    context.setDefaultTimeout(waitLimitMs);
    const page = await context.newPage();
    // A page whose node is silent looks for the other one at any of its addresses.
    const origins = (await twins.status("alpha")).nodes.flatMap(({ urls }) => urls);
    return new Visit(twins, context, page, watchFaults(page, origins, provoked));
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  card(node: NodeName, name: string): Locator {
    const column = this.page.getByRole("region", { name: node, exact: true });
    return column.getByRole("article", { name, exact: true });
  }

  /** Opens the console of a node. */
  async goto(node: NodeName): Promise<void> {
    await this.page.goto(`${this.twins.host(node).consoleUrl ?? ""}/`);
  }

  /** From page to page by the masthead. */
  async visit(page: "Overview" | "Protect" | "Cluster" | "Events" | "Users"): Promise<void> {
    const ways = this.page.getByRole("navigation", { name: "Pages" });
    await ways.getByRole("link", { name: page, exact: true }).click();
    await this.sees(this.page.getByRole("heading", { level: 1, name: page, exact: true }));
  }

  /** A module's own page, by its card. */
  async open(node: NodeName, name: string): Promise<void> {
    await this.visit("Overview");
    await this.card(node, name).getByRole("link", { name, exact: true }).click();
    await this.sees(this.page.getByRole("heading", { level: 1, name, exact: true }));
  }

  async logIn(user: string, password: string): Promise<void> {
    await this.page.getByRole("textbox", { name: "User" }).fill(user);
    await this.page.getByRole("textbox", { name: "Password" }).fill(password);
    await this.page.getByRole("button", { name: "Log in" }).click();
  }

  /** Up to the moment before the button is let go. */
  async dragTo(node: NodeName, name: string): Promise<void> {
    const card = this.page.getByRole("article", { name, exact: true });
    const from = await card.getByText(isProtected).first().boundingBox();
    const to = await this.page.getByRole("region", { name: node, exact: true }).boundingBox();
    assert.ok(from !== null && to !== null, "card and column are on the screen");
    const { mouse } = this.page;
    await mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await mouse.down();
    await mouse.move(to.x + to.width / 2, to.y + 120, { steps: 8 });
  }

  /** What the page's own session may do, asked past its buttons. */
  async post(path: string, body: object): Promise<Refusal> {
    return await this.page.evaluate<Refusal>(`(async () => {
      const { csrf } = await (await fetch("/api/v1/session")).json();
      const headers = { "content-type": "application/json", "x-gemel-csrf": csrf };
      const sent = { method: "POST", headers, body: ${JSON.stringify(JSON.stringify(body))} };
      const answer = await fetch("/api/v1${path}", sent);
      return { status: answer.status, code: (await answer.json()).code };
    })()`);
  }

  /** What the page itself could ask. */
  async get<T>(path: string): Promise<T> {
    return await this.page.evaluate<T>(`fetch("/api/v1${path}").then((answer) => answer.json())`);
  }

  /** What stands beside a field, as a screen reader would say it. */
  async besides(field: Locator): Promise<string> {
    const said = (await field.getAttribute("aria-describedby")) ?? "none";
    return await this.page.locator(`[id="${said}"]`).innerText();
  }

  async sees(what: Locator, timeout = waitLimitMs): Promise<void> {
    await what.first().waitFor({ state: "visible", timeout });
  }

  async seesText(text: string | RegExp, timeout = waitLimitMs): Promise<void> {
    await this.sees(this.page.getByText(text), timeout);
  }

  async isGone(what: Locator): Promise<void> {
    await what.first().waitFor({ state: "hidden" });
  }

  /** What a person with a screen reader would have met: says more than a stack. */
  async picture(): Promise<string> {
    const tree = await this.page.locator("body").ariaSnapshot({ timeout: 5_000 }).catch(String);
    return `${this.page.url()}\n${this.faults.join("\n")}\n${tree.split("\n").slice(0, 250).join("\n")}`;
  }
}
