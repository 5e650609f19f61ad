// SPDX-License-Identifier: Apache-2.0
#include "tracking.h"

#include <algorithm>
#include <cerrno>

#include "../base/check.h"
#include "../base/limits.h"
#include "sleep.h"

namespace gemel {
Tracking::Tracking(Ports& ports, Reports& reports)
    : ports_(ports),
      reports_(reports),
      log_(ports.volume, *this),
      bitmaps_(ports.volume),
      journal_(ports.volume) {}

int Tracking::open() {
  check(checkpoints_.empty() && settled_slots_.empty(), "tracking is opened before anything is written");
  int broken = 0;
  for (const int result : {bitmaps_.open(), log_.open(), journal_.open()}) {
    if (result == -EBADMSG) {
      broken = result;
    } else if (result != 0) {
      return result;
    }
  }
  // A damaged page says nothing: from here on every file is compared by hash anyway, the caller marks them.
  if (broken != 0) bitmaps_.forget();
  for (const HotExtent& hot : log_.found()) mark(hot.fid, {hot.extent * kExtentBytes, kExtentBytes});
  for (const NameChange& change : journal_.pending()) {
    // Names are compared at every meeting; bytes only where the journal says that a file was being cut.
    if (cuts_file(change)) mark_whole(change.fid);
  }
  return broken;
}

template <class Visit>
void Tracking::each_extent(std::uint64_t offset, std::uint64_t length, Visit visit) {
  const std::uint64_t end = offset + std::max<std::uint64_t>(length, 1);
  check(offset < end, "a range does not wrap around the end of the number line");
  for (std::uint64_t extent = offset / kExtentBytes; extent * kExtentBytes < end; extent++) {
    const std::uint64_t start = std::max(offset, extent * kExtentBytes) - extent * kExtentBytes;
    const std::uint64_t stop = std::min(end - extent * kExtentBytes, kExtentBytes);
    const std::uint64_t first = start / kRegionBytes;
    const std::uint64_t count = (stop + kRegionBytes - 1) / kRegionBytes - first;
    check(count > 0 && first + count <= kRegionsPerExtent, "regions lie in their extent");
    const std::uint64_t ones = count >= kRegionsPerExtent ? ~0ULL : (1ULL << count) - 1;
    visit(extent, ones << first);
  }
}

bool Tracking::touch(Fid fid, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = offset + std::max<std::uint64_t>(length, 1);
  return log_.touch(fid, offset / kExtentBytes, (end - 1) / kExtentBytes);
}

Task<int> Tracking::intend(Fid fid, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = offset + std::max<std::uint64_t>(length, 1);
  return log_.ensure(fid, offset / kExtentBytes, (end - 1) / kExtentBytes);
}

void Tracking::write_begins(Fid fid, std::uint64_t offset, std::uint64_t length) {
  FileCheckpoint& file = checkpoints_[fid];
  each_extent(offset, length, [&](std::uint64_t extent, std::uint64_t regions) {
    ExtentCheckpoint& checkpoint = file.extents[extent];
    checkpoint.after |= regions;
    checkpoint.in_flight++;
  });
  if (alone_) mark(fid, {offset, std::max<std::uint64_t>(length, 1)});
}

void Tracking::write_ends(Fid fid, std::uint64_t offset, std::uint64_t length) {
  const auto file = checkpoints_.find(fid);
  if (file == checkpoints_.end()) return;  // the file is gone on both copies
  each_extent(offset, length, [&](std::uint64_t extent, std::uint64_t regions) {
    const auto found = file->second.extents.find(extent);
    if (found == file->second.extents.end()) return;
    ExtentCheckpoint& checkpoint = found->second;
    if (checkpoint.in_flight > 0) checkpoint.in_flight--;
    // Alone it was marked when it began, or when the peer was lost while it was in flight (R3).
    if (!alone_) checkpoint.after |= regions;
    if (alone_ && checkpoint.in_flight == 0) file->second.extents.erase(found);
  });
  times_differ(fid);
}

/// A full journal is waited for like any other slow disk: the flush of both sides that makes room has its own
/// limits (R13), and a caller that was told of an error would take its file system for broken.
Task<int> Tracking::enter(const NameChange& change) {
  for (;;) {
    if (const int slot = covered_by(change); slot >= 0) {
      entered_[static_cast<std::size_t>(slot)].open++;
      co_return slot;
    }
    const int slot = co_await journal_.enter(change);
    if (slot >= 0) {
      Entered& entry = entered_[static_cast<std::size_t>(slot)];
      check(entry.open == 0, "a slot that is entered was left");
      auto& covers = covering(change);
      const bool is_of_file = &covers != &covered_directories_;
      entry = {1, is_of_file ? change.fid : change.directory, is_of_file ? kNoFid : change.directory2,
               &covers};
      for (const Fid fid : {entry.first, entry.second}) {
        if (fid != kNoFid) covers[fid] = slot;
      }
      co_return slot;
    }
    if (slot != -EAGAIN) co_return slot;
    need_room();
    Sleep pause(ports_.clock, limits::kJournalPause);
    co_await pause;
  }
}

std::unordered_map<Fid, int>& Tracking::covering(const NameChange& change) {
  if (cuts_file(change)) return covered_cuts_;
  return change.directory != kNoFid ? covered_directories_ : covered_files_;
}

/// -1: by nothing. Two directories are covered by one entry that names both.
int Tracking::covered_by(const NameChange& change) {
  const auto& covers = covering(change);
  const bool is_of_file = &covers != &covered_directories_;
  const auto first = covers.find(is_of_file ? change.fid : change.directory);
  if (first == covers.end()) return -1;
  if (is_of_file || change.directory2 == kNoFid || change.directory2 == change.directory)
    return first->second;
  const auto second = covers.find(change.directory2);
  return second != covers.end() && second->second == first->second ? first->second : -1;
}

/// One of the changes that rely on this entry needs it no longer.
void Tracking::leave(int slot) {
  Entered& entry = entered_[static_cast<std::size_t>(slot)];
  check(entry.open > 0, "an entry is left as often as it was relied on");
  if (--entry.open > 0) return;
  for (const Fid fid : {entry.first, entry.second}) {
    const auto found = entry.covers->find(fid);
    if (found != entry.covers->end() && found->second == slot) entry.covers->erase(found);
  }
  journal_.leave(slot);
}

Fid Tracking::fresh_file() {
  if (drawn_.size() + drawing_ <= limits::kFilesDrawn / 2) {
    for (std::size_t i = drawn_.size() + drawing_; i < limits::kFilesDrawn; i++) spawn(draw_file());
  }
  if (drawn_.empty()) return kNoFid;
  const Fid fid = drawn_.back();
  drawn_.pop_back();
  return fid;
}

/// Many at once share one or two updates of the log. One that the log has let go of again meanwhile is as
/// good as any other number.
Task<void> Tracking::draw_file() {
  drawing_++;
  Fid fid = kNoFid;
  while (fid <= kRootFid) fid = ports_.clock.random();
  const int result = co_await log_.ensure(fid, 0, 0);
  drawing_--;
  if (result == 0) drawn_.push_back(fid);
}

void Tracking::times_differ(Fid fid) {
  if (alone_ || fid == kNoFid) return;
  FileCheckpoint& file = checkpoints_[fid];
  if (!file.times_due) times_due_.push_back(fid);
  file.times_due = true;
}

std::vector<Fid> Tracking::take_times_due() {
  for (const Fid fid : times_due_) {
    if (const auto file = checkpoints_.find(fid); file != checkpoints_.end()) file->second.times_due = false;
  }
  return std::exchange(times_due_, {});
}

void Tracking::change_ends(int slot, Fid cut) {
  check(slot >= 0, "a change that ends was entered (R9)");
  settled_slots_.push_back(slot);
  if (cut == kNoFid) return;
  if (alone_) {
    mark_whole(cut);
  } else {
    cut_files_.insert(cut);
  }
}

void Tracking::change_failed(int slot) {
  if (slot >= 0) leave(slot);
}

bool Tracking::has_work_since_checkpoint() const {
  return !settled_slots_.empty() || !cut_files_.empty() || !flushed_slots_.empty() ||
         !flushed_cut_files_.empty() || counting_ ||
         std::ranges::any_of(checkpoints_, [](const auto& file) { return !file.second.extents.empty(); });
}

std::vector<Fid> Tracking::files_since_checkpoint() const {
  std::vector<Fid> files;
  for (const auto& [fid, file] : checkpoints_) {
    const auto is_due = [](const auto& extent) { return !extent.second.is_flushed(); };
    if (std::ranges::any_of(file.extents, is_due)) files.push_back(fid);
  }
  return files;
}

void Tracking::checkpoint_file_begins(FileCheckpoint& file) {
  file.under_way = true;
  for (auto& [extent, checkpoint] : file.extents) {
    if (checkpoint.in_flight > 0) continue;
    checkpoint.before |= checkpoint.after;
    checkpoint.after = 0;
  }
}

bool Tracking::checkpoint_begins(Fid fid) {
  if (checkpointing_all_) return false;
  if (fid != kNoFid) {
    const auto found = checkpoints_.find(fid);
    if (found == checkpoints_.end() || found->second.under_way) return false;
    checkpoint_file_begins(found->second);
    return true;
  }
  if (std::ranges::any_of(checkpoints_, [](const auto& file) { return file.second.under_way; })) return false;
  check(checkpoint_slots_.empty() && checkpoint_cut_files_.empty(), "one checkpoint of everything at a time");
  checkpointing_all_ = true;
  for (auto& [file, checkpoint] : checkpoints_) checkpoint_file_begins(checkpoint);
  checkpoint_slots_ = std::exchange(settled_slots_, {});
  checkpoint_cut_files_ = std::exchange(cut_files_, {});
  return true;
}

void Tracking::checkpoint_file_ends(FileCheckpoint& file, bool both_flushed) {
  file.under_way = false;
  for (auto at = file.extents.begin(); at != file.extents.end();) {
    ExtentCheckpoint& checkpoint = at->second;
    (both_flushed ? checkpoint.flushed : checkpoint.after) |= checkpoint.before;
    checkpoint.before = 0;
    at = checkpoint.is_idle() ? file.extents.erase(at) : std::next(at);
  }
}

void Tracking::checkpoint_ends(Fid fid, bool both_flushed) {
  if (fid != kNoFid) {
    if (const auto found = checkpoints_.find(fid); found != checkpoints_.end())
      checkpoint_file_ends(found->second, both_flushed);
  } else {
    check(checkpointing_all_, "a checkpoint of everything ends after it began");
    checkpointing_all_ = false;
    for (auto& [file, checkpoint] : checkpoints_) checkpoint_file_ends(checkpoint, both_flushed);
    const auto slots = std::exchange(checkpoint_slots_, {});
    const auto cuts = std::exchange(checkpoint_cut_files_, {});
    auto& to_slots = both_flushed ? flushed_slots_ : settled_slots_;
    auto& to_cuts = both_flushed ? flushed_cut_files_ : cut_files_;
    to_slots.insert(to_slots.end(), slots.begin(), slots.end());
    to_cuts.insert(cuts.begin(), cuts.end());
  }
  look_for_room();
}

bool Tracking::count_begins() {
  if (counting_) return false;
  bool any = !flushed_slots_.empty() || !flushed_cut_files_.empty();
  for (auto& [fid, file] : checkpoints_) {
    for (auto& [extent, checkpoint] : file.extents) {
      checkpoint.counting = std::exchange(checkpoint.flushed, 0);
      any = any || checkpoint.counting != 0;
    }
  }
  counting_slots_ = std::exchange(flushed_slots_, {});
  counting_cut_files_ = std::exchange(flushed_cut_files_, {});
  counting_ = any;
  return any;
}

void Tracking::count_ends(bool both_counted) {
  check(counting_, "a count ends after it began");
  counting_ = false;
  for (auto& [fid, file] : checkpoints_) {
    for (auto at = file.extents.begin(); at != file.extents.end();) {
      ExtentCheckpoint& checkpoint = at->second;
      const std::uint64_t counted = std::exchange(checkpoint.counting, 0);
      if (!both_counted) checkpoint.flushed |= counted;
      at = checkpoint.is_idle() ? file.extents.erase(at) : std::next(at);
    }
  }
  const auto slots = std::exchange(counting_slots_, {});
  const auto cuts = std::exchange(counting_cut_files_, {});
  if (both_counted) {
    for (const int slot : slots) leave(slot);
  } else {
    flushed_slots_.insert(flushed_slots_.end(), slots.begin(), slots.end());
    flushed_cut_files_.insert(cuts.begin(), cuts.end());
  }
  look_for_room();
}

void Tracking::look_for_room() {
  if (!std::exchange(room_asked_, false)) return;
  log_.retry();
}

void Tracking::mark_regions(Fid fid, const FileCheckpoint& file) {
  for (const auto& [extent, checkpoint] : file.extents) {
    const std::uint64_t regions =
        checkpoint.before | checkpoint.after | checkpoint.flushed | checkpoint.counting;
    for (std::uint64_t region = 0; region < kRegionsPerExtent; region++) {
      if ((regions >> region & 1U) != 0)
        mark(fid, {extent * kExtentBytes + region * kRegionBytes, kRegionBytes});
    }
  }
}

void Tracking::mark_unflushed(Fid wanted) {
  for (const auto& [fid, file] : checkpoints_) {
    if (wanted == kNoFid || wanted == fid) mark_regions(fid, file);
  }
}

void Tracking::mark_since_checkpoint() {
  for (auto& [fid, file] : checkpoints_) {
    mark_regions(fid, file);
    for (auto& [extent, checkpoint] : file.extents)
      checkpoint.before = checkpoint.after = checkpoint.flushed = checkpoint.counting = 0;
    std::erase_if(file.extents, [](const auto& entry) { return entry.second.is_idle(); });
  }
  each_set_of_cuts([this](std::set<Fid>& cuts) {
    for (const Fid fid : std::exchange(cuts, {})) mark_whole(fid);
  });
}

template <class Visit>
void Tracking::each_set_of_cuts(Visit visit) {
  for (std::set<Fid>* cuts : {&cut_files_, &checkpoint_cut_files_, &flushed_cut_files_, &counting_cut_files_})
    visit(*cuts);
}

void Tracking::forget_all_dirty() {
  for (const Fid fid : bitmaps_.fids()) {
    Bitmap& bitmap = bitmaps_.of(fid);
    bitmap.set_whole(false);
    bitmap.clear({0, limits::kEverything});
  }
}

std::vector<int> Tracking::take_settled_slots() {
  std::vector<int> slots = std::exchange(settled_slots_, {});
  slots.insert(slots.end(), flushed_slots_.begin(), flushed_slots_.end());
  flushed_slots_.clear();
  return slots;
}

Task<int> Tracking::persist() {
  // Alone a change leaves the journal once the bits that it set are durable; with a peer, with a checkpoint.
  std::vector<int> slots;
  if (alone_) slots = take_settled_slots();
  const int result = co_await bitmaps_.persist();
  if (result != 0) {
    settled_slots_.insert(settled_slots_.end(), slots.begin(), slots.end());
    reports_.trouble({"state-write-failed", "The record of what differs could not be written to disk.",
                      "Check the file system that holds the module."});
    co_return result;
  }
  for (const int slot : slots) leave(slot);
  look_for_room();
  co_return 0;
}

Task<int> Tracking::clear_log() {
  for (const int slot : take_settled_slots()) leave(slot);
  const int journal = co_await journal_.clear();
  const int log = co_await log_.clear();
  co_return journal != 0 ? journal : log;
}

void Tracking::file_gone(Fid fid) {
  checkpoints_.erase(fid);
  bitmaps_.remove(fid);
  each_set_of_cuts([fid](std::set<Fid>& cuts) { cuts.erase(fid); });
}

bool Tracking::can_forget(const HotExtent& hot) {
  if (const auto file = checkpoints_.find(hot.fid); file != checkpoints_.end()) {
    // R2: not before a flush begun after its last write has completed on both sides.
    if (file->second.extents.contains(hot.extent)) return false;
  }
  Bitmap* bitmap = bitmaps_.find(hot.fid);
  return bitmap == nullptr || bitmap->is_durable({hot.extent * kExtentBytes, kExtentBytes});
}

void Tracking::need_room() {
  if (room_asked_) return;
  room_asked_ = true;
  if (on_need_room) on_need_room();
}

}  // namespace gemel
