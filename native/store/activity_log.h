// SPDX-License-Identifier: Apache-2.0
// The activity log: numbers of the 4 MiB extents that may be written at this moment, durable before the first
// write to a cold one (R1). After a crash these, and the bitmaps, are all that can differ.
//
// 1024 entries, two alternating 24 KiB snapshots with sequence and CRC32C. One update is in flight; who needs
// a cold extent meanwhile joins the next one, so cold extents are batched. An entry is reused only when its
// owner says that it may be forgotten (R2); when none may, `need_room` is called once and those who wait are
// served as soon as `retry()` finds room.
//
// Invariants: ensure() answers 0 only when every extent asked for is in a durable snapshot, and no extent
// that somebody waits for is evicted. A warm touch() allocates nothing and does not wait (R34).
#pragma once

#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "../base/env.h"
#include "../base/task.h"

namespace gemel {

struct HotExtent {
  Fid fid = kNoFid;
  std::uint64_t extent = 0;  ///< offset / kExtentBytes
  bool operator==(const HotExtent&) const = default;
};

class ActivityLog {
 public:
  static constexpr const char* kFile = "activity-log";
  struct Owner {
    virtual ~Owner() = default;
    /// R2: covered by flushes of both nodes begun after its last write, or marked in the durable bitmap.
    virtual bool can_forget(const HotExtent& extent) = 0;
    /// The log is full of extents that may not be forgotten: flush or persist soon, then call retry().
    virtual void need_room() = 0;
  };

  ActivityLog(Volume& volume, Owner& owner) : volume_(volume), owner_(owner) {}
  /// Reads the newest valid snapshot. 0, or -errno (-EBADMSG: neither snapshot is valid but the file is not
  /// empty).
  int open();
  /// What was hot when it was opened: after a crash, extents that may differ.
  const std::vector<HotExtent>& found() const { return found_; }
  /// Everything that is hot now.
  std::vector<HotExtent> hot() const;
  std::size_t size() const { return index_.size(); }
  /// Are they all hot (durably)? Then no wait is needed; counts as a use.
  bool touch(Fid fid, std::uint64_t first, std::uint64_t last);
  /// Returns when all of them are durable in the log: 0 or -errno; -E2BIG for more than
  /// limits::kExtentsPerCall extents (a file that is cut or punched over gigabytes: mark it in the bitmap
  /// instead, or ensure it part by part).
  Task<int> ensure(Fid fid, std::uint64_t first, std::uint64_t last);
  /// Something may be forgettable now.
  void retry();
  /// Durably empty: a clean stop, or the end of a reintegration.
  Task<int> clear();

 private:
  struct Entry {
    HotExtent extent;
    bool durable = false;
    std::uint32_t awaited = 0;  ///< calls of ensure() that wait for it: it may not leave
  };
  using Entries = std::list<Entry>;
  struct Hash {
    std::size_t operator()(const HotExtent& hot) const {
      return static_cast<std::size_t>((hot.fid ^ (hot.extent << 24)) * 0x9E3779B97F4A7C15ULL);
    }
  };

  bool admit(Fid fid, std::uint64_t first, std::uint64_t last);
  bool make_room(std::size_t wanted);
  void drop(Entries::iterator entry);
  Task<int> update();

  Volume& volume_;
  Owner& owner_;
  std::unique_ptr<StateFile> file_;
  std::vector<HotExtent> found_;
  Entries entries_;  ///< most recently used first
  std::unordered_map<HotExtent, Entries::iterator, Hash> index_;
  std::uint64_t sequence_ = 0;
  bool updating_ = false;
  bool room_asked_ = false;
  Event updated_;  ///< an update has ended
  Event room_;     ///< retry() was called, or an entry is no longer awaited
};

/// One snapshot as bytes and back; also for the fuzzer.
struct LogSnapshot {
  enum class Kind { blank, damaged, newer_format, valid };
  Kind kind = Kind::blank;
  std::uint64_t sequence = 0;
  std::vector<HotExtent> extents;
};
inline constexpr std::size_t kLogSnapshotBytes = 24U << 10;
LogSnapshot read_log_snapshot(ConstBytes bytes);

}  // namespace gemel
