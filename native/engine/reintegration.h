// SPDX-License-Identifier: Apache-2.0
// The source's side of a reintegration, and of a verify: brings the other copy to the same content while the
// guest runs, looks only at what can differ, sends only what differs (P5).
//
//   names equal ─▶ regions: hash both, send what differs ─▶ flush both ─▶ forget (R2) ─┐
//        ▲                                                                             │
//        └──────────────────── again until nothing is left ────────────────────────────┘
//
// Invariants:
//  - A region is locked from its read here to the target's acknowledgement; a guest write waits for one
//    region at most (R7). The guest's own writes travel to the target meanwhile, so what was compared or
//    copied stays equal.
//  - Hashes are compared without a lock. That is sound: a byte written in this session becomes equal by the
//    write itself, and every other byte is compared as it was before; so equal hashes mean that nothing is
//    left to send.
//  - A bit is cleared only after a flush of both sides begun after the region was acknowledged (R2).
//  - Holes and zeros travel as ranges, omitted only in files that the target has just made (R4).
#pragma once

#include <deque>
#include <set>

#include "../base/limits.h"
#include "bulk.h"
#include "cover.h"
#include "figures.h"
#include "lacking.h"
#include "peer_marks.h"
#include "range_locks.h"
#include "region_hash.h"
#include "session.h"
#include "tracking.h"
#include "tree_match.h"

namespace gemel {

/// Closed-loop throttle: the guest's write latency may double, not more; but something always moves.
class Pace {
 public:
  Pace(Ports& ports, const Figures& figures) : ports_(ports), figures_(figures) {}
  void set_cap(std::uint64_t bytes_per_second) { cap_ = bytes_per_second; }
  void begin() { idle_latency_ = figures_.write_latency; }
  /// Waits until `bytes` more may be sent or compared.
  Task<void> admit(std::uint64_t bytes);
  /// How many extents may be worked on at once now.
  std::size_t window() const { return window_; }

 private:
  void look();
  Ports& ports_;
  const Figures& figures_;
  std::uint64_t cap_ = 0;
  Nanos idle_latency_ = 0, looked_at_ = 0, free_at_ = 0;
  std::size_t window_ = limits::kWorkersFirst;
};

struct ReintegrationProgress {
  std::uint64_t bytes_total = 0, bytes_done = 0, bytes_sent = 0, bytes_hashed = 0, bytes_differing = 0;
  int pass = 0;
  Nanos begun = 0;
};

class Reintegration {
 public:
  Reintegration(Ports& ports, Reports& reports, RangeLocks& locks, Session& session, Tracking& tracking,
                Bulk& bulk, Figures& figures, Lacking& lacking, Cover& cover)
      : ports_(ports),
        reports_(reports),
        locks_(locks),
        session_(session),
        tracking_(tracking),
        bulk_(bulk),
        figures_(figures),
        lacking_(lacking),
        cover_(cover),
        pace_(ports, figures) {}

  enum class Ended : std::uint8_t { equal, interrupted, target_failed };
  /// Until both copies are equal and flushed, or the link is lost, or the target cannot. The session is
  /// `filling` already and carries the guest's writes.
  Task<Ended> fill(Generation source);
  /// Compares everything bit by bit; differences are sent when `repair`. The copies are in sync. Names and
  /// attributes, too, where the peer knows how (R121).
  Task<Ended> verify(bool repair);

  /// A guest's operation failed on the target while it is being filled: looked at once more.
  void again(Fid fid, Range range);
  void compare_names_again() { names_again_ = true; }
  bool is_running() const { return running_; }
  bool is_verifying() const { return verifying_; }
  const ReintegrationProgress& progress() const { return progress_; }
  int target_error() const { return target_error_; }
  /// Of this side's own disk; 0: it was not that.
  int source_error() const { return source_error_; }
  Pace& pace() { return pace_; }
  PeerMarks& peer_marks() { return peer_marks_; }
  /// All of this copy comes from the peer from here on.
  void forget_lacking() { lacking_.clear(); }

 private:
  struct Piece {
    Fid fid = kNoFid;
    Range range;
    bool fresh = false;  ///< the target has just made this file: nothing to compare, holes are there already
  };
  struct Copied {
    Fid fid;
    Range range;
    bool whole;
  };
  Task<bool> begin_run();
  void end_run();
  Task<bool> match_names();
  Task<bool> compare_names();
  Task<bool> plan_verify();
  Task<bool> forget_repaired();
  void name_differing(const wire::TreeDone& done);
  Task<bool> match_directory(Fid directory, std::vector<Fid>& below);
  Task<bool> send_part(wire::TreeDirectory part, std::vector<wire::Change> more);
  Task<bool> work_through();
  Task<void> worker(std::size_t index);
  Task<bool> piece(Piece piece);
  Task<bool> data_range(const Piece& piece, Range range);
  Task<bool> hole(Fid fid, Range range);
  void count_hot(Fid fid, Range range, const std::vector<bool>& differs);
  Task<bool> compare(Fid fid, Range range, std::vector<bool>& differs);
  Task<bool> send_locked(Fid fid, Range range);
  Task<bool> send_by_block(Fid fid, Range range);
  Task<bool> take_block(Fid fid, std::uint64_t offset);
  Task<bool> reserve_again();
  Task<bool> reserve_file(Fid fid);
  void name_lost(Fid fid, std::uint64_t offset, const char* who);
  Task<bool> recheck_locked(Fid fid, Range range);
  Task<bool> send_block(Fid fid, std::uint64_t offset, ConstBytes content);
  Task<bool> flush_both();
  bool plan();
  bool plan_file(Fid fid, bool whole);
  /// R43: an error, and no absence.
  bool unreadable(int error);
  void plan_file_for_verify(Fid fid, std::uint64_t size);
  bool is_forgetting_due() const;
  Task<bool> forget_done();
  void forget_copied();
  void mark_again();
  bool alive() const { return ports_.link.up() && epoch_ == running_epoch_; }

  Ports& ports_;
  Reports& reports_;
  RangeLocks& locks_;
  Session& session_;
  Tracking& tracking_;
  Bulk& bulk_;
  Figures& figures_;
  Lacking& lacking_;
  Cover& cover_;
  Pace pace_;
  BufferPool buffers_;
  ReintegrationProgress progress_;
  PeerMarks peer_marks_;
  std::deque<Piece> pieces_;
  std::vector<Copied> copied_, again_;
  std::vector<Copied> done_;  ///< since what was copied was forgotten last
  std::vector<Fid> planned_whole_;
  std::uint64_t done_bytes_ = 0;
  Nanos forgotten_at_ = 0;
  std::set<Fid> fresh_;
  std::set<Fid> thinned_;  ///< files in which the target has, or keeps, holes
  std::size_t workers_ = 0;
  Event worker_ended_, ended_;
  bool running_ = false, failed_ = false, names_again_ = false, verifying_ = false, repairing_ = false;
  bool comparing_ = false;  ///< names are compared, and not made equal
  std::uint64_t epoch_ = 0, running_epoch_ = 0;
  int target_error_ = 0, source_error_ = 0;
  int named_ = 0;

 public:
  /// The link is lost: what runs ends.
  void link_lost() { epoch_++; }
};

}  // namespace gemel
