// SPDX-License-Identifier: Apache-2.0
// Simulated time: everything that happens in the mock happens when somebody moves this clock, so that a test
// steps it, a browser lets it run (faster, if asked), and the same seed always tells the same story. What is
// due at one instant runs in the order in which it was asked for.

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class SimClock {
  private present = 0;
  private order = 0;
  private readonly queue: Due[] = [];

  /** `startWallMs`: what the hosts' own clocks show at instant 0. */
  constructor(private readonly startWallMs: number) {}

  /** Milliseconds since the mock began. */
  get now(): number {
    return this.present;
  }

  get wallMs(): number {
    return this.startWallMs + this.present;
  }

  /** Wall time of an instant; negative ones lie before the beginning. */
  wall(at = this.present): string {
    return new Date(this.startWallMs + at).toISOString();
  }

  after(ms: number, run: () => void): void {
    this.queue.push({ at: this.present + ms, order: this.order++, run });
    this.queue.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  every(ms: number, run: () => void): void {
    this.after(ms, () => {
      run();
      this.every(ms, run);
    });
  }

  /** Moves time on by `ms` and does what falls due on the way. */
  advance(ms: number): void {
    const end = this.present + ms;
    for (let due = this.queue[0]; due !== undefined && due.at <= end; due = this.queue[0]) {
      this.queue.shift();
      this.present = Math.max(this.present, due.at);
      due.run();
    }
    this.present = end;
  }
}
