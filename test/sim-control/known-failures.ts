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
  // A mirror process that hangs says nothing, and its last word keeps the peer alive for every module.
  ...known(
    "green-survives",
    "SECOND following data-link-down; a module is hung",
    "PRIM running guest-paused; a module is hung",
  ),
  // A daemon that dies between "started paused" and "let run" leaves a guest that nobody lets run.
  ...known(
    "left-paused",
    "started and never let run; ALONE running",
    "started and never let run; PRIM running",
  ),
  // A stop that fails after the VM is off ends the daemon.
  ...known("daemon-lives", "broken invariant: a refinement keeps the state"),
  // The wish that a host's boot renews is only in memory.
  ...known("remembered", "the wish to run in memory, to stop on disk"),
  // A daemon whose record's disk hangs answers no freeze and gives no word, and goes on beating.
  ...known(
    "nobody-waits",
    "a frozen guest; the record's disk works here and hangs there",
    "a frozen guest; the record's disk hangs here and works there",
    "a frozen guest; the record's disk hangs here and hangs there",
  ),
  // What was asked of a mirror process before it, or its host, stood still is done when it wakes (R16).
  ...known("truly-silent", "carried out on waking"),
  // Leaving has no policy for a file that somebody keeps open.
  ...known("converges", "a file below the mount is held open"),
];

export const knownFailure = ({ invariant, signature }: Violation): KnownFailure | undefined =>
  knownFailures.find((one) => one.invariant === invariant && one.signature === signature);
