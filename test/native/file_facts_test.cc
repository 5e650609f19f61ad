// SPDX-License-Identifier: Apache-2.0
#include "../../native/store/file_facts.h"

#include "check.h"
#include "fakes/volume.h"

using namespace gemel;
using namespace gemel::fakes;

namespace {

FileFacts fact(Fid fid, std::uint64_t size) {
  return {fid, size, {1000, 5}, {2000, 6}, fid + 100, 7};
}

struct World {
  FakeClock clock;
  FakeVolume volume{clock};
  int save(std::vector<FileFacts> files) {
    return finish(clock, save_facts(volume, 77, 3, std::move(files))).value_or(-ETIMEDOUT);
  }
};

}  // namespace

TEST(file_facts_come_back_after_a_power_cut) {
  World world;
  std::vector<FileFacts> files;
  for (Fid fid = 2; fid < 1000; fid++) files.push_back(fact(fid, fid * 10));
  CHECK_EQ(world.save(files), 0);
  world.volume.power_cut();
  const FactsRead read = load_facts(world.volume);
  CHECK(read.kind == FactsRead::Kind::good);
  CHECK(read.files == files && read.generation == 77 && read.session == 3);
  CHECK_EQ(drop_facts(world.volume), 0);
  CHECK(load_facts(world.volume).kind == FactsRead::Kind::none);
}

TEST(file_facts_of_no_files_are_facts_too) {
  World world;
  CHECK_EQ(world.save({}), 0);
  const FactsRead read = load_facts(world.volume);
  CHECK(read.kind == FactsRead::Kind::good && read.files.empty());
}

TEST(file_facts_half_written_are_none_or_damaged) {
  for (std::uint64_t seed = 1; seed <= 40; seed++) {
    FakeClock clock(seed);
    FakeVolume volume(clock);
    struct Saving {
      static Task<void> run(FakeVolume& v) {
        co_await save_facts(v, 1, 1, std::vector<FileFacts>(300, fact(2, 2)));
      }
    };
    spawn(Saving::run(volume));
    clock.advance(static_cast<Nanos>(clock.dice().below(170'000)));
    volume.power_cut();
    const FactsRead read = load_facts(volume);
    CHECK(read.kind != FactsRead::Kind::good || read.files.size() == 300);
  }
}

TEST(file_facts_of_a_file_with_two_names_are_one_file) {
  const std::vector<FileFacts> then{fact(2, 1), fact(3, 1), fact(2, 1)};
  CHECK(compare_facts(then, then).none());
  const std::vector<FileFacts> linked{fact(2, 1), fact(2, 1), fact(3, 1), fact(3, 1)};
  CHECK(compare_facts(then, linked).none());
  const std::vector<FileFacts> now{fact(2, 5), fact(2, 5), fact(9, 1), fact(9, 1)};
  const FactsDifference difference = compare_facts(then, now);
  CHECK(difference.changed == (std::vector<Fid>{2}));
  CHECK(difference.added == (std::vector<Fid>{9}));
  CHECK(difference.removed == (std::vector<Fid>{3}));
}

TEST(file_facts_differences_are_named) {
  // changed-while-stopped
  const std::vector<FileFacts> then{fact(2, 1), fact(3, 1), fact(4, 1), fact(5, 1)};
  std::vector<FileFacts> now{fact(5, 1), fact(2, 1), fact(3, 2), fact(9, 1)};
  now[0].ctime.nanos++;  // same size, same mtime: somebody set it back
  const FactsDifference difference = compare_facts(then, now);
  CHECK(difference.changed == (std::vector<Fid>{5, 3}));
  CHECK(difference.added == (std::vector<Fid>{9}));
  CHECK(difference.removed == (std::vector<Fid>{4}));
  CHECK(compare_facts(then, then).none());
}
