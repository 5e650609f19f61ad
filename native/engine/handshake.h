// SPDX-License-Identifier: Apache-2.0
// Two engines meet: each says what it durably is, both find the same row of the sync decision table, and each
// does its part of what the row says.
//
//   source                                             target
//     hello ─────────────────────────────────────────── hello        what each durably is
//     outcome(row) ────────────────────────────────── outcome(row)   the same letters, or no session
//     … resume the session (R8), pair (pairing.h), or fill (filling.h), or wait for a person …
//
// Invariant: nothing is done on a row that the peer has not said, too.
#pragma once

#include "condemnation.h"
#include "filling.h"
#include "io_gate.h"
#include "meeting.h"
#include "pairing.h"
#include "peer_link.h"
#include "range_locks.h"
#include "receiver.h"
#include "record.h"
#include "session.h"
#include "tracking.h"

namespace gemel {

class Handshake {
 public:
  Handshake(Ports& ports, const EngineConfig& config, Reports& reports, Turn& turn, Meeting& meeting,
            PeerLink& link, Record& record, Tracking& tracking, const Condemnation& condemnation,
            IoGate& gate, Session& session, Receiver& receiver, RangeLocks& locks, Pairing& pairing,
            Filling& filling, Meeting::Owner& owner);

  /// The link is up: a new meeting.
  void greet();
  void greeted(Link::Frame& frame);
  /// The peer's row. False: it is another one, or out of turn, and the link is dropped.
  bool agreed(Link::Frame& frame);

 private:
  wire::Hello introduce() const;
  CopyState shown_copy() const;
  const char* stranger(const wire::Hello& hello) const;
  Task<void> act(std::uint64_t epoch);
  void resume();

  Ports& ports_;
  const EngineConfig& config_;
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
  RangeLocks& locks_;
  Pairing& pairing_;
  Filling& filling_;
  Meeting::Owner& owner_;
  std::uint64_t process_;
};

}  // namespace gemel
