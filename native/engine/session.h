// SPDX-License-Identifier: Apache-2.0
// One unbroken pairing of two engines, from the primary's point of view: every operation gets (session,
// sequence), is remembered until the peer has answered it, and is sent again when the link returns within one
// freeze between the same two processes (R8).
//
//          handshake            flushed            confirmed             loss
//   none ─────────────▶ filling ────────▶ pairing ──────────▶ in_sync ───────────▶ suspended
//    ▲                     │                 │                   ▲  same session      │ │
//    │ lost                │                 └── lost ──────▶ suspended               │ │ grant, new meeting
//    └─────────────────────┘                                     └────────────────────┘ └──▶ none
//
//   filling    the peer is being reintegrated: it hears every write, its loss needs neither freeze nor grant
//              (R10)
//   pairing    this side has written `paired` and not heard the confirmation: its loss is a freeze
//   suspended  lost while in sync: operations wait for the same session, a grant, or a new meeting
//
// Invariant: what is unacknowledged is always a suffix-closed list in order of sequence; `settled` is its
// lower edge.
#pragma once

#include "../wire/codec.h"
#include "ports.h"

namespace gemel {

/// What became of the peer's part of an operation.
struct PeerAnswer {
  enum class Kind : std::uint8_t {
    none,       ///< no peer took part
    done,       ///< `result` is the peer's
    abandoned,  ///< the session ended; the tracking has marked what it concerned
  } kind = Kind::none;
  int result = 0;
};

class Session {
 public:
  enum class Phase : std::uint8_t { none, filling, pairing, in_sync, suspended };

  /// One operation under way; lives in the operation's own frame.
  class Pending {
   public:
    template <class M>
    Pending(const M& message, ConstBytes data, bool needs_done)
        : type_(static_cast<std::uint8_t>(wire::kTypeOf<M>)),
          message_(wire::pack(message)),
          data_(data),
          needs_done_(needs_done) {}
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    ~Pending();

   private:
    friend class Session;
    Session* session_ = nullptr;
    std::uint8_t type_;
    wire::Packed message_;
    ConstBytes data_;
    bool needs_done_;  ///< flush, names: only `done` is an answer, in every mode
    bool answered_ = false;
    PeerAnswer answer_;
    Sequence sequence_ = 0;
    std::coroutine_handle<> waiter_;
    Pending* next_ = nullptr;
    Pending* previous_ = nullptr;
  };

  Session(Ports& ports, const EngineConfig& config) : ports_(ports), config_(config) {}

  Phase phase() const { return phase_; }
  /// Is the peer to hear what is done now?
  bool carries() const {
    return phase_ == Phase::filling || phase_ == Phase::pairing || phase_ == Phase::in_sync;
  }
  /// Would the loss of the peer now need a grant?
  bool binds() const {
    return phase_ == Phase::pairing || phase_ == Phase::in_sync || phase_ == Phase::suspended;
  }
  SessionNumber number() const { return number_; }
  /// R19: in sync until the loss, and this mirror process has seen all of it.
  bool is_unbroken() const { return unbroken_; }
  Sequence sent() const { return last_; }
  std::size_t in_flight() const { return count_; }

  void begin(SessionNumber number, Phase phase);
  void become(Phase phase);
  /// The link is gone; what is unanswered stays.
  void suspend();
  /// The same session goes on: sends what is unanswered again, in order.
  void resume();
  /// It ends without the peer: every operation goes on alone. The tracking was marked before (R3).
  void end();
  void break_proof() { unbroken_ = false; }
  /// R40: the peer has failed something: whatever it says of this session from now on, it has not done it.
  void condemn_peer(int error) {
    if (peer_failed_ == 0) peer_failed_ = error;
  }
  /// The same session may go on (R8): nothing of it has failed on the peer.
  bool can_resume() const { return unbroken_ && peer_failed_ == 0; }

  void send(Pending& pending);
  /// Waits for the answer (or for the end of the session).
  auto answer(Pending& pending) {
    struct Awaiter {
      Pending& pending;
      bool await_ready() const { return pending.answered_; }
      void await_suspend(std::coroutine_handle<> waiter) { pending.waiter_ = waiter; }
      PeerAnswer await_resume() const { return pending.answer_; }
    };
    return Awaiter{pending};
  }
  /// An acknowledgement came. Returns a failure (-errno) of an operation that had been answered at its
  /// receipt (R9): the peer is not up to date.
  int acknowledged(Sequence sequence, wire::AckKind kind, int result);
  Sequence settled() const { return head_ != nullptr ? head_->sequence_ - 1 : last_; }
  /// Since when nothing gets on: how long the oldest operation has been the oldest; 0: none waits. What it
  /// spent in the queue behind others that were answered is the line's speed, and no stall (R119).
  Nanos stuck_since() const { return head_ != nullptr ? head_since_ : 0; }

 private:
  /// The only way to another phase.
  void go_to(Phase next);
  void transmit(Pending& pending);
  void unlink(Pending& pending);
  void conclude(Pending& pending, PeerAnswer answer);

  Ports& ports_;
  const EngineConfig& config_;
  Phase phase_ = Phase::none;
  SessionNumber number_ = 0;
  bool unbroken_ = false;
  int peer_failed_ = 0;
  Sequence last_ = 0;
  std::size_t count_ = 0;
  Nanos head_since_ = 0;
  Pending* head_ = nullptr;
  Pending* tail_ = nullptr;
};

}  // namespace gemel
