// SPDX-License-Identifier: Apache-2.0
// Front end and guest of a fake node: caches that are dropped in no time, a process that obeys signals.
#pragma once

#include <set>

#include "../../../native/engine/engine.h"
#include "clock.h"

namespace gemel::fakes {

class FakeFront final : public FrontEnd {
 public:
  explicit FakeFront(FakeClock& clock) : clock_(clock) {}
  void invalidate_all(std::function<void(int)> done) override {
    invalidations++;
    clock_.after(10'000, [done = std::move(done)] { done(0); });
  }
  void invalidate(Fid) override {}
  std::size_t open_for_writing() const override { return writers; }

  std::size_t writers = 0;
  std::size_t invalidations = 0;

 private:
  FakeClock& clock_;
};

class FakeGuest final : public Guest {
 public:
  explicit FakeGuest(FakeClock& clock) : clock_(clock) {}
  bool attached() const override { return is_attached; }
  bool alive() override { return is_attached && is_alive; }
  int pause() override {
    is_paused = true;
    return 0;
  }
  int resume() override {
    is_paused = false;
    return 0;
  }
  int kill() override {
    clock_.after(kMillisecond, [this] {
      // D state: a process that was killed stays until its I/O is answered.
      if (waits && waits()) return void(kill());
      is_alive = false;
      if (auto dead = std::exchange(dead_, {})) dead();
    });
    return 0;
  }
  void on_death(std::function<void()> dead) override { dead_ = std::move(dead); }

  /// Does a request of this guest still wait for its answer?
  std::function<bool()> waits;
  bool is_attached = false, is_alive = false, is_paused = false;

 private:
  FakeClock& clock_;
  std::function<void()> dead_;
};

}  // namespace gemel::fakes
