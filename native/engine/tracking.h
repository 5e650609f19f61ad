// SPDX-License-Identifier: Apache-2.0
// What may differ between the copies: known at every moment, durable before it matters (R1 to R4).
//
// A region (64 KiB) of a write is, in this order:
//   intended   its extent is in the durable activity log (R1)            → a crash of this node finds it
//   written    not yet in a checkpoint, a flush of both sides (R2)       → a loss of the peer marks it (R3)
//   flushed    a flush begun on both after its last write has completed  → equal on stable storage of both
//   forgotten  both have counted that durably (R114)                     → a copy that goes back is noticed
//   dirty      the peer does not have it: a bit in its file's bitmap     → reintegration looks at it
//
// Invariants:
//  - A bit is set in memory before the write it speaks of is acknowledged; the log holds its extent until the
//    bit is durable. So after a crash  dirty ⊆ bitmap ∪ hot extents.
//  - A flush that began while a write of an extent was in flight covers nothing of that extent: late is safe.
//  - What cannot be told in regions (a cut file, a large punch) is told by the namespace journal and by
//    marking the whole file.
#pragma once

#include <set>
#include <unordered_map>
#include <vector>

#include "../store/activity_log.h"
#include "../store/bitmap.h"
#include "../store/name_journal.h"
#include "ports.h"

namespace gemel {

class Tracking final : private ActivityLog::Owner {
 public:
  Tracking(Ports& ports, Reports& reports);

  /// Reads log, bitmaps and journal; what was hot or under way becomes dirty. 0 or -errno (-EBADMSG: tracking
  /// is broken, everything must be compared).
  int open();
  /// Called when the log needs a flush of both sides, or a persist, to go on.
  std::function<void()> on_need_room;

  // ---- a change of data
  /// R1: durable in the log when it returns 0. `large` ranges are journaled as a whole file instead.
  bool touch(Fid fid, std::uint64_t offset, std::uint64_t length);
  Task<int> intend(Fid fid, std::uint64_t offset, std::uint64_t length);
  void write_begins(Fid fid, std::uint64_t offset, std::uint64_t length);
  void write_ends(Fid fid, std::uint64_t offset, std::uint64_t length);

  // ---- a change of names, attributes or a large range (R9)
  /// Durably in the journal when it returns a slot. An entry in force covers what comes after it in the same
  /// directory (of the same file, for attributes): a burst in one directory is entered once.
  Task<int> enter(const NameChange& change);
  /// A number for a new regular file. Where possible its first extent is in the durable log already, so that
  /// the first write into a small file waits for nothing.
  Fid fresh_file();
  /// Done on both (or alone): leaves the journal with the next checkpoint, or persist when alone. `cut`: the
  /// file's bytes changed, too.
  void change_ends(int slot, Fid cut);
  void change_failed(int slot);

  // ---- checkpoint (R2): between begin and end both sides flush
  bool has_work_since_checkpoint() const;
  /// Files to flush; empty: nothing to do. `names`: the whole volume has to be flushed.
  std::vector<Fid> files_since_checkpoint() const;
  bool has_names_since_checkpoint() const { return !settled_slots_.empty(); }
  /// False when a checkpoint of this file (kNoFid: of everything) is under way already.
  bool checkpoint_begins(Fid fid);
  void checkpoint_ends(Fid fid, bool both_flushed);
  /// R114: between begin and end both sides count what they have flushed; then it is forgotten. False: there
  /// is nothing, or a count is under way.
  bool count_begins();
  void count_ends(bool both_counted);

  // ---- times: each side's file system gives a change the moment at which it met it
  void times_differ(Fid fid);
  bool has_times_due() const { return !times_due_.empty(); }
  std::vector<Fid> take_times_due();

  // ---- dirty
  /// Is a peer receiving what is written? Else writes are marked as they come.
  void set_alone(bool alone) { alone_ = alone; }
  void mark(Fid fid, Range range) { bitmaps_.of(fid).set(range); }
  void mark_whole(Fid fid) { bitmaps_.of(fid).set_whole(true); }
  /// R42: a flush of this file (kNoFid: of everything) failed: what it should have kept is dirty, too.
  void mark_unflushed(Fid fid);
  /// R3: the peer is lost: everything in flight or since the last checkpoint is dirty.
  void mark_since_checkpoint();
  /// Both copies are equal and flushed: nothing is dirty.
  void forget_all_dirty();
  /// R29: files were changed while the module was stopped; said to the peer until both copies are equal
  /// again.
  void note_changed_while_stopped(bool is_so) { changed_while_stopped_ = is_so; }
  bool was_changed_while_stopped() const { return changed_while_stopped_; }
  Bitmaps& bitmaps() { return bitmaps_; }
  bool is_dirty() const { return bitmaps_.any(); }
  std::uint64_t dirty_bytes() const { return bitmaps_.bytes(); }
  std::size_t hot_extents() const { return log_.size(); }
  /// Dirty bits durable; entries that they make superfluous may leave log and journal.
  Task<int> persist();
  /// Nothing is in flight and both sides are flushed: log and journal empty.
  Task<int> clear_log();
  void file_gone(Fid fid);

 private:
  static constexpr std::uint64_t kRegionsPerExtent = kExtentBytes / kRegionBytes;
  static_assert(kRegionsPerExtent == 64, "one bit per region of an extent in a word");
  /// Regions of one extent that are not yet forgotten. `before`: written before the checkpoint under way
  /// began; `flushed`, `counting`: on stable storage of both.
  struct ExtentCheckpoint {
    std::uint64_t before = 0, after = 0, flushed = 0, counting = 0;
    std::uint32_t in_flight = 0;
    bool is_flushed() const { return before == 0 && after == 0 && in_flight == 0; }
    bool is_idle() const { return is_flushed() && flushed == 0 && counting == 0; }
  };
  struct FileCheckpoint {
    std::unordered_map<std::uint64_t, ExtentCheckpoint> extents;
    bool under_way = false;
    bool times_due = false;
  };
  /// An entry of the journal in force: what it covers, and how many changes rely on it.
  struct Entered {
    unsigned open = 0;
    Fid first = kNoFid, second = kNoFid;
    std::unordered_map<Fid, int>* covers = nullptr;
  };

  std::unordered_map<Fid, int>& covering(const NameChange& change);
  int covered_by(const NameChange& change);
  void leave(int slot);
  std::vector<int> take_settled_slots();
  void look_for_room();
  Task<void> draw_file();
  bool can_forget(const HotExtent& extent) override;
  void need_room() override;
  void checkpoint_file_begins(FileCheckpoint& file);
  void checkpoint_file_ends(FileCheckpoint& file, bool both_flushed);
  void mark_regions(Fid fid, const FileCheckpoint& file);
  template <class Visit>
  void each_set_of_cuts(Visit visit);
  template <class Visit>
  void each_extent(std::uint64_t offset, std::uint64_t length, Visit visit);

  Ports& ports_;
  Reports& reports_;
  ActivityLog log_;
  Bitmaps bitmaps_;
  NameJournal journal_;
  std::unordered_map<Fid, FileCheckpoint> checkpoints_;
  std::vector<int> settled_slots_, checkpoint_slots_;  ///< once for each change
  std::vector<int> flushed_slots_, counting_slots_;
  std::array<Entered, limits::kJournalSlots> entered_{};
  std::unordered_map<Fid, int> covered_directories_, covered_files_, covered_cuts_;
  std::vector<Fid> drawn_;  ///< unused numbers of files, each with its first extent in the log
  std::size_t drawing_ = 0;
  std::vector<Fid> times_due_;
  std::set<Fid> cut_files_, checkpoint_cut_files_, flushed_cut_files_, counting_cut_files_;
  bool counting_ = false;
  bool alone_ = false, checkpointing_all_ = false, room_asked_ = false, changed_while_stopped_ = false;
};

}  // namespace gemel
