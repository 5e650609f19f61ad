// SPDX-License-Identifier: Apache-2.0
// The only clocks of the daemon. Decisions use the boot-time clock (it counts while the host sleeps and never
// jumps); wall time is for people and for the dates in records.

import { uptime } from "node:os";
import { instant, wallTime, type Instant, type WallTime } from "../base/units.js";

export const bootClock = (): Instant => instant(Math.round(uptime() * 1000));

export const wallClock = (): WallTime => wallTime(new Date().toISOString());

/** When an instant was, for people. */
export const wallTimeOf = (at: Instant): WallTime =>
  wallTime(new Date(Date.now() - (bootClock() - at)).toISOString());
