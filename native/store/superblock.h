// SPDX-License-Identifier: Apache-2.0
// What a copy knows of itself, beside the data: identity (R27), generations (R10), session number (R28), the
// right to run alone (R19, R20, R22).
//
//   block 0   slot 0  ┐ two slots, written in turn: the one with the higher sequence and a good checksum
//   block 1   slot 1  ┘ counts, so a crash leaves the old or the new record, never a mixture
//   block 2   the word: preallocated, written by itself, so "I am outdated at G" never waits for another
//             write (R20)
//
// Invariants: a change is true only when it is durable; changes are durable in the order in which they were
// asked. When a write fails the record stays what it was, and the disk holds either of the two: the caller
// must not act on the new one. A newer format is refused and left untouched (R30).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../base/copy.h"
#include "../base/env.h"
#include "../base/task.h"

namespace gemel {

/// On what a right to run alone rests (R20, R21); `first` = declared the good copy by a person.
enum class AloneBasis : std::uint8_t {
  none = 0,
  word = 1,
  goodbye = 2,
  silence = 3,
  lease = 4,
  fence = 5,
  forced = 6,
  first = 7,
  handshake = 8
};

struct VerifyRecord {
  std::int64_t at = 0;  ///< seconds of the epoch, 0 = never
  std::uint64_t differing = 0, repaired = 0;
  bool operator==(const VerifyRecord&) const = default;
};

struct CopyRecord {
  std::string module, module_uuid, node;
  std::string copy_uuid;    ///< this copy's own identity: superblock and root name each other by it (R27)
  std::string file_system;  ///< UUID of the file system that holds data and state (R27)
  CopyState copy = CopyState::empty;
  Generation generation = 0;
  Generation source = 0;  ///< inconsistent: the generation it is being filled from
  Generation synced = 0;  ///< generation at which both copies were last equal: where the tracking starts
  std::vector<Generation> history;  ///< newest first, at most limits::kHistory
  SessionNumber session = 0;
  Right right = Right::none;
  AloneBasis basis = AloneBasis::none;
  Generation right_generation = 0;  ///< of which generation `right` speaks
  bool clean = false;               ///< nothing was in flight when it stopped
  bool was_primary = false;
  std::uint64_t freezes = 0;  ///< freezes so far: counters never come twice
  // The root's owner, mode and times as the mount shows them (the underlying root is 0700 root, R27).
  std::uint32_t root_mode = 0, root_uid = 0, root_gid = 0;
  TimeSpec root_atime, root_mtime;
  VerifyRecord verified;
  std::uint64_t covers = 0;  ///< of this session: how often both copies have forgotten what both hold (R114)
  /// Something failed on this copy since it was last whole: what reads as right may not be on the disk
  /// (R40, R42).
  bool suspect = false;
  bool operator==(const CopyRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v(module, module_uuid, node, copy_uuid, file_system, copy, generation, source, synced, history, session,
      right, basis, right_generation, clean, was_primary, freezes, root_mode, root_uid, root_gid,
      root_atime.seconds, root_atime.nanos, root_mtime.seconds, root_mtime.nanos, verified.at,
      verified.differing, verified.repaired);
    v.tail(covers, suspect);
  }
};

template <>
struct EnumRange<AloneBasis> {
  static constexpr AloneBasis first = AloneBasis::none, last = AloneBasis::handshake;
};

/// One 4 KiB slot as bytes and back; also for the fuzzer.
struct SuperblockSlot {
  enum class Kind { blank, damaged, newer_format, valid };
  Kind kind = Kind::blank;
  std::uint64_t sequence = 0;
  std::uint64_t words = 0;  ///< words given up to here are superseded by this record
  CopyRecord record;
};
SuperblockSlot read_superblock_slot(ConstBytes block);
/// False when the record is too long for a slot.
bool write_superblock_slot(Bytes block, const SuperblockSlot& slot);

/// The block of the word.
struct WordSlot {
  SuperblockSlot::Kind kind = SuperblockSlot::Kind::blank;
  std::uint64_t number = 0;
  Generation generation = 0;
};
WordSlot read_word_slot(ConstBytes block);
void write_word_slot(Bytes block, const WordSlot& slot);

class Superblock {
 public:
  static constexpr const char* kFile = "superblock";
  enum class Found { valid, none, newer_format, damaged };

  explicit Superblock(Volume& volume) : volume_(volume) {}
  /// Reads the newest valid slot; touches nothing.
  Found open();
  const CopyRecord& record() const { return record_; }
  /// Writes the other slot durably; then, and only then, `record()` is `next`. Concurrent calls follow each
  /// other. 0 or -errno. Creates the file on first use.
  Task<int> write(CopyRecord next);
  /// The same, made from what the record says when its turn comes: what others wrote meanwhile stays (R46).
  Task<int> update(std::function<void(CopyRecord&)> change);
  /// R20: durably "outdated at G", in its own slot: does not wait for a write() that hangs. A later write()
  /// of another right supersedes it; one that was asked for before it does not.
  Task<int> give_word(Generation generation);
  /// Short text for the log when `open` found something that it may not use.
  const std::string& problem() const { return problem_; }

 private:
  /// Creates the file where there is none. 0 or -errno.
  int make_file();
  void obey_word(std::uint64_t superseded);

  Volume& volume_;
  std::unique_ptr<StateFile> file_;
  CopyRecord record_;
  std::string problem_;
  std::uint64_t sequence_ = 0;
  WordSlot word_;            ///< the last durable one
  std::uint64_t words_ = 0;  ///< number of the last one that was begun
  bool busy_ = false;
  bool word_busy_ = false;
  Event free_;
  Event word_free_;
};

}  // namespace gemel
