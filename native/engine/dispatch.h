// SPDX-License-Identifier: Apache-2.0
// What the link tells: it is up, it is lost, a frame came. Each goes to the station whose business it is, in
// one step.
//
// Invariant: when the link is lost nothing more of its session is taken (R25), every question on it ends, and
// a guest whose peer was up to date is frozen before anything else happens (R10, R13).
#pragma once

#include <vector>

#include "bulk.h"
#include "cover.h"
#include "filling.h"
#include "handshake.h"
#include "io_gate.h"
#include "pairing.h"
#include "peer_link.h"
#include "receiver.h"
#include "reintegration_target.h"
#include "session.h"
#include "tracking.h"

namespace gemel {

class Dispatch final : public Link::Listener {
 public:
  Dispatch(Meeting& meeting, PeerLink& link, Handshake& handshake, Pairing& pairing, Filling& filling,
           IoGate& gate, Session& session, Receiver& receiver, Tracking& tracking, Bulk& bulk, Cover& cover,
           ReintegrationTarget& target, Reports& reports, Meeting::Owner& owner)
      : meeting_(meeting),
        link_(link),
        handshake_(handshake),
        pairing_(pairing),
        filling_(filling),
        gate_(gate),
        session_(session),
        receiver_(receiver),
        tracking_(tracking),
        bulk_(bulk),
        cover_(cover),
        target_(target),
        reports_(reports),
        owner_(owner) {}

  void link_up() override;
  void frame(Link::Frame& frame) override;
  void link_lost(const std::string& reason) override;

 private:
  void hand_on(Link::Frame& frame);
  void outcome(Link::Frame& frame);
  void operation(Link::Frame& frame);
  void acknowledgement(Link::Frame& frame);
  void tracked(Link::Frame& frame);
  void paired(Link::Frame& frame);
  void cover(Link::Frame& frame);
  void question(Link::Frame& frame);

  Meeting& meeting_;
  PeerLink& link_;
  Handshake& handshake_;
  Pairing& pairing_;
  Filling& filling_;
  IoGate& gate_;
  Session& session_;
  Receiver& receiver_;
  Tracking& tracking_;
  Bulk& bulk_;
  Cover& cover_;
  ReintegrationTarget& target_;
  Reports& reports_;
  Meeting::Owner& owner_;
  /// The bulk connection may be faster than the hot one: what follows an outcome waits for it here.
  struct Early {
    std::uint8_t type;
    Sequence sequence;
    std::vector<std::byte> message;
  };
  std::vector<Early> early_;
};

}  // namespace gemel
