// SPDX-License-Identifier: Apache-2.0
// Slows down whoever guesses passwords: after a few wrong ones an address, and a user's name whether there is
// such a user or not, must wait, twice as long each time. Who waits is told before any password is looked at.
// Nothing is ever locked for good, since that would let anybody lock the administrator out.

import { GemelError } from "../../base/errors.js";
import { loginTriesFree, loginWaitOfAddressMax, loginWaitOfUserMax } from "../../base/limits.js";
import { elapsed, milliseconds, seconds, type Instant, type Milliseconds } from "../../base/units.js";
import {
  loginMemory,
  loginKeptMax,
  passwordChecksMax,
  passwordChecksWaitingMax,
} from "../../base/limits/access.js";

interface Count {
  readonly wrong: number;
  readonly at: Instant;
}

/** 429: says in Retry-After how long. */
export class TooManyTries extends GemelError {
  constructor(readonly wait: Milliseconds) {
    const inSeconds = Math.ceil(wait / 1000);
    super("GEMEL-4014", "password", `Try again in ${inSeconds} s.`);
  }

  get retryAfterSeconds(): number {
    return Math.ceil(this.wait / 1000);
  }
}

export class LoginGuard {
  private readonly counts = new Map<string, Count>();
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly now: () => Instant) {}

  /** Looks at a password in its turn; `look` answers undefined for a wrong one. */
  async judge<T>(address: string, user: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const keys: [string, Milliseconds][] = [
      [`address ${address}`, loginWaitOfAddressMax],
      [`user ${user}`, loginWaitOfUserMax],
    ];
    const wait = Math.max(...keys.map(([key, max]) => this.waitOf(key, max)));
    if (wait > 0) throw new TooManyTries(milliseconds(wait));
    const found = await this.inTurn(look);
    for (const [key] of keys) {
      if (found === undefined) this.count(key);
      else this.counts.delete(key);
    }
    return found;
  }

  private waitOf(key: string, max: Milliseconds): number {
    const count = this.counts.get(key);
    if (count === undefined || count.wrong < loginTriesFree) return 0;
    const since = elapsed(count.at, this.now());
    return Math.min(max, 1000 * 2 ** (count.wrong - loginTriesFree)) - since;
  }

  private count(key: string): void {
    const now = this.now();
    const before = this.counts.get(key);
    const wrong = before !== undefined && elapsed(before.at, now) < loginMemory ? before.wrong + 1 : 1;
    // Last again in the order of insertion: the first is the oldest.
    this.counts.delete(key);
    this.counts.set(key, { wrong, at: now });
    const [oldest] = this.counts.keys();
    if (this.counts.size > loginKeptMax && oldest !== undefined) this.counts.delete(oldest);
  }

  /** A flood of logins must not take the host's memory, nor all its cores. */
  private async inTurn<T>(look: () => Promise<T>): Promise<T> {
    if (this.waiting.length >= passwordChecksWaitingMax) throw new TooManyTries(seconds(5));
    while (this.running >= passwordChecksMax) await new Promise<void>((done) => this.waiting.push(done));
    this.running++;
    try {
      return await look();
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }
}
