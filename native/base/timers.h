// SPDX-License-Identifier: Apache-2.0
// Timers of one thread: ordered by time, then by the order in which they were set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "types.h"

namespace gemel {

class Timers {
 public:
  using Id = std::uint64_t;

  Id set(Nanos when, std::function<void()> fire) {
    const Id id = ++last_;
    by_time_.emplace(std::pair{when, id}, std::move(fire));
    times_.emplace(id, when);
    return id;
  }
  void cancel(Id id) {
    const auto found = times_.find(id);
    if (found == times_.end()) return;
    by_time_.erase({found->second, id});
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
      times_.erase(id);
      action();
    }
  }

 private:
  std::map<std::pair<Nanos, Id>, std::function<void()>> by_time_;
  std::unordered_map<Id, Nanos> times_;
  Id last_ = 0;
};

}  // namespace gemel
