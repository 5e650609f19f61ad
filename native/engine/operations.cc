// SPDX-License-Identifier: Apache-2.0
#include "operations.h"

#include <linux/falloc.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "../base/check.h"
#include "../base/limits.h"
#include "name_change.h"
#include "sleep.h"

namespace gemel {

using Kind = PeerAnswer::Kind;

namespace {

/// Nothing was lost by it: there is nothing of that name, or nothing that could be flushed.
bool is_no_loss(int flushed) {
  return flushed >= 0 || flushed == -ESTALE || flushed == -EINVAL || flushed == -EBADF || flushed == -ENOTDIR;
}

/// R44: what a caller asked for and cannot have, on whichever disk; nothing was changed by it.
bool is_mistake(int error) {
  return error == EFBIG || error == EOPNOTSUPP || error == EINVAL || error == EPERM || error == ETXTBSY ||
         error == ENODEV || error == ESPIPE;
}
/// The disk's own failure: the peer's may be whole.
bool is_broken(int error) {
  return error == EIO || error == EROFS || error == ENXIO || error == EREMOTEIO || error == EUCLEAN;
}
bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT;
}

}  // namespace

bool Operations::is_direct(std::uint64_t offset, ConstBytes data) const {
  const std::uint64_t alignment = ports_.disk.alignment();
  return offset % alignment == 0 && data.size() % alignment == 0 &&
         reinterpret_cast<std::uintptr_t>(data.data()) % alignment == 0;
}

Task<int> Operations::read(Fid fid, std::uint64_t offset, Bytes into) {
  check(into.size() <= kWriteBytesMax, "a front end reads no more at once than a frame carries");
  UnderWay under_way(figures_);
  Hold hold(locks_);
  hold.add(fid, offset, into.size(), Hold::Mode::peek, is_direct(offset, into));
  co_await hold.taken();
  // A frozen primary may be old by now; a secondary's own copy is what its read-only mount shows.
  if (gate_.is_frozen()) co_await gate_.pass();
  int result = -EIO;
  if (!lacking_.touches(fid, {offset, into.size()})) {
    auto io = disk_read(ports_.disk, fid, offset, into);
    result = co_await io;
    if (result == -EIO) owner_.local_failed(-result, fid, into.size());
    if (result == -EIO && gate_.is_primary()) spawn(repair_read(fid, {offset, into.size()}));
  }
  if (gate_.is_frozen()) co_await gate_.pass();
  if (result == -EIO) result = co_await read_elsewhere(fid, offset, into);
  figures_.reads++;
  if (result > 0) figures_.bytes_read += static_cast<std::uint64_t>(result);
  co_return result;
}

/// R110: from the peer; one that is lost meanwhile is waited for like any other (R13).
Task<int> Operations::read_elsewhere(Fid fid, std::uint64_t offset, Bytes into) {
  for (;;) {
    const int result = co_await owner_.read_from_peer(fid, offset, into);
    if (result >= 0 || !gate_.is_frozen()) co_return result;
    co_await gate_.pass();
  }
}

/// A rewrite makes a bad sector whole: block by block, so that no neighbour is touched.
Task<void> Operations::repair_read(Fid fid, Range range) {
  Sleep turn(ports_.clock, 0);
  co_await turn;
  const std::uint64_t end = range.end();
  Buffer probe = repairs_.take(kBlockBytes);
  for (std::uint64_t at = range.offset / kBlockBytes * kBlockBytes; at < end; at += kBlockBytes) {
    auto io = disk_read(ports_.disk, fid, at, probe.first(kBlockBytes));
    const int read = co_await io;
    if (read != -EIO) continue;
    const bool repaired = co_await repair(fid, {at, kBlockBytes});
    if (!repaired) co_return;
  }
}

/// At most one write's worth. The range is locked: the guest's own write waits for one answer of the peer.
Task<bool> Operations::repair(Fid fid, Range range) {
  Hold hold(locks_);
  hold.add(fid, range.offset, range.length, Hold::Mode::write, true);
  co_await hold.taken();
  Attributes now;
  if (session_.phase() != Session::Phase::in_sync || !gate_.is_open()) co_return false;
  const int seen = ports_.disk.stat(fid, now);
  if (Disk::is_absence(seen) || (seen == 0 && range.offset >= now.size)) {
    lacking_.remove(fid, range);
    co_return true;
  }
  if (seen != 0) co_return false;
  const int refused = co_await pass_and_intend(fid, range.offset, range.length);
  if (refused != 0) co_return false;
  Buffer buffer = repairs_.take(kWriteBytesMax);
  int got = co_await owner_.read_from_peer(fid, range.offset, buffer.first(range.length));
  if (got <= 0) co_return false;
  // Whole blocks: a direct write; behind the end of the file there is nothing that could be cut off.
  const std::uint64_t blocks =
      (static_cast<std::uint64_t>(got) + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  const bool is_whole = range.offset + blocks <= now.size;
  tracking_.write_begins(fid, range.offset, range.length);
  auto io = disk_write(ports_.disk, fid, range.offset,
                       buffer.first(is_whole ? blocks : static_cast<std::uint64_t>(got)));
  const int written = co_await io;
  tracking_.write_ends(fid, range.offset, range.length);
  if (written < 0) co_return false;
  lacking_.remove(fid, range);
  owner_.repaired();
  co_return true;
}

Task<bool> Operations::repair_lacking() {
  while (const auto one = lacking_.first(kWriteBytesMax)) {
    const bool repaired = co_await repair(one->first, one->second);
    if (!repaired) co_return false;
  }
  co_return true;
}

/// R110: the write goes on with the peer; what this disk lacks is remembered, and this copy is not whole.
bool Operations::go_on_with_peer(Fid fid, Range range, int local, bool grows) {
  if (!is_broken(-local) || session_.phase() != Session::Phase::in_sync) return false;
  if (lacking_.ranges() >= limits::kLackingRanges) return false;
  Attributes now;
  if (ports_.disk.stat(fid, now) != 0) return false;
  if (grows && range.end() > now.size) {
    NameChange grow;
    grow.kind = NameKind::set_attributes;
    grow.fid = fid;
    grow.valid = kSetSize;
    grow.attributes.size = range.end();
    if (ports_.disk.apply(grow) != 0) return false;
  }
  lacking_.add(fid, range);
  owner_.lacks(-local, fid, range);
  return true;
}

/// Returns 0 when the write may start: the gate is open at this very moment and the extents are durable in
/// the log.
Task<int> Operations::pass_and_intend(Fid fid, std::uint64_t offset, std::uint64_t length) {
  for (;;) {
    if (!gate_.is_open()) {
      if (const int refused = co_await gate_.pass(); refused != 0) co_return refused;
    }
    if (tracking_.touch(fid, offset, length)) co_return 0;
    const int failed = co_await tracking_.intend(fid, offset, length);
    if (failed < 0) {
      owner_.local_failed(-failed, fid, length);
      co_return -EIO;
    }
    // Waited: the gate may have frozen, or the extent may have been forgotten again. Look once more.
  }
}

Task<int> Operations::write(Fid fid, std::uint64_t offset, ConstBytes data, bool sync) {
  check(data.size() <= kWriteBytesMax, "a front end writes no more at once than a frame carries");
  if (!gate_.is_primary()) co_return -EROFS;
  UnderWay under_way(figures_);
  const Nanos begun = ports_.clock.now();
  Hold hold(locks_);
  hold.add(fid, offset, data.size(), Hold::Mode::write, is_direct(offset, data));
  co_await hold.taken();
  if (const int refused = co_await pass_and_intend(fid, offset, data.size()); refused != 0) co_return refused;

  check(gate_.is_open(), "R13: no write begins before the gate lets it");
  tracking_.write_begins(fid, offset, data.size());
  const wire::Write message{fid, offset, sync};
  Session::Pending pending(message, data, /*needs_done=*/sync);
  const bool with_peer = has_peer(fid);
  if (with_peer) session_.send(pending);
  auto io = disk_write(ports_.disk, fid, offset, data);
  int local = co_await io;
  bool flush_lost = false;
  if (local >= 0 && sync) {
    // R12: no FSYNC follows a write with O_DSYNC on a direct file.
    auto flush = disk_flush(ports_.disk, fid, true);
    const int flushed = co_await flush;
    flush_lost = flush_result(fid, flushed) < 0;
  }
  const Nanos local_done = ports_.clock.now();
  PeerAnswer peer;
  if (with_peer) peer = co_await session_.answer(pending);
  const Nanos now = ports_.clock.now();
  figures_.local.add(local_done - begun);
  if (with_peer) figures_.peer.add(now - begun);
  if (local < 0 && peer.kind == Kind::done && peer.result >= 0 &&
      go_on_with_peer(fid, {offset, data.size()}, local, /*grows=*/true)) {
    local = static_cast<int>(data.size());
  } else if (local >= 0 && !lacking_.empty()) {
    lacking_.remove(fid, {offset, data.size()});
  }
  local = co_await settle(fid, offset, data.size(), local, peer, /*keeps_content=*/false);
  tracking_.write_ends(fid, offset, data.size());
  figures_.written(data.size(), ports_.clock.now() - begun, now);
  if (local >= 0 && flush_lost) co_return -EIO;
  co_return local < 0 ? local : static_cast<int>(data.size());
}

/// R9: what the two sides did is brought together; the reply waits for an open gate (R13).
Task<int> Operations::settle(Fid fid, std::uint64_t offset, std::uint64_t length, int local, PeerAnswer peer,
                             bool keeps_content) {
  const bool peer_did = peer.kind == Kind::done && peer.result >= 0;
  const bool peer_failed = peer.kind == Kind::done && peer.result < 0;
  const bool is_same = peer_failed && peer.result == local;
  if (local < 0 && !is_mistake(-local)) owner_.local_failed(-local, fid, length);
  // R44: the caller's business. Of a range that found no room any part may be allocated, and all of it reads
  // as before.
  bool is_settled = is_same && is_mistake(-local);
  if (is_same && is_full(-local) && keeps_content) is_settled = co_await make_size_equal(fid);
  if (is_settled) {
    // Equal, and equally refused.
  } else if (local < 0 && (peer_did || peer_failed)) {
    // What either side holds of the range now is unknown: the peer gets what this side has.
    const bool equal = co_await make_equal(fid, offset, length);
    if (!equal) {
      tracking_.mark(fid, {offset, length});
      owner_.peer_failed(peer_failed ? -peer.result : EIO, fid, {offset, length});
    }
  } else if (peer_failed) {
    tracking_.mark(fid, {offset, length});
    if (peer.result == -ESTALE) owner_.compare_names_again();
    owner_.peer_failed(-peer.result, fid, {offset, length});
  }
  if (!gate_.is_open()) {
    const int refused = co_await gate_.pass();
    if (refused != 0 && local >= 0) co_return refused;
  }
  check(local < 0 || gate_.is_open(), "R13: no success leaves but through an open gate");
  co_return local;
}

/// The range's lock is held. Sends this side's present content of it; true when the peer has it.
Task<bool> Operations::make_equal(Fid fid, std::uint64_t offset, std::uint64_t length) {
  Attributes now;
  if (length > kWriteBytesMax || ports_.disk.stat(fid, now) != 0 || !session_.carries()) co_return false;
  const std::uint64_t held = now.size <= offset ? 0 : std::min(length, now.size - offset);
  Buffer buffer = repairs_.take(kWriteBytesMax);
  if (held > 0) {
    auto io = disk_read(ports_.disk, fid, offset, buffer.first(held));
    const int read = co_await io;
    if (read != static_cast<int>(held) || !session_.carries()) co_return false;
    const wire::Write message{fid, offset, false};
    Session::Pending pending(message, buffer.first(held), /*needs_done=*/true);
    session_.send(pending);
    const PeerAnswer answer = co_await session_.answer(pending);
    if (answer.kind != Kind::done || answer.result < 0) co_return false;
  }
  if (held == length) co_return true;
  // A write that would have made the file longer: the peer's may be longer now.
  co_return co_await make_size_equal(fid);
}

Task<bool> Operations::make_size_equal(Fid fid) {
  Attributes now;
  if (ports_.disk.stat(fid, now) != 0 || !session_.carries()) co_return false;
  wire::Change cut;
  cut.kind = NameKind::set_attributes;
  cut.fid = fid;
  cut.valid = kSetSize;
  cut.size = now.size;
  Session::Pending pending(cut, {}, /*needs_done=*/true);
  session_.send(pending);
  const PeerAnswer answer = co_await session_.answer(pending);
  co_return answer.result >= 0 && answer.kind == Kind::done;
}

Task<int> Operations::flush(Fid fid, bool data_only) {
  if (!gate_.is_primary()) {
    auto flush = disk_flush(ports_.disk, fid, data_only);
    co_return co_await flush;
  }
  UnderWay under_way(figures_);
  if (const int refused = co_await gate_.pass(); refused != 0) co_return refused;
  const bool is_checkpoint = tracking_.checkpoint_begins(fid);
  const wire::Flush message{fid, data_only};
  Session::Pending pending(message, {}, /*needs_done=*/true);
  const bool with_peer = has_peer(fid);
  if (with_peer) session_.send(pending);
  auto io = disk_flush(ports_.disk, fid, data_only);
  int local = co_await io;
  local = flush_result(fid, local);
  PeerAnswer peer;
  if (with_peer) peer = co_await session_.answer(pending);
  const bool both = local == 0 && peer.kind == Kind::done && peer.result == 0;
  if (is_checkpoint) tracking_.checkpoint_ends(fid, both);
  figures_.flushes++;
  if (peer.kind == Kind::done && peer.result < 0) owner_.peer_failed(-peer.result, fid, {});
  if (!gate_.is_open()) {
    if (const int refused = co_await gate_.pass(); refused != 0) co_return refused;
  }
  check(gate_.is_open(), "R13: no success leaves but through an open gate");
  co_return local;
}

/// R11: a failed flush condemns that copy, it is never retried into success. R42: the guest hears of each
/// failure, its own or one of the engine's, once per file.
int Operations::flush_result(Fid fid, int local) {
  const bool was_lost = unflushed_.erase(fid) > 0;
  if (is_no_loss(local)) return was_lost ? -EIO : local;
  owner_.flush_failed(-local, fid);
  return -EIO;
}

Task<int> Operations::allocate(Fid fid, int mode, std::uint64_t offset, std::uint64_t length) {
  if (!gate_.is_primary()) co_return -EROFS;
  UnderWay under_way(figures_);
  Hold hold(locks_);
  hold.add_file(fid);
  co_await hold.taken();
  int slot = -1;
  if (length > limits::kLargeRange) {
    // Too many extents to name them one by one: the journal says that this file was being changed as a whole.
    NameChange whole;
    whole.kind = NameKind::set_attributes;
    whole.fid = fid;
    whole.valid = kSetSize;
    if (const int refused = co_await gate_.pass(); refused != 0) co_return refused;
    slot = co_await tracking_.enter(whole);
    if (slot < 0) co_return -EIO;
    if (const int refused = co_await gate_.pass(); refused != 0) co_return refused;
  } else {
    if (const int refused = co_await pass_and_intend(fid, offset, length); refused != 0) co_return refused;
    tracking_.write_begins(fid, offset, length);
  }
  const wire::Allocate message{fid, static_cast<std::uint32_t>(mode), offset, length};
  Session::Pending pending(message, {}, /*needs_done=*/true);
  const bool with_peer = has_peer(fid);
  if (with_peer) session_.send(pending);
  auto io = disk_allocate(ports_.disk, fid, mode, offset, length);
  int local = co_await io;
  PeerAnswer peer;
  if (with_peer) peer = co_await session_.answer(pending);
  const bool grows = (mode & FALLOC_FL_KEEP_SIZE) == 0;
  if (local < 0 && peer.kind == Kind::done && peer.result >= 0 &&
      go_on_with_peer(fid, {offset, length}, local, grows))
    local = 0;
  const bool keeps_content = (mode & ~FALLOC_FL_KEEP_SIZE) == 0;
  local = co_await settle(fid, offset, length, local, peer, keeps_content);
  if (slot >= 0) {
    tracking_.change_ends(slot, fid);
  } else {
    tracking_.write_ends(fid, offset, length);
  }
  co_return local < 0 ? local : 0;
}

/// R115: the file that is renamed over another one; kNoFid when the change does no such thing.
Fid Operations::replacing_file(const NameChange& change) {
  if (change.kind != NameKind::rename || (change.flags & RENAME_EXCHANGE) != 0) return kNoFid;
  Attributes moved;
  Attributes replaced;
  if (ports_.disk.lookup(change.directory2, change.name2, replaced) != 0) return kNoFid;
  if (ports_.disk.lookup(change.directory, change.name, moved) != 0) return kNoFid;
  return moved.fid != replaced.fid && (moved.mode & S_IFMT) == S_IFREG ? moved.fid : kNoFid;
}

Task<int> Operations::apply(NameChange& change) {
  if (!gate_.is_primary()) co_return -EROFS;
  if (const Fid whole = replacing_file(change); whole != kNoFid) {
    if (const int failure = co_await flush(whole, true); failure != 0) co_return failure;
  }
  UnderWay under_way(figures_);
  const bool makes = makes_file(change.kind);
  if (change.kind == NameKind::create && change.fid == kNoFid) change.fid = tracking_.fresh_file();
  // The same number on both nodes; 0 and 1 are taken.
  while (makes && change.fid <= kRootFid) change.fid = ports_.clock.random();
  Hold hold(locks_);
  add_locks(hold, ports_.disk, change);
  co_await hold.taken();
  co_return co_await apply_held(change);
}

Task<int> Operations::apply_held(NameChange& change) {
  if (const int refused = co_await gate_.pass(); refused != 0) co_return refused;
  const int slot = co_await tracking_.enter(change);
  if (slot < 0) {
    owner_.local_failed(-slot, change.fid, 0);
    co_return -EIO;
  }
  if (const int refused = co_await gate_.pass(); refused != 0) {
    tracking_.change_failed(slot);
    co_return refused;
  }
  check(gate_.is_open(), "R13: no change begins before the gate lets it");
  // R9: names run here first, the peer hears only of what succeeded.
  wire::Change message = to_wire(change);
  const int local = ports_.disk.apply(change);
  if (local < 0) {
    tracking_.change_failed(slot);
    co_return local;
  }
  const bool is_cut = change.kind == NameKind::set_attributes && (change.valid & kSetSize) != 0;
  if (makes_file(change.kind)) {
    // The file is as old there as it is here.
    message.valid |= kSetMtime;
    message.mtime = change.attributes.mtime.seconds;
    message.mtime_nanos = change.attributes.mtime.nanos;
  }
  Session::Pending pending(message, {}, /*needs_done=*/true);
  const bool with_peer = has_peer(change.fid);
  if (with_peer) session_.send(pending);
  PeerAnswer peer;
  if (with_peer) peer = co_await session_.answer(pending);
  figures_.changes++;
  if (peer.kind == Kind::done && peer.result < 0) {
    if (is_cut) tracking_.mark_whole(change.fid);
    owner_.compare_names_again();
    owner_.peer_failed(-peer.result, change.fid, is_cut ? Range{0, kWholeFile} : Range{});
  }
  tracking_.change_ends(slot, is_cut ? change.fid : kNoFid);
  for (const Fid fid : {change.directory, change.directory2, is_cut ? change.fid : kNoFid})
    tracking_.times_differ(fid);
  lost_a_name(change.replaced);
  if (!gate_.is_open()) {
    if (const int refused = co_await gate_.pass(); refused != 0) co_return refused;
  }
  co_return 0;
}

void Operations::lost_a_name(Fid fid) {
  if (fid == kNoFid) return;
  Attributes left;
  const int seen = ports_.disk.stat(fid, left);
  const bool is_gone = Disk::is_absence(seen);
  if (seen != 0 && !is_gone) return;
  if (!is_gone && left.links > 0) return;
  tracking_.file_gone(fid);
  unflushed_.erase(fid);
  lacking_.forget(fid);
  std::erase_if(orphans_, [&](Fid old) { return Disk::is_absence(ports_.disk.stat(old, left)); });
  if (!is_gone) orphans_.insert(fid);
}

Task<bool> Operations::checkpoint_everything() {
  const bool flushed = co_await checkpoint_file(kNoFid);
  const bool counted = co_await count_covered();
  co_return flushed&& counted;
}

/// What a later write changes again is due again when that has ended, so nothing is locked. A file that has
/// lost its name here may be gone there.
Task<void> Operations::equal_times() {
  const std::vector<Fid> due = tracking_.take_times_due();
  for (const Fid fid : due) {
    Attributes now;
    const bool is_told = session_.phase() == Session::Phase::in_sync && has_peer(fid) &&
                         ports_.disk.stat(fid, now) == 0 && now.links > 0;
    if (!is_told) continue;
    wire::Change message;
    message.kind = NameKind::set_attributes;
    message.fid = fid;
    message.valid = kSetMtime;
    message.mtime = now.mtime.seconds;
    message.mtime_nanos = now.mtime.nanos;
    Session::Pending pending(message, {}, /*needs_done=*/true);
    session_.send(pending);
    const PeerAnswer answer = co_await session_.answer(pending);
    if (answer.kind == Kind::done && answer.result < 0) owner_.peer_failed(-answer.result, fid, {});
  }
}

Task<bool> Operations::checkpoint() {
  const bool flushed = co_await flush_since_checkpoint();
  const bool counted = co_await count_covered();
  co_return flushed&& counted;
}

/// R114: what both have flushed, by whatever flush, is forgotten once it is counted on both.
Task<bool> Operations::count_covered() {
  if (!session_.carries() || !tracking_.count_begins()) co_return true;
  const bool counted = co_await cover_.count();
  tracking_.count_ends(counted);
  co_return counted;
}

Task<bool> Operations::flush_since_checkpoint() {
  const std::vector<Fid> files = tracking_.files_since_checkpoint();
  if (!tracking_.has_names_since_checkpoint() && files.size() <= limits::kFilesFlushedSingly) {
    bool all = true;
    for (const Fid fid : files) {
      const bool flushed = co_await checkpoint_file(fid);
      all = all && flushed;
    }
    co_return all;
  }
  co_return co_await checkpoint_file(kNoFid);
}

Task<bool> Operations::checkpoint_file(Fid fid) {
  if (!session_.carries() || !tracking_.checkpoint_begins(fid)) co_return true;
  const wire::Flush message{fid, false};
  Session::Pending pending(message, {}, /*needs_done=*/true);
  session_.send(pending);
  std::vector<Fid> files = tracking_.files_since_checkpoint();
  auto io = fid == kNoFid ? disk_flush_volume(ports_.disk) : disk_flush(ports_.disk, fid, false);
  const int local = co_await io;
  const bool is_kept = is_no_loss(local);
  if (!is_kept) {
    if (fid != kNoFid) files = {fid};
    unflushed_.insert(files.begin(), files.end());
    owner_.flush_failed(-local, fid);
  }
  const PeerAnswer peer = co_await session_.answer(pending);
  const bool both = is_kept && peer.kind == Kind::done && peer.result == 0;
  tracking_.checkpoint_ends(fid, both);
  if (peer.kind == Kind::done && peer.result < 0) owner_.peer_failed(-peer.result, fid, {});
  co_return both;
}

}  // namespace gemel
