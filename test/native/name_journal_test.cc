// SPDX-License-Identifier: Apache-2.0
#include "../../native/store/name_journal.h"

#include "check.h"
#include "fakes/volume.h"

using namespace gemel;
using namespace gemel::fakes;

namespace {

NameChange rename_of(Fid fid) {
  NameChange change;
  change.kind = NameKind::rename;
  change.fid = fid;
  change.directory = 1;
  change.directory2 = 2;
  change.name = "disk.qcow2.new";
  change.name2 = "disk.qcow2";
  return change;
}

struct World {
  FakeClock clock;
  FakeVolume volume{clock};
  std::unique_ptr<NameJournal> journal;
  explicit World(std::uint64_t seed = 1) : clock(seed) { CHECK_EQ(start(), 0); }
  int start() {
    journal = std::make_unique<NameJournal>(volume);
    return journal->open();
  }
  int enter(const NameChange& change) { return finish(clock, journal->enter(change)).value_or(-ETIMEDOUT); }
  int clear() { return finish(clock, journal->clear()).value_or(-ETIMEDOUT); }
};

}  // namespace

TEST(name_journal_entry_is_durable_before_the_change_starts) {
  // crash-mid-rename-over
  World world;
  CHECK(world.enter(rename_of(5)) >= 0);
  world.volume.power_cut();
  CHECK_EQ(world.start(), 0);
  CHECK_EQ(world.journal->pending().size(), 1U);
  const NameChange& found = world.journal->pending()[0];
  CHECK(found.kind == NameKind::rename && found.fid == 5 && found.directory2 == 2);
  CHECK(found.name == "disk.qcow2.new" && found.name2 == "disk.qcow2");
}

TEST(name_journal_keeps_the_order_of_entering) {
  World world;
  for (Fid fid = 10; fid < 40; fid++) CHECK(world.enter(rename_of(fid)) >= 0);
  world.volume.power_cut();
  CHECK_EQ(world.start(), 0);
  CHECK_EQ(world.journal->pending().size(), 30U);
  for (Fid fid = 10; fid < 40; fid++) CHECK_EQ(world.journal->pending()[fid - 10].fid, fid);
}

TEST(name_journal_full_says_so_and_takes_slots_that_were_left) {
  World world;
  std::vector<int> slots;
  for (std::size_t i = 0; i < limits::kJournalSlots; i++) slots.push_back(world.enter(rename_of(i + 2)));
  CHECK_EQ(world.enter(rename_of(999)), -EAGAIN);
  CHECK_EQ(world.journal->used(), limits::kJournalSlots);
  world.journal->leave(slots[7]);
  CHECK_EQ(world.enter(rename_of(999)), slots[7]);
}

TEST(name_journal_clear_blanks_what_was_left_and_keeps_what_is_in_use) {
  World world;
  const int first = world.enter(rename_of(5));
  CHECK(world.enter(rename_of(6)) >= 0);
  world.journal->leave(first);
  CHECK_EQ(world.clear(), 0);
  CHECK_EQ(world.start(), 0);
  CHECK_EQ(world.journal->pending().size(), 1U);
  CHECK_EQ(world.journal->pending()[0].fid, 6U);
  CHECK_EQ(world.clear(), 0);  // compared at the handshake
  CHECK(world.journal->pending().empty());
  CHECK_EQ(world.start(), 0);
  CHECK(world.journal->pending().empty());
}

TEST(name_journal_long_value_is_cut_and_the_rest_kept) {
  World world;
  NameChange change;
  change.kind = NameKind::set_xattr;
  change.fid = 9;
  change.name = "user.big";
  change.value = std::string(60'000, 'x');
  CHECK(world.enter(change) >= 0);
  CHECK_EQ(world.start(), 0);
  CHECK_EQ(world.journal->pending()[0].fid, 9U);
  CHECK(world.journal->pending()[0].name == "user.big");
}

TEST(name_journal_failed_write_enters_nothing) {
  World world;
  world.volume.fail_write = [](const std::string&, std::uint64_t) { return EIO; };
  CHECK_EQ(world.enter(rename_of(5)), -EIO);
  CHECK_EQ(world.journal->used(), 0U);
}

TEST(name_journal_torn_entry_is_said) {
  World world;
  CHECK(world.enter(rename_of(5)) >= 0);
  CHECK(world.enter(rename_of(6)) >= 0);
  world.volume.poke("name-journal", 50, std::byte{0x77});
  CHECK_EQ(world.start(), -EBADMSG);
  CHECK_EQ(world.journal->pending().size(), 1U);
}

TEST(name_journal_torn_by_a_crash_is_the_old_entry_or_the_new_one) {
  for (std::uint64_t seed = 1; seed <= 60; seed++) {
    World world(seed);
    NameChange long_one = rename_of(5);
    long_one.kind = NameKind::set_xattr;
    long_one.name = std::string(250, 'n');
    long_one.value = std::string(60'000, 'v');
    // Each slot has been used before; then the power goes while entries are under way.
    for (std::size_t i = 0; i < limits::kJournalSlots; i++) {
      const int slot = world.enter(long_one);
      CHECK(slot >= 0);
      world.journal->leave(slot);
    }
    struct Entering {
      static Task<void> run(NameJournal& journal, NameChange change) { co_await journal.enter(change); }
    };
    long_one.value = std::string(60'000, 'w');
    for (int i = 0; i < 20; i++) spawn(Entering::run(*world.journal, long_one));
    world.clock.advance(static_cast<Nanos>(world.clock.dice().below(150'000)));
    world.volume.power_cut();
    CHECK_EQ(world.start(), 0);
  }
}

TEST(name_journal_cut_that_was_left_is_not_found_again) {
  World world;
  NameChange cut;
  cut.kind = NameKind::set_attributes;
  cut.fid = 9;
  cut.valid = kSetSize;
  const int slot = world.enter(cut);
  CHECK(slot >= 0);
  CHECK(world.enter(rename_of(5)) >= 0);
  world.journal->leave(slot);
  world.clock.advance(kSecond);
  CHECK(world.enter(rename_of(6)) >= 0);
  world.volume.process_death();
  CHECK_EQ(world.start(), 0);
  CHECK_EQ(world.journal->pending().size(), 2U);
  for (const NameChange& found : world.journal->pending()) CHECK(!cuts_file(found));
}

TEST(name_journal_clear_waits_for_what_is_being_blanked) {
  World world;
  NameChange cut;
  cut.kind = NameKind::set_attributes;
  cut.fid = 9;
  cut.valid = kSetSize;
  std::vector<int> slots;
  for (int i = 0; i < 10; i++) slots.push_back(world.enter(cut));
  for (const int slot : slots) world.journal->leave(slot);
  CHECK_EQ(world.clear(), 0);
  world.volume.power_cut();
  CHECK_EQ(world.start(), 0);
  CHECK(world.journal->pending().empty());
}
