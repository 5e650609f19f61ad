// SPDX-License-Identifier: Apache-2.0
#include "../../native/store/activity_log.h"

#include <algorithm>
#include <set>

#include "../../native/base/limits.h"
#include "check.h"
#include "fakes/volume.h"

using namespace gemel;
using namespace gemel::fakes;

namespace {

struct Keeper final : ActivityLog::Owner {
  bool may_forget = true;
  std::set<std::uint64_t> kept;  ///< extents that may not leave
  int asked = 0;
  std::function<void()> make_room;
  bool can_forget(const HotExtent& extent) override { return may_forget && !kept.contains(extent.extent); }
  void need_room() override {
    asked++;
    if (make_room) make_room();
  }
};

struct World {
  FakeClock clock;
  FakeVolume volume{clock};
  Keeper keeper;
  std::unique_ptr<ActivityLog> log;
  explicit World(std::uint64_t seed = 1) : clock(seed) { start(); }
  void start() {
    log = std::make_unique<ActivityLog>(volume, keeper);
    CHECK_EQ(log->open(), 0);
  }
  int ensure(Fid fid, std::uint64_t first, std::uint64_t last) {
    return finish(clock, log->ensure(fid, first, last)).value_or(-ETIMEDOUT);
  }
};

bool holds(const std::vector<HotExtent>& list, Fid fid, std::uint64_t extent) {
  return std::ranges::find(list, HotExtent{fid, extent}) != list.end();
}

struct Asking {
  static Task<void> run(ActivityLog& log, Fid fid, std::uint64_t extent, int& done, int& result) {
    result = co_await log.ensure(fid, extent, extent);
    done++;
  }
};

}  // namespace

TEST(activity_log_cold_extent_is_durable_before_ensure_returns) {
  World world;
  CHECK(!world.log->touch(2, 0, 1));
  CHECK_EQ(world.ensure(2, 0, 1), 0);
  CHECK(world.log->touch(2, 0, 1));
  world.volume.power_cut();
  world.start();
  CHECK(holds(world.log->found(), 2, 0) && holds(world.log->found(), 2, 1));
  CHECK_EQ(world.log->found().size(), 2U);
}

TEST(activity_log_warm_extent_costs_no_write) {
  World world;
  CHECK_EQ(world.ensure(2, 5, 5), 0);
  const auto writes = world.volume.writes();
  for (int i = 0; i < 100; i++) CHECK_EQ(world.ensure(2, 5, 5), 0);
  CHECK_EQ(world.volume.writes(), writes);
}

TEST(activity_log_cold_extents_join_one_update) {
  World world;
  int done = 0;
  int result = 0;
  for (std::uint64_t extent = 0; extent < 200; extent++)
    spawn(Asking::run(*world.log, 2, extent, done, result));
  CHECK(world.clock.run_until([&] { return done == 200; }));
  CHECK_EQ(result, 0);
  CHECK_EQ(world.volume.writes(), 2U);  // the first one alone, all others together
}

TEST(activity_log_torn_snapshot_leaves_the_one_before) {
  for (std::uint64_t seed = 1; seed <= 60; seed++) {
    World world(seed);
    for (std::uint64_t extent = 0; extent < 700; extent += 100)
      CHECK_EQ(world.ensure(2, extent, extent + 99), 0);
    int done = 0;
    int result = 0;
    spawn(Asking::run(*world.log, 3, 1, done, result));
    world.volume.power_cut();
    CHECK_EQ(done, 0);
    world.start();
    for (std::uint64_t extent = 0; extent < 700; extent++) CHECK(holds(world.log->found(), 2, extent));
  }
}

TEST(activity_log_evicts_only_what_may_be_forgotten) {
  World world;
  for (std::uint64_t extent = 0; extent < 1024; extent += 128)
    CHECK_EQ(world.ensure(2, extent, extent + 127), 0);
  CHECK_EQ(world.log->size(), limits::kHotExtents);
  world.keeper.kept = {0, 1};
  CHECK_EQ(world.ensure(3, 0, 1), 0);
  CHECK(holds(world.log->hot(), 2, 0) && holds(world.log->hot(), 2, 1));  // the oldest, but kept
  CHECK(!holds(world.log->hot(), 2, 2) && !holds(world.log->hot(), 2, 3));
  CHECK_EQ(world.log->size(), limits::kHotExtents);
}

TEST(activity_log_full_asks_for_room_and_goes_on) {
  World world;
  for (std::uint64_t extent = 0; extent < 1024; extent += 128)
    CHECK_EQ(world.ensure(2, extent, extent + 127), 0);
  world.keeper.may_forget = false;
  int done = 0;
  int result = 1;
  for (std::uint64_t extent = 0; extent < 5; extent++)
    spawn(Asking::run(*world.log, 3, extent, done, result));
  world.clock.advance(kSecond);
  CHECK_EQ(done, 0);
  CHECK_EQ(world.keeper.asked, 1);
  world.keeper.may_forget = true;  // both sides have flushed
  world.log->retry();
  CHECK(world.clock.run_until([&] { return done == 5; }));
  CHECK_EQ(result, 0);
}

TEST(activity_log_owner_that_makes_room_at_once) {
  World world;
  for (std::uint64_t extent = 0; extent < 1024; extent += 128)
    CHECK_EQ(world.ensure(2, extent, extent + 127), 0);
  world.keeper.may_forget = false;
  world.keeper.make_room = [&] {
    world.keeper.may_forget = true;
    world.log->retry();
  };
  CHECK_EQ(world.ensure(3, 0, 0), 0);
}

TEST(activity_log_failed_update_admits_nothing) {
  World world;
  CHECK_EQ(world.ensure(2, 0, 0), 0);
  world.volume.fail_write = [](const std::string&, std::uint64_t) { return EIO; };
  CHECK_EQ(world.ensure(2, 1, 1), -EIO);
  CHECK(!world.log->touch(2, 1, 1));
  CHECK(world.log->touch(2, 0, 0));
  world.volume.fail_write = nullptr;
  world.volume.power_cut();
  world.start();
  CHECK(holds(world.log->found(), 2, 0));
}

TEST(activity_log_clear_is_durable) {
  World world;
  CHECK_EQ(world.ensure(2, 0, 9), 0);
  CHECK_EQ(finish(world.clock, world.log->clear()).value(), 0);
  world.volume.power_cut();
  world.start();
  CHECK(world.log->found().empty());
}

TEST(activity_log_both_snapshots_damaged_is_said) {
  World world;
  CHECK_EQ(world.ensure(2, 0, 9), 0);
  CHECK_EQ(world.ensure(2, 10, 19), 0);
  world.volume.poke("activity-log", 40, std::byte{0xEE});
  world.volume.poke("activity-log", kLogSnapshotBytes + 40, std::byte{0xEE});
  ActivityLog log(world.volume, world.keeper);
  CHECK_EQ(log.open(), -EBADMSG);
}

TEST(activity_log_range_too_long_for_it_is_refused) {
  World world;
  CHECK_EQ(world.ensure(2, 0, limits::kExtentsPerCall), -E2BIG);
  CHECK_EQ(world.log->size(), 0U);
}

TEST(activity_log_durable_set_never_lacks_what_was_ensured) {
  // Random use with random eviction and a power cut: every extent whose ensure() returned 0 and that was not
  // yet forgettable is found again.
  for (std::uint64_t seed = 1; seed <= 30; seed++) {
    World world(seed);
    std::set<std::uint64_t>& kept = world.keeper.kept;
    const int rounds = static_cast<int>(world.clock.dice().below(40)) + 10;
    for (int i = 0; i < rounds; i++) {
      const std::uint64_t first = world.clock.dice().below(4000);
      const std::uint64_t count = world.clock.dice().below(100);
      CHECK_EQ(world.ensure(2, first, first + count), 0);
      for (std::uint64_t extent = first; extent <= first + count; extent++) kept.insert(extent);
      while (kept.size() > 700) kept.erase(kept.begin());  // flushed on both nodes
    }
    world.volume.power_cut();
    world.start();
    for (const std::uint64_t extent : kept) CHECK(holds(world.log->found(), 2, extent));
  }
}
