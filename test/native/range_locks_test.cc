// SPDX-License-Identifier: Apache-2.0
// Who waits for whom (R5, R6, R7): what a disk under load shows by chance only.
#include "../../native/engine/range_locks.h"

#include "../../native/base/task.h"
#include "check.h"

using namespace gemel;
using Mode = Hold::Mode;

namespace {

/// One operation: asks for its ranges when it is made, and keeps them until it is told to go.
class Operation {
 public:
  Operation(RangeLocks& locks, Fid fid, std::uint64_t offset, std::uint64_t length, Mode mode, bool direct)
      : hold_(locks) {
    hold_.add(fid, offset, length, mode, direct);
    spawn(take());
  }
  /// Of names or attributes.
  Operation(RangeLocks& locks, Fid fid) : hold_(locks) {
    hold_.add_file(fid);
    spawn(take());
  }
  bool goes_on() const { return goes_on_; }
  void end() { hold_.release(); }

 private:
  Task<void> take() {
    co_await hold_.taken();
    goes_on_ = true;
  }
  Hold hold_;
  bool goes_on_ = false;
};

constexpr Fid kFile = 7;
constexpr bool kDirect = true, kBuffered = false;

}  // namespace

TEST(range_locks_buffered_and_direct_are_never_under_way_together) {
  // The page cache and the disk below it are two truths of one file, however far apart the ranges lie (R5).
  for (const Mode mode : {Mode::peek, Mode::read, Mode::write}) {
    RangeLocks locks;
    Operation direct(locks, kFile, 0, 4096, mode, kDirect);
    Operation buffered(locks, kFile, 1 << 30, 512, mode, kBuffered);
    Operation of_another_file(locks, kFile + 1, 0, 512, mode, kBuffered);
    CHECK(direct.goes_on() && of_another_file.goes_on());
    CHECK(!buffered.goes_on());
    direct.end();
    CHECK(buffered.goes_on());
    buffered.end();
    of_another_file.end();
    CHECK(locks.idle());
  }
}

TEST(range_locks_whole_file_waits_for_all_and_holds_up_what_comes_after) {
  // R6: first come, first served, so that both copies see one order.
  RangeLocks locks;
  Operation write(locks, kFile, 0, 4096, Mode::write, kDirect);
  Operation read(locks, kFile, 8 << 20, 4096, Mode::peek, kDirect);
  Operation cut(locks, kFile);
  Operation later(locks, kFile, 1 << 30, 4096, Mode::write, kDirect);
  CHECK(write.goes_on() && read.goes_on());
  CHECK(!cut.goes_on() && !later.goes_on());
  write.end();
  CHECK(!cut.goes_on());
  read.end();
  CHECK(cut.goes_on() && !later.goes_on());
  cut.end();
  CHECK(later.goes_on());
  later.end();
  CHECK(locks.idle());
}

TEST(range_locks_neighbours_in_one_block_overlap) {
  RangeLocks locks;
  Operation first(locks, kFile, 0, 512, Mode::write, kBuffered);
  Operation neighbour(locks, kFile, 512, 512, Mode::write, kBuffered);
  Operation next_block(locks, kFile, 4096, 512, Mode::write, kBuffered);
  CHECK(first.goes_on() && next_block.goes_on());
  CHECK(!neighbour.goes_on());
  first.end();
  CHECK(neighbour.goes_on());
  neighbour.end();
  next_block.end();
}

TEST(range_locks_a_region_that_is_copied_keeps_writers_out_and_readers_not) {
  RangeLocks locks;
  Operation copied(locks, kFile, 0, 65536, Mode::read, kDirect);
  Operation guest_reads(locks, kFile, 4096, 4096, Mode::peek, kDirect);
  Operation guest_writes(locks, kFile, 8192, 4096, Mode::write, kDirect);
  CHECK(copied.goes_on() && guest_reads.goes_on());
  CHECK(!guest_writes.goes_on());
  copied.end();
  CHECK(guest_writes.goes_on());
  guest_reads.end();
  guest_writes.end();
}
