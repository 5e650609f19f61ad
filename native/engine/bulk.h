// SPDX-License-Identifier: Apache-2.0
// Questions and answers on the bulk channel (reintegration, verify, reads served by the peer): each question
// has a number, its answer carries the same one, on the same link. When the link is lost every open
// question ends without an answer; a question that is not answered within its limit is a peer that hangs,
// and the link is dropped (R112).
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "../wire/codec.h"
#include "ports.h"

namespace gemel {

class Bulk {
 public:
  explicit Bulk(Ports& ports) : ports_(ports) {}

  /// An answer and its data; nothing when the link was lost or the answer made no sense.
  template <class Answer>
  struct Answered {
    std::optional<Answer> message;
    PooledBytes data;
    explicit operator bool() const { return message.has_value(); }
    const Answer* operator->() const { return &*message; }
  };

  template <class Answer, class Question>
  Task<Answered<Answer>> ask(Question question, ConstBytes data = {}, Nanos limit = limits::kQuestion) {
    Answered<Answer> answered;
    Waiting waiting;
    waiting.type = static_cast<std::uint8_t>(wire::kTypeOf<Answer>);
    const Sequence number = ++last_;
    const wire::Packed packed = wire::pack(question);
    if (!send(static_cast<std::uint8_t>(wire::kTypeOf<Question>), number, packed.bytes(), data))
      co_return answered;
    check(!waiting_.contains(number), "a question's number is its own");
    waiting_[number] = &waiting;
    const Clock::TimerId timer = ports_.clock.after(limit, [this, number] { give_up(number); });
    co_await waiting.ready.wait();
    if (!waiting.is_late) ports_.clock.cancel(timer);
    if (!waiting.arrived) co_return answered;
    auto decoded = wire::decode<Answer>(waiting.message);
    if (!decoded) co_return answered;
    answered.message = std::move(*decoded);
    answered.data = std::move(waiting.data);
    co_return answered;
  }

  /// A question of the peer's, and the link on which it came.
  struct Asked {
    Sequence number = 0;
    std::uint64_t link = 0;
  };
  Asked asked(const Link::Frame& frame) const { return {frame.sequence, links_}; }
  /// The answer to it. Not on another link: who asks there may be another process, with a question of the
  /// same number (R120).
  template <class Answer>
  void answer(Asked asked, const Answer& message, ConstBytes data = {}) {
    if (asked.link != links_) return;
    const wire::Packed packed = wire::pack(message);
    send(static_cast<std::uint8_t>(wire::kTypeOf<Answer>), asked.number, packed.bytes(), data);
  }
  /// What nobody answers.
  template <class M>
  void tell(const M& message) {
    answer(Asked{0, links_}, message);
  }
  bool send(std::uint8_t type, Sequence number, ConstBytes message, ConstBytes data);

  /// False: nobody waits for this frame.
  bool take(Link::Frame& frame);
  /// The peer did not answer in time.
  std::function<void()> on_silence;
  void link_lost();

 private:
  struct Waiting {
    std::uint8_t type = 0;
    bool arrived = false, is_late = false;
    std::vector<std::byte> message;
    PooledBytes data;
    Event ready;
  };
  void give_up(Sequence number);

  Ports& ports_;
  Sequence last_ = 0;
  std::uint64_t links_ = 0;  ///< that were lost so far
  std::map<Sequence, Waiting*> waiting_;
};

}  // namespace gemel
