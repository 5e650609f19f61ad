// SPDX-License-Identifier: Apache-2.0
// The state directory for real: on the file system below /var/tmp, through the reactor.
#include "../../native/store/volume.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "../../native/store/block.h"
#include "../../native/store/superblock.h"
#include "check.h"

using namespace gemel;

namespace {

struct World {
  Reactor reactor;
  std::string folder;
  std::unique_ptr<RealVolume> volume;

  World() {
    char path[] = "/var/tmp/gemel-test-XXXXXX";
    CHECK(mkdtemp(path) != nullptr);
    folder = path;
    CHECK_EQ(reactor.open(), 0);
    volume = RealVolume::open_directory(reactor, folder + "/state");
    CHECK(volume != nullptr);
  }
  ~World() {
    volume.reset();
    std::filesystem::remove_all(folder);
  }
  bool until(const std::function<bool()>& holds) {
    const Nanos end = reactor.now() + 10 * kSecond;
    while (!holds() && reactor.now() < end) {
      reactor.after(kMillisecond, [this] { reactor.stop(); });
      reactor.run();
    }
    return holds();
  }
  int write(StateFile& file, std::uint64_t offset, ConstBytes data, bool durable) {
    int result = 1;
    bool is_done = false;
    file.write(offset, data, durable, [&](int r) {
      result = r;
      is_done = true;
    });
    CHECK(!is_done);  // never from inside the call
    CHECK(until([&] { return is_done; }));
    return result;
  }
};

struct Saving {
  static Task<void> run(Superblock& superblock, CopyRecord record, int& result) {
    result = co_await superblock.write(std::move(record));
  }
};

}  // namespace

TEST(volume_files_have_their_blocks_before_they_are_used) {
  World world;
  auto file = world.volume->open("bitmap", 1U << 20);
  CHECK(file != nullptr);
  CHECK_EQ(file->size(), 1U << 20);
  struct stat is {};
  CHECK(::stat((world.folder + "/state/bitmap").c_str(), &is) == 0);
  CHECK(is.st_size == 1 << 20 && is.st_blocks >= (1 << 20) / 512);
  CHECK_EQ(is.st_mode & 0777U, 0600U);
  AlignedBytes bytes(8192);
  CHECK_EQ(file->read_now((1U << 20) - 8192, bytes.bytes()), 8192);
}

TEST(volume_what_was_written_is_read_again) {
  World world;
  AlignedBytes bytes(8192);
  bytes.bytes()[5000] = std::byte{42};
  {
    auto file = world.volume->open("log", 65536);
    CHECK_EQ(world.write(*file, 4096, bytes.bytes(), true), 8192);
    CHECK_EQ(world.write(*file, 16384, bytes.bytes(), false), 8192);
  }
  auto again = world.volume->open("log", 4096);  // larger than asked for stays as it is
  CHECK_EQ(again->size(), 65536U);
  AlignedBytes found(8192);
  CHECK_EQ(again->read_now(4096, found.bytes()), 8192);
  CHECK(found.bytes()[5000] == std::byte{42});
  auto grown = world.volume->open("log", 131072);
  CHECK_EQ(grown->size(), 131072U);
  CHECK_EQ(grown->read_now(16384, found.bytes()), 8192);
  CHECK(found.bytes()[5000] == std::byte{42});
}

TEST(volume_names_are_listed_removed_and_kept_inside) {
  World world;
  CHECK(world.volume->open("b", 4096) != nullptr);
  CHECK(world.volume->open("a", 4096) != nullptr);
  CHECK(world.volume->names() == (std::vector<std::string>{"a", "b"}));
  CHECK(world.volume->exists("a") && !world.volume->exists("c"));
  CHECK_EQ(world.volume->remove("a"), 0);
  CHECK_EQ(world.volume->remove("a"), -ENOENT);
  for (const char* name : {"../evil", "a/b", "..", ""}) {
    CHECK(world.volume->open(name, 4096) == nullptr);
    CHECK(!world.volume->exists(name));
    CHECK_EQ(world.volume->remove(name), -EINVAL);
  }
}

TEST(volume_carries_a_superblock) {
  World world;
  Superblock superblock(*world.volume);
  CHECK(superblock.open() == Superblock::Found::none);
  CopyRecord record;
  record.module = "cam1";
  record.generation = 0x1234;
  int result = 1;
  spawn(Saving::run(superblock, record, result));
  CHECK(world.until([&] { return result <= 0; }));
  CHECK_EQ(result, 0);
  Superblock again(*world.volume);
  CHECK(again.open() == Superblock::Found::valid);
  CHECK(again.record() == record);
}
