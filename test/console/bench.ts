// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run console:bench`: 32 modules with new figures every second. Prints how long a person waits after a
 * click or a key, and what the page holds over ten simulated minutes. Numbers are printed, never asserted:
 * they are this machine's.
 */
import type { Browser, Page } from "playwright-core";
import { launch } from "./browser/chromium.js";
import { Heap, playSeconds } from "./browser/heap.js";
import { Latencies, percentile } from "./browser/latency.js";
import { addressOf, contextFor, MockPage, usualStage } from "./browser/mock-page.js";
import { serveMock, type Site } from "./browser/site.js";

const minutes = 10;
const rounds = 20;
const stage = { ...usualStage, scenario: "thirty-two", width: 1920, height: 1080 };

async function opened(browser: Browser, site: Site): Promise<MockPage> {
  const page = await (await contextFor(browser, stage)).newPage();
  await page.goto(addressOf(site, stage));
  const mock = new MockPage(page, site);
  await mock.sees(page.getByRole("heading", { level: 1 }));
  await playSeconds(page, 60);
  await mock.isCalm();
  return mock;
}

/** Opens and closes menus, chooses several cards, walks by keyboard, while the figures go on. */
async function touchEverything(page: Page): Promise<void> {
  const menus = page.getByRole("button", { name: /^Actions/ });
  const count = await menus.count();
  for (let round = 0; round < rounds; round += 1) {
    await menus.nth(round % count).click();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
  }
}

async function measureLatency(browser: Browser, site: Site): Promise<string> {
  const mock = await opened(browser, site);
  await mock.run();
  const latencies = await Latencies.of(mock.page);
  await touchEverything(mock.page);
  const taken = await latencies.taken();
  await mock.page.context().close();
  const of = (share: number): string => percentile(taken, share).toFixed(0).padStart(4);
  const spread = `median ${of(0.5)} ms, p95 ${of(0.95)} ms, worst ${of(1)} ms`;
  return `${taken.length} interactions: ${spread} (goal: p95 < 100 ms)`;
}

async function measureMemory(browser: Browser, site: Site): Promise<string[]> {
  const mock = await opened(browser, site);
  const heap = await Heap.of(mock.page);
  const lines = ["minute  heap MiB  nodes  listeners"];
  for (let minute = 0; minute <= minutes; minute += 1) {
    if (minute > 0) await playSeconds(mock.page, 60);
    const { heapBytes, elements, listeners } = await heap.held();
    const mib = (heapBytes / 1024 / 1024).toFixed(1);
    lines.push([String(minute).padStart(6), mib.padStart(8), elements, listeners].join("  "));
  }
  await mock.page.context().close();
  return lines;
}

const site = await serveMock();
const browser = await launch("--enable-precise-memory-info");
try {
  console.log(await measureLatency(browser, site));
  for (const line of await measureMemory(browser, site)) console.log(line);
} finally {
  await browser.close();
  site.close();
}
