// SPDX-License-Identifier: Apache-2.0
// Two engines' data link without a network: delay, loss, stall, and the one difference that matters at a
// failover: what is still on the wire when it breaks is lost, what already lies in the receiver's socket is
// delivered by close() (R25).
//
//   FakeWire wire(clock);  Engine a(… wire.left() …);  Engine b(… wire.right() …);
//   wire.cut()             both sides notice after `notice`; frames under way are lost (a random suffix per
//   direction) wire.heal()            both may connect again wire.stall(side, true) frames to `side` pile up
//   in its socket, unread; no loss is noticed
#pragma once

#include <array>
#include <cstring>
#include <deque>
#include <string>

#include "clock.h"

namespace gemel::fakes {

class FakeWire;

class FakeLink final : public Link {
 public:
  FakeLink(FakeWire& wire, int side) : wire_(wire), side_(side) {}
  void listen_to(Listener* listener) override { listener_ = listener; }
  bool up() const override { return up_; }
  bool send(Channel channel, std::uint8_t type, Sequence sequence, Sequence settled, ConstBytes message,
            ConstBytes data) override;
  std::uint64_t queued(Channel channel) const override { return queued_[static_cast<std::size_t>(channel)]; }
  void close(const std::string& reason) override;
  void enable(bool on) override;

 private:
  friend class FakeWire;
  struct Parcel {
    Channel channel;
    std::uint8_t type;
    Sequence sequence, settled;
    std::vector<std::byte> message, data;
  };
  void deliver(Parcel& parcel);

  FakeWire& wire_;
  int side_;
  Listener* listener_ = nullptr;
  bool enabled_ = false;
  bool up_ = false;
  bool stalled_ = false;
  std::array<std::uint64_t, 2> queued_{};
  std::deque<Parcel> socket_;  // arrived, not yet read
};

class FakeWire {
 public:
  explicit FakeWire(FakeClock& clock, Latency delay = {30'000, 60'000})
      : clock_(clock), delay_(delay), links_{FakeLink(*this, 0), FakeLink(*this, 1)} {}

  FakeLink& left() { return links_[0]; }
  FakeLink& right() { return links_[1]; }
  FakeLink& side(int number) { return links_[static_cast<std::size_t>(number)]; }

  /// Where the data of delivered frames lies; outlives both engines.
  BufferPool buffers;
  /// What a direction carries; 0: any amount in no time.
  std::uint64_t bytes_per_second = 0;
  /// How long until a side notices that the other one is gone.
  Nanos notice = kMillisecond;
  /// Frames that were accepted for sending, by type: `sent[wire::Type::write]`.
  std::array<std::uint64_t, 256> sent{};
  /// Called for every frame before it leaves; false swallows it (a message lost at the worst moment).
  std::function<bool(int from, std::uint8_t type, Sequence sequence)> let_through;

  bool is_cut() const { return cut_; }
  void cut(const std::string& reason = "the link was cut") {
    cut_ = true;
    epoch_++;
    broken_ = true;
    lose_later(left(), reason);
    lose_later(right(), reason);
  }
  void heal() {
    cut_ = false;
    connect_later();
  }
  /// Frames to `number` stay in its socket (its process hangs, or the peer's does not answer).
  void stall(int number, bool on) {
    FakeLink& link = side(number);
    link.stalled_ = on;
    if (!on) drain(link);
  }
  /// The process of one side died. Its sockets are closed by the kernel unless the host lost its power.
  void process_death(int number, bool silent) {
    FakeLink& dead = side(number);
    dead.listener_ = nullptr;
    dead.enabled_ = false;
    dead.stalled_ = false;
    dead.socket_.clear();
    const bool was_up = dead.up_;
    dead.up_ = false;
    if (was_up && !silent) lose_later(other(dead), "the peer closed the connection");
    if (!silent) return;
    epoch_++;
    broken_ = true;
  }

 private:
  friend class FakeLink;
  FakeLink& other(const FakeLink& link) { return links_[static_cast<std::size_t>(1 - link.side_)]; }

  bool accept(FakeLink& from, FakeLink::Parcel parcel) {
    sent[parcel.type]++;
    if (broken_) return true;  // goes into the void until the loss is noticed
    if (let_through && !let_through(from.side_, parcel.type, parcel.sequence)) return true;
    const auto channel = static_cast<std::size_t>(parcel.channel);
    const std::uint64_t bytes = 32 + parcel.message.size() + parcel.data.size();
    from.queued_[channel] += bytes;
    // In order per channel: never before its predecessor.
    Nanos& last = last_arrival_[static_cast<std::size_t>(from.side_)][channel];
    last = std::max(last + 1, sent_at(from.side_, bytes) + delay_.draw(clock_.dice()));
    FakeLink& to = other(from);
    clock_.after(last - clock_.now(),
                 [this, &from, &to, channel, bytes, epoch = epoch_, parcel = std::move(parcel)]() mutable {
                   if (epoch != epoch_ || !to.up_) return;
                   from.queued_[channel] -= std::min(bytes, from.queued_[channel]);
                   to.socket_.push_back(std::move(parcel));
                   if (!to.stalled_) drain(to);
                 });
    return true;
  }

  /// When the last byte has left: both channels share the direction.
  Nanos sent_at(int number, std::uint64_t bytes) {
    if (bytes_per_second == 0) return clock_.now();
    Nanos& free = free_at_[static_cast<std::size_t>(number)];
    const std::uint64_t nanos = bytes * static_cast<std::uint64_t>(kSecond) / bytes_per_second;
    free = std::max(free, clock_.now()) + static_cast<Nanos>(nanos);
    return free;
  }

  void drain(FakeLink& link) {
    while (!link.socket_.empty() && link.listener_ != nullptr) {
      auto parcel = std::move(link.socket_.front());
      link.socket_.pop_front();
      link.deliver(parcel);
    }
  }

  void connect_later() {
    clock_.after(kMillisecond, [this] {
      FakeLink& a = left();
      FakeLink& b = right();
      if (cut_ || !a.enabled_ || !b.enabled_ || (a.up_ && b.up_)) return;
      if (a.listener_ == nullptr || b.listener_ == nullptr) return;
      // A new connection of a process that came back replaces what the other still took for alive.
      for (FakeLink* link : {&a, &b}) {
        if (link->up_) lose_now(*link, "the peer connected anew");
      }
      if (a.up_ || b.up_ || !a.enabled_ || !b.enabled_) return;
      epoch_++;
      connection_++;
      broken_ = false;
      last_arrival_ = {};
      free_at_ = {};
      for (FakeLink* link : {&a, &b}) {
        link->queued_ = {};
        link->socket_.clear();
        link->up_ = true;
      }
      a.listener_->link_up();
      if (b.up_) b.listener_->link_up();
    });
  }

  /// The side reads what its socket holds, then hears of the loss, once.
  void lose_later(FakeLink& link, std::string reason) {
    if (!link.up_) return;
    clock_.after(notice, [this, &link, reason = std::move(reason), connection = connection_] {
      if (link.up_ && connection == connection_) lose_now(link, reason);
    });
  }
  void lose_now(FakeLink& link, const std::string& reason) {
    drain(link);
    if (!link.up_) return;
    link.up_ = false;
    if (link.listener_ != nullptr) link.listener_->link_lost(reason);
    connect_later();
  }

  FakeClock& clock_;
  Latency delay_;
  bool cut_ = false;
  bool broken_ = false;           // nothing that is sent now arrives
  std::uint64_t epoch_ = 0;       // frames of an older one are lost
  std::uint64_t connection_ = 0;  // a late notice of an older one is void
  std::array<std::array<Nanos, 2>, 2> last_arrival_{};
  std::array<Nanos, 2> free_at_{};
  std::array<FakeLink, 2> links_;
};

inline bool FakeLink::send(Channel channel, std::uint8_t type, Sequence sequence, Sequence settled,
                           ConstBytes message, ConstBytes data) {
  if (!up_) return false;
  // What the real peer would refuse, and end the link for.
  if (message.size() > limits::kMessageBytes)
    test::fail(__FILE__, __LINE__, "a message of " + std::to_string(message.size()) + " bytes");
  return wire_.accept(
      *this,
      {channel, type, sequence, settled, {message.begin(), message.end()}, {data.begin(), data.end()}});
}

inline void FakeLink::deliver(Parcel& parcel) {
  Frame frame{parcel.channel, parcel.type, parcel.sequence, parcel.settled, parcel.message, {}};
  if (!parcel.data.empty()) {
    Buffer buffer = wire_.buffers.take(parcel.data.size());
    std::memcpy(buffer.data(), parcel.data.data(), parcel.data.size());
    frame.data = PooledBytes(std::move(buffer), parcel.data.size());
  }
  listener_->frame(frame);
}

inline void FakeLink::close(const std::string& reason) {
  if (!up_) return;
  stalled_ = false;
  wire_.drain(*this);
  up_ = false;
  wire_.lose_later(wire_.other(*this), "the peer closed the connection: " + reason);
  if (enabled_) wire_.connect_later();
}

inline void FakeLink::enable(bool on) {
  enabled_ = on;
  if (on) {
    wire_.connect_later();
  } else {
    close("switched off");
  }
}

}  // namespace gemel::fakes
