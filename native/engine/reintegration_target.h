// SPDX-License-Identifier: Apache-2.0
// The side that is filled, and the side that is asked in a verify: makes its names equal, tells hashes,
// writes blocks, punches zeros, flushes. It decides nothing; the source drives.
//
// Invariants: blocks take the same locks as the guest's operations that arrive meanwhile (R7); a flush is
// answered only after everything taken before it is done (R2, R11), and forgives what was told (R41).
#pragma once

#include "bulk.h"
#include "range_locks.h"
#include "receiver.h"
#include "tree_match.h"

namespace gemel {

class ReintegrationTarget {
 public:
  ReintegrationTarget(Ports& ports, RangeLocks& locks, Receiver& receiver, Tracking& tracking, Bulk& bulk)
      : ports_(ports),
        locks_(locks),
        receiver_(receiver),
        tracking_(tracking),
        bulk_(bulk),
        tree_(ports.disk) {}

  /// A new pass: the next directories are a comparison of their own. `may_change`: this side is being filled,
  /// and not merely asked.
  void begin_pass(bool may_change);
  void end() { may_change_ = is_distrusted_ = false; }
  /// R42: something failed on this copy: what it shows may not be on its disk, so what is looked at is
  /// written anew, equal or not; where all is looked at (`by_hash`), what this side has marked.
  void distrust(bool is_so, bool by_hash) {
    is_distrusted_ = is_so;
    only_marked_ = by_hash;
  }
  /// Returns false when the frame is none of this station's; `reason` is set when it breaks the rules.
  bool take(Link::Frame& frame, const char*& reason);
  bool is_trusted(Fid fid, std::uint64_t offset) const;
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  Task<void> directory(Bulk::Asked asked, wire::TreeDirectory part);
  Task<void> listing(Bulk::Asked asked, wire::TreeRequest request);
  Task<void> hashes(Bulk::Asked asked, wire::HashRequest request);
  Task<void> block(Bulk::Asked asked, wire::Block message, PooledBytes data);
  Task<void> zero(Bulk::Asked asked, wire::Zero message);
  Task<void> flush(Bulk::Asked asked, wire::ReintegrationFlush message);
  /// R41: what the flush tells of.
  Task<int> mark_failed();
  Task<void> read(Bulk::Asked asked, wire::Read message);

  Ports& ports_;
  RangeLocks& locks_;
  Receiver& receiver_;
  Tracking& tracking_;
  Bulk& bulk_;
  TreeMatch tree_;
  BufferPool buffers_;
  bool may_change_ = false, is_distrusted_ = false, only_marked_ = false;
  std::size_t writing_ = 0;
  std::uint64_t bytes_received_ = 0;
  Event written_;
};

}  // namespace gemel
