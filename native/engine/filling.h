// SPDX-License-Identifier: Apache-2.0
// A copy is filled from the other: what has to be durable on both sides before the first byte moves, the run
// itself (reintegration.h), and what is left when the link is lost in between.
//
//   source                                             target
//     alone at G, durable
//     reintegration_begin(G) ────────────────────────▶ inconsistent from G, durable
//     merged, durable ◀───────────────────── tracked*  what the target's own tracking holds
//     … names, regions, guest's operations …
//     both flushed, then pairing.h
//
// Invariants: as in pairing.h. The loss of a peer that is being filled needs neither freeze nor grant (R10):
// what it lacks is marked and the guest goes on. What fails here is forgiven once it was told (R41).
#pragma once

#include "bulk.h"
#include "condemnation.h"
#include "io_gate.h"
#include "meeting.h"
#include "pairing.h"
#include "peer_link.h"
#include "receiver.h"
#include "record.h"
#include "reintegration.h"
#include "reintegration_target.h"
#include "session.h"
#include "tracking.h"

namespace gemel {

class Filling {
 public:
  Filling(Ports& ports, Reports& reports, Turn& turn, Meeting& meeting, PeerLink& link, Record& record,
          Tracking& tracking, Condemnation& condemnation, IoGate& gate, Session& session, Receiver& receiver,
          Bulk& bulk, Reintegration& source, ReintegrationTarget& target, Pairing& pairing)
      : ports_(ports),
        reports_(reports),
        turn_(turn),
        meeting_(meeting),
        link_(link),
        record_(record),
        tracking_(tracking),
        condemnation_(condemnation),
        gate_(gate),
        session_(session),
        receiver_(receiver),
        bulk_(bulk),
        source_(source),
        target_(target),
        pairing_(pairing) {}

  // ---- source
  Task<void> lead(std::uint64_t epoch);
  /// One part of what the target's own tracking holds.
  void merge(const wire::Tracked& tracked);
  /// The target's disk refuses: tried again after a while.
  void cannot(int error);
  /// The peer is lost while it is being filled.
  void peer_lost();

  // ---- target
  /// The source begins, a pass or a verify.
  void begun(Link::Frame& frame);

  /// Either side: what runs on this link ends.
  void link_lost();

  /// R29: both sides' files were changed while they were stopped: equal, they are no conflict.
  Task<void> compare(std::uint64_t epoch);

 private:
  Task<bool> prepare_source(std::uint64_t epoch);
  /// R111: the source goes on when the target has answered.
  Task<bool> prepare_target(std::uint64_t epoch);
  Task<void> finish(std::uint64_t epoch);
  void stand_back();
  /// R43: 0, or why not all of it could be looked at.
  int mark_everything(Fid directory);
  Task<void> mark_lost();
  Task<void> follow(std::uint64_t epoch, Bulk::Asked asked, wire::ReintegrationBegin begin);
  void tell_tracking(Bulk::Asked asked);
  /// R41.
  void tell_failed(Bulk::Asked asked);

  Ports& ports_;
  Reports& reports_;
  Turn& turn_;
  Meeting& meeting_;
  PeerLink& link_;
  Record& record_;
  Tracking& tracking_;
  Condemnation& condemnation_;
  IoGate& gate_;
  Session& session_;
  Receiver& receiver_;
  Bulk& bulk_;
  Reintegration& source_;
  ReintegrationTarget& target_;
  Pairing& pairing_;
};

}  // namespace gemel
