// SPDX-License-Identifier: Apache-2.0
// A copy of which something failed is not up to date, and that outlives this process (R40, R42): what may
// differ is marked in its own bitmap, and the record says "outdated" by the word's own slot, which is
// preallocated and waits for no other write. The hello says both, so the next meeting is never a plain
// pairing.
//
// Invariants: in force from the moment of the failure, durable a moment later; whoever makes more of this
// copy (filled anew, alone by a grant) waits for what is being written here, and lifts it.
#pragma once

#include <string>

#include "record.h"
#include "tracking.h"

namespace gemel {

class Condemnation {
 public:
  Condemnation(Record& record, Tracking& tracking, Reports& reports)
      : record_(record), tracking_(tracking), reports_(reports) {}

  bool is_in_force() const { return !why_.empty(); }
  const std::string& why() const { return why_; }
  enum class Cure : std::uint8_t {
    filled,    ///< only by being filled anew
    repaired,  ///< what is marked can be written here again from the peer (R110)
  };
  /// What may differ (an empty range: nothing but what is marked already).
  void condemn(const std::string& why, Fid fid, Range range, Cure cure = Cure::filled);
  bool can_be_repaired() const { return is_in_force() && cure_ == Cure::repaired; }
  /// Nothing is being written any more.
  Task<void> written();
  void lift() {
    why_.clear();
    cure_ = Cure::repaired;
  }

 private:
  Task<void> write();

  Record& record_;
  Tracking& tracking_;
  Reports& reports_;
  std::string why_;
  Cure cure_ = Cure::repaired;
  bool writing_ = false, again_ = false;
  Event written_;
};

}  // namespace gemel
