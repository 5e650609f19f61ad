// SPDX-License-Identifier: Apache-2.0
// What a copy knows of itself, in two 4 KiB slots beside the data: identity (R27), generations (R10), session
// number (R28), the right to run alone (R19, R20, R22). A change writes the other slot durably and is true
// only then; a crash leaves the old or the new record, never a mixture. Each slot: magic, format version,
// sequence, record, CRC32C. A newer format is refused and untouched (R30).
//
// (Header written by N3, who needs it first; implementation: N1.)
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../base/env.h"
#include "../base/task.h"
#include "../wire/messages.h"

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
  std::string file_system;  ///< UUID of the file system that holds data and state (R27)
  wire::CopyState copy = wire::CopyState::empty;
  Generation generation = 0;
  Generation source = 0;  ///< inconsistent: the generation it is being filled from
  Generation synced = 0;  ///< generation at which both copies were last equal: where the tracking starts
  std::vector<Generation> history;  ///< newest first, at most wire::kHistoryMax
  SessionNumber session = 0;
  wire::Right right = wire::Right::none;
  AloneBasis basis = AloneBasis::none;
  Generation right_generation = 0;  ///< of which generation `right` speaks
  bool clean = false;               ///< nothing was in flight when it stopped
  bool was_primary = false;
  std::uint64_t freezes = 0;  ///< freezes so far: counters never come twice
  // The root's owner, mode and times as the mount shows them (the underlying root is 0700 root, R27).
  std::uint32_t root_mode = 0, root_uid = 0, root_gid = 0;
  TimeSpec root_atime, root_mtime;
  VerifyRecord verified;
  bool operator==(const CopyRecord&) const = default;
};

class Superblock {
 public:
  enum class Found { valid, none, newer_format, damaged };

  explicit Superblock(Volume& volume) : volume_(volume) {}
  /// Reads the newest valid slot; touches nothing.
  Found open();
  const CopyRecord& record() const { return record_; }
  /// Writes the other slot durably; then, and only then, `record()` is `next`. Concurrent calls follow each
  /// other. 0 or -errno. Creates the file on first use.
  Task<int> write(CopyRecord next);
  /// Short text for the log when `open` found something that it may not use.
  const std::string& problem() const { return problem_; }

 private:
  Volume& volume_;
  std::unique_ptr<StateFile> file_;
  CopyRecord record_;
  std::string problem_;
  std::uint64_t sequence_ = 0;
  bool busy_ = false;
  Event free_;
};

}  // namespace gemel
