// SPDX-License-Identifier: Apache-2.0
// Timers of one thread: ordered by time, then by the order in which they were set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "check.h"
#include "types.h"

namespace gemel {

class Timers {
 public:
  using Id = std::uint64_t;

  Id set(Nanos when, std::function<void()> fire) {
    check(static_cast<bool>(fire), "a timer has something to do");
    const Id id = ++last_;
    by_time_.emplace(std::pair{when, id}, std::move(fire));
    times_.emplace(id, when);
    return id;
  }
  void cancel(Id id) {
    const auto found = times_.find(id);
    if (found == times_.end()) return;
    check(by_time_.erase({found->second, id}) == 1, "a timer that was set is either due or gone");
    times_.erase(found);
  }
  /// When the next one is due, or `otherwise`.
  Nanos next(Nanos otherwise) const { return by_time_.empty() ? otherwise : by_time_.begin()->first.first; }
  /// Fires what is due at `now`; what is set meanwhile for `now` or earlier waits for the next call.
  void fire(Nanos now) {
    const Id last = last_;
    while (!by_time_.empty() && by_time_.begin()->first.first <= now) {
      const auto [when, id] = by_time_.begin()->first;
      if (id > last) return;
      auto action = std::move(by_time_.begin()->second);
      by_time_.erase(by_time_.begin());
      check(times_.erase(id) == 1, "a timer fires once");
      action();
    }
  }

 private:
  std::map<std::pair<Nanos, Id>, std::function<void()>> by_time_;
  std::unordered_map<Id, Nanos> times_;
  Id last_ = 0;
};

}  // namespace gemel
