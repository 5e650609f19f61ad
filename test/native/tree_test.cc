// SPDX-License-Identifier: Apache-2.0
// RealDisk on a directory of this machine: identities that last, names, data by every way. Needs root (file
// handles, trusted xattrs) and a file system that has both.
#include "../../native/store/tree.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "../../native/base/buffers.h"
#include "check.h"

using namespace gemel;

namespace {

constexpr CopyUuid kCopy = {1, 2, 3};

class Directory {
 public:
  Directory() {
    std::array<char, 32> name{"/var/tmp/gemel-tree-XXXXXX"};
    CHECK(mkdtemp(name.data()) != nullptr);
    path = name.data();
    CHECK_EQ(reactor.open(), 0);
  }
  ~Directory() {
    disk.reset();
    std::filesystem::remove_all(path);
  }
  int open(std::string& why) {
    disk = std::make_unique<RealDisk>(reactor);
    return disk->open(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), kCopy, why);
  }
  void open() {
    std::string why;
    CHECK_EQ(open(why), 0);
  }
  std::string at(const std::string& name) const { return path + "/" + name; }
  void put(const std::string& name, const std::string& content) const { std::ofstream(at(name)) << content; }
  Fid fid(const std::string& name) const {
    Attributes found;
    CHECK_EQ(disk->lookup(kRootFid, name, found), 0);
    return found.fid;
  }
  int apply(NameKind kind, const std::string& name, const std::string& name2 = {}) {
    change = {};
    change.kind = kind;
    change.directory = change.directory2 = kRootFid;
    change.name = name;
    change.name2 = name2;
    change.attributes.mode = 0640;
    return disk->apply(change);
  }
  int io(DiskRequest request) {
    int result = 1;
    request.done = [&](int got) {
      result = got;
      reactor.stop();
    };
    disk->submit(request);
    reactor.run();
    return result;
  }

  std::string path;
  Reactor reactor;
  std::unique_ptr<RealDisk> disk;
  NameChange change;
};

}  // namespace

TEST(identity_lasts_through_rename_and_reopening) {
  Directory here;
  here.put("a", "one");
  std::filesystem::create_directory(here.at("d"));
  here.open();
  CHECK_EQ(here.disk->fresh().size(), 2U);
  const Fid file = here.fid("a");
  const Fid directory = here.fid("d");
  CHECK_EQ(here.apply(NameKind::rename, "a", "b"), 0);
  CHECK_EQ(here.change.fid, file);
  here.open();
  CHECK(here.disk->fresh().empty());
  CHECK_EQ(here.fid("b"), file);
  CHECK_EQ(here.fid("d"), directory);
}

TEST(copied_file_gets_an_identity_of_its_own) {
  Directory here;
  here.put("a", "one");
  here.open();
  const Fid original = here.fid("a");
  std::array<char, 256> value{};
  const auto length = getxattr(here.at("a").c_str(), "trusted.gemel.file", value.data(), value.size());
  CHECK(length > 0);
  here.put("copy", "one");
  CHECK_EQ(setxattr(here.at("copy").c_str(), "trusted.gemel.file", value.data(),
                    static_cast<std::size_t>(length), 0),
           0);
  here.open();
  CHECK_EQ(here.fid("a"), original);
  CHECK(here.fid("copy") != original);
  CHECK(here.disk->fresh() == std::vector<Fid>{here.fid("copy")});
}

TEST(hard_links_are_one_file) {
  Directory here;
  here.put("a", "one");
  CHECK_EQ(link(here.at("a").c_str(), here.at("b").c_str()), 0);
  here.open();
  CHECK_EQ(here.fid("a"), here.fid("b"));
  Attributes seen;
  CHECK_EQ(here.disk->stat(here.fid("a"), seen), 0);
  CHECK_EQ(seen.links, 2U);
  CHECK_EQ(here.apply(NameKind::unlink, "a"), 0);
  CHECK_EQ(here.disk->stat(here.fid("b"), seen), 0);
  CHECK_EQ(seen.links, 1U);
}

TEST(file_given_an_identity_keeps_it) {
  Directory here;
  here.open();
  here.change = {};
  CHECK_EQ(here.apply(NameKind::create, "new"), 0);
  const Fid made = here.change.fid;
  CHECK(made > kRootFid);
  CHECK_EQ(here.change.attributes.mode, S_IFREG | 0640U);
  CHECK_EQ(here.apply(NameKind::create, "new"), -EEXIST);
  here.open();
  CHECK_EQ(here.fid("new"), made);
}

TEST(removed_file_lives_while_it_is_held) {
  Directory here;
  here.put("a", "still here");
  here.open();
  const Fid file = here.fid("a");
  CHECK_EQ(here.disk->hold(file), 0);
  CHECK_EQ(here.apply(NameKind::unlink, "a"), 0);
  CHECK_EQ(here.change.replaced, file);
  std::array<std::byte, 10> back{};
  CHECK_EQ(here.io({DiskRequest::Kind::read, file, 0, back.data(), 10, 0, 0, {}}), 10);
  here.disk->release(file);
  Attributes seen;
  CHECK_EQ(here.disk->stat(file, seen), -ESTALE);
}

TEST(names_change_with_many_files_held) {
  Directory here;
  for (const char* folder : {"from", "to"}) CHECK_EQ(mkdir(here.at(folder).c_str(), 0700), 0);
  for (int i = 0; i < 8; i++)
    here.put("from/file-" + std::to_string(i), "x"), here.put("to/file-" + std::to_string(i), "y");
  for (int i = 0; i < 300; i++) here.put("held-" + std::to_string(i), "z");
  here.open();
  const Fid from = here.fid("from");
  const Fid to = here.fid("to");
  for (int i = 0; i < 300; i++) CHECK_EQ(here.disk->hold(here.fid("held-" + std::to_string(i))), 0);
  for (int i = 0; i < 8; i++) {
    NameChange change;
    change.kind = NameKind::rename;
    change.directory = from;
    change.directory2 = to;
    change.name = change.name2 = "file-" + std::to_string(i);
    CHECK_EQ(here.disk->apply(change), 0);
    CHECK(change.replaced != kNoFid);
    change = {};
    change.kind = NameKind::link;
    change.fid = here.fid("held-" + std::to_string(i));
    change.directory = from;
    change.name = "linked-" + std::to_string(i);
    CHECK_EQ(here.disk->apply(change), 0);
  }
}

TEST(large_file_is_freed_by_a_helper) {
  Directory here;
  here.open();
  CHECK_EQ(here.apply(NameKind::create, "large"), 0);
  const Fid fid = here.change.fid;
  DiskRequest grow{DiskRequest::Kind::allocate, fid, 0, nullptr, 0, 0, 100 << 20, {}};
  CHECK_EQ(here.io(grow), 0);
  CHECK_EQ(here.apply(NameKind::unlink, "large"), 0);
  Attributes gone;
  CHECK_EQ(here.disk->stat(fid, gone), -ESTALE);
  // Nothing else has it open by now: only a helper's close can free it, and that comes without a turn of
  // ours.
  const auto is_open = [&] {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code failure;
      if (std::filesystem::read_symlink(entry.path(), failure).string().starts_with(here.at("large")))
        return true;
    }
    return false;
  };
  for (int look = 0; look < 1000 && is_open(); look++) usleep(10'000);
  CHECK(!is_open());
}

TEST(inode_used_again_is_another_file) {
  Directory here;
  here.open();
  for (int round = 0; round < 50; round++) {
    CHECK_EQ(here.apply(NameKind::create, "x"), 0);
    const Fid made = here.change.fid;
    CHECK_EQ(here.fid("x"), made);
    CHECK_EQ(here.apply(NameKind::unlink, "x"), 0);
  }
}

TEST(data_aligned_and_unaligned_meets_in_one_file) {
  Directory here;
  here.open();
  CHECK_EQ(here.apply(NameKind::create, "x"), 0);
  const Fid file = here.change.fid;
  BufferPool pool;
  const Buffer buffer = pool.take(kWriteBytesMax);
  std::memset(buffer.data(), 'd', kWriteBytesMax);
  const DiskRequest direct{DiskRequest::Kind::write, file, 0, buffer.data(), kWriteBytesMax, 0, 0, {}};
  CHECK_EQ(here.io(direct), static_cast<int>(kWriteBytesMax));
  std::memset(buffer.data(), 'b', 100);
  CHECK_EQ(here.io({DiskRequest::Kind::write, file, 4090, buffer.data(), 100, 0, 0, {}}), 100);
  CHECK_EQ(here.io({DiskRequest::Kind::flush, file, 0, nullptr, 0, 1, 0, {}}), 0);
  CHECK_EQ(here.io({DiskRequest::Kind::read, file, 4096, buffer.data(), 4096, 0, 0, {}}), 4096);
  CHECK(static_cast<char>(buffer.data()[93]) == 'b' && static_cast<char>(buffer.data()[94]) == 'd');
  CHECK_EQ(here.io({DiskRequest::Kind::allocate, file, 0, nullptr, 0, 3, 8192, {}}), 0);
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  CHECK_EQ(here.disk->next_data(file, 0, start, end), 1);
  CHECK_EQ(start, 8192U);
  CHECK_EQ(here.io({DiskRequest::Kind::read, file, kWriteBytesMax - 512, buffer.data(), 4096, 0, 0, {}}),
           512);
  CHECK_EQ(here.io({DiskRequest::Kind::read, kRootFid + 7, 0, buffer.data(), 512, 0, 0, {}}), -ESTALE);
  CHECK_EQ(here.io({DiskRequest::Kind::flush_volume, kNoFid, 0, nullptr, 0, 0, 0, {}}), 0);
}

TEST(own_attributes_are_hidden_and_guarded) {
  Directory here;
  here.put("a", "one");
  here.open();
  std::string out;
  CHECK_EQ(here.disk->list_xattr(here.fid("a"), out), 0);
  CHECK_EQ(out, "");
  CHECK_EQ(here.disk->get_xattr(here.fid("a"), "trusted.gemel.file", out), -ENODATA);
  here.change = {};
  here.change.kind = NameKind::set_xattr;
  here.change.fid = here.fid("a");
  here.change.name = "trusted.gemel.file";
  CHECK_EQ(here.disk->apply(here.change), -EPERM);
}

/// R109. A file may have come in with them, and a peer of before may send them.
TEST(attributes_of_one_host_are_not_in_a_copy) {
  Directory here;
  here.put("a", "one");
  CHECK_EQ(setxattr(here.at("a").c_str(), "trusted.libvirt.security.ref_dac", "1", 1, 0), 0);
  here.open();
  std::string out;
  CHECK_EQ(here.disk->list_xattr(here.fid("a"), out), 0);
  CHECK_EQ(out, "");
  CHECK_EQ(here.disk->get_xattr(here.fid("a"), "trusted.libvirt.security.ref_dac", out), -EOPNOTSUPP);
  for (const NameKind kind : {NameKind::set_xattr, NameKind::remove_xattr}) {
    here.change = {};
    here.change.kind = kind;
    here.change.fid = here.fid("a");
    here.change.name = "trusted.libvirt.security.dac";
    here.change.value = "+0:+0";
    CHECK_EQ(here.disk->apply(here.change), 0);
    char value[8];
    CHECK_EQ(getxattr(here.at("a").c_str(), "trusted.libvirt.security.dac", value, sizeof value), -1);
  }
}

TEST(directory_with_a_mount_inside_is_refused) {
  Directory here;
  std::filesystem::create_directory(here.at("other"));
  CHECK_EQ(mount("none", here.at("other").c_str(), "tmpfs", 0, nullptr), 0);
  std::string why;
  const int result = here.open(why);
  CHECK_EQ(umount2(here.at("other").c_str(), MNT_DETACH), 0);
  CHECK_EQ(result, -EXDEV);
  CHECK(why.find("other") != why.npos);
}

TEST(root_is_shown_as_its_owner_left_it) {
  Directory here;
  CHECK_EQ(chmod(here.path.c_str(), 0700), 0);
  here.open();
  Attributes shown;
  shown.mode = 0755;
  shown.uid = shown.gid = 1000;
  Attributes kept;
  here.disk->show_root_as(shown, [&](const Attributes& now) { kept = now; });
  Attributes seen;
  CHECK_EQ(here.disk->stat(kRootFid, seen), 0);
  CHECK_EQ(seen.mode, S_IFDIR | 0755U);
  here.change = {};
  here.change.kind = NameKind::set_attributes;
  here.change.fid = kRootFid;
  here.change.valid = kSetMode | kSetUid;
  here.change.attributes.mode = 0711;
  here.change.attributes.uid = 5;
  CHECK_EQ(here.disk->apply(here.change), 0);
  CHECK_EQ(kept.mode, S_IFDIR | 0711U);
  CHECK_EQ(kept.uid, 5U);
  struct stat underlying {};
  CHECK_EQ(stat(here.path.c_str(), &underlying), 0);
  CHECK_EQ(underlying.st_mode & 07777U, 0700U);
}
