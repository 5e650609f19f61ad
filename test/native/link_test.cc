// SPDX-License-Identifier: Apache-2.0
// The data link over real sockets and real TLS: two ends in one process, on one reactor.
#include "../../native/wire/link.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "../../native/wire/codec.h"
#include "certificates.h"
#include "check.h"

using namespace gemel;
using namespace gemel::test;

namespace {

constexpr auto kHot = Link::Channel::hot;
constexpr auto kBulk = Link::Channel::bulk;

std::uint8_t number(wire::Type type) {
  return static_cast<std::uint8_t>(type);
}

/// A port that nobody uses now.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&at), length) == 0);
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &length) == 0);
  ::close(fd);
  return ntohs(at.sin_port);
}

struct Heard {
  Link::Channel channel;
  std::uint8_t type;
  Sequence sequence, settled;
  std::vector<std::byte> message;
  PooledBytes data;
};

struct End final : Link::Listener {
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<TcpLink> link;
  std::vector<Heard> heard;
  int ups = 0;
  std::vector<std::string> losses;
  std::function<void(Link::Frame&)> on_frame;

  void link_up() override { ups++; }
  void frame(Link::Frame& frame) override {
    if (on_frame) on_frame(frame);
    heard.push_back({frame.channel,
                     frame.type,
                     frame.sequence,
                     frame.settled,
                     {frame.message.begin(), frame.message.end()},
                     std::move(frame.data)});
  }
  void link_lost(const std::string& reason) override { losses.push_back(reason); }
  template <class M>
  bool say(Link::Channel channel, const M& message, ConstBytes data = {}, Sequence sequence = 0) {
    const auto packed = wire::pack(message);
    return link->send(channel, number(wire::kTypeOf<M>), sequence, 0, packed.bytes(), data);
  }
};

struct Pair {
  Reactor reactor;
  BufferPool pool;
  std::uint16_t port = free_port();
  End alpha, beta;

  Pair() { CHECK_EQ(reactor.open(), 0); }
  ~Pair() {
    alpha.heard.clear();
    beta.heard.clear();
    alpha.link.reset();
    beta.link.reset();
    settle(20);
  }
  void make(End& end, const std::string& node, const std::string& peer, const TlsFiles* files,
            const std::string& module = "module-1") {
    if (files != nullptr) {
      std::string problem;
      end.tls = TlsContext::load(*files, problem);
      if (!end.tls) test::fail(__FILE__, __LINE__, problem);
    }
    LinkConfig config{module, node, peer, {{"127.0.0.1", port}}, {{"127.0.0.1", port}}};
    end.link = std::make_unique<TcpLink>(reactor, pool, config, end.tls.get());
    end.link->listen_to(&end);
  }
  void make_both(Authority* authority) {
    TlsFiles a, b;
    if (authority != nullptr) {
      a = authority->issue("alpha");
      b = authority->issue("beta");
    }
    make(alpha, "alpha", "beta", authority != nullptr ? &a : nullptr);
    make(beta, "beta", "alpha", authority != nullptr ? &b : nullptr);
  }
  bool until(const std::function<bool()>& holds, int limit_ms = 10'000) {
    const Nanos end = reactor.now() + limit_ms * kMillisecond;
    while (!holds() && reactor.now() < end) {
      reactor.after(kMillisecond, [this] { reactor.stop(); });
      reactor.run();
    }
    return holds();
  }
  void settle(int ms) {
    until([] { return false; }, ms);
  }
  void connect() {
    beta.link->enable(true);
    alpha.link->enable(true);
    if (!until([&] { return alpha.link->up() && beta.link->up(); })) {
      test::fail(__FILE__, __LINE__, "no link: " + alpha.link->problem() + " / " + beta.link->problem());
    }
  }
};

/// Stands between the two ends and keeps a copy of every byte, like a capture of the data network.
class Relay {
 public:
  Relay(Reactor& reactor, std::uint16_t to)
      : reactor_(reactor), to_(to), door_(::socket(AF_INET, kStream, 0)) {
    sockaddr_in at = loopback(port);
    CHECK(::bind(door_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 && ::listen(door_, 4) == 0);
    welcome();
  }
  ~Relay() {
    for (const int fd : ends_) ::shutdown(fd, SHUT_RDWR);
    reactor_.cancel_all(door_);
  }
  std::uint16_t port = free_port();
  std::string captured;

 private:
  static constexpr int kStream = SOCK_STREAM | SOCK_CLOEXEC;
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
  }
  void welcome() {
    reactor_.accept(door_, [this](int near) {
      if (near < 0) return;
      const int far = ::socket(AF_INET, kStream, 0);
      sockaddr_in at = loopback(to_);
      CHECK(::connect(far, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
      ends_.insert(ends_.end(), {near, far});
      pump(near, far);
      pump(far, near);
      welcome();
    });
  }
  void pump(int from, int to) {
    auto buffer = std::make_shared<std::vector<std::byte>>(65536);
    reactor_.recv(from, *buffer, [this, from, to, buffer](int count) {
      if (count <= 0) return;
      captured.append(reinterpret_cast<const char*>(buffer->data()), static_cast<std::size_t>(count));
      if (::send(to, buffer->data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count) pump(from, to);
    });
  }
  Reactor& reactor_;
  std::uint16_t to_;
  int door_;
  std::vector<int> ends_;
};

std::vector<std::byte> pattern(std::size_t size, unsigned seed) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; i++)
    bytes[i] = static_cast<std::byte>((i * 131 + seed + (i >> 9)) & 0xFF);
  return bytes;
}

}  // namespace

TEST(link_frames_cross_both_ways_over_tls) {
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.connect();
  CHECK_EQ(pair.alpha.ups, 1);
  const auto data = pattern(4096, 1);
  CHECK(pair.alpha.say(kHot, wire::Write{2, 8192, true}, data, 7));
  CHECK(pair.beta.say(kBulk, wire::Pong{99}));
  CHECK(pair.until([&] { return pair.beta.heard.size() == 1 && pair.alpha.heard.size() == 1; }));
  const Heard& heard = pair.beta.heard[0];
  CHECK(heard.channel == kHot && heard.sequence == 7);
  auto write = wire::decode<wire::Write>(heard.message);
  CHECK(write.ok() && write->offset == 8192 && write->sync);
  CHECK(std::ranges::equal(heard.data.bytes(), data));
  CHECK_EQ(reinterpret_cast<std::uintptr_t>(heard.data.bytes().data()) % 4096, 0U);
  CHECK(pair.alpha.heard[0].channel == kBulk);
}

TEST(link_many_frames_of_all_sizes_arrive_whole_and_in_order) {
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.connect();
  constexpr Sequence kCount = 400;
  Sequence next = 1;
  const auto more = [&] {
    for (int i = 0; i < 20 && next <= kCount; i++, next++) {
      const std::size_t size = next % 50 == 0 ? kWriteBytesMax : (next * 37) % 20'000 + 1;
      CHECK(pair.alpha.say(kHot, wire::Write{next, 0, false}, pattern(size, static_cast<unsigned>(next)),
                           next));
    }
  };
  // What was heard is compared at once, so that no buffers pile up.
  Sequence seen = 0;
  pair.beta.on_frame = [&](Link::Frame& frame) {
    CHECK_EQ(frame.sequence, seen + 1);
    seen = frame.sequence;
    const std::size_t size = seen % 50 == 0 ? kWriteBytesMax : (seen * 37) % 20'000 + 1;
    CHECK_EQ(frame.data.size(), size);
    CHECK(std::ranges::equal(frame.data.bytes(), pattern(size, static_cast<unsigned>(seen))));
    frame.data.reset();
  };
  CHECK(pair.until([&] {
    more();
    return seen == kCount;
  }));
  CHECK_EQ(pair.pool.taken(), 0U);
}

TEST(link_acknowledgements_do_not_wait_behind_bulk_data) {
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.connect();
  const auto data = pattern(kWriteBytesMax, 3);
  for (int i = 0; i < 40; i++) CHECK(pair.alpha.say(kBulk, wire::Block{2, 0}, data));
  CHECK(pair.alpha.say(kHot, wire::Ack{}, {}, 1));
  CHECK(pair.until([&] {
    return std::ranges::any_of(pair.beta.heard, [](const Heard& h) { return h.channel == kHot; });
  }));
  CHECK(pair.beta.heard.size() < 41);
  CHECK(pair.until([&] { return pair.beta.heard.size() == 41; }));
  CHECK_EQ(pair.alpha.link->queued(kBulk), 0U);
}

TEST(link_comes_back_after_a_close_of_either_side) {
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.connect();
  pair.beta.link->close("test");
  CHECK(!pair.beta.link->up());
  CHECK(pair.until([&] { return pair.alpha.losses.size() == 1; }));
  CHECK(pair.until([&] { return pair.alpha.link->up() && pair.beta.link->up(); }));
  CHECK(pair.beta.losses.empty());
  pair.alpha.link->enable(false);
  CHECK(pair.until([&] { return pair.beta.losses.size() == 1; }));
  pair.settle(100);
  CHECK(!pair.beta.link->up());
  pair.alpha.link->enable(true);
  CHECK(pair.until([&] { return pair.alpha.link->up() && pair.beta.link->up(); }));
  CHECK(pair.alpha.say(kHot, wire::Ping{1}));
  CHECK(pair.until([&] { return pair.beta.heard.size() == 1; }));
}

TEST(link_close_delivers_what_was_received) {
  // frames-still-in-the-socket-at-promotion: beta's reactor does not turn between the sending and the close.
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.connect();
  for (Sequence i = 1; i <= 50; i++) {
    CHECK(pair.alpha.say(kHot, wire::Write{2, 0, false}, pattern(i % 5 == 0 ? 100'000 : 3000, 1), i));
  }
  bool answered = true;
  pair.beta.on_frame = [&](Link::Frame& frame) {
    answered = pair.beta.say(kHot, wire::Ack{}, {}, frame.sequence);
  };
  const std::size_t before = pair.beta.heard.size();
  pair.beta.link->close("promotion");
  CHECK(pair.beta.heard.size() > before);
  CHECK(!answered);  // no acknowledgement leaves any more
  for (std::size_t i = 0; i < pair.beta.heard.size(); i++) CHECK_EQ(pair.beta.heard[i].sequence, i + 1);
}

TEST(link_refuses_a_certificate_of_another_cluster) {
  Authority ours("cluster");
  Authority theirs("cluster");
  Pair pair;
  const TlsFiles a = theirs.issue("alpha");
  const TlsFiles b = ours.issue("beta");
  pair.make(pair.alpha, "alpha", "beta", &a);
  pair.make(pair.beta, "beta", "alpha", &b);
  pair.beta.link->enable(true);
  pair.alpha.link->enable(true);
  CHECK(pair.until([&] { return !pair.alpha.link->problem().empty(); }));
  pair.settle(200);
  CHECK(!pair.alpha.link->up() && !pair.beta.link->up());
  CHECK_EQ(pair.beta.ups, 0);
}

TEST(link_refuses_another_node_of_the_same_cluster) {
  Authority authority("cluster");
  Pair pair;
  const TlsFiles a = authority.issue("gamma");
  const TlsFiles b = authority.issue("beta");
  pair.make(pair.alpha, "alpha", "beta", &a);
  pair.make(pair.beta, "beta", "alpha", &b);
  pair.beta.link->enable(true);
  pair.alpha.link->enable(true);
  CHECK(pair.until([&] { return pair.beta.link->problem().find("gamma") != std::string::npos; }));
  CHECK(!pair.alpha.link->up() && !pair.beta.link->up());
}

TEST(link_refuses_another_module) {
  Authority authority("cluster");
  Pair pair;
  const TlsFiles a = authority.issue("alpha");
  const TlsFiles b = authority.issue("beta");
  pair.make(pair.alpha, "alpha", "beta", &a, "module-1");
  pair.make(pair.beta, "beta", "alpha", &b, "module-2");
  pair.beta.link->enable(true);
  pair.alpha.link->enable(true);
  CHECK(pair.until([&] { return pair.beta.link->problem().find("another module") != std::string::npos; }));
  CHECK(!pair.alpha.link->up() && !pair.beta.link->up());
}

TEST(link_tolerates_wrong_clocks) {
  Authority authority("cluster");
  Pair pair;
  const TlsFiles a = authority.issue("alpha", -7200, -3600);  // expired
  const TlsFiles b = authority.issue("beta", 3600, 7200);     // of tomorrow
  pair.make(pair.alpha, "alpha", "beta", &a);
  pair.make(pair.beta, "beta", "alpha", &b);
  pair.connect();
  CHECK(pair.beta.link->warning().find("expired") != std::string::npos);
  CHECK(pair.alpha.link->warning().find("not valid yet") != std::string::npos);
}

TEST(link_shrugs_off_garbage_on_its_port) {
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.beta.link->enable(true);
  std::vector<int> strangers;
  for (int i = 0; i < 20; i++) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(pair.port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    const auto noise = pattern(i % 2 == 0 ? 3000 : 0, static_cast<unsigned>(i));
    if (!noise.empty()) CHECK(::send(fd, noise.data(), noise.size(), MSG_NOSIGNAL) > 0);
    strangers.push_back(fd);
    pair.settle(1);
  }
  pair.settle(50);
  pair.alpha.link->enable(true);
  const bool is_up = pair.until([&] { return pair.alpha.link->up() && pair.beta.link->up(); });
  for (const int fd : strangers) ::close(fd);
  CHECK(is_up);
}

TEST(link_comes_back_though_strangers_hold_every_place) {
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.beta.link->enable(true);
  // From another host, silent, and back at once whenever one of them is shut out.
  std::vector<int> strangers(2 * limits::kStrangers, -1);
  const auto knock = [&] {
    for (int& fd : strangers) {
      char byte = 0;
      if (fd >= 0 && (::recv(fd, &byte, 1, MSG_DONTWAIT) != 0)) continue;
      if (fd >= 0) ::close(fd);
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      sockaddr_in at{};
      at.sin_family = AF_INET;
      CHECK(inet_pton(AF_INET, "127.0.0.2", &at.sin_addr) == 1);
      CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
      at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      at.sin_port = htons(pair.port);
      const int begun = ::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at);
      CHECK(begun == 0 || errno == EINPROGRESS || errno == EAGAIN);
    }
    return false;
  };
  pair.until(knock, 200);
  pair.alpha.link->enable(true);
  const bool is_up = pair.until([&] { return knock() || (pair.alpha.link->up() && pair.beta.link->up()); });
  for (const int fd : strangers) ::close(fd);
  CHECK(is_up);
}

TEST(tls_takes_a_new_key_before_the_old_one_is_worn_out) {
  Authority authority("cluster");
  std::string problem;
  const auto a = TlsContext::load(authority.issue("alpha"), problem);
  const auto b = TlsContext::load(authority.issue("beta"), problem);
  CHECK(a && b);
  const auto bytes_of = [&](std::uint64_t rekey_records) {
    const auto dials = a->session(TlsContext::Side::dials, "beta", rekey_records);
    const auto listens = b->session(TlsContext::Side::listens, "alpha", rekey_records);
    // What one has to send is the other's to read.
    const auto carry = [](Cipher& from, Cipher& to, std::vector<std::byte>& kept) {
      kept = std::exchange(from.outgoing(), {});
      to.feed(kept);
    };
    std::vector<std::byte> there, back;
    for (int round = 0; round < 4; round++) {
      CHECK(dials->advance() != Cipher::Progress::failed);
      carry(*dials, *listens, there);
      CHECK(listens->advance() != Cipher::Progress::failed);
      carry(*listens, *dials, back);
    }
    CHECK_EQ(listens->peer_name(), "alpha");
    std::size_t sent = 0;
    for (unsigned message = 0; message < 12; message++) {
      const auto plain = pattern(1000, message);
      CHECK(dials->write(plain));
      carry(*dials, *listens, there);
      sent += there.size();
      std::vector<std::byte> got(plain.size());
      CHECK_EQ(listens->read(got), static_cast<std::ptrdiff_t>(got.size()));
      CHECK(got == plain);
      // And the other way, so that both change their keys in between.
      CHECK(listens->write(plain));
      carry(*listens, *dials, back);
      CHECK_EQ(dials->read(got), static_cast<std::ptrdiff_t>(got.size()));
      CHECK(got == plain);
    }
    return sent;
  };
  // Each change of the key is one record more on the wire.
  const std::size_t never = bytes_of(limits::kRekeyRecords);
  CHECK(bytes_of(4) > never);
  CHECK(bytes_of(2) > bytes_of(4));
}

TEST(link_plain_frame_with_a_flipped_bit_ends_the_link) {
  // Without TLS only the checksum stands between the wire and the disk: a relay flips one bit.
  Pair pair;
  pair.make_both(nullptr);
  pair.connect();
  auto head = wire::seal(number(wire::Type::ping), 0, 0, wire::pack(wire::Ping{5}).bytes(), {});
  head[20] ^= std::byte{1};
  PlainCipher cipher;
  FrameReader reader(pair.pool);
  std::vector<std::byte> bytes(head.begin(), head.end());
  const auto packed = wire::pack(wire::Ping{5});
  bytes.insert(bytes.end(), packed.bytes().begin(), packed.bytes().end());
  cipher.feed(bytes);
  Link::Frame frame;
  CHECK(reader.next(cipher, frame) == FrameReader::Next::broken);
  CHECK(reader.problem().find("checksum") != std::string::npos);
  CHECK(reader.next(cipher, frame) == FrameReader::Next::broken);
}

TEST(link_capture_contains_no_record_marker) {
  // sabotage plaintext-link turns this red
  Authority authority("cluster");
  Pair pair;
  const TlsFiles a = authority.issue("alpha");
  const TlsFiles b = authority.issue("beta");
  pair.make(pair.alpha, "alpha", "beta", &a);
  pair.make(pair.beta, "beta", "alpha", &b);
  Relay relay(pair.reactor, pair.port);
  LinkConfig config{"module-1", "alpha", "beta", {}, {{"127.0.0.1", relay.port}}};
  pair.alpha.link = std::make_unique<TcpLink>(pair.reactor, pair.pool, config, pair.alpha.tls.get());
  pair.alpha.link->listen_to(&pair.alpha);
  pair.connect();
  std::string record(4096, 'x');
  record.replace(0, 8, "GEMELREC");
  CHECK(pair.alpha.say(kHot, wire::Write{2, 0, false}, std::as_bytes(std::span(record)), 1));
  CHECK(pair.until([&] { return pair.beta.heard.size() == 1; }));
  CHECK(std::ranges::equal(pair.beta.heard[0].data.bytes(), std::as_bytes(std::span(record))));
  CHECK(relay.captured.size() > record.size());
  CHECK(relay.captured.find("GEMELREC") == std::string::npos);
  pair.alpha.link->enable(false);
  pair.beta.link->enable(false);
}

TEST(link_dialler_prefers_the_first_network_and_takes_the_next) {
  Pair pair;
  pair.make(pair.beta, "beta", "alpha", nullptr);
  // Nobody listens at the first address.
  LinkConfig config{"module-1", "alpha", "beta", {}, {{"127.0.0.1", free_port()}, {"127.0.0.1", pair.port}}};
  pair.alpha.link = std::make_unique<TcpLink>(pair.reactor, pair.pool, config, nullptr);
  pair.alpha.link->listen_to(&pair.alpha);
  pair.connect();
  CHECK_EQ(pair.alpha.link->network(), 1U);
}

TEST(link_new_process_of_the_peer_replaces_the_old_connection) {
  Authority authority("cluster");
  Pair pair;
  pair.make_both(&authority);
  pair.connect();
  // A second alpha, as after a restart of which beta heard nothing (its host lost its power).
  End again;
  const TlsFiles a = authority.issue("alpha");
  pair.make(again, "alpha", "beta", &a);
  again.link->enable(true);
  CHECK(pair.until([&] { return again.link->up() && pair.beta.ups == 2 && pair.beta.link->up(); }));
  CHECK_EQ(pair.beta.losses.size(), 1U);
  pair.alpha.link->enable(false);
  CHECK(again.say(kHot, wire::Ping{1}));
  CHECK(pair.until([&] { return pair.beta.heard.size() == 1; }));
  again.link.reset();
}
