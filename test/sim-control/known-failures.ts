// SPDX-License-Identifier: Apache-2.0
// Faults of the middle that are known and not mended yet: invariant, exact signature, and the issue that
// mends them and empties this list. A seed that ends in one of them counts as known, not as passed; an entry
// that a long run does not meet any more fails that run (test/sim/main.ts).

import type { Violation } from "./violation.js";

export interface KnownFailure {
  readonly invariant: string;
  readonly signature: string;
  readonly issue: number;
}

export const knownFailures: readonly KnownFailure[] = [];

export const knownFailure = ({ invariant, signature }: Violation): KnownFailure | undefined =>
  knownFailures.find((one) => one.invariant === invariant && one.signature === signature);
