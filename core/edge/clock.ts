// SPDX-License-Identifier: Apache-2.0
// The only clocks of the daemon, and the timer of its loop. Decisions use the boot-time clock (it counts
// while the host sleeps and never jumps); wall time is for people and for the dates in records.

import { uptime } from "node:os";
import type { Times } from "../describe/status/times.js";
import { instant, wallTime, type Instant, type Milliseconds, type WallTime } from "../base/units.js";

export const bootClock = (): Instant => instant(Math.round(uptime() * 1000));

/** Until the function that it returns is called. */
function every(period: Milliseconds, act: () => void): () => void {
  const timer = setInterval(act, period);
  return () => clearInterval(timer);
}

/** What the node's loop runs by. */
export const loopClock = { now: bootClock, every, soon: queueMicrotask } as const;

export const wallClock = (): WallTime => wallTime(new Date().toISOString());

/** Both at once, for what is shown. */
export const timesNow = (): Times => ({ now: bootClock(), wall: wallClock() });
