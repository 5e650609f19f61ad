// SPDX-License-Identifier: Apache-2.0
#include "io_gate.h"

#include <algorithm>
#include <cerrno>

#include "../base/check.h"

namespace gemel {

namespace {

using State = IoGate::State;

bool follows(State next, State now) {
  switch (next) {
    case State::closed:
      return now != State::frozen;
    case State::open:
      return now != State::open;
    case State::frozen:
      return now == State::open;
    case State::denied:
      return now == State::frozen;
  }
  return false;
}

}  // namespace

void IoGate::go_to(State next) {
  check(follows(next, state_), "a gate goes from state to state in its order");
  state_ = next;
}

Task<int> IoGate::pass() {
  while (state_ == State::frozen) co_await moved_.wait();
  switch (state_) {
    case State::open:
      co_return 0;
    case State::denied:
      co_return -EIO;
    default:
      co_return -EROFS;
  }
}

void IoGate::open() {
  check(state_ == State::closed || state_ == State::denied, "only a closed gate opens");
  check(!paused_ && deadline_ == 0, "a gate opens with nothing left of an earlier freeze");
  go_to(State::open);
  reports_.changed();
}

void IoGate::close() {
  check(state_ != State::frozen, "a frozen gate does not close: somebody waits behind it");
  go_to(State::closed);
  reports_.changed();
}

void IoGate::freeze(FreezeReason reason, SessionNumber session) {
  if (state_ != State::open) return;
  check(!paused_ && !killing_ && deadline_ == 0, "a freeze begins with a guest that runs, or with none");
  go_to(State::frozen);
  moved_.reset();
  freeze_ = {session, freeze_.counter + 1};
  reason_ = reason;
  frozen_at_ = ports_.clock.now();
  // R16: the engine's own deadline, daemon or not.
  deadline_ = ports_.clock.after(limits_.freeze_deadline, [this] {
    check(state_ == State::frozen, "the deadline ends with its freeze (R16)");
    deadline_ = 0;
    pause_guest();
  });
  reports_.frozen(freeze_, reason);
}

void IoGate::pause_guest() {
  if (state_ != State::frozen || paused_ || killing_ || !ports_.guest.attached()) return;
  // R15: a stopped process, not a paused VM: QMP stop would wait for the I/O that is held here.
  if (ports_.guest.pause() != 0) return;
  paused_ = true;
  reports_.guest(GuestChange::paused, "nobody has said in time whether this host may go on alone");
}

void IoGate::resume_guest(const std::string& why) {
  if (!paused_) return;
  paused_ = false;
  ports_.guest.resume();
  reports_.guest(GuestChange::resumed, why);
}

void IoGate::thaw(ThawBy by) {
  if (state_ != State::frozen) return;
  if (deadline_ != 0) ports_.clock.cancel(deadline_);
  deadline_ = 0;
  check(!killing_, "a guest that is being killed does not go on (R14)");
  longest_ = std::max(longest_, ports_.clock.now() - frozen_at_);
  go_to(State::open);
  resume_guest(by == ThawBy::peer ? "the peer is back" : "this host may go on alone");
  reports_.thawed(freeze_, by);
  moved_.set();
}

void IoGate::deny(const std::string& why, std::function<void()> dead) {
  if (state_ != State::frozen || killing_) return;
  killing_ = true;
  // R14: SIGKILL while its I/O is unanswered: from here on it executes nothing of its own any more, so what
  // is held may fail without a guest seeing it. It must fail: a killed process with an unanswered write stays
  // in D state until the reply. Only then can it be verified dead.
  const bool is_alive = ports_.guest.attached() && ports_.guest.alive();
  if (is_alive) {
    ports_.guest.on_death([this, dead = std::move(dead)] {
      killing_ = false;
      dead();
    });
    ports_.guest.kill();
    reports_.guest(GuestChange::killed, why);
  }
  if (deadline_ != 0) ports_.clock.cancel(deadline_);
  deadline_ = 0;
  paused_ = false;
  go_to(State::denied);
  reports_.thawed(freeze_, ThawBy::deny);
  moved_.set();
  if (is_alive) return;
  killing_ = false;
  dead();
}

Nanos Patience::stalled(Nanos now) {
  std::erase_if(stalls_, [&](Nanos at) { return now - at > limits_.stall_window; });
  stalls_.push_back(now);
  if (stalls_.size() < static_cast<std::size_t>(limits_.stalls_tolerated)) {
    if (stalls_.size() == 1) last_ = 0;
    return 0;
  }
  last_ = last_ == 0 ? limits_.keep_out_first : std::min(2 * last_, limits_.keep_out_longest);
  return last_;
}

}  // namespace gemel
