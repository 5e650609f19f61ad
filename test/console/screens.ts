// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run console:screens`: every page as a picture, docs/console/PAGE-THEME-WIDTH.png.
 *
 * The mock's time and chance are the same in every run and nothing moves, so that a picture changes only
 * when the page does. A page that complains while it is photographed fails the run.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { launch } from "./browser/chromium.js";
import { watchFaults } from "./browser/faults.js";
import { addressOf, contextFor, MockPage, usualStage, type Theme } from "./browser/mock-page.js";
import { withPalette } from "./browser/picture.js";
import { serveMock, type Site } from "./browser/site.js";
import { views, type View } from "./browser/views.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const folder = join(root, "docs", "console");
const themes: readonly Theme[] = ["light", "dark"];
/** A telephone, a laptop, a wall. */
const sizes = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;
const totalBytesMax = 6 * 1024 * 1024;

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });

async function photograph(browser: Browser, site: Site, view: View, theme: Theme): Promise<string[]> {
  const faults: string[] = [];
  for (const size of sizes) {
    const stage = { ...usualStage, ...view, ...size, theme };
    const context = await contextFor(browser, stage);
    const page = await context.newPage();
    const seen = watchFaults(page, [site.url]);
    const mock = new MockPage(page, site);
    await page.goto(addressOf(site, stage));
    await mock.sees(page.getByRole("heading", { level: 1 }));
    if (view.seconds > 0) await mock.step(view.seconds);
    await mock.isCalm();
    const path = join(folder, `${view.name}-${theme}-${size.width}.png`);
    writeFileSync(path, withPalette(await page.screenshot({ animations: "disabled", caret: "hide" })));
    await context.close();
    faults.push(...seen.map((fault) => `${view.name} ${theme} ${size.width}: ${fault}`));
  }
  return faults;
}

/** Pictures of pages that are gone would be believed. */
function dropOld(): void {
  for (const name of readdirSync(folder)) if (name.endsWith(".png")) rmSync(join(folder, name));
}

const site = await serveMock();
const browser = await launch();
const faults: string[] = [];
try {
  mkdirSync(folder, { recursive: true });
  if (values.only === "") dropOld();
  for (const view of views.filter(({ name }) => name.includes(values.only)))
    for (const theme of themes) faults.push(...(await photograph(browser, site, view, theme)));
} finally {
  await browser.close();
  site.close();
}
const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
console.log(`docs/console: ${readdirSync(folder).length} files, ${(bytes / 1024 / 1024).toFixed(1)} MiB`);
if (bytes > totalBytesMax) faults.push(`${bytes} bytes of pictures; ${totalBytesMax} are wanted at most`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
