// SPDX-License-Identifier: Apache-2.0
#include "../../native/store/superblock.h"

#include "../../native/base/limits.h"
#include "../../native/store/block.h"
#include "check.h"
#include "fakes/volume.h"

using namespace gemel;
using namespace gemel::fakes;

namespace {

CopyRecord sample(Generation generation) {
  CopyRecord record;
  record.module = "cam1";
  record.module_uuid = "11111111-2222-3333-4444-555555555555";
  record.copy_uuid = "99999999-2222-3333-4444-555555555555";
  record.node = "alpha";
  record.file_system = "aaaaaaaa-2222-3333-4444-555555555555";
  record.copy = CopyState::consistent;
  record.generation = generation;
  record.history = {3, 2, 1};
  record.session = 7;
  record.right = Right::paired;
  record.root_mtime = {12, 34};
  return record;
}

struct World {
  FakeClock clock;
  FakeVolume volume{clock};
  explicit World(std::uint64_t seed = 1) : clock(seed) {}
  int write(Superblock& superblock, const CopyRecord& record) {
    return finish(clock, superblock.write(record)).value_or(-ETIMEDOUT);
  }
  /// Reads as a process that has just started.
  CopyRecord read_again() {
    Superblock superblock(volume);
    CHECK(superblock.open() == Superblock::Found::valid);
    return superblock.record();
  }
};

}  // namespace

TEST(superblock_blank_directory_is_no_copy) {
  World world;
  Superblock superblock(world.volume);
  CHECK(superblock.open() == Superblock::Found::none);
  CHECK(world.volume.names().empty());
}

TEST(superblock_written_record_is_read_back_whole) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CHECK_EQ(world.write(superblock, sample(10)), 0);
  CHECK(superblock.record() == sample(10));
  CHECK(world.read_again() == sample(10));
}

TEST(superblock_longest_record_fits_its_slot) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CopyRecord record = sample(1);
  record.module = std::string(31, 'm');
  record.node = std::string(255, 'n');
  record.history.assign(limits::kHistory, ~0ULL);
  CHECK_EQ(world.write(superblock, record), 0);
  record.history.push_back(1);
  CHECK_EQ(world.write(superblock, record), -E2BIG);
}

TEST(superblock_power_cut_leaves_old_or_new) {
  bool saw_old = false;
  bool saw_new = false;
  for (std::uint64_t seed = 1; seed <= 60; seed++) {
    World world(seed);
    auto superblock = std::make_unique<Superblock>(world.volume);
    superblock->open();
    for (Generation g = 1; g <= 3; g++) CHECK_EQ(world.write(*superblock, sample(g)), 0);
    // The fourth is cut off in the middle of its write.
    struct Writing {
      static Task<void> run(Superblock& s) { co_await s.write(sample(4)); }
    };
    spawn(Writing::run(*superblock));
    world.volume.power_cut();
    const CopyRecord found = world.read_again();
    CHECK(found == sample(3) || found == sample(4));
    saw_old |= found == sample(3);
    saw_new |= found == sample(4);
  }
  CHECK(saw_old && saw_new);
}

TEST(superblock_torn_slot_leaves_the_record_before) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CHECK_EQ(world.write(superblock, sample(1)), 0);
  CHECK_EQ(world.write(superblock, sample(2)), 0);
  world.volume.poke("superblock", 100, std::byte{0xFF});  // slot 0 holds the second one
  CHECK(world.read_again() == sample(1));
  world.volume.poke("superblock", 4096 + 100, std::byte{0xFF});
  Superblock last(world.volume);
  CHECK(last.open() == Superblock::Found::damaged);
}

TEST(superblock_failed_write_changes_nothing_in_memory) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CHECK_EQ(world.write(superblock, sample(1)), 0);
  world.volume.fail_write = [](const std::string&, std::uint64_t) { return EIO; };
  CHECK_EQ(world.write(superblock, sample(2)), -EIO);
  CHECK(superblock.record() == sample(1));
  world.volume.fail_write = nullptr;
  CHECK_EQ(world.write(superblock, sample(3)), 0);
  CHECK(world.read_again() == sample(3));
}

TEST(superblock_newer_format_is_refused_and_untouched) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CHECK_EQ(world.write(superblock, sample(1)), 0);
  CHECK_EQ(world.write(superblock, sample(2)), 0);
  // A later Gemel's slot: same envelope, higher format, its own checksum.
  auto bytes = world.volume.peek("superblock");
  AlignedBytes block(kStateBlock);
  std::memcpy(block.bytes().data(), bytes.data(), kStateBlock);
  CHECK(read_superblock_slot(block.bytes()).kind == SuperblockSlot::Kind::valid);
  Envelope envelope;
  std::memcpy(&envelope, block.bytes().data(), sizeof envelope);
  envelope.format = kStateFormat + 1;
  std::memcpy(block.bytes().data(), &envelope, sizeof envelope);
  reseal_block(block.bytes());
  for (std::size_t i = 0; i < kStateBlock; i++) world.volume.poke("superblock", i, block.bytes()[i]);
  const auto before = world.volume.peek("superblock");
  Superblock later(world.volume);
  CHECK(later.open() == Superblock::Found::newer_format);
  CHECK(!later.problem().empty());
  CHECK(world.volume.peek("superblock") == before);
}

TEST(superblock_word_outranks_the_record) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CHECK_EQ(world.write(superblock, sample(5)), 0);
  CHECK_EQ(finish(world.clock, superblock.give_word(5)).value(), 0);
  CHECK(superblock.record().right == Right::outdated);
  const CopyRecord again = world.read_again();
  CHECK(again.right == Right::outdated);
  CHECK_EQ(again.right_generation, 5U);
  CHECK_EQ(again.generation, 5U);
}

TEST(superblock_word_is_superseded_by_a_later_right) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CHECK_EQ(world.write(superblock, sample(5)), 0);
  CHECK_EQ(finish(world.clock, superblock.give_word(5)).value(), 0);
  CHECK_EQ(world.write(superblock, sample(6)), 0);
  CHECK(superblock.record().right == Right::paired);
  CHECK(world.read_again() == sample(6));
  // A word after that counts again.
  Superblock next(world.volume);
  next.open();
  CHECK_EQ(finish(world.clock, next.give_word(6)).value(), 0);
  CHECK(world.read_again().right == Right::outdated);
}

TEST(superblock_word_stands_beside_a_write_that_is_under_way) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  CHECK_EQ(world.write(superblock, sample(5)), 0);
  // Both begin at once; whichever lands first, the word is the later promise.
  struct Both {
    static Task<void> word(Superblock& s, int& result) { result = co_await s.give_word(5); }
    static Task<void> record(Superblock& s, int& result) { result = co_await s.write(sample(5)); }
  };
  int word = 1;
  int record = 1;
  spawn(Both::record(superblock, record));
  spawn(Both::word(superblock, word));
  CHECK(world.clock.run_until([&] { return word <= 0 && record <= 0; }));
  CHECK_EQ(word, 0);
  CHECK_EQ(record, 0);
  CHECK(superblock.record().right == Right::outdated);
  CHECK(world.read_again().right == Right::outdated);
}

TEST(superblock_concurrent_writes_keep_their_order) {
  World world;
  Superblock superblock(world.volume);
  superblock.open();
  struct Writing {
    static Task<void> run(Superblock& s, Generation g, int& done) {
      CHECK_EQ(co_await s.write(sample(g)), 0);
      done++;
    }
  };
  int done = 0;
  for (Generation g = 1; g <= 5; g++) spawn(Writing::run(superblock, g, done));
  CHECK(world.clock.run_until([&] { return done == 5; }));
  CHECK(world.read_again() == sample(5));
}
