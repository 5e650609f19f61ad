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
    program: "engine_loss_test",
    test: "flush_covers_both",
  },
  {
    name: "ack-before-grant",
    breaks: "a lost peer stops nobody: writes are acknowledged alone without a right to (R10, R13)",
    program: "engine_pair_test",
    test: "link_lost_freezes_and_grant_thaws",
  },
  {
    name: "lose-bitmap-page",
    breaks: "what differs is said to be durably marked, and is not (R3)",
    program: "bitmap_test",
    test: "bitmap_power_cut_anywhere_loses_no_durable_mark",
  },
  {
    name: "ignore-generation",
    breaks: "two copies meet as if neither had gone on alone (R23, sync decision table)",
    program: "sync_decision_test",
    test: "direction_one_ahead_tracked_and_not",
  },
  {
    name: "reorder-overlap",
    breaks: "the peer applies overlapping writes in any order (R5)",
    program: "engine_loss_test",
    test: "overlapping_writes_end_equal_on_both",
  },
  {
    name: "clear-bit-on-ack",
    breaks: "a region is forgotten when the target has it in memory, not on its disk (R2)",
    program: "engine_loss_test",
    test: "target_power_cut_before_fsync_in_reintegration",
  },
  {
    name: "plaintext-link",
    breaks: "the data link is not encrypted",
    program: "link_test",
    test: "link_capture_contains_no_record_marker",
  },
];
