// SPDX-License-Identifier: Apache-2.0
// The data link over TCP: the node with the smaller name dials, the other listens; two connections, hot and
// bulk, make one link, and it is up when both have shown their certificates and their preambles.
//
//                 enable           hot introduced        bulk introduced
//      off ──────────────▶ apart ───────────────▶ half ───────────────▶ up
//       ▲    close, lost ◀──┴──────────────────────┴────────────────────┘
//
// The side that dials tries the peer's addresses in the order of preference, each for limits::kDial, then
// waits a little longer each round (kDialPauseFirst … kDialPauseLongest). The side that listens lets a new
// hot connection of the peer replace the link it has: the peer dials only when its own end is gone. Keeping
// the link alive (ping) is the engine's business.
//
// Invariants: link_up and link_lost alternate; what was received before a loss or a close is delivered before
// it (R25); after close() or enable(false) nothing leaves any more. A stranger on the port (no TLS, another
// cluster, another node, another module) is shut out and changes nothing; however many there are, who comes
// from an address of the peer's finds room.
#pragma once

#include <netinet/in.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "../base/limits.h"
#include "../base/reactor.h"
#include "connection.h"
#include "tls.h"

namespace gemel {

struct LinkAddress {
  std::string address;  ///< IPv4 or IPv6, numeric
  std::uint16_t port = 0;
};

struct LinkConfig {
  std::string module_uuid;
  std::string node, peer_node;
  std::vector<LinkAddress> listen, peer;
};

class TcpLink final : public Link, private Connection::Owner {
 public:
  /// `tls` null: plain TCP, for benchmarks only.
  TcpLink(Reactor& reactor, BufferPool& pool, LinkConfig config, const TlsContext* tls);
  ~TcpLink() override;

  void listen_to(Listener* listener) override { listener_ = listener; }
  bool up() const override { return up_; }
  bool send(Channel channel, std::uint8_t type, Sequence sequence, Sequence settled, ConstBytes message,
            ConstBytes data) override;
  std::uint64_t queued(Channel channel) const override;
  void close(const std::string& reason) override;
  void enable(bool on) override;

  bool dials() const { return config_.node < config_.peer_node; }
  /// Why it is not up: the last failure in words.
  const std::string& problem() const { return problem_; }
  /// About the peer's certificate; empty: nothing.
  const std::string& warning() const { return warning_; }
  /// Which of the peer's addresses carries the link (dialling side).
  std::size_t network() const { return address_; }

 private:
  using Shared = std::shared_ptr<Connection>;
  struct Dial;
  struct Stranger {
    Shared connection;
    Clock::TimerId limit;
    bool is_expected;  ///< it comes from an address of the peer's
  };

  bool introduced(Connection& connection, const Preamble& preamble) override;
  void frame(Connection& connection, Frame& frame) override;
  void lost(Connection& connection, const std::string& reason) override;

  Shared& of(Channel channel) { return connections_[static_cast<std::size_t>(channel)]; }
  bool is_ours(const Connection& connection) const;
  bool pair_up(Channel channel, Shared connection);
  Shared make(int fd, Connection::Side side);
  Preamble preamble(Channel channel) const;
  void drain_both();
  void shut_both();
  void refuse_later(const std::string& reason);

  void dial(Channel channel);
  void dialled(const std::shared_ptr<Dial>& dial, int result);
  void abandon_dial();
  void dial_failed(const std::string& reason);
  void dial_later();

  void open_doors();
  int open_door(const LinkAddress& address);
  void accept_at(int door);
  void welcome(int fd);
  bool make_room(bool is_expected);
  Shared forget_stranger(const Connection& connection);

  Reactor& reactor_;
  BufferPool& pool_;
  LinkConfig config_;
  const TlsContext* tls_;
  Listener* listener_ = nullptr;
  bool enabled_ = false;
  bool up_ = false;
  bool emptying_ = false;  ///< draining before a loss or a close is told
  std::array<Shared, 2> connections_;
  std::uint64_t own_process_;
  std::uint64_t peer_process_ = 0;
  std::string problem_, warning_;

  // dialling
  std::size_t address_ = 0;
  Nanos pause_ = limits::kDialPauseFirst;
  Clock::TimerId redial_ = 0;
  Clock::TimerId limit_ = 0;  ///< of the attempt under way
  std::shared_ptr<Dial> dialling_;
  // listening
  std::vector<int> doors_;
  std::vector<Stranger> strangers_;
  Clock::TimerId reopen_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< completions outlive the link
};

}  // namespace gemel
