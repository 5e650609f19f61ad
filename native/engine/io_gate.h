// SPDX-License-Identifier: Apache-2.0
// Whether operations of the guest may start and whether their results may leave (R13 to R16, R18).
//
//              open                 peer lost, stalled, host slept
//   closed ───────────▶ open ──────────────────────────────────────▶ frozen   at its deadline the guest is
//     ▲ ▲     close      │ ▲           peer back | grant               │      paused (R15, R16): still frozen
//     │ └────────────────┘ └───────────────────────────────────────────┤
//     │                         guest verified dead                    │ deny: guest killed first (R14)
//     └─────────────────────────────────────────────────── denied ◀────┘
//
// Invariants:
//  - While frozen nothing starts and nothing is answered, not even what both sides have done meanwhile: by
//    the time the answer leaves, another copy may have been started.
//  - A grant names the freeze that it answers; for any other freeze it is void (R13).
//  - An operation fails only after the guest was killed (R14): no guest sees an error of ours. And then it
//    does fail at once: the killed process stays until it does (R113).
#pragma once

#include "ports.h"

namespace gemel {

class IoGate {
 public:
  enum class State : std::uint8_t { closed, open, frozen, denied };

  IoGate(Ports& ports, const EngineConfig& config, Reports& reports)
      : ports_(ports), limits_(config.limits), reports_(reports) {}

  State state() const { return state_; }
  bool is_open() const { return state_ == State::open; }
  bool is_frozen() const { return state_ == State::frozen; }
  /// Primary in any state: operations come here.
  bool is_primary() const { return state_ == State::open || state_ == State::frozen; }

  /// Waits while frozen; 0, or -EROFS (not primary), or -EIO (denied).
  Task<int> pass();

  void open();
  void close();
  void freeze(FreezeReason reason, SessionNumber session);
  void thaw(ThawBy by);
  /// R14: kills the guest, fails what is held, and calls `dead` once the process is verified dead.
  void deny(const std::string& why, std::function<void()> dead);

  FreezeId freeze_id() const { return freeze_; }
  FreezeReason freeze_reason() const { return reason_; }
  Nanos frozen_for() const { return is_frozen() ? ports_.clock.now() - frozen_at_ : 0; }
  bool guest_is_paused() const { return paused_; }
  Nanos longest_pause() const { return longest_; }

 private:
  /// The only way to another state.
  void go_to(State next);
  void pause_guest();
  void resume_guest(const std::string& why);
  void wake();

  Ports& ports_;
  const Limits& limits_;
  Reports& reports_;
  State state_ = State::closed;
  FreezeId freeze_;
  FreezeReason reason_ = FreezeReason::link_lost;
  Nanos frozen_at_ = 0, longest_ = 0;
  bool paused_ = false, killing_ = false;
  Clock::TimerId deadline_ = 0;
  Event moved_;
};

/// R18: counts stalls and says how long the peer stays out.
class Patience {
 public:
  explicit Patience(const EngineConfig& config) : limits_(config.limits) {}
  /// The peer stalled now. How long it stays out: 0, or the time that grows each time.
  Nanos stalled(Nanos now);

 private:
  const Limits& limits_;
  std::vector<Nanos> stalls_;
  Nanos last_ = 0;
};

}  // namespace gemel
