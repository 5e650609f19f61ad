// SPDX-License-Identifier: Apache-2.0
/** What is dirty, in which order, and flushed: R1 to R12. */
import type { EngineFault } from "./fault.js";

export const dataFaults: readonly EngineFault[] = [
  {
    name: "cold-extent-unwritten",
    rules: ["R1"],
    breaks: "a write starts before its extent is in the log",
    from: "while (result == 0 && !touch(fid, first, last)) {",
    to: "while (false) {",
    program: "activity_log_test",
    test: "activity_log_cold_extent_is_durable_before_ensure_returns",
  },
  {
    name: "no-activity-log",
    rules: ["R1"],
    breaks: "no write waits for its extent, and none is in the log",
    from: "return log_.touch(fid, offset / kExtentBytes, (end - 1) / kExtentBytes);",
    to: "return log_.touch(fid, offset / kExtentBytes, (end - 1) / kExtentBytes) || true;",
    program: "engine_loss_test",
    test: "primary_dies_with_writes_never_sent",
  },
  {
    name: "clear-bit-on-ack",
    rules: ["R2"],
    breaks: "a region is forgotten when the target has it in memory, not on its disk",
    from: "at = stop;",
    to: "at = stop; tracking_.bitmaps().of(piece.fid).clear(range);",
    program: "engine_loss_test",
    test: "target_power_cut_before_fsync_in_reintegration",
  },
  {
    name: "forgotten-when-answered",
    rules: ["R2"],
    breaks: "what both sides have answered is forgotten, before any flush",
    from: "if (alone_ && checkpoint.in_flight == 0) file->second.extents.erase(found);",
    to: "if (checkpoint.in_flight == 0) file->second.extents.erase(found);",
    program: "engine_loss_test",
    test: "peer_power_cut_after_ack",
  },
  {
    name: "lose-bitmap-page",
    rules: ["R3"],
    breaks: "what differs is said to be durably marked, and is not",
    from: "StateWrite write(*file_, offset_of(writes[i].slot), batch.blocks(i, count));",
    to: "StateWrite write(*file_, offset_of(writes[0].slot), batch.blocks(0, 1));",
    program: "bitmap_test",
    test: "bitmap_power_cut_anywhere_loses_no_durable_mark",
  },
  {
    name: "loss-marks-nothing",
    rules: ["R3"],
    breaks: "when the peer is lost nothing of what no flush has covered is marked",
    from: "    mark_regions(fid, file);\n    for (auto& [extent, checkpoint] : file.extents)",
    to: "    for (auto& [extent, checkpoint] : file.extents)",
    program: "engine_loss_test",
    test: "peer_power_cut_after_ack",
  },
  {
    name: "holes-stay-behind",
    rules: ["R4"],
    breaks: "a hole of the source is taken for one of the target",
    from: "co_await bulk_.ask<wire::BlockAck>(wire::Zero{fid, range.offset, range.length});",
    to: "co_await bulk_.ask<wire::BlockAck>(wire::Zero{fid, range.offset, 0});",
    program: "engine_loss_test",
    test: "zero_range_over_old_bytes",
  },
  {
    name: "reorder-overlap",
    rules: ["R5"],
    breaks: "the peer applies overlapping writes in any order",
    from: "const std::uint64_t epoch = epoch_;\n  const ConstBytes bytes = data.bytes();",
    to: "const std::uint64_t epoch = epoch_; const ConstBytes bytes = data.bytes(); RangeLocks locks_;",
    program: "engine_loss_test",
    test: "overlapping_writes_end_equal_on_both",
  },
  {
    name: "buffered-beside-direct",
    rules: ["R5"],
    breaks: "buffered and direct I/O of one file are under way together",
    from: "if (a.way != b.way) return true;",
    to:
      "using Way = decltype(a.way);\n" +
      "  if (a.way != b.way && (a.way == Way::either || b.way == Way::either)) return true;",
    program: "range_locks_test",
    test: "range_locks_buffered_and_direct_are_never_under_way_together",
  },
  {
    name: "blocks-not-rounded",
    rules: ["R5"],
    breaks: "two unaligned writes read, change and write one block at once",
    from: "(end + block - 1) / block * block;",
    to: "end; claim.start = offset;",
    program: "range_locks_test",
    test: "range_locks_neighbours_in_one_block_overlap",
  },
  {
    name: "cut-takes-no-part",
    rules: ["R6"],
    breaks: "a file is cut while writes into it are under way",
    from: "hold.add_file(change.fid);",
    to: "",
    program: "engine_loss_test",
    test: "cut_among_writes_ends_equal_on_both",
  },
  {
    name: "whole-file-unlocked",
    rules: ["R6"],
    breaks: "names and attributes wait for nothing in the file, and hold nothing up",
    from: "  claim.way = Way::either;\n  append(claim);",
    to: "  claim.way = Way::either;",
    program: "range_locks_test",
    test: "range_locks_whole_file_waits_for_all_and_holds_up_what_comes_after",
  },
  {
    name: "copy-takes-no-lock",
    rules: ["R7"],
    breaks: "the guest may write into a region between its read and its arrival at the target",
    from: "Hold::Mode::read, true);\n  co_await hold.taken();\n  if (lacking_.touches(fid, range)) co_return",
    to:
      "Hold::Mode::read, true);\n  co_await hold.taken();\n" +
      "  hold.release();\n  if (lacking_.touches(fid, range)) co_return",
    program: "engine_loss_test",
    test: "overwrite_during_resync_block",
  },
  {
    name: "repeat-stays-unanswered",
    rules: ["R8"],
    breaks: "an operation that is sent again after a lost answer is not answered",
    from: "answer(frame.sequence, AckKind::done, known->value);",
    to: "",
    program: "engine_loss_test",
    test: "link_flap_with_rename_in_flight",
  },
  {
    name: "results-stay-different",
    rules: ["R9"],
    breaks: "a write that failed here and not there leaves two different copies",
    from: "const bool equal = co_await make_equal(fid, offset, length);",
    to: "const bool equal = true;",
    program: "engine_loss_test",
    test: "enospc_local_only",
  },
  {
    name: "peer-failure-ignored",
    rules: ["R9"],
    breaks: "a peer that failed where this side succeeded counts as up to date",
    from:
      "if (peer.result == -ESTALE) owner_.compare_names_again();\n" +
      "    owner_.peer_failed(-peer.result, fid, {offset, length});",
    to: "if (peer.result == -ESTALE) owner_.compare_names_again();",
    program: "engine_loss_test",
    test: "write_that_only_the_peer_failed_ends_the_session",
  },
  {
    name: "journal-entry-not-durable",
    rules: ["R9"],
    breaks: "a change of names starts before its entry is on stable storage",
    from: "StateWrite write(*file_, slot * kSlotBytes, block.bytes());",
    to: "StateWrite write(*file_, slot * kSlotBytes, block.bytes(), false);",
    program: "name_journal_test",
    test: "name_journal_entry_is_durable_before_the_change_starts",
  },
  {
    name: "old-generation-goes-on",
    rules: ["R10"],
    breaks: "who goes on alone keeps the generation: nothing says that the other copy has fallen behind",
    from: "if (!already) take_new_generation(next);",
    to: "if (!already && next.generation == 0) take_new_generation(next);",
    program: "engine_pair_test",
    test: "link_lost_freezes_and_grant_thaws",
  },
  {
    name: "target-paired-first",
    rules: ["R10"],
    breaks: "the target is up to date before the source has written down that they are a pair",
    from:
      "  const int written = co_await record_.become_paired(record.generation, session, record.history);\n" +
      "  if (epoch != meeting_.epoch()) co_return;\n" +
      "  if (written != 0) {\n" +
      '    link_.drop("the record could not be written");\n' +
      "    co_return;\n" +
      "  }\n" +
      "  const wire::Paired paired{record.generation, session};\n" +
      "  const auto confirmed = co_await bulk_.ask<wire::UpToDate>(paired);\n",
    to:
      "  const wire::Paired paired{record.generation, session};\n" +
      "  const auto confirmed = co_await bulk_.ask<wire::UpToDate>(paired);\n" +
      "  if (epoch != meeting_.epoch()) co_return;\n" +
      "  const int written = co_await record_.become_paired(record.generation, session, record.history);\n" +
      "  if (written != 0) co_return;\n",
    program: "engine_loss_test",
    test: "source_writes_paired_before_the_target_hears_of_it",
  },
  {
    name: "condemned-target-becomes-current",
    rules: ["R10"],
    breaks: "a target on which an operation failed after its last flush is up to date",
    from: "if (receiver_.is_condemned() || condemnation_.is_in_force()) {",
    to: "if (receiver_.session() == 0) {",
    program: "engine_loss_test",
    test: "target_that_failed_after_its_last_flush_is_not_up_to_date",
  },
  {
    name: "skip-peer-flush",
    rules: ["R11"],
    breaks: "a flush is acknowledged without the peer's (P2)",
    from: "co_await until_done_before(sequence);",
    to: "finish(sequence, 0, message.fid); if (epoch == epoch_) co_return;",
    program: "engine_loss_test",
    test: "flush_covers_both",
  },
  {
    name: "failed-flush-is-success",
    rules: ["R11"],
    breaks: "a flush that fails on this disk is told as done",
    from: "local = flush_result(fid, local);",
    to: "flush_result(fid, local);\n  local = 0;",
    program: "engine_errors_test",
    test: "copy_whose_flush_failed_is_not_called_current",
  },
  {
    name: "synchronous-write-unflushed",
    rules: ["R12"],
    breaks: "a write that asked for stable storage is answered from memory",
    from: "if (local >= 0 && sync) {",
    to: "if (local >= 0 && false) {",
    program: "engine_loss_test",
    test: "synchronous_write_needs_no_flush",
  },
];
