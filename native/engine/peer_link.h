// SPDX-License-Identifier: Apache-2.0
// The data link as the stations use it: switched on and off, dropped, kept out for a while, kept alive, and
// the short messages of the hot channel. What arrives is the dispatch's business (dispatch.h).
//
// Invariant: whoever drops the link has it lost, once, before drop() returns, unless it is being dropped
// already.
#pragma once

#include <string>

#include "../wire/codec.h"
#include "meeting.h"
#include "ports.h"

namespace gemel {

class PeerLink {
 public:
  /// `listener` hears of the losses that this side makes, as it hears of the others.
  PeerLink(Ports& ports, const EngineConfig& config, Reports& reports, Meeting& meeting,
           Link::Listener& listener)
      : ports_(ports), config_(config), reports_(reports), meeting_(meeting), listener_(listener) {}

  void enable(bool on);
  bool is_enabled() const { return enabled_; }
  /// Closes the link now, as if it had been lost.
  void drop(const std::string& reason);
  /// The peer broke the protocol: said, and the link is dropped.
  void violated(const char* reason);
  /// Keeps the peer out for a while (R18, or a target that cannot be filled).
  void keep_out(Nanos span);
  Nanos kept_out() const;

  void heard() { heard_at_ = ports_.clock.now(); }
  Nanos last_heard() const { return heard_at_; }
  /// Ping when the link was idle.
  void keep_alive();
  void went_down(const std::string& reason) { reason_ = reason; }
  const std::string& down_reason() const { return reason_; }

  template <class M>
  void say(const M& message) {
    const wire::Packed packed = wire::pack(message);
    spoke_at_ = ports_.clock.now();
    ports_.link.send(Link::Channel::hot, static_cast<std::uint8_t>(wire::kTypeOf<M>), 0, 0, packed.bytes(),
                     {});
  }

 private:
  Ports& ports_;
  const EngineConfig& config_;
  Reports& reports_;
  Meeting& meeting_;
  Link::Listener& listener_;
  bool enabled_ = false, closing_ = false;
  std::string reason_ = "not yet connected";
  Nanos heard_at_ = 0, spoke_at_ = 0, kept_out_until_ = 0;
};

}  // namespace gemel
