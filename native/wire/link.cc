// SPDX-License-Identifier: Apache-2.0
#include "link.h"

#include <unistd.h>

#include <utility>

#include "../base/check.h"
#include "../base/crc32c.h"
#include "../base/limits.h"

namespace gemel {
namespace {
std::uint32_t mark_of(const std::string& text) {
  return crc32c(0, std::as_bytes(std::span(text)));
}
}  // namespace

TcpLink::TcpLink(Reactor& reactor, BufferPool& pool, LinkConfig config, const TlsContext* tls)
    : reactor_(reactor), pool_(pool), config_(std::move(config)), tls_(tls), own_process_(reactor.random()) {}

TcpLink::~TcpLink() {
  *alive_ = false;
  listener_ = nullptr;
  enable(false);
}

// ---- the link as a whole

bool TcpLink::send(Channel channel, std::uint8_t type, Sequence sequence, Sequence settled,
                   ConstBytes message, ConstBytes data) {
  check(!up_ || of(channel), "a link that is up has both its connections");
  return up_ && of(channel)->send(type, sequence, settled, message, data);
}

std::uint64_t TcpLink::queued(Channel channel) const {
  const Shared& connection = connections_[static_cast<std::size_t>(channel)];
  return connection ? connection->queued() : 0;
}

void TcpLink::enable(bool on) {
  if (enabled_ == on) return;
  enabled_ = on;
  if (!on) {
    close("the link was switched off");
    return;
  }
  pause_ = limits::kDialPauseFirst;
  if (dials()) {
    address_ = 0;
    dial(Channel::hot);
  } else {
    open_doors();
  }
}

/// From the first line on nothing is sent; what has arrived is delivered all the same (R25).
void TcpLink::close(const std::string& reason) {
  const bool was_up = std::exchange(up_, false);
  if (was_up) {
    problem_ = reason;
    drain_both();
  }
  shut_both();
  if (enabled_) {
    if (dials()) dial_later();
    return;
  }
  if (redial_ != 0) reactor_.cancel(std::exchange(redial_, 0));
  if (reopen_ != 0) reactor_.cancel(std::exchange(reopen_, 0));
  for (const int door : std::exchange(doors_, {})) {
    reactor_.cancel_all(door);
    ::close(door);
  }
  for (Stranger& stranger : std::exchange(strangers_, {})) {
    reactor_.cancel(stranger.limit);
    stranger.connection->shut();
  }
}

void TcpLink::drain_both() {
  check(!up_, "a link that is emptied sends nothing any more");
  emptying_ = true;
  const auto both = connections_;
  for (const Shared& connection : both) {
    if (connection) connection->drain();
  }
  emptying_ = false;
}

void TcpLink::shut_both() {
  if (limit_ != 0) reactor_.cancel(std::exchange(limit_, 0));
  abandon_dial();
  for (Shared& connection : connections_) {
    if (const Shared gone = std::exchange(connection, nullptr)) gone->shut();
  }
}

void TcpLink::frame(Connection& connection, Frame& frame) {
  if (listener_ == nullptr || !is_ours(connection)) return;
  frame.channel = &connection == of(Channel::hot).get() ? Channel::hot : Channel::bulk;
  listener_->frame(frame);
}

void TcpLink::lost(Connection& connection, const std::string& reason) {
  if (emptying_) return;  // the one that is being drained has ended too
  if (!is_ours(connection)) {
    if (const Shared stranger = forget_stranger(connection)) problem_ = reason;
    return;
  }
  if (up_) {
    // Nothing is sent any more; the other channel first says what it still has.
    up_ = false;
    drain_both();
    if (!is_ours(connection)) return;  // the listener has closed meanwhile
    shut_both();
    problem_ = reason;
    if (dials()) dial_later();
    if (listener_ != nullptr) listener_->link_lost(reason);
    return;
  }
  shut_both();
  problem_ = reason;
  if (dials()) dial_failed(reason);
}

bool TcpLink::is_ours(const Connection& connection) const {
  return connections_[0].get() == &connection || connections_[1].get() == &connection;
}

Preamble TcpLink::preamble(Channel channel) const {
  return {wire::kVersionMax, channel, mark_of(config_.module_uuid), own_process_};
}

TcpLink::Shared TcpLink::make(int fd, Connection::Side side) {
  std::unique_ptr<Cipher> cipher;
  if (tls_ != nullptr) {
    const bool is_dialling = side == Connection::Side::dials;
    cipher =
        tls_->session(is_dialling ? TlsContext::Side::dials : TlsContext::Side::listens, config_.peer_node);
  }
  if (!cipher) cipher = std::make_unique<PlainCipher>();
  Connection::Owner& owner = *this;
  return std::make_shared<Connection>(reactor_, pool_, fd, std::move(cipher), side, owner);
}

/// Somebody said who it is: the peer's module, and on which channel.
bool TcpLink::introduced(Connection& connection, const Preamble& theirs) {
  if (theirs.module_mark != mark_of(config_.module_uuid)) {
    problem_ = "the peer's connection is for another module";
    if (is_ours(connection)) {
      refuse_later(problem_);
    } else {
      forget_stranger(connection);
    }
    return false;
  }
  warning_ = connection.warning();
  if (is_ours(connection)) {
    if (theirs.channel == Channel::hot) {
      peer_process_ = theirs.process;
      dial(Channel::bulk);
      return true;
    }
    return pair_up(Channel::bulk, of(Channel::bulk));
  }
  const Shared newcomer = forget_stranger(connection);
  if (!newcomer) return false;
  if (theirs.channel == Channel::hot) {
    if (up_) lost(*of(Channel::hot), "the peer connected anew");
    shut_both();
    peer_process_ = theirs.process;
    of(Channel::hot) = newcomer;
    return true;
  }
  if (!of(Channel::hot) || up_ || peer_process_ != theirs.process) return false;
  return pair_up(Channel::bulk, newcomer);
}

/// From a turn of its own: the connection is in the middle of being introduced.
void TcpLink::refuse_later(const std::string& reason) {
  reactor_.post([this, reason, alive = std::weak_ptr<bool>(alive_)] {
    const auto here = alive.lock();
    if (!here || !*here || up_) return;
    shut_both();
    dial_failed(reason);
  });
}

bool TcpLink::pair_up(Channel channel, Shared connection) {
  check(!up_ && of(Channel::hot), "the bulk connection joins a hot one that is not a pair yet");
  of(channel) = std::move(connection);
  check(of(Channel::bulk) && of(Channel::hot) != of(Channel::bulk), "a link has two connections");
  if (limit_ != 0) reactor_.cancel(std::exchange(limit_, 0));
  pause_ = limits::kDialPauseFirst;
  problem_.clear();
  up_ = true;
  if (listener_ != nullptr) listener_->link_up();
  return up_;
}

}  // namespace gemel
