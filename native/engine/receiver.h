// SPDX-License-Identifier: Apache-2.0
// The peer's side of the data plane: takes the primary's operations in their order, applies overlapping ones
// one after the other and the others together, and answers each exactly once per (session, sequence): a
// repeat gets the first result, not a second application (R8).
//
// Invariants:
//  - An operation joins the queue of its range when its frame arrives, so overlapping ones are applied in
//    order (R5).
//  - A flush covers everything that arrived before it (R11).
//  - An operation that failed here condemns this copy: it does not become, or stay, up to date (R9, R11,
//    R25). Forgiven is only what the sender has heard of and gone on past (R44), and while this copy is
//    filled what it was told of in a new pass (R41); never a failed flush, nor what was answered before it
//    failed: then every later flush fails, too (R40).
//  - In mode `received` what was answered and is not yet written is bounded: beyond limits::kReceivedBytes a
//    write is answered when it is done, so a slow disk slows the guest down instead of filling the memory.
//  - Once `refuse` was called nothing of the old session is taken any more (R25).
#pragma once

#include <deque>
#include <vector>

#include "../wire/codec.h"
#include "range_locks.h"
#include "tracking.h"

namespace gemel {

class Receiver {
 public:
  Receiver(Ports& ports, const EngineConfig& config, RangeLocks& locks, Tracking& tracking)
      : ports_(ports), config_(config), locks_(locks), tracking_(tracking) {}
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  /// Takes operations of this session from now on. `filling`: a failed one is the source's to repair.
  void begin(SessionNumber session, bool filling);
  void become_in_sync() { filling_ = false; }
  /// Takes nothing more.
  void refuse();
  /// The same session goes on (R8).
  void resume() { open_ = true; }
  bool is_open() const { return open_; }
  SessionNumber session() const { return session_; }
  Sequence applied() const { return arrived_; }
  bool is_condemned() const { return condemned_ != 0 || !failed_.empty(); }

  /// Of a session while this copy is filled.
  struct Failed {
    Sequence sequence = 0;
    int error = 0;
    Fid fid = kNoFid;
    Range range;
  };
  const std::vector<Failed>& failed() const { return failed_; }
  /// A new pass repairs what the source was told of.
  void forgive() { failed_.clear(); }
  /// What a flush may say now: 0, or the failure that no flush makes good.
  int flushed() const { return condemned_; }

  /// An operation's frame. Returns a reason to drop the link when it breaks the order, else nullptr.
  const char* take(Link::Frame& frame);
  /// Every operation taken so far is done.
  Task<void> drained();
  std::size_t in_flight() const { return unfinished_; }
  /// This copy is not up to date any more.
  std::function<void(int error, Fid fid, Range range)> on_condemned;

 private:
  /// What became of one operation; kept until it has ended and the sender has its answer.
  struct Result {
    bool done = false;
    bool answered = false;  ///< at its receipt; its end is no news then unless it fails
    int value = 0;
  };
  void take_write(Link::Frame& frame, const wire::Write& message);
  Task<void> write(Sequence sequence, wire::Write message, PooledBytes data);
  Task<void> flush(Sequence sequence, wire::Flush message);
  Task<void> allocate(Sequence sequence, wire::Allocate message);
  Task<void> change(Sequence sequence, wire::Change message);
  Task<void> until_done_before(Sequence sequence);
  Sequence start(const Link::Frame& frame);
  Result* result_of(Sequence sequence);
  void forget_settled(Sequence settled);
  void ended(Sequence sequence, int result, Fid fid, Range range);
  void finish(Sequence sequence, int result);
  void failed(const Failed& what, bool was_answered);
  void condemn(const Failed& what);
  void forgive_settled(Sequence settled);
  void answer(Sequence sequence, wire::AckKind kind, int result);
  void answer_later(Sequence sequence);
  void tell_late();
  void send(Sequence sequence, wire::AckKind kind, int result);

  Ports& ports_;
  const EngineConfig& config_;
  RangeLocks& locks_;
  Tracking& tracking_;
  SessionNumber session_ = 0;
  std::uint64_t epoch_ = 0;  ///< an operation of an older session answers nobody
  bool open_ = false, filling_ = false;
  Sequence arrived_ = 0;
  int condemned_ = 0;           ///< for good
  std::vector<Failed> failed_;  ///< not forgiven yet
  std::deque<Result> results_;  ///< of the sequences from first_ to arrived_
  Sequence first_ = 1;
  Sequence done_up_to_ = 0;  ///< every operation up to here has ended
  std::size_t unfinished_ = 0;
  std::vector<Sequence> late_;  ///< ended well, to be told with the next answer
  Clock::TimerId late_timer_ = 0;
  std::uint64_t bytes_held_ = 0;  ///< of writes that have arrived and are not written yet
  Event progress_;
};

}  // namespace gemel
