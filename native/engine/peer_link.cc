// SPDX-License-Identifier: Apache-2.0
#include "peer_link.h"

#include <algorithm>

namespace gemel {

void PeerLink::enable(bool on) {
  enabled_ = on;
  if (on) {
    if (meeting_.stage() == Stage::off) meeting_.become(Stage::down);
    if (kept_out() == 0) ports_.link.enable(true);
  } else {
    drop("switched off");
    ports_.link.enable(false);
    // Still up only where a frame that a drop delivers has led here: then nobody else says that it is lost.
    if (meeting_.is_up()) listener_.link_lost("switched off");
    meeting_.become(Stage::off);
  }
  reports_.changed();
}

void PeerLink::drop(const std::string& reason) {
  if (closing_) return;
  closing_ = true;
  // R25: what has been received is delivered first, then this side behaves as if the link had been lost.
  ports_.link.close(reason);
  closing_ = false;
  if (meeting_.is_up()) listener_.link_lost(reason);
}

void PeerLink::violated(const char* reason) {
  if (closing_) return;
  reports_.trouble({"link-nonsense",
                    std::string("The peer said something that it may not say: ") + reason + ".",
                    "Check that both nodes run the same version of Gemel."});
  drop(reason);
}

void PeerLink::keep_out(Nanos span) {
  kept_out_until_ = ports_.clock.now() + span;
  drop("kept out");
  ports_.link.enable(false);
  ports_.clock.after(span, [this] {
    if (enabled_ && kept_out() == 0) ports_.link.enable(true);
  });
  reports_.changed();
}

Nanos PeerLink::kept_out() const {
  return std::max<Nanos>(0, kept_out_until_ - ports_.clock.now());
}

void PeerLink::keep_alive() {
  const Nanos now = ports_.clock.now();
  if (meeting_.is_up() && now - spoke_at_ >= config_.limits.ping)
    say(wire::Ping{static_cast<std::uint64_t>(now)});
}

}  // namespace gemel
