// SPDX-License-Identifier: Apache-2.0
/**
 * How long a person waits between touching something and seeing that it was noticed: the browser's own Event
 * Timing, from the input's time stamp to the paint that follows its handlers, in steps of 8 ms. A press and
 * its release are one interaction; the slower of its events counts.
 */
import type { Page } from "playwright-core";

const probe = `(() => {
  const slowest = (globalThis.gemelLatencies = new Map());
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries())
      if (interactionId > 0) slowest.set(interactionId, Math.max(duration, slowest.get(interactionId) ?? 0));
  }).observe({ type: "event", durationThreshold: 16 });
})()`;

export class Latencies {
  private constructor(private readonly page: Page) {}

  static async of(page: Page): Promise<Latencies> {
    await page.evaluate(probe);
    return new Latencies(page);
  }

  /** Of every interaction that took 16 ms or more; the browser does not report faster ones. */
  async taken(): Promise<readonly number[]> {
    return await this.page.evaluate<readonly number[]>("[...gemelLatencies.values()]");
  }
}

/** `share` of the values are not above it. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
