// SPDX-License-Identifier: Apache-2.0
// The two clocks of one look: instants are decided by, wall time is shown. What was noted as an instant is
// shown as the wall time it had, as far as the wall clock has not been set since.

import { elapsed, wallTime, type Instant, type WallTime } from "../../base/units.js";
import type { FailoverPause } from "../../decide/mirror/types.js";
import { momentText } from "../words/words.js";

export interface Times {
  readonly now: Instant;
  readonly wall: WallTime;
}

/** When an instant was, for people. */
export const wallAt = ({ now, wall }: Times, at: Instant): WallTime =>
  wallTime(new Date(Date.parse(wall) - elapsed(at, now)).toISOString());

/** "03:12 UTC+1 by admin (maintenance)" */
export function pauseWords({ since, by, why }: FailoverPause, wall: WallTime): string {
  return `${momentText(since, wall)} by ${by}${why === "" ? "" : ` (${why})`}`;
}
