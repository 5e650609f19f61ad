// SPDX-License-Identifier: Apache-2.0
#include "receiver.h"

#include <fcntl.h>
#include <linux/falloc.h>

#include <algorithm>
#include <cerrno>

#include "../base/check.h"
#include "../base/limits.h"
#include "name_change.h"

namespace gemel {

using wire::AckKind;
using wire::Type;

Receiver::~Receiver() {
  if (late_timer_ != 0) ports_.clock.cancel(late_timer_);
}

void Receiver::begin(SessionNumber session, bool filling) {
  session_ = session;
  filling_ = filling;
  open_ = true;
  epoch_++;
  arrived_ = 0;
  condemned_ = 0;
  failed_.clear();
  results_.clear();
  first_ = 1;
  done_up_to_ = 0;
  unfinished_ = 0;
  late_.clear();
}

/// What is still to be told belongs to this link and this session: now or never.
void Receiver::refuse() {
  tell_late();
  open_ = false;
  if (filling_) return;
  // Nobody will go on past these any more.
  for (const Failed& one : std::exchange(failed_, {})) condemn(one);
}

Receiver::Result* Receiver::result_of(Sequence sequence) {
  return sequence < first_ || sequence > arrived_ ? nullptr : &results_[sequence - first_];
}

/// The sender has all answers up to here: they are not needed for a repeat any more.
void Receiver::forget_settled(Sequence settled) {
  for (; first_ <= std::min(settled, done_up_to_); first_++) results_.pop_front();
}

/// R44: the sender has heard of these failures, has brought both sides together, and goes on.
void Receiver::forgive_settled(Sequence settled) {
  if (!filling_) std::erase_if(failed_, [&](const Failed& one) { return one.sequence <= settled; });
}

const char* Receiver::take(Link::Frame& frame) {
  if (!open_) return nullptr;  // late frames of a session that ended
  if (!failed_.empty()) forgive_settled(frame.settled);
  forget_settled(frame.settled);
  if (const Result* known = result_of(frame.sequence)) {
    if (known->done) {
      answer(frame.sequence, AckKind::done, known->value);
    } else if (config_.acknowledge == Acknowledge::received) {
      answer(frame.sequence, AckKind::received, 0);
    }
    return nullptr;
  }
  if (frame.sequence <= arrived_) return nullptr;  // settled long ago
  if (frame.sequence != arrived_ + 1) return "an operation is missing in the order";
  const wire::HandedOn handed =
      wire::hand_on(frame.type, frame.message,
                    wire::Takes{
                        [&](wire::Write message) { take_write(frame, message); },
                        [&](wire::Flush message) { spawn(flush(start(frame), message)); },
                        [&](wire::Allocate message) { spawn(allocate(start(frame), message)); },
                        [&](wire::Change message) { spawn(change(start(frame), std::move(message))); },
                    });
  return handed.taken ? handed.reason : "not an operation";
}

Sequence Receiver::start(const Link::Frame& frame) {
  check(frame.sequence == arrived_ + 1, "operations are begun in their order (R8)");
  arrived_ = frame.sequence;
  results_.emplace_back();
  unfinished_++;
  return arrived_;
}

void Receiver::answer(Sequence sequence, AckKind kind, int result) {
  send(sequence, kind, result);
  tell_late();
}

void Receiver::answer_later(Sequence sequence) {
  late_.push_back(sequence);
  if (late_timer_ != 0) return;
  late_timer_ = ports_.clock.after(limits::kTellLate, [this] {
    late_timer_ = 0;
    tell_late();
  });
}

void Receiver::tell_late() {
  if (late_timer_ != 0) ports_.clock.cancel(std::exchange(late_timer_, 0));
  for (const Sequence sequence : late_) send(sequence, AckKind::done, 0);
  late_.clear();
}

void Receiver::send(Sequence sequence, AckKind kind, int result) {
  const wire::Packed packed = wire::pack(wire::Ack{kind, result});
  ports_.link.send(Link::Channel::hot, static_cast<std::uint8_t>(Type::ack), sequence, 0, packed.bytes(), {});
}

void Receiver::condemn(const Failed& what) {
  if (condemned_ == 0) condemned_ = what.error;
  if (on_condemned) on_condemned(what.error, what.fid, what.range);
}

/// R9: the primary hears it and makes the range equal or goes on without this copy; until then it is not
/// current. What was answered before it failed has no second answer that anybody waits for.
void Receiver::failed(const Failed& what, bool was_answered) {
  if (!filling_ && (was_answered || !open_)) return condemn(what);
  failed_.push_back(what);
}

void Receiver::ended(Sequence sequence, int result, Fid fid, Range range) {
  if (result < 0) failed({sequence, result, fid, range}, result_of(sequence)->answered);
  finish(sequence, result);
}

void Receiver::finish(Sequence sequence, int result) {
  Result* const ended = result_of(sequence);
  check(ended != nullptr && !ended->done, "an operation ends once");
  const bool is_news = result < 0 || !ended->answered;
  *ended = {true, ended->answered, result};
  unfinished_--;
  while (done_up_to_ < arrived_ && results_[done_up_to_ + 1 - first_].done) done_up_to_++;
  if (is_news || !open_) {
    answer(sequence, AckKind::done, result);
  } else {
    answer_later(sequence);
  }
  progress_.set();
}

Task<void> Receiver::until_done_before(Sequence sequence) {
  while (done_up_to_ + 1 < sequence) {
    progress_.reset();
    co_await progress_.wait();
  }
}

Task<void> Receiver::drained() {
  return until_done_before(arrived_ + 1);
}

void Receiver::take_write(Link::Frame& frame, const wire::Write& message) {
  const Sequence sequence = start(frame);
  bytes_held_ += frame.data.size();
  if (config_.acknowledge == Acknowledge::received && !message.sync &&
      bytes_held_ <= limits::kReceivedBytes) {
    results_.back().answered = true;
    answer(sequence, AckKind::received, 0);
  }
  spawn(write(sequence, message, std::move(frame.data)));
}

Task<void> Receiver::write(Sequence sequence, wire::Write message, PooledBytes data) {
  const std::uint64_t epoch = epoch_;
  const ConstBytes bytes = data.bytes();
  const std::uint32_t alignment = ports_.disk.alignment();
  const bool direct = message.offset % alignment == 0 && bytes.size() % alignment == 0;
  Hold hold(locks_);
  hold.add(message.fid, message.offset, bytes.size(), Hold::Mode::write, direct);
  co_await hold.taken();
  auto io = disk_write(ports_.disk, message.fid, message.offset, bytes);
  int result = co_await io;
  if (result >= 0 && message.sync) {
    auto flush = disk_flush(ports_.disk, message.fid, true);
    result = co_await flush;
  }
  hold.release();
  const std::uint64_t size = bytes.size();
  bytes_held_ -= size;
  if (result >= 0) ports_.front.invalidate(message.fid);
  if (epoch == epoch_) ended(sequence, result < 0 ? result : 0, message.fid, {message.offset, size});
}

Task<void> Receiver::flush(Sequence sequence, wire::Flush message) {
  const std::uint64_t epoch = epoch_;
  // R11: io_uring orders nothing by itself, and in mode `received` much that was acknowledged is still under
  // way.
  co_await until_done_before(sequence);
  int result = 0;
  if (message.fid == kNoFid) {
    auto flush = disk_flush_volume(ports_.disk);
    result = co_await flush;
  } else {
    auto flush = disk_flush(ports_.disk, message.fid, message.data_only);
    result = co_await flush;
    // A file that is gone by now has nothing left to flush.
    if (result == -ESTALE) result = 0;
  }
  if (epoch != epoch_) co_return;
  // R11, R40: a failed flush is for good, and covers for no later one.
  if (result < 0 && condemned_ == 0) condemn({sequence, result, message.fid, {}});
  const bool lacks = std::ranges::any_of(failed_, [&](const Failed& one) { return one.sequence < sequence; });
  if (condemned_ != 0) result = condemned_;
  if (filling_ && lacks) result = -EAGAIN;
  // Whose failure it is has been said above.
  finish(sequence, result);
}

Task<void> Receiver::allocate(Sequence sequence, wire::Allocate message) {
  const std::uint64_t epoch = epoch_;
  Hold hold(locks_);
  hold.add_file(message.fid);
  co_await hold.taken();
  auto io =
      disk_allocate(ports_.disk, message.fid, static_cast<int>(message.mode), message.offset, message.length);
  const int result = co_await io;
  hold.release();
  ports_.front.invalidate(message.fid);
  const Range range{message.offset, message.length};
  if (epoch != epoch_) co_return;
  // R122: space that is reserved while this copy is filled changes no byte and no size: where it cannot be
  // had nothing is lost.
  if (filling_ && message.mode == FALLOC_FL_KEEP_SIZE && result < 0) {
    finish(sequence, result);
  } else {
    ended(sequence, result < 0 ? result : 0, message.fid, range);
  }
}

Task<void> Receiver::change(Sequence sequence, wire::Change message) {
  const std::uint64_t epoch = epoch_;
  NameChange change = from_wire(message);
  Hold hold(locks_);
  add_locks(hold, ports_.disk, change);
  co_await hold.taken();
  const int result = ports_.disk.apply(change);
  hold.release();
  for (const Fid fid : {change.fid, change.directory, change.directory2}) {
    if (fid != kNoFid) ports_.front.invalidate(fid);
  }
  Attributes left;
  if (result == 0 && change.replaced != kNoFid && ports_.disk.stat(change.replaced, left) == -ESTALE)
    tracking_.file_gone(change.replaced);
  const bool is_cut = change.kind == NameKind::set_attributes && (change.valid & kSetSize) != 0;
  if (epoch == epoch_) ended(sequence, result, change.fid, is_cut ? Range{0, kWholeFile} : Range{});
}

}  // namespace gemel
