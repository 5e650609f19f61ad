// SPDX-License-Identifier: Apache-2.0
// The namespace journal (R9): a change of names or attributes is entered durably before it starts and leaves
// when it is durable on both nodes (lazily: an entry too many only costs a comparison). 128 slots of 8 KiB
// with CRC32C, names and values cut to what the first sector holds: after a crash only *which* files and
// directories were touched matters, they are compared anyway. A sector is written whole or not at all, so a
// crash leaves the old entry or the new one, and an entry that is damaged was damaged by the disk.
//
// A slot is left in memory at once and blanked on disk by its next use or by clear(). One that says of a
// file's bytes that they were changing is blanked as soon as it is left: found after a crash it would have
// the whole file compared (R48, P5). Invariant: enter() answers a slot only when the entry is on stable
// storage.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "../base/env.h"
#include "../base/limits.h"
#include "../base/task.h"

namespace gemel {

class NameJournal {
 public:
  static constexpr const char* kFile = "name-journal";
  static constexpr std::size_t kSlotBytes = 8192;
  explicit NameJournal(Volume& volume) : volume_(volume) {}
  /// 0 or -errno: -EBADMSG when an entry is damaged (which one, nobody knows: compare all names),
  /// -EPROTONOSUPPORT for a newer format (untouched, R30). What could be read is in pending().
  int open();
  /// What was under way when it was opened, in the order of entering.
  const std::vector<NameChange>& pending() const { return pending_; }
  std::size_t used() const;
  /// Durable when it returns: slot ≥ 0, or -errno; -EAGAIN when every slot is used (the caller flushes both
  /// nodes, leaves, and tries again).
  Task<int> enter(const NameChange& change);
  void leave(int slot);
  /// Durably empty but for what is in use now; pending() too.
  Task<int> clear();

 private:
  /// wiping: left, and being blanked. found: of an earlier life, until clear() says that it has been
  /// compared.
  enum class State : std::uint8_t { blank, used, wiping, left, found };
  Task<void> wipe(std::size_t slot);

  Volume& volume_;
  std::unique_ptr<StateFile> file_;
  std::vector<NameChange> pending_;
  std::array<State, limits::kJournalSlots> states_{};
  std::array<bool, limits::kJournalSlots> cuts_{};  ///< the entry has a whole file compared
  std::size_t wiping_ = 0;
  Event wiped_;
  std::size_t next_ =
      0;  ///< where to look for a free slot: round and round, so that old entries live longest
  std::uint64_t number_ = 0;
};

/// Does a change that a crash has interrupted leave a file whose bytes may differ anywhere?
bool cuts_file(const NameChange& change);

/// One slot as bytes and back; also for the fuzzer.
struct JournalSlot {
  enum class Kind { blank, damaged, newer_format, valid };
  Kind kind = Kind::blank;
  std::uint64_t number = 0;  ///< order of entering
  NameChange change;
};
JournalSlot read_journal_slot(ConstBytes bytes);
void write_journal_slot(Bytes bytes, std::uint64_t number, const NameChange& change);

}  // namespace gemel
