// SPDX-License-Identifier: Apache-2.0
/**
 * Debian's own Chromium, driven through its debugging port: the browser that is tested is one that is
 * maintained by the distribution, and nothing is downloaded for the tests.
 */
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const executables = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch(...flags: string[]): Promise<Browser> {
  const executablePath = executables.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error("There is no Chromium: install the package chromium (npm run setup -- --list).");
  // Its own sandbox needs an unprivileged user; what it loads here is our own page.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const calm = [
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
  ];
  return await chromium.launch({ executablePath, args: [...asRoot, ...calm, ...flags] });
}
