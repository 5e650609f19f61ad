// SPDX-License-Identifier: Apache-2.0
// How often the two copies of a session have forgotten what both hold (R114). A copy whose disk goes back
// within the session (a snapshot, a backup) lacks what has been forgotten since; its number goes back with
// it, and the next meeting compares by hash.
//
//   both have flushed ─▶ counted durably by the peer ─▶ counted durably here ─▶ forgotten
//
// Invariants: nothing is forgotten that was flushed after its number became durable on the peer; the numbers
// of the two are equal, or the side that asks is one behind; one count at a time.
#pragma once

#include <functional>

#include "bulk.h"
#include "meeting.h"
#include "record.h"

namespace gemel {

class Cover {
 public:
  Cover(const Meeting& meeting, Record& record, Bulk& bulk)
      : meeting_(meeting), record_(record), bulk_(bulk) {}

  /// What both have flushed before this call may be forgotten when it returns true. A peer of a version that
  /// does not count is not asked.
  Task<bool> count();
  /// Is the peer of a version that knows what is said with it?
  bool is_known() const { return meeting_.peer().covers != 0; }
  /// The peer's side of it.
  Task<void> follow(Bulk::Asked asked, wire::Cover cover);
  /// The peer cannot write its record.
  std::function<void(int error)> on_refused;

 private:
  Task<bool> ask();

  const Meeting& meeting_;
  Record& record_;
  Bulk& bulk_;
  bool busy_ = false;
  Event free_;
};

}  // namespace gemel
