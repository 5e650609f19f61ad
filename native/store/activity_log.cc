// SPDX-License-Identifier: Apache-2.0
#include "activity_log.h"

#include <cerrno>

#include "../base/check.h"
#include "../base/limits.h"
#include "block.h"

namespace gemel {
namespace {

constexpr std::uint64_t kMagic = magic_of("GMLACTLG");
constexpr std::uint64_t kSnapshots = 2;
constexpr std::size_t kEntryBytes = sizeof(Fid) + sizeof(std::uint64_t);
static_assert(sizeof(Envelope) + limits::kHotExtents * kEntryBytes <= kLogSnapshotBytes);

}  // namespace

LogSnapshot read_log_snapshot(ConstBytes bytes) {
  const OpenedBlock opened = open_block(bytes, kMagic);
  LogSnapshot snapshot;
  snapshot.sequence = opened.sequence;
  if (opened.kind == BlockKind::blank) return snapshot;
  snapshot.kind = LogSnapshot::Kind::damaged;
  if (opened.kind == BlockKind::newer) snapshot.kind = LogSnapshot::Kind::newer_format;
  if (opened.kind != BlockKind::good || opened.content.size() % kEntryBytes != 0) return snapshot;
  if (opened.content.size() > limits::kHotExtents * kEntryBytes) return snapshot;
  FieldReader reader(opened.content);
  while (reader.left() > 0) {
    HotExtent& hot = snapshot.extents.emplace_back();
    reader(hot.fid, hot.extent);
  }
  snapshot.kind = LogSnapshot::Kind::valid;
  return snapshot;
}

int ActivityLog::open() {
  check(!file_ && entries_.empty(), "a log is opened once");
  file_ = volume_.open(kFile, kSnapshots * kLogSnapshotBytes);
  if (!file_) return -errno;
  AlignedBytes bytes(kSnapshots * kLogSnapshotBytes);
  if (const int result = file_->read_now(0, bytes.bytes()); result < 0) return result;
  const LogSnapshot first = read_log_snapshot(bytes.bytes().first(kLogSnapshotBytes));
  const LogSnapshot second = read_log_snapshot(bytes.bytes().subspan(kLogSnapshotBytes));
  using Kind = LogSnapshot::Kind;
  if (first.kind == Kind::newer_format || second.kind == Kind::newer_format) {
    file_.reset();
    return -EPROTONOSUPPORT;
  }
  const bool is_first = first.kind == Kind::valid;
  const bool is_second = second.kind == Kind::valid;
  if (!is_first && !is_second) {
    const bool is_blank = first.kind == Kind::blank && second.kind == Kind::blank;
    return is_blank ? 0 : -EBADMSG;
  }
  const LogSnapshot& newest = is_first && (!is_second || first.sequence > second.sequence) ? first : second;
  sequence_ = newest.sequence;
  for (const HotExtent& hot : newest.extents) {
    entries_.push_back({hot, true, 0});
    index_[hot] = std::prev(entries_.end());
  }
  index_.reserve(limits::kHotExtents + limits::kExtentsPerCall);
  found_ = newest.extents;
  return 0;
}

std::vector<HotExtent> ActivityLog::hot() const {
  std::vector<HotExtent> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) all.push_back(entry.extent);
  return all;
}

bool ActivityLog::touch(Fid fid, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t extent = first; extent <= last; extent++) {
    const auto found = index_.find({fid, extent});
    if (found == index_.end() || !found->second->durable) return false;
    entries_.splice(entries_.begin(), entries_, found->second);
  }
  return true;
}

Task<int> ActivityLog::ensure(Fid fid, std::uint64_t first, std::uint64_t last) {
  check(file_ != nullptr && first <= last, "a log that is open is asked for a range");
  if (last - first >= limits::kExtentsPerCall) co_return -E2BIG;
  if (touch(fid, first, last)) co_return 0;
  while (!admit(fid, first, last)) {
    room_.reset();
    if (!room_asked_) {
      room_asked_ = true;
      owner_.need_room();
    }
    co_await room_.wait();
  }
  int result = 0;
  while (result == 0 && !touch(fid, first, last)) {
    if (updating_) {
      co_await updated_.wait();
    } else {
      Task<int> writing = update();
      result = co_await writing;
    }
  }
  for (std::uint64_t extent = first; extent <= last; extent++) {
    const auto entry = index_.at({fid, extent});
    check(entry->awaited > 0, "what is awaited does not leave the log");
    check(result != 0 || entry->durable, "R1: what is answered as hot is durable");
    entry->awaited--;
    // After a failed update nobody may take it for hot, and it must not fill the log.
    if (result != 0 && entry->awaited == 0 && !entry->durable) drop(entry);
  }
  if (room_asked_) room_.set();  // what this call awaited may be evicted now
  co_return result;
}

/// Enters all of them, or none when there is no room for all.
bool ActivityLog::admit(Fid fid, std::uint64_t first, std::uint64_t last) {
  std::size_t missing = 0;
  for (std::uint64_t extent = first; extent <= last; extent++) {
    if (!index_.contains({fid, extent})) missing++;
  }
  // Those that are there already are awaited first, so that making room does not evict them.
  const auto await_present = [&](std::uint32_t more) {
    for (std::uint64_t extent = first; extent <= last; extent++) {
      if (const auto found = index_.find({fid, extent}); found != index_.end())
        found->second->awaited += more;
    }
  };
  await_present(1);
  if (!make_room(missing)) {
    await_present(static_cast<std::uint32_t>(-1));
    return false;
  }
  for (std::uint64_t extent = first; extent <= last; extent++) {
    if (index_.contains({fid, extent})) continue;
    entries_.push_front({{fid, extent}, false, 1});
    index_[{fid, extent}] = entries_.begin();
  }
  check(entries_.size() <= limits::kHotExtents && index_.size() == entries_.size(),
        "every hot extent has one entry");
  return true;
}

/// Evicts the least recently used of those that may be forgotten (R2). What is evicted stays in the durable
/// snapshot until the next one, which carries what took its place.
bool ActivityLog::make_room(std::size_t wanted) {
  auto entry = entries_.end();
  while (entries_.size() + wanted > limits::kHotExtents && entry != entries_.begin()) {
    --entry;
    if (entry->awaited > 0 || !entry->durable || !owner_.can_forget(entry->extent)) continue;
    const auto next = std::next(entry);
    drop(entry);
    entry = next;
  }
  return entries_.size() + wanted <= limits::kHotExtents;
}

void ActivityLog::drop(Entries::iterator entry) {
  check(entry->awaited == 0, "nobody waits for an extent that leaves the log");
  index_.erase(entry->extent);
  entries_.erase(entry);
}

/// Writes everything that is in memory as the next snapshot, durably.
Task<int> ActivityLog::update() {
  check(!updating_, "one update of the log is under way");
  updating_ = true;
  updated_.reset();
  // The number is used up also by a failed attempt that may have reached the disk; the snapshot that is true
  // is never the one written over.
  const std::uint64_t sequence = sequence_ + 1;
  AlignedBytes block(kLogSnapshotBytes);
  FieldWriter writer(content_of(block.bytes()));
  std::vector<Entries::iterator> written;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    writer(entry->extent.fid, entry->extent.extent);
    if (!entry->durable) {
      entry->awaited++;
      written.push_back(entry);
    }
  }
  seal_block(block.bytes(), kMagic, sequence, static_cast<std::uint32_t>(writer.written()));
  StateWrite write(*file_, sequence % kSnapshots * kLogSnapshotBytes, block.bytes());
  const int result = co_await write;
  check(sequence_ + 1 == sequence, "snapshots are written one after the other");
  sequence_ = result == 0 ? sequence : sequence + 1;
  for (const auto entry : written) {
    check(entry->awaited > 0 && !entry->durable, "what is being written stays until it is");
    entry->awaited--;
    if (result == 0) entry->durable = true;
  }
  updating_ = false;
  updated_.set();
  co_return result;
}

void ActivityLog::retry() {
  room_asked_ = false;
  room_.set();
}

Task<int> ActivityLog::clear() {
  while (updating_) co_await updated_.wait();
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->awaited == 0) drop(entry);
    entry = next;
  }
  Task<int> writing = update();
  co_return co_await writing;
}

}  // namespace gemel
