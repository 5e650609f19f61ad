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

const of =
  (issue: number) =>
  (invariant: string, ...signatures: readonly string[]): KnownFailure[] =>
    signatures.map((signature) => ({ invariant, signature, issue }));

const known = of(10);

export const knownFailures: readonly KnownFailure[] = [
  // What was asked of a mirror process before it, or its host, stood still is done when it wakes (R16).
  ...known("truly-silent", "carried out on waking"),
];

export const knownFailure = ({ invariant, signature }: Violation): KnownFailure | undefined =>
  knownFailures.find((one) => one.invariant === invariant && one.signature === signature);
