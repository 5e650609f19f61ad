// SPDX-License-Identifier: Apache-2.0
#include "reintegration.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "../base/check.h"
#include "../base/limits.h"
#include "sleep.h"

namespace gemel {
void Pace::look() {
  const Nanos now = ports_.clock.now();
  if (now - looked_at_ < limits::kPaceLook) return;
  looked_at_ = now;
  const bool guest_is_busy =
      now - figures_.last_write_at < limits::kGuestQuiet && figures_.last_write_at != 0;
  // Twice the idle latency, and half a millisecond of grace: below that nobody notices.
  const Nanos bearable = 2 * idle_latency_ + limits::kPaceGrace;
  if (guest_is_busy && figures_.write_latency > bearable) {
    window_ = std::max<std::size_t>(1, window_ / 2);
  } else {
    window_ = std::min(limits::kWorkers, window_ + 1);
  }
}

Task<void> Pace::admit(std::uint64_t bytes) {
  look();
  if (cap_ == 0) co_return;
  const Nanos now = ports_.clock.now();
  const Nanos begin = std::max(now, free_at_);
  free_at_ = begin + static_cast<Nanos>(bytes * static_cast<std::uint64_t>(kSecond) / cap_);
  if (begin > now) {
    Sleep sleep(ports_.clock, begin - now);
    co_await sleep;
  }
}

void Reintegration::again(Fid fid, Range range) {
  if (range.length == 0) return;
  again_.push_back({fid, range, range.length == kWholeFile});
}

/// One at a time: of a link that was lost a while ago something may still wait for this node's disk. False:
/// this one's own link was lost while it waited for that.
Task<bool> Reintegration::begin_run() {
  const std::uint64_t epoch = epoch_;
  while (running_) {
    ended_.reset();
    co_await ended_.wait();
  }
  if (epoch != epoch_) co_return false;
  running_ = true;
  running_epoch_ = epoch;
  co_return true;
}

void Reintegration::end_run() {
  running_ = verifying_ = false;
  ended_.set();
}

Task<Reintegration::Ended> Reintegration::fill(Generation source) {
  const bool begun = co_await begin_run();
  if (!begun) co_return Ended::interrupted;
  verifying_ = repairing_ = comparing_ = failed_ = false;
  target_error_ = source_error_ = 0;
  named_ = 0;
  progress_ = {};
  progress_.begun = ports_.clock.now();
  fresh_.clear();
  thinned_.clear();
  copied_.clear();
  again_.clear();
  names_again_ = true;
  pace_.begin();
  Ended ended = Ended::interrupted;
  for (int pass = 0; pass < limits::kPasses && alive() && !failed_; pass++) {
    progress_.pass = pass;
    if (pass > 0) {
      const wire::ReintegrationBegin begin{source, static_cast<std::uint8_t>(std::min(pass, 255)), false,
                                           false};
      const auto ready = co_await bulk_.ask<wire::Tracked>(begin);
      if (!ready || ready->result != 0) break;
    }
    if (std::exchange(names_again_, false)) {
      const bool matched = co_await match_names();
      if (!matched) break;
    }
    const bool planned = plan();
    if (!planned) break;
    const bool worked = co_await work_through();
    if (!worked) break;
    const bool reserved = co_await reserve_again();
    if (!reserved) break;
    const bool flushed = co_await flush_both();
    if (!flushed) break;
    forget_copied();
    if (tracking_.is_dirty() || names_again_) continue;
    const int persisted = co_await tracking_.persist();
    if (persisted == 0 && alive()) ended = Ended::equal;
    break;
  }
  if (ended != Ended::equal && alive() && target_error_ != 0) ended = Ended::target_failed;
  end_run();
  co_return ended;
}

// ---- names

Task<bool> Reintegration::match_names() {
  wire::TreeDirectory root;
  root.files.emplace_back();
  if (describe_root(ports_.disk, root.files.front()) != 0) co_return false;
  std::vector<wire::Change> more = split_off(root.files.front());
  const bool sent_root = co_await send_part(std::move(root), std::move(more));
  if (!sent_root) co_return false;
  std::vector<Fid> open{kRootFid};
  while (!open.empty()) {
    const Fid directory = open.back();
    open.pop_back();
    const bool matched = co_await match_directory(directory, open);
    if (!matched) co_return false;
  }
  co_return co_await send_part({}, {});  // the end: what is too many goes
}

/// One directory, in parts; it is locked as a whole until its last part is acknowledged, so that no name
/// appears between listing and comparison.
Task<bool> Reintegration::match_directory(Fid directory, std::vector<Fid>& below) {
  Hold whole(locks_);
  whole.add_file(directory);
  co_await whole.taken();
  std::vector<Entry> entries;
  const int listed = ports_.disk.list(directory, entries);
  if (Disk::is_absence(listed)) {
    names_again_ = true;  // removed meanwhile; its parent is looked at again
    co_return true;
  }
  if (listed != 0) co_return unreadable(listed);
  for (std::size_t at = 0;;) {
    wire::TreeDirectory part;
    part.directory = directory;
    const std::size_t end = std::min(entries.size(), at + limits::kEntriesPerPart);
    // Files are locked while they are described: a size sent late would cut what a guest has just written.
    Hold files(locks_);
    for (std::size_t index = at; index < end; index++) files.add_file(entries[index].fid);
    co_await files.taken();
    std::vector<wire::Change> more;
    std::size_t bytes = 0;
    for (; at < end; at++) {
      wire::TreeFile file;
      const int described = describe(ports_.disk, directory, entries[at], file);
      if (Disk::is_absence(described)) continue;
      if (described != 0) co_return unreadable(described);
      std::vector<wire::Change> rest = split_off(file);
      bytes += encoded_size(file);
      if (bytes > limits::kPartBytes && !part.files.empty()) break;
      std::ranges::move(rest, std::back_inserter(more));
      if (S_ISDIR(file.mode)) below.push_back(file.fid);
      part.files.push_back(std::move(file));
    }
    part.more = at < entries.size();
    const bool is_last = !part.more;
    const bool sent = co_await send_part(std::move(part), std::move(more));
    if (!sent) co_return false;
    if (is_last) co_return true;
  }
}

/// R47. `more`: what had no room in the part.
Task<bool> Reintegration::send_part(wire::TreeDirectory part, std::vector<wire::Change> more) {
  // The first part makes the target walk its whole tree, the last one removes what is too many; no directory
  // is locked here meanwhile.
  const Nanos limit = part.directory == kNoFid ? limits::kLongQuestion : limits::kQuestion;
  part.compare = comparing_;
  const auto done = co_await bulk_.ask<wire::TreeDone>(std::move(part), {}, limit);
  if (!done) co_return false;
  if (done->result != 0) {
    target_error_ = done->result;
    co_return false;
  }
  if (comparing_) {
    name_differing(*done.message);
    co_return true;
  }
  for (const Fid fid : done->created) {
    fresh_.insert(fid);
    tracking_.mark_whole(fid);  // R4: a file that the target does not have is dirty as a whole
  }
  for (const wire::Change& change : more) {
    Session::Pending pending(change, {}, /*needs_done=*/true);
    if (!session_.carries()) co_return false;
    session_.send(pending);
    const PeerAnswer answer = co_await session_.answer(pending);
    if (answer.kind != PeerAnswer::Kind::done) co_return false;
    if (answer.result < 0) target_error_ = answer.result;
    if (answer.result < 0) co_return false;
  }
  co_return true;
}

// ---- regions

/// This side's own disk does not answer.
bool Reintegration::unreadable(int error) {
  source_error_ = error;
  return false;
}

bool Reintegration::plan() {
  pieces_.clear();
  done_.clear();
  planned_whole_.clear();
  done_bytes_ = 0;
  forgotten_at_ = ports_.clock.now();
  progress_.bytes_done = 0;
  progress_.bytes_total = 0;
  for (const Fid fid : tracking_.bitmaps().fids()) {
    Bitmap* bitmap = tracking_.bitmaps().find(fid);
    if (bitmap != nullptr && bitmap->any() && !plan_file(fid, bitmap->whole())) return false;
  }
  return true;
}

bool Reintegration::plan_file(Fid fid, bool whole) {
  Attributes file;
  const int seen = ports_.disk.stat(fid, file);
  if (seen != 0 && !Disk::is_absence(seen)) return unreadable(seen);
  if (seen != 0 || !S_ISREG(file.mode) || file.links == 0) {
    tracking_.file_gone(fid);
    return true;
  }
  const bool fresh = fresh_.contains(fid);
  const auto add = [&](Range range) {
    for (std::uint64_t at = range.offset; at < std::min(range.end(), file.size);) {
      const std::uint64_t end = std::min({range.end(), file.size, (at / kExtentBytes + 1) * kExtentBytes});
      pieces_.push_back({fid, {at, end - at}, fresh});
      progress_.bytes_total += end - at;
      at = end;
    }
  };
  if (whole) {
    add({0, file.size});
    // As regions, too, so that a part of it can be forgotten.
    tracking_.mark(fid, {0, file.size});
    planned_whole_.push_back(fid);
  } else {
    const Bitmap& bits = *tracking_.bitmaps().find(fid);
    for (Range run = bits.next(0, kExtentBytes); run.length > 0; run = bits.next(run.end(), kExtentBytes))
      add(run);
  }
  // What lies behind the end of the file is equal as soon as the sizes are.
  copied_.push_back({fid, {0, 0}, whole});
  if (whole) return true;
  const Bitmap& bits = *tracking_.bitmaps().find(fid);
  for (Range run = bits.next(0, 1ULL << 40); run.length > 0; run = bits.next(run.end(), 1ULL << 40))
    copied_.push_back({fid, run, false});
  return true;
}

Task<bool> Reintegration::work_through() {
  workers_ = std::min(limits::kWorkers, pieces_.size());
  for (std::size_t index = 0; index < std::min(limits::kWorkers, pieces_.size()); index++)
    spawn(worker(index));
  while (workers_ > 0) {
    worker_ended_.reset();
    co_await worker_ended_.wait();
    if (!is_forgetting_due()) continue;
    const bool forgotten = co_await forget_done();
    if (!forgotten) failed_ = true;
  }
  co_return alive() && !failed_;
}

Task<void> Reintegration::worker(std::size_t index) {
  // Never from within the loop that starts the workers: each begins at a turn of its own.
  Sleep turn(ports_.clock, 0);
  co_await turn;
  while (alive() && !failed_ && !pieces_.empty()) {
    // The throttle lets fewer of them work; the first one always does.
    if (index >= pace_.window()) {
      Sleep rest(ports_.clock, limits::kWorkerRest);
      co_await rest;
      continue;
    }
    const Piece next = pieces_.front();
    pieces_.pop_front();
    co_await pace_.admit(next.range.length);
    const bool done = co_await piece(next);
    if (!done) failed_ = true;
    progress_.bytes_done += next.range.length;
    if (!done || verifying_) continue;
    done_.push_back({next.fid, next.range, false});
    done_bytes_ += next.range.length;
    if (is_forgetting_due()) worker_ended_.set();
  }
  workers_--;
  worker_ended_.set();
}

/// A piece lies within one extent. Data and holes in turn.
Task<bool> Reintegration::piece(Piece piece) {
  std::uint64_t at = piece.range.offset;
  while (at < piece.range.end() && alive()) {
    std::uint64_t start = 0, end = 0;
    const int found = ports_.disk.next_data(piece.fid, at, start, end);
    if (found == -ESTALE) break;
    if (found < 0) co_return unreadable(found);
    const std::uint64_t data = found > 0 ? std::min(start, piece.range.end()) : piece.range.end();
    // A hole that does not fill a region is compared and sent with it.
    const std::uint64_t whole = data == piece.range.end() ? data : data / kRegionBytes * kRegionBytes;
    if (whole > at) {
      bool punched = piece.fresh && !verifying_;
      if (punched) thinned_.insert(piece.fid);
      if (!punched) punched = co_await hole(piece.fid, {at, whole - at});
      if (!punched) co_return false;
      at = whole;
      continue;
    }
    const std::uint64_t stop =
        std::min(piece.range.end(), (end + kRegionBytes - 1) / kRegionBytes * kRegionBytes);
    const Range range{at, stop - at};
    const bool sent = co_await data_range(piece, range);
    if (!sent) co_return false;
    at = stop;
  }
  co_return alive();
}

Task<bool> Reintegration::data_range(const Piece& piece, Range range) {
  const std::size_t regions = static_cast<std::size_t>((range.length + kRegionBytes - 1) / kRegionBytes);
  std::vector<bool> differs(regions, true);
  if (!piece.fresh && !lacking_.touches(piece.fid, range)) {
    const bool compared = co_await compare(piece.fid, range, differs);
    if (!compared) co_return false;
    count_hot(piece.fid, range, differs);
  }
  for (std::size_t first = 0; first < regions;) {
    if (!differs[first]) {
      first++;
      continue;
    }
    std::size_t last = first;
    while (last + 1 < regions && differs[last + 1] &&
           (last + 1 - first + 1) * kRegionBytes <= limits::kPieceBytes)
      last++;
    const std::uint64_t offset = range.offset + first * kRegionBytes;
    const std::uint64_t end = std::min(range.end(), range.offset + (last + 1) * kRegionBytes);
    const Range run{offset, end - offset};
    const bool done =
        verifying_ ? co_await recheck_locked(piece.fid, run) : co_await send_locked(piece.fid, run);
    if (!done) co_return false;
    first = last + 1;
  }
  co_return true;
}

void Reintegration::count_hot(Fid fid, Range range, const std::vector<bool>& differs) {
  for (std::size_t index = 0; index < differs.size(); index++) {
    const std::uint64_t offset = range.offset + index * kRegionBytes;
    if (!differs[index] || !peer_marks_.contains(fid, offset)) continue;
    figures_.reintegration_bytes_hot += std::min(kRegionBytes, range.end() - offset);
  }
}

Task<bool> Reintegration::compare(Fid fid, Range range, std::vector<bool>& differs) {
  const std::uint32_t region = static_cast<std::uint32_t>(kRegionBytes);
  const wire::HashRequest request{fid, range.offset, region, static_cast<std::uint32_t>(differs.size())};
  const auto theirs = co_await bulk_.ask<wire::HashReply>(request, {}, limits::kLongQuestion);
  if (!theirs || theirs->fid != fid || theirs->offset != range.offset) co_return false;
  if (theirs->result == -ESTALE) {
    names_again_ = true;
    co_return true;
  }
  if (theirs->result != 0 && theirs->result != -EIO) {
    target_error_ = theirs->result;
    co_return false;
  }
  Buffer buffer = buffers_.take(kRegionBytes);
  for (std::size_t index = 0; index < differs.size(); index++) {
    const std::uint64_t offset = range.offset + index * kRegionBytes;
    Hold hold(locks_);
    hold.add(fid, offset, kRegionBytes, Hold::Mode::peek, true);
    co_await hold.taken();
    auto io = disk_read(ports_.disk, fid, offset, buffer.first(kRegionBytes));
    const int read = co_await io;
    if (read == -ESTALE) co_return true;
    if (read == -EIO) continue;  // it differs as long as nothing else is known
    if (read < 0) co_return unreadable(read);
    const RegionHash ours = hash_region(buffer.first(static_cast<std::size_t>(read)));
    progress_.bytes_hashed += static_cast<std::uint64_t>(read);
    figures_.reintegration_bytes_hashed += static_cast<std::uint64_t>(read);
    const bool told = theirs->hashes.size() >= 2 * index + 2;
    differs[index] =
        !told || theirs->hashes[2 * index] != ours[0] || theirs->hashes[2 * index + 1] != ours[1];
  }
  co_return true;
}

/// R7: locked from the read to the acknowledgement.
Task<bool> Reintegration::send_locked(Fid fid, Range range) {
  Hold hold(locks_);
  hold.add(fid, range.offset, range.length, Hold::Mode::read, true);
  co_await hold.taken();
  if (lacking_.touches(fid, range)) co_return co_await send_by_block(fid, range);
  // Whole blocks, so that it is a direct read also at the end of the file, where it comes back shorter.
  const std::uint64_t blocks = (range.length + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  Buffer buffer = buffers_.take(blocks);
  auto io = disk_read(ports_.disk, fid, range.offset, buffer.first(blocks));
  const int read = co_await io;
  if (read == -ESTALE) co_return true;
  if (read == -EIO) co_return co_await send_by_block(fid, range);
  if (read < 0) co_return unreadable(read);
  if (read == 0) co_return true;  // cut meanwhile: the target was, too
  progress_.bytes_differing += static_cast<std::uint64_t>(read);
  figures_.reintegration_bytes_differing += static_cast<std::uint64_t>(read);
  co_return co_await send_block(fid, range.offset, buffer.first(static_cast<std::size_t>(read)));
}

Task<bool> Reintegration::send_block(Fid fid, std::uint64_t offset, ConstBytes content) {
  int result = 0;
  if (is_zero(content) && content.size() % kBlockBytes == 0) {
    thinned_.insert(fid);
    const auto ack = co_await bulk_.ask<wire::BlockAck>(wire::Zero{fid, offset, content.size()});
    if (!ack) co_return false;
    result = ack->result;
  } else {
    const auto ack = co_await bulk_.ask<wire::BlockAck>(wire::Block{fid, offset}, content);
    if (!ack) co_return false;
    result = ack->result;
    progress_.bytes_sent += content.size();
    figures_.reintegration_bytes_sent += content.size();
  }
  if (result == -ESTALE) {
    names_again_ = true;
    again(fid, {offset, content.size()});
    co_return true;
  }
  if (result < 0) target_error_ = result;
  co_return result >= 0;
}

/// The hole is looked at again under its lock: a guest may have written into it meanwhile.
Task<bool> Reintegration::hole(Fid fid, Range range) {
  if (verifying_ || lacking_.touches(fid, range)) {
    Piece piece{fid, range, false};
    co_return co_await data_range(piece, range);
  }
  Hold hold(locks_);
  hold.add(fid, range.offset, range.length, Hold::Mode::read, true);
  co_await hold.taken();
  std::uint64_t start = 0, end = 0;
  const int found = ports_.disk.next_data(fid, range.offset, start, end);
  if (found == -ESTALE) co_return true;
  if (found < 0) co_return unreadable(found);
  if (found > 0 && start < range.end()) {
    hold.release();
    Piece piece{fid, range, false};
    co_return co_await data_range(piece, range);
  }
  thinned_.insert(fid);
  const auto ack = co_await bulk_.ask<wire::BlockAck>(wire::Zero{fid, range.offset, range.length});
  if (!ack) co_return false;
  if (ack->result == -ESTALE) {
    names_again_ = true;
    again(fid, range);
    co_return true;
  }
  if (ack->result < 0) target_error_ = ack->result;
  co_return ack->result >= 0;
}

// ---- the end of a pass

Task<bool> Reintegration::flush_both() {
  const wire::ReintegrationFlush request{static_cast<std::uint64_t>(progress_.pass) + 1};
  auto io = disk_flush_volume(ports_.disk);
  const int local = co_await io;
  const auto flushed = co_await bulk_.ask<wire::ReintegrationFlushed>(request, {}, limits::kLongQuestion);
  if (!flushed) co_return false;
  // R41: what was copied is flushed; something that the guest did has failed there, and the next pass begins
  // with it.
  const bool is_again = flushed->result == -EAGAIN;
  if (is_again) names_again_ = true;
  if (flushed->result != 0 && !is_again) target_error_ = flushed->result;
  if (local != 0) co_return unreadable(local);
  if (flushed->result != 0 && !is_again) co_return false;
  const bool counted = co_await cover_.count();
  co_return counted&& alive();
}

bool Reintegration::is_forgetting_due() const {
  const bool is_much = done_bytes_ >= limits::kForgetBytes;
  const bool is_late = ports_.clock.now() - forgotten_at_ >= limits::kForgetEvery;
  return done_bytes_ > 0 && (is_much || is_late) && !failed_ && alive();
}

/// R2 within a pass: a copy of many hours that is interrupted has only its last part to do again. A file that
/// differs as a whole is first known by its regions, durably, and then no longer as a whole.
Task<bool> Reintegration::forget_done() {
  const std::vector<Copied> done = std::exchange(done_, {});
  done_bytes_ = 0;
  const int persisted = co_await tracking_.persist();
  if (persisted != 0) co_return false;
  const bool flushed = co_await flush_both();
  forgotten_at_ = ports_.clock.now();
  if (!flushed) co_return false;
  for (const Fid fid : std::exchange(planned_whole_, {})) {
    Bitmap* bitmap = tracking_.bitmaps().find(fid);
    if (bitmap != nullptr && bitmap->next(0, 1).length > 0) bitmap->set_whole(false);
  }
  for (const Copied& one : done) {
    Bitmap* bitmap = tracking_.bitmaps().find(one.fid);
    if (bitmap != nullptr && !bitmap->whole()) bitmap->clear(one.range);
  }
  mark_again();
  co_return true;
}

/// What failed on the target meanwhile is looked at in the next pass.
void Reintegration::mark_again() {
  for (const Copied& failed : again_) {
    if (failed.whole) {
      tracking_.mark_whole(failed.fid);
    } else {
      tracking_.mark(failed.fid, failed.range);
    }
  }
}

void Reintegration::forget_copied() {
  done_.clear();
  done_bytes_ = 0;
  for (const Copied& done : std::exchange(copied_, {})) {
    Bitmap* bitmap = tracking_.bitmaps().find(done.fid);
    if (bitmap == nullptr) continue;
    if (done.whole) {
      // Its bits too: the whole file was looked at.
      bitmap->set_whole(false);
      bitmap->clear({0, limits::kEverything});
    } else if (done.range.length > 0) {
      bitmap->clear(done.range);
    }
  }
  // From the next pass on a file that the target has made holds bytes: it is compared like any other.
  fresh_.clear();
  mark_again();
  again_.clear();
}

}  // namespace gemel
