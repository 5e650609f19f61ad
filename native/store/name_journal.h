// SPDX-License-Identifier: Apache-2.0
// The namespace journal (R9): a change of names or attributes is entered durably before it starts and leaves
// when it is durable on both nodes (lazily: an entry too many only costs a comparison). 128 slots of 8 KiB
// with CRC32C, names and values cut to what fits: after a crash only *which* files and directories were
// touched matters, they are compared anyway.
//
// (Header written by N3, who needs it first; implementation: N1.)
#pragma once

#include <memory>
#include <vector>

#include "../base/env.h"
#include "../base/task.h"

namespace gemel {

class NameJournal {
 public:
  static constexpr std::size_t kSlots = 128;
  explicit NameJournal(Volume& volume) : volume_(volume) {}
  int open();
  /// What was under way when it was opened.
  const std::vector<NameChange>& pending() const { return pending_; }
  std::size_t used() const;
  /// Durable when it returns: slot ≥ 0, or -errno; -EAGAIN when every slot is used (the caller flushes both
  /// nodes, leaves, and tries again).
  Task<int> enter(const NameChange& change);
  void leave(int slot);
  /// Durably empty.
  Task<int> clear();

 private:
  Volume& volume_;
  std::vector<NameChange> pending_;
};

}  // namespace gemel
