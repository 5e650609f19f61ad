// SPDX-License-Identifier: Apache-2.0
/**
 * Deliberate faults of the engine (compiled only when asked for) and the test that must notice each. The
 * names of the tests are those of `TEST(name)` in test/native.
 */
export interface Fault {
  readonly name: string;
  /** What it breaks, for a person. */
  readonly breaks: string;
  /** Executable of test/native that holds the test. */
  readonly program: string;
  readonly test: string;
}

export const faults: readonly Fault[] = [
  {
    name: "skip-peer-flush",
    breaks: "a flush is acknowledged without the peer's (P2, R11)",
    program: "engine_test",
    test: "flush_covers_both",
  },
];
