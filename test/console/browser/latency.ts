// SPDX-License-Identifier: Apache-2.0
/**
 * How long a person waits between touching something and seeing that it was noticed: from the input's own
 * time stamp to the end of the frame that follows it, taken inside the page, so that the tool that drives the
 * browser is not measured with it.
 */
import type { Page } from "playwright-core";

const probe = `(() => {
  const taken = (globalThis.gemelLatencies = []);
  const channel = new MessageChannel();
  const waiting = [];
  channel.port1.onmessage = () => {
    for (const since of waiting.splice(0)) taken.push(performance.now() - since);
  };
  const notice = ({ timeStamp }) =>
    requestAnimationFrame(() => {
      waiting.push(timeStamp);
      channel.port2.postMessage(undefined);
    });
  for (const kind of ["click", "keydown", "input"]) addEventListener(kind, notice, { capture: true });
})()`;

export class Latencies {
  private constructor(private readonly page: Page) {}

  static async of(page: Page): Promise<Latencies> {
    await page.evaluate(probe);
    return new Latencies(page);
  }

  async taken(): Promise<readonly number[]> {
    return await this.page.evaluate<readonly number[]>("gemelLatencies");
  }
}

/** `share` of the values are not above it. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
