// SPDX-License-Identifier: Apache-2.0
// The judgement walked over every combination of witnesses (judge() itself stops the process when two rows or
// none are met), then by name, then against real directories.
#include "../../native/store/identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "check.h"
#include "fakes/clock.h"

using namespace gemel;
using Kind = Judgement::Kind;

namespace {

/// A copy as it should be.
Witnesses sound() {
  Witnesses w;
  w.module_uuid = "module";
  w.known = Known::initialised;
  w.known_file_system = "fs";
  w.root_exists = true;
  w.root_has_files = true;
  w.file_system = "fs";
  w.mark = RootMark{"module", "copy", "fs"};
  w.superblock = Superblock::Found::valid;
  w.record.module_uuid = "module";
  w.record.copy_uuid = "copy";
  w.record.file_system = "fs";
  return w;
}

Witnesses untouched() {
  Witnesses w;
  w.module_uuid = "module";
  w.root_exists = true;
  w.file_system = "fs";
  return w;
}

}  // namespace

TEST(identity_every_input_meets_exactly_one_row) {
  std::map<char, int> met;
  for (unsigned bits = 0; bits < 1U << 9; bits++) {
    for (const auto known : {Known::never, Known::set_aside, Known::initialised}) {
      for (const auto found : {Superblock::Found::none, Superblock::Found::valid, Superblock::Found::damaged,
                               Superblock::Found::newer_format}) {
        Witnesses w = sound();
        w.known = known;
        w.superblock = found;
        w.root_exists = (bits & 1) != 0;
        w.root_is_mount_point = (bits & 2) != 0;
        w.root_has_files = (bits & 4) != 0;
        w.same_file_system = (bits & 8) != 0;
        if ((bits & 16) != 0) w.file_system = "";
        if ((bits & 32) != 0) w.known_file_system = "other";
        if ((bits & 64) != 0) w.mark.reset();
        if ((bits & 128) != 0 && w.mark) w.mark->copy_uuid = "other";
        if ((bits & 256) != 0) w.record.module_uuid = "other";
        const Judgement judgement = judge(w);
        met[judgement.row]++;
        if (judgement.kind != Kind::there && judgement.kind != Kind::empty) {
          CHECK(!judgement.code.empty() && !judgement.message.empty() && !judgement.next.empty());
        }
        // Never a source, never empty, when anything speaks against it.
        if (judgement.kind == Kind::there) CHECK(w.mark && w.mark->copy_uuid == w.record.copy_uuid);
        if (judgement.kind == Kind::empty) CHECK(known != Known::initialised && !w.root_has_files && !w.mark);
      }
    }
  }
  for (char row = 'a'; row <= 'n'; row++) CHECK(met[row] > 0);
}

TEST(identity_sound_copy_is_there) {
  CHECK(judge(sound()).kind == Kind::there);
  Witnesses w = sound();
  w.known = Known::never;  // the daemon's own state was lost
  w.known_file_system = "";
  CHECK(judge(w).kind == Kind::there);
}

TEST(identity_volume_not_mounted_at_boot) {
  Witnesses w = untouched();
  w.known = Known::initialised;
  w.known_file_system = "fs";
  CHECK(judge(w).kind == Kind::not_there);  // an empty directory where the copy was, same root file system
  CHECK(judge(w).code == "volume-not-mounted");
  w.file_system = "fs of the system disk";
  CHECK(judge(w).kind == Kind::not_there);
  CHECK(judge(w).code == "file-system-changed");
  w.root_exists = false;
  CHECK(judge(w).kind == Kind::not_there);
  CHECK(judge(w).code == "volume-not-mounted");
}

TEST(identity_empty_only_when_nothing_was_ever_here) {
  CHECK(judge(untouched()).kind == Kind::empty);
  Witnesses w = untouched();
  w.known = Known::set_aside;
  CHECK(judge(w).kind == Kind::empty);
  w.root_has_files = true;
  CHECK(judge(w).kind == Kind::unknown);
}

TEST(identity_state_of_another_copy_is_a_mismatch) {
  Witnesses w = sound();
  w.mark->copy_uuid = "restored from somewhere";
  CHECK(judge(w).code == "identity-mismatch");
  w = sound();
  w.module_uuid = "another module of the same name";
  CHECK(judge(w).code == "identity-mismatch");
  w = sound();
  w.superblock = Superblock::Found::none;
  CHECK(judge(w).code == "state-missing");
  w.superblock = Superblock::Found::damaged;
  CHECK(judge(w).code == "state-damaged");
}

TEST(identity_unusable_places_say_why) {
  Witnesses w = sound();
  w.root_is_mount_point = true;
  CHECK(judge(w).kind == Kind::refused && judge(w).code == "root-is-mount-point");
  w = sound();
  w.same_file_system = false;
  CHECK(judge(w).code == "state-elsewhere");
  w = untouched();
  w.file_system = "";
  CHECK(judge(w).code == "no-lasting-file-system");
  w = sound();
  w.superblock = Superblock::Found::newer_format;
  CHECK(judge(w).kind == Kind::refused && judge(w).code == "newer-format");
}

TEST(identity_mark_is_written_and_read_on_a_real_directory) {
  char path[] = "/var/tmp/gemel-test-XXXXXX";
  CHECK(mkdtemp(path) != nullptr);
  const std::string root = std::string(path) + "/root";
  const std::string state = std::string(path) + "/state";
  CHECK(::mkdir(root.c_str(), 0700) == 0 && ::mkdir(state.c_str(), 0700) == 0);
  const int fd = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fakes::FakeClock clock;
  const RootMark mark{make_uuid(clock), make_uuid(clock), file_system_id(fd).uuid};
  const int written = ::geteuid() == 0 ? write_root_mark(fd, mark) : 0;
  const auto read = read_root_mark(fd);
  Witnesses w;
  const int looked = read_witnesses(root, state, nullptr, w);
  Witnesses missing;
  const int looked_again = read_witnesses(root + "/nowhere", state, nullptr, missing);
  ::close(fd);
  std::filesystem::remove_all(path);
  CHECK_EQ(looked, 0);
  CHECK_EQ(looked_again, 0);
  CHECK(w.root_exists && !w.root_is_mount_point && !w.root_has_files && w.same_file_system);
  CHECK(!missing.root_exists);
  if (::geteuid() != 0) return;  // trusted.* is for root alone
  CHECK_EQ(written, 0);
  CHECK(read.has_value() && *read == mark && w.mark == read);
}

TEST(identity_proc_is_a_mount_point_without_lasting_identity) {
  Witnesses w;
  CHECK_EQ(read_witnesses("/proc", "/proc", nullptr, w), 0);
  CHECK(w.root_is_mount_point);
  CHECK(w.file_system.empty());
}
