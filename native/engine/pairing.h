// SPDX-License-Identifier: Apache-2.0
// Two equal copies become one pair: the source's right to run alone ends, the target becomes up to date, and
// both know it. After a filling, or at once where nothing can differ.
//
//   source                                             target
//     both flushed
//     paired, durable: the right to run alone ends
//     paired(G, session) ────────────────────────────▶ up to date, durable
//     in sync ◀──────────────────────── up_to_date
//     up_to_date_seen ───────────────────────────────▶ in sync                                  (R10)
//
// Invariants: a step is taken only while the link is the one on which it was agreed (epoch); every step that
// makes a copy more than it was is durable before the other side hears of it.
#pragma once

#include "bulk.h"
#include "condemnation.h"
#include "io_gate.h"
#include "meeting.h"
#include "peer_link.h"
#include "receiver.h"
#include "record.h"
#include "reintegration_target.h"
#include "session.h"
#include "tracking.h"

namespace gemel {

class Pairing {
 public:
  Pairing(Reports& reports, Turn& turn, Meeting& meeting, PeerLink& link, Record& record, Tracking& tracking,
          const Condemnation& condemnation, IoGate& gate, Session& session, Receiver& receiver, Bulk& bulk,
          ReintegrationTarget& target, Meeting::Owner& owner)
      : reports_(reports),
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
        target_(target),
        owner_(owner) {}

  /// Source: nothing can differ, pair at once.
  Task<void> lead(std::uint64_t epoch);
  /// Source: the target was filled and flushed. The caller holds the turn.
  Task<void> end_filling(std::uint64_t epoch);
  /// Target: the source has written `paired`.
  Task<void> follow(std::uint64_t epoch, Bulk::Asked asked, wire::Paired paired);
  /// Target: the source knows that this copy is up to date.
  void seen();

 private:
  Task<void> confirm(std::uint64_t epoch);

  Reports& reports_;
  Turn& turn_;
  Meeting& meeting_;
  PeerLink& link_;
  Record& record_;
  Tracking& tracking_;
  const Condemnation& condemnation_;
  IoGate& gate_;
  Session& session_;
  Receiver& receiver_;
  Bulk& bulk_;
  ReintegrationTarget& target_;
  Meeting::Owner& owner_;
};

}  // namespace gemel
