// SPDX-License-Identifier: Apache-2.0
// A disk whose space was reserved keeps that on the other node (R122). Holes and zeros travel as holes; a
// file that has all of its blocks here gets them there, too, at the end of the pass.
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "../base/limits.h"
#include "reintegration.h"

namespace gemel {

Task<bool> Reintegration::reserve_again() {
  const std::set<Fid> thinned = std::exchange(thinned_, {});
  // An older version takes the answer "no space" for a copy that cannot be made.
  if (!cover_.is_known()) co_return true;
  for (const Fid fid : thinned) {
    Attributes file;
    const int seen = ports_.disk.stat(fid, file);
    if (Disk::is_absence(seen)) continue;
    if (seen != 0) co_return unreadable(seen);
    const bool has_all = file.size > 0 && file.blocks * 512 >= file.size;
    if (!S_ISREG(file.mode) || file.links == 0 || !has_all) continue;
    const bool goes_on = co_await reserve_file(fid);
    if (!goes_on) co_return false;
  }
  co_return alive();
}

/// In parts: the target's file is locked for each, and reserving a terabyte takes seconds.
Task<bool> Reintegration::reserve_file(Fid fid) {
  Attributes file;
  for (std::uint64_t at = 0; ports_.disk.stat(fid, file) == 0 && at < file.size;
       at += limits::kReserveBytes) {
    const Range part{at, std::min(limits::kReserveBytes, file.size - at)};
    Hold hold(locks_);
    hold.add(fid, part.offset, part.length, Hold::Mode::read, true);
    co_await hold.taken();
    if (!session_.carries()) co_return false;
    const wire::Allocate message{fid, FALLOC_FL_KEEP_SIZE, part.offset, part.length};
    Session::Pending pending(message, {}, /*needs_done=*/true);
    session_.send(pending);
    const PeerAnswer answer = co_await session_.answer(pending);
    if (answer.kind != PeerAnswer::Kind::done) co_return false;
    if (answer.result >= 0) continue;
    if (answer.result == -ENOSPC)
      reports_.trouble({"reservation-lost",
                        "A disk whose space is reserved here (inode " + std::to_string(fid) +
                            " in the mount) finds no room for that on the other node: its content is copied, "
                            "the room for it is not reserved there.",
                        "Make room on the other node before the VM runs there."});
    co_return true;
  }
  co_return true;
}

}  // namespace gemel
