// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include "../base/check.h"

namespace gemel {

Session::Pending::~Pending() {
  if (session_ != nullptr) session_->unlink(*this);
}

namespace {

using Phase = Session::Phase;

bool follows(Phase next, Phase now) {
  switch (next) {
    case Phase::none:
      return true;
    case Phase::filling:
      return now == Phase::none;
    case Phase::pairing:
      return now == Phase::filling;
    case Phase::in_sync:
      return now == Phase::none || now == Phase::pairing || now == Phase::suspended;
    case Phase::suspended:
      return now == Phase::pairing || now == Phase::in_sync;
  }
  return false;
}

}  // namespace

void Session::go_to(Phase next) {
  check(follows(next, phase_), "a session goes from phase to phase in its order");
  phase_ = next;
}

void Session::begin(SessionNumber number, Phase phase) {
  check(phase_ == Phase::none, "a session begins where none is");
  check(head_ == nullptr, "a new session begins with nothing in flight");
  go_to(phase);
  number_ = number;
  last_ = 0;
  peer_failed_ = 0;
  unbroken_ = phase == Phase::in_sync;
}

void Session::become(Phase phase) {
  check(phase_ == Phase::filling || phase_ == Phase::pairing,
        "a session goes from filling to pairing to in sync");
  go_to(phase);
  unbroken_ = phase == Phase::in_sync;
}

void Session::suspend() {
  go_to(Phase::suspended);
}

void Session::resume() {
  check(phase_ == Phase::suspended && can_resume(), "only an unbroken session goes on");
  go_to(Phase::in_sync);
  head_since_ = ports_.clock.now();
  for (Pending* pending = head_; pending != nullptr; pending = pending->next_) transmit(*pending);
}

void Session::end() {
  go_to(Phase::none);
  unbroken_ = false;
  // Concluding one may let its operation begin another, which finds no session any more.
  while (head_ != nullptr) conclude(*head_, {PeerAnswer::Kind::abandoned, 0});
}

void Session::send(Pending& pending) {
  pending.session_ = this;
  pending.sequence_ = ++last_;
  pending.previous_ = tail_;
  if (head_ == nullptr) head_since_ = ports_.clock.now();
  (tail_ != nullptr ? tail_->next_ : head_) = &pending;
  tail_ = &pending;
  count_++;
  transmit(pending);
}

void Session::transmit(Pending& pending) {
  // A link that is down reports its loss by itself; the operation is sent again or abandoned then.
  ports_.link.send(Link::Channel::hot, pending.type_, pending.sequence_, settled(), pending.message_.bytes(),
                   pending.data_);
}

void Session::unlink(Pending& pending) {
  if (&pending == head_) head_since_ = ports_.clock.now();
  (pending.previous_ != nullptr ? pending.previous_->next_ : head_) = pending.next_;
  (pending.next_ != nullptr ? pending.next_->previous_ : tail_) = pending.previous_;
  pending.session_ = nullptr;
  count_--;
}

void Session::conclude(Pending& pending, PeerAnswer answer) {
  unlink(pending);
  pending.answered_ = true;
  pending.answer_ = answer;
  if (pending.waiter_) std::exchange(pending.waiter_, {}).resume();
}

int Session::acknowledged(Sequence sequence, wire::AckKind kind, int result) {
  if (peer_failed_ != 0 && result >= 0) {
    // Closing the link still delivers what has arrived.
    kind = wire::AckKind::done;
    result = peer_failed_;
  }
  for (Pending* pending = head_; pending != nullptr && pending->sequence_ <= sequence;
       pending = pending->next_) {
    if (pending->sequence_ != sequence) continue;
    const bool is_answer = kind == wire::AckKind::done || (config_.acknowledge == Acknowledge::received &&
                                                           !pending->needs_done_ && result == 0);
    if (is_answer) conclude(*pending, {PeerAnswer::Kind::done, result});
    return 0;
  }
  // Answered at its receipt and failed afterwards, or an answer that came twice.
  return kind == wire::AckKind::done && result < 0 ? result : 0;
}

}  // namespace gemel
