// SPDX-License-Identifier: Apache-2.0
/**
 * What a page must never do, whatever it shows: complain in the browser's console (a violated content
 * security policy is told there, too), throw, or ask anybody but the node that served it.
 */
import type { Page } from "playwright-core";

/** `may` allows what a test provokes, by the text of the complaint. */
export function watchFaults(page: Page, origins: readonly string[], may: readonly RegExp[] = []): string[] {
  const faults: string[] = [];
  const add = (fault: string): void => {
    if (!may.some((allowed) => allowed.test(fault))) faults.push(fault);
  };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      add(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => {
    add(`thrown: ${error.stack ?? error.message}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && !origins.includes(url.origin)) add(`foreign request: ${url.href}`);
  });
  return faults;
}
