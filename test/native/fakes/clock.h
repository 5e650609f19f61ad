// SPDX-License-Identifier: Apache-2.0
// Time that moves only when the test says so. Every fake device completes through this queue, so a test or a
// simulated run is one sequence of events, the same for the same seed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "../../../native/base/check.h"
#include "../../../native/base/env.h"
#include "../../../native/base/task.h"

namespace gemel::fakes {

/// splitmix64: small, and every seed gives a good stream.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// 0 … bound - 1; 0 for bound 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

 private:
  std::uint64_t state_;
};

class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::uint64_t seed = 1) : random_(seed) {}

  Nanos now() override { return now_; }
  std::int64_t calendar_seconds() override { return 1'790'000'000 + now_ / kSecond; }
  TimerId after(Nanos delay, std::function<void()> fire) override {
    const TimerId id = ++last_;
    queue_.emplace(std::pair{now_ + std::max<Nanos>(delay, 0), id}, std::move(fire));
    times_.emplace(id, now_ + std::max<Nanos>(delay, 0));
    return id;
  }
  void cancel(TimerId timer) override {
    const auto found = times_.find(timer);
    if (found == times_.end()) return;
    queue_.erase({found->second, timer});
    times_.erase(found);
  }
  std::uint64_t random() override { return random_.next(); }
  Random& dice() { return random_; }

  /// Runs the next event; false when there is none.
  bool step() {
    if (queue_.empty()) return false;
    auto first = queue_.extract(queue_.begin());
    now_ = std::max(now_, first.key().first);
    times_.erase(first.key().second);
    first.mapped()();
    return true;
  }
  /// Runs everything due within `span`, then stands at its end.
  void advance(Nanos span) {
    const Nanos end = now_ + span;
    while (!queue_.empty() && queue_.begin()->first.first <= end) step();
    now_ = end;
  }
  /// Time passes without a turn: the host slept (R16).
  void jump(Nanos span) { now_ += span; }
  /// Runs until `holds`, at most for `limit` of fake time; whether it held.
  bool run_until(const std::function<bool()>& holds, Nanos limit = 3600 * kSecond) {
    const Nanos end = now_ + limit;
    while (!holds()) {
      if (queue_.empty() || queue_.begin()->first.first > end) return false;
      step();
    }
    return true;
  }
  std::size_t pending() const { return queue_.size(); }

 private:
  Nanos now_ = kSecond;
  TimerId last_ = 0;
  Random random_;
  std::map<std::pair<Nanos, TimerId>, std::function<void()>> queue_;
  std::map<TimerId, Nanos> times_;
};

/// Completion delays of a fake device.
struct Latency {
  Nanos least = 20'000;
  Nanos most = 80'000;
  Nanos draw(Random& dice) const {
    return least + static_cast<Nanos>(dice.below(static_cast<std::uint64_t>(most - least + 1)));
  }
};

/// Runs a task to its end on fake time; nothing when it did not end within the limit. The task must not
/// outlive what it refers to: a test that gets nothing here should end.
template <class T>
std::optional<T> finish(FakeClock& clock, Task<T> task, Nanos limit = 3600 * kSecond) {
  auto result = std::make_shared<std::optional<T>>();
  // Not a lambda with captures: its frame outlives a lambda object (CP.51).
  struct Runner {
    static Task<void> run(Task<T> inner, std::shared_ptr<std::optional<T>> into) {
      into->emplace(co_await inner);
    }
  };
  spawn(Runner::run(std::move(task), result));
  clock.run_until([&] { return result->has_value(); }, limit);
  return *result;
}

}  // namespace gemel::fakes
