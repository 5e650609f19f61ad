// SPDX-License-Identifier: Apache-2.0
// Nonsense from outside: refused with its reason, counted, and said once for each reason; life goes on. What
// a stranger can make us remember is bounded.

import { refusalReasonsMax } from "../base/limits/edge.js";

const beyond = "other reasons";

export class Refusals {
  private readonly counts = new Map<string, number>();

  /** `first`: told of each reason when it is met for the first time. */
  constructor(private readonly first: (why: string) => void) {}

  count(why: string): void {
    const isKnown = this.counts.has(why) || this.counts.size < refusalReasonsMax;
    const key = isKnown ? why : beyond;
    const before = this.counts.get(key) ?? 0;
    this.counts.set(key, before + 1);
    if (before === 0) this.first(key);
  }

  get all(): ReadonlyMap<string, number> {
    return this.counts;
  }
}
