// SPDX-License-Identifier: Apache-2.0
/** What a run of the demo ends with: one JSON line, and the verdict behind it. */

export interface DemoOk {
  readonly demo: "ok";
  readonly nonce: string;
  readonly acknowledged: number;
  readonly lost: number;
  readonly failoverSeconds: number;
  readonly detectSeconds: number;
  readonly reintegrationSeconds: number;
  /** What reintegration sent after the death. */
  readonly bytesResent: number;
  /** Of it: what the comparison by hash found different (writes in flight at the death are found so, too). */
  readonly bytesHot: number;
  /** By the lab, from both files before the return: all 64 KiB regions that hold a different byte. */
  readonly bytesChanged: number;
  readonly guestPauseMaxMs: number;
  readonly swapSeconds: number;
}

export interface DemoFailed {
  readonly demo: "failed";
  readonly nonce: string;
  readonly step: string;
  readonly reason: string;
  readonly lost?: number;
}

export type DemoResult = DemoOk | DemoFailed;

/** A claim of the demo that did not hold. */
export class BrokenClaim extends Error {
  constructor(
    readonly claim: string,
    readonly lost?: number,
  ) {
    super(claim);
  }
}

export function demand(holds: boolean, claim: string): void {
  if (!holds) throw new BrokenClaim(claim);
}
