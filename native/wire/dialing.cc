// SPDX-License-Identifier: Apache-2.0
// How the two ends of a TcpLink find each other: dialling on one side, listening on the other.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "../base/check.h"
#include "../base/limits.h"
#include "link.h"

namespace gemel {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

bool parse(const LinkAddress& from, SocketAddress& out) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  if (inet_pton(AF_INET, from.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(from.port);
    out.length = sizeof *v4;
    return true;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET6, from.address.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(from.port);
  out.length = sizeof *v6;
  return true;
}

/// Does this connection come from one of these addresses?
bool comes_from(int fd, const std::vector<LinkAddress>& addresses) {
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&from), &length) != 0) return false;
  return std::ranges::any_of(addresses, [&](const LinkAddress& address) {
    SocketAddress one;
    if (!parse(address, one) || one.storage.ss_family != from.ss_family) return false;
    if (from.ss_family == AF_INET) {
      const auto& is = reinterpret_cast<const sockaddr_in&>(from);
      return is.sin_addr.s_addr == reinterpret_cast<const sockaddr_in&>(one.storage).sin_addr.s_addr;
    }
    const auto& is = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
    return std::memcmp(&is, &reinterpret_cast<const sockaddr_in6&>(one.storage).sin6_addr, sizeof is) == 0;
  });
}

std::string place(const LinkAddress& address) {
  return address.address + " port " + std::to_string(address.port);
}

}  // namespace

/// One attempt to connect; lives until the ring has answered.
struct TcpLink::Dial {
  SocketAddress address;
  Channel channel = Channel::hot;
  int fd = -1;
};

// ---- dialling

void TcpLink::dial(Channel channel) {
  if (config_.peer.empty()) {
    problem_ = "the peer has no address";
    return;
  }
  check(address_ < config_.peer.size(), "an address of the peer's is dialled");
  auto dial = std::make_shared<Dial>();
  dial->channel = channel;
  if (!parse(config_.peer[address_], dial->address)) return dial_failed("not an address");
  dial->fd = ::socket(dial->address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (dial->fd < 0) return dial_failed(std::strerror(errno));
  dialling_ = dial;
  if (channel == Channel::hot) {
    limit_ = reactor_.after(limits::kDial, [this] {
      limit_ = 0;
      if (dialling_) {
        reactor_.cancel_all(dialling_->fd);  // its completion goes on
      } else {
        shut_both();
        dial_failed("no answer in time");
      }
    });
  }
  reactor_.connect(dial->fd, reinterpret_cast<const sockaddr*>(&dial->address.storage), dial->address.length,
                   [this, dial, alive = std::weak_ptr<bool>(alive_)](int result) {
                     const auto here = alive.lock();
                     if (!here || !*here || dialling_ != dial) {
                       ::close(dial->fd);
                     } else {
                       dialled(dial, result);
                     }
                   });
}

void TcpLink::dialled(const std::shared_ptr<Dial>& dial, int result) {
  dialling_.reset();
  if (result < 0) {
    ::close(dial->fd);
    shut_both();
    return dial_failed(std::strerror(result == -ECANCELED ? ETIMEDOUT : -result));
  }
  // Handshake and preamble may take longer than a bare connect.
  if (limit_ != 0) reactor_.cancel(limit_);
  limit_ = reactor_.after(limits::kHandshake, [this] {
    limit_ = 0;
    if (up_) return;
    shut_both();
    dial_failed("the peer does not answer");
  });
  const Shared connection = make(dial->fd, Connection::Side::dials);
  of(dial->channel) = connection;
  connection->start(preamble(dial->channel));
}

/// Its completion still comes, finds that nobody waits for it, and closes the socket.
void TcpLink::abandon_dial() {
  if (const auto dial = std::exchange(dialling_, nullptr)) reactor_.cancel_all(dial->fd);
}

void TcpLink::dial_failed(const std::string& reason) {
  problem_ = place(config_.peer[address_]) + ": " + reason;
  if (!enabled_) return;
  address_ = (address_ + 1) % config_.peer.size();
  if (address_ != 0) {
    dial(Channel::hot);
  } else {
    dial_later();
  }
}

void TcpLink::dial_later() {
  if (redial_ != 0 || !enabled_) return;
  redial_ = reactor_.after(pause_, [this] {
    redial_ = 0;
    if (!enabled_ || up_) return;
    address_ = 0;
    dial(Channel::hot);
  });
  pause_ = std::min(pause_ * 2, limits::kDialPauseLongest);
}

// ---- listening

void TcpLink::open_doors() {
  bool is_missing = false;
  for (const LinkAddress& address : config_.listen) {
    const int door = open_door(address);
    if (door >= 0) {
      doors_.push_back(door);
      accept_at(door);
    } else {
      problem_ = place(address) + ": " + std::strerror(-door);
      is_missing = true;
    }
  }
  if (!is_missing || !doors_.empty()) return;
  reopen_ = reactor_.after(limits::kDialPauseLongest, [this] {
    reopen_ = 0;
    if (enabled_ && doors_.empty()) open_doors();
  });
}

/// A descriptor, or -errno.
int TcpLink::open_door(const LinkAddress& address) {
  SocketAddress at;
  if (!parse(address, at)) return -EINVAL;
  const int door = ::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (door < 0) return -errno;
  const int on = 1;
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // A network that is down at the start comes later, with its address.
  setsockopt(door, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
  setsockopt(door, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
  const bool is_open =
      ::bind(door, reinterpret_cast<const sockaddr*>(&at.storage), at.length) == 0 && ::listen(door, 16) == 0;
  if (is_open) return door;
  const int error = errno;
  ::close(door);
  return -error;
}

void TcpLink::accept_at(int door) {
  reactor_.accept(door, [this, door, alive = std::weak_ptr<bool>(alive_)](int result) {
    const auto here = alive.lock();
    const bool is_wanted = here && *here && std::find(doors_.begin(), doors_.end(), door) != doors_.end() &&
                           result != -ECANCELED;
    if (!is_wanted) {
      if (result >= 0) ::close(result);
      return;
    }
    if (result >= 0) welcome(result);
    accept_at(door);
  });
}

/// Who comes from an address of the peer's takes the place of the oldest who does not. (The peer may come
/// from another address, through a router; then it has the same chance as anybody.)
bool TcpLink::make_room(bool is_expected) {
  if (strangers_.size() < limits::kStrangers) return true;
  auto oldest = std::ranges::find_if(strangers_, [](const Stranger& one) { return !one.is_expected; });
  if (!is_expected) return false;
  // All of them the peer's own: it has given up the oldest long ago.
  if (oldest == strangers_.end()) oldest = strangers_.begin();
  const Shared gone = forget_stranger(*oldest->connection);
  gone->shut();
  return true;
}

void TcpLink::welcome(int fd) {
  const bool is_expected = comes_from(fd, config_.peer);
  if (!make_room(is_expected)) {
    ::close(fd);
    return;
  }
  const Shared connection = make(fd, Connection::Side::listens);
  const auto limit = reactor_.after(limits::kHandshake, [this, weak = std::weak_ptr<Connection>(connection)] {
    const Shared late = weak.lock();
    if (late && forget_stranger(*late)) late->shut();
  });
  strangers_.push_back({connection, limit, is_expected});
  connection->start(preamble(Channel::hot));
}

/// Takes it off the list of those who have not said who they are.
TcpLink::Shared TcpLink::forget_stranger(const Connection& connection) {
  const auto found = std::find_if(strangers_.begin(), strangers_.end(),
                                  [&](const Stranger& one) { return one.connection.get() == &connection; });
  if (found == strangers_.end()) return nullptr;
  const Shared stranger = found->connection;
  reactor_.cancel(found->limit);
  strangers_.erase(found);
  return stranger;
}

}  // namespace gemel
