// SPDX-License-Identifier: Apache-2.0
// What the scenery does at a later instant of the simulated time (a procedure's next step, a second of life),
// in the order of time, then of asking.

type Act = () => void | Promise<void>;

export class Agenda {
  private readonly queue: { readonly at: number; readonly act: Act }[] = [];

  add(at: number, act: Act): void {
    const place = this.queue.findIndex((one) => one.at > at);
    this.queue.splice(place < 0 ? this.queue.length : place, 0, { at, act });
  }

  /** The next one that is due until then. */
  next(until: number): { readonly at: number; readonly act: Act } | undefined {
    const [first] = this.queue;
    return first !== undefined && first.at <= until ? this.queue.shift() : undefined;
  }
}
