// SPDX-License-Identifier: Apache-2.0
#include "dispatch.h"

#include <cstring>
#include <utility>

namespace gemel {

using wire::Type;
using Phase = Session::Phase;

void Dispatch::link_up() {
  early_.clear();
  link_.heard();
  handshake_.greet();
  reports_.changed();
}

void Dispatch::link_lost(const std::string& reason) {
  if (!meeting_.is_up()) return;
  meeting_.end();
  link_.went_down(reason);
  receiver_.refuse();
  filling_.link_lost();
  bulk_.link_lost();
  if (session_.phase() == Phase::filling) {
    // R10: it was not up to date: neither freeze nor grant, mark and go on.
    filling_.peer_lost();
  } else if (session_.carries()) {
    const SessionNumber number = session_.number();
    session_.suspend();
    if (gate_.is_open()) gate_.freeze(FreezeReason::link_lost, number);
  }
  owner_.peer_lost(reason);
  reports_.changed();
}

void Dispatch::frame(Link::Frame& frame) {
  link_.heard();
  const auto type = static_cast<Type>(frame.type);
  if (meeting_.stage() == Stage::greeting && (type == Type::reintegration_begin || type == Type::paired)) {
    if (early_.empty())
      early_.push_back({frame.type, frame.sequence, {frame.message.begin(), frame.message.end()}});
    return;
  }
  hand_on(frame);
}

void Dispatch::hand_on(Link::Frame& frame) {
  switch (static_cast<Type>(frame.type)) {
    case Type::hello:
      return handshake_.greeted(frame);
    case Type::outcome:
      return outcome(frame);
    case Type::ping:
      if (auto ping = wire::decode<wire::Ping>(frame.message)) link_.say(wire::Pong{ping->stamp});
      return;
    case Type::pong:
    case Type::bye:
      return;
    case Type::write:
    case Type::flush:
    case Type::allocate:
    case Type::change:
      return operation(frame);
    case Type::ack:
      return acknowledgement(frame);
    case Type::reintegration_begin:
      return filling_.begun(frame);
    case Type::tracked:
      return tracked(frame);
    case Type::paired:
      return paired(frame);
    case Type::up_to_date_seen:
      return pairing_.seen();
    case Type::cover:
      return cover(frame);
    default:
      return question(frame);
  }
}

void Dispatch::outcome(Link::Frame& frame) {
  if (!handshake_.agreed(frame)) return;
  for (Early& early : std::exchange(early_, {})) {
    Link::Frame late{Link::Channel::bulk, early.type, early.sequence, 0, early.message, {}};
    hand_on(late);
  }
}

void Dispatch::operation(Link::Frame& frame) {
  if (gate_.is_primary()) return link_.violated("an operation came to the primary");
  if (const char* reason = receiver_.take(frame); reason != nullptr) link_.violated(reason);
}

void Dispatch::acknowledgement(Link::Frame& frame) {
  auto ack = wire::decode<wire::Ack>(frame.message);
  if (!ack) return link_.violated(ack.reason());
  const int late = session_.acknowledged(frame.sequence, ack->kind, ack->result);
  if (late == 0) return;
  // R9: acknowledged at its receipt, failed afterwards. What it concerned is in no checkpoint yet, so it is
  // marked by the loss.
  if (session_.phase() == Phase::filling) return filling_.cannot(late);
  session_.condemn_peer(late);
  link_.drop(std::string("the peer failed an operation: ") + std::strerror(-late));
}

void Dispatch::tracked(Link::Frame& frame) {
  if (auto part = wire::decode<wire::Tracked>(frame.message); part && part->more)
    return filling_.merge(*part);
  if (!bulk_.take(frame)) link_.violated("an answer that nobody asked for");
}

void Dispatch::paired(Link::Frame& frame) {
  if (auto paired = wire::decode<wire::Paired>(frame.message))
    spawn(pairing_.follow(meeting_.epoch(), bulk_.asked(frame), *paired));
}

void Dispatch::cover(Link::Frame& frame) {
  auto message = wire::decode<wire::Cover>(frame.message);
  if (!message) return link_.violated(message.reason());
  if (gate_.is_primary() || !receiver_.is_open()) return link_.violated("a cover of no session");
  spawn(cover_.follow(bulk_.asked(frame), *message));
}

/// Of the bulk channel. Answers find who asked; an answer that comes after its question was given up is
/// dropped.
void Dispatch::question(Link::Frame& frame) {
  const char* reason = nullptr;
  if (!target_.take(frame, reason)) {
    bulk_.take(frame);
  } else if (reason != nullptr) {
    link_.violated(reason);
  }
}

}  // namespace gemel
