// SPDX-License-Identifier: Apache-2.0
// Fake time. The node's loop and its effects are promises, and here they are the real ones; so time may only
// go on when nobody has anything left to do at this instant. What is due at one instant is done in the order
// in which it was asked for, then `settle` waits until the microtask queue has run dry, then the next instant
// comes. A number of `await`s would be a guess about the length of other people's chains; only the turn of
// the host's own queue of macrotasks is a proof, so whoever runs the simulator gives it (setImmediate in
// Node, a MessageChannel in a browser). It costs about a microsecond, and the same seed gives the same run.

import { check } from "../base/check.js";

/** Ends when every microtask has run. */
export type Settle = () => Promise<void>;

interface Due {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class FakeTime {
  now = 1_000_000;
  /** A heap: the parent of `i` is at `(i - 1) >> 1` and never later. */
  private readonly heap: Due[] = [];
  private order = 0;

  constructor(private readonly settle: Settle) {}

  after(ms: number, act: () => void): void {
    check(ms >= 0, "nothing is due in the past");
    this.push({ at: this.now + ms, order: (this.order += 1), act });
  }

  async run(ms: number): Promise<void> {
    const end = this.now + ms;
    await this.settle();
    for (let next = this.heap[0]; next !== undefined && next.at <= end; next = this.heap[0]) {
      this.now = next.at;
      for (let due = next; due.at === this.now;) {
        this.pop();
        due.act();
        const [following] = this.heap;
        if (following === undefined) break;
        due = following;
      }
      await this.settle();
    }
    this.now = end;
  }

  private push(due: Due): void {
    const { heap } = this;
    let hole = heap.push(due) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = due;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let hole = 0;
    for (;;) {
      const [left, right] = [heap[2 * hole + 1], heap[2 * hole + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[hole] = child;
      hole = 2 * hole + (isRight ? 2 : 1);
    }
    heap[hole] = last;
  }
}
