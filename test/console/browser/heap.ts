// SPDX-License-Identifier: Apache-2.0
/**
 * What a page holds, after the garbage is gone: counted by the browser itself. A page that stands open on a
 * wall for months must hold the same after ten minutes as after one.
 */
import type { CDPSession, Page } from "playwright-core";

export interface Held {
  readonly heapBytes: number;
  readonly elements: number;
  readonly listeners: number;
}

export class Heap {
  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<Heap> {
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.enable");
    return new Heap(session);
  }

  /** Twice: what a finaliser lets go of in the first pass is collected in the second. */
  async held(): Promise<Held> {
    await this.session.send("HeapProfiler.collectGarbage");
    await this.session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.session.send("Runtime.getHeapUsage");
    const { nodes, jsEventListeners } = await this.session.send("Memory.getDOMCounters");
    return { heapBytes: usedSize, elements: nodes, listeners: jsEventListeners };
  }
}

/** Plays the mock on second by second, each second shown in a frame of its own, as on a screen. */
export async function playSeconds(page: Page, seconds: number): Promise<void> {
  await page.evaluate(`(async () => {
    for (let second = 0; second < ${seconds}; second += 1) {
      await mock.advance(1000);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
  })()`);
}
