// SPDX-License-Identifier: Apache-2.0
// Both copies are compared bit by bit while the guest runs, by the means of a reintegration.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "../base/limits.h"
#include "reintegration.h"

namespace gemel {

Task<Reintegration::Ended> Reintegration::verify(bool repair) {
  const bool begun = co_await begin_run();
  if (!begun) co_return Ended::interrupted;
  verifying_ = true;
  repairing_ = repair;
  failed_ = false;
  named_ = 0;
  progress_ = {};
  progress_.begun = ports_.clock.now();
  fresh_.clear();
  pieces_.clear();
  pace_.begin();
  bool worked = true;
  if (cover_.is_known()) worked = co_await compare_names();
  if (worked) worked = co_await plan_verify();
  if (worked) worked = co_await work_through();
  if (worked && !fresh_.empty()) worked = co_await forget_repaired();
  copied_.clear();
  fresh_.clear();
  end_run();
  co_return worked ? Ended::equal : Ended::interrupted;
}

/// R121: directory by directory, each locked until the peer has compared it; then, to repair, made equal as
/// in a filling.
Task<bool> Reintegration::compare_names() {
  comparing_ = true;
  const bool compared = co_await match_names();
  comparing_ = false;
  if (!compared || !repairing_ || progress_.bytes_differing == 0) co_return compared;
  co_return co_await match_names();
}

void Reintegration::name_differing(const wire::TreeDone& done) {
  for (std::size_t at = 0; at + 1 < done.differing.size(); at += 2) {
    const std::string& name = done.differing[at];
    const std::string& what = done.differing[at + 1];
    progress_.bytes_differing += name.size() + what.size();
    if (named_++ >= limits::kNamed) continue;
    reports_.trouble({"names-differ",
                      "The two copies differ in \"" + name + "\" of directory " +
                          std::to_string(done.directory) + " (its inode number in the mount): " + what + ".",
                      "Verify with --repair makes the secondary's copy equal to this one."});
  }
}

Task<bool> Reintegration::plan_verify() {
  std::vector<Fid> open{kRootFid};
  while (!open.empty()) {
    const Fid directory = open.back();
    open.pop_back();
    std::vector<Entry> entries;
    const int listed = ports_.disk.list(directory, entries);
    if (listed != 0 && !Disk::is_absence(listed)) co_return false;
    for (const Entry& entry : entries) {
      Attributes file;
      const int seen = ports_.disk.stat(entry.fid, file);
      if (seen != 0 && !Disk::is_absence(seen)) co_return false;
      if (seen != 0) continue;
      if (S_ISDIR(file.mode)) open.push_back(entry.fid);
      if (S_ISREG(file.mode)) plan_file_for_verify(entry.fid, file.size);
    }
  }
  co_return true;
}

/// Files that the peer had to make are marked as a whole until all of them is there, flushed.
Task<bool> Reintegration::forget_repaired() {
  const bool flushed = co_await flush_both();
  if (!flushed) co_return false;
  for (const Fid fid : fresh_) {
    if (Bitmap* bitmap = tracking_.bitmaps().find(fid)) bitmap->set_whole(false);
  }
  co_return true;
}

void Reintegration::plan_file_for_verify(Fid fid, std::uint64_t size) {
  for (std::uint64_t at = 0; at < size; at += kExtentBytes) {
    pieces_.push_back({fid, {at, std::min(kExtentBytes, size - at)}, false});
    progress_.bytes_total += pieces_.back().range.length;
  }
}

/// A difference seen without a lock may be a write under way: looked at again with the guest kept out, region
/// by region.
Task<bool> Reintegration::recheck_locked(Fid fid, Range range) {
  for (std::uint64_t at = range.offset; at < range.end(); at += kRegionBytes) {
    const std::uint64_t length = std::min(kRegionBytes, range.end() - at);
    Hold hold(locks_);
    hold.add(fid, at, length, Hold::Mode::read, true);
    co_await hold.taken();
    // R110: known, and the peer's is the content that counts: it is written here by the repair of its own.
    if (lacking_.touches(fid, {at, length})) continue;
    const wire::HashRequest request{fid, at, static_cast<std::uint32_t>(kRegionBytes), 1};
    const auto theirs = co_await bulk_.ask<wire::HashReply>(request);
    if (!theirs || theirs->fid != fid || theirs->offset != at) co_return false;
    Buffer buffer = buffers_.take(kRegionBytes);
    auto io = disk_read(ports_.disk, fid, at, buffer.first(kRegionBytes));
    const int read = co_await io;
    if (read == -EIO) {
      progress_.bytes_differing += length;
      if (!repairing_) continue;
      const bool repaired = co_await send_by_block(fid, {at, length});
      if (!repaired) co_return false;
      continue;
    }
    if (read < 0) co_return read == -ESTALE;
    const ConstBytes content = buffer.first(static_cast<std::size_t>(read));
    const RegionHash ours = hash_region(content);
    if (theirs->hashes.size() >= 2 && theirs->hashes[0] == ours[0] && theirs->hashes[1] == ours[1]) continue;
    progress_.bytes_differing += content.size();
    if (!repairing_ || content.empty()) continue;
    const bool sent = co_await send_block(fid, at, content);
    if (!sent) co_return false;
  }
  co_return true;
}

}  // namespace gemel
