// SPDX-License-Identifier: Apache-2.0
// Two real engines over fake disks, volumes and a fake link: what the engine's tests and the simulator stand
// on. A node survives crashes of its process (`crash`) and of its host (`power_cut`) as its disk and state
// do.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "../../../native/engine/mirror_engine.h"
#include "../check.h"
#include "disk.h"
#include "front.h"
#include "link.h"
#include "volume.h"

namespace gemel::fakes {

/// The clock of one process: what it set dies with it.
class ProcessClock final : public Clock {
 public:
  explicit ProcessClock(FakeClock& clock) : clock_(clock) {}
  Nanos now() override { return clock_.now(); }
  std::int64_t calendar_seconds() override { return clock_.calendar_seconds(); }
  TimerId after(Nanos delay, std::function<void()> fire) override {
    return clock_.after(delay, [alive = alive_, fire = std::move(fire)] {
      if (*alive) fire();
    });
  }
  void cancel(TimerId timer) override { clock_.cancel(timer); }
  std::uint64_t random() override { return clock_.random(); }
  void die() { *alive_ = false; }

 private:
  FakeClock& clock_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// One node: what outlives its mirror process, and the process's engine.
struct Node {
  Node(FakeClock& time, FakeWire& cable, int number)
      : clock(time), wire(cable), side(number), disk(time), volume(time), front(time), guest(time) {}

  FakeClock& clock;
  FakeWire& wire;
  int side;
  FakeDisk disk;
  FakeVolume volume;
  FakeFront front;
  FakeGuest guest;
  Acknowledge acknowledge = Acknowledge::written;
  Limits limits;
  std::unique_ptr<ProcessClock> process_clock;
  std::unique_ptr<MirrorEngine> engine;
  std::vector<EngineEvent> events;
  /// Engines of dead processes: frames of their coroutines are never resumed, and must not dangle either.
  std::vector<std::unique_ptr<MirrorEngine>> graves;
  std::vector<std::unique_ptr<ProcessClock>> old_clocks;

  std::string name() const { return side == 0 ? "alpha" : "beta"; }

  /// A new mirror process: reads its state, the link is still off.
  void start() {
    EngineConfig config;
    config.cluster = "cluster";
    config.module = "cam1";
    config.module_uuid = "module-uuid";
    config.node = name();
    config.peer_node = side == 0 ? "beta" : "alpha";
    config.acknowledge = acknowledge;
    config.limits = limits;
    config.data.kind = Judgement::Kind::empty;
    config.file_system = "fs-" + name();
    config.copy_uuid = "copy-" + name();
    if (volume.exists(Superblock::kFile)) config.data.kind = Judgement::Kind::there;
    process_clock = std::make_unique<ProcessClock>(clock);
    Ports ports{*process_clock, disk, volume, wire.side(side), front, guest};
    engine = std::make_unique<MirrorEngine>(ports, config,
                                            [this](const EngineEvent& event) { events.push_back(event); });
    const auto started = finish(clock, engine->start(), 60 * kSecond);
    CHECK(started.has_value());
    CHECK(!started->has_value());
  }
  /// The command's refusal code; "" when it was done, "hangs" when it did not end.
  std::string order(Command command, Nanos limit = 60 * kSecond) {
    const auto ended = finish(clock, engine->command(std::move(command)), limit);
    if (!ended) return "hangs";
    return *ended ? (*ended)->code : "";
  }
  void link(bool on) { CHECK_EQ(order(command::SwitchLink{on}), ""); }
  Status status() const { return engine->status(); }

  /// Everything that this host's disk does stands still, while its process answers the peer's pings.
  void hang(bool on) {
    disk.hang(on);
    volume.hang(on);
  }
  /// The process dies; the host's page cache stays.
  void crash(bool silent = false) {
    wire.process_death(side, silent);
    bury();
    disk.process_death();
    volume.process_death();
  }
  /// The host loses its power: nothing is said on the wire, what was not flushed may be gone.
  void power_cut() {
    wire.process_death(side, /*silent=*/true);
    bury();
    disk.power_cut();
    volume.power_cut();
  }
  template <class E>
  std::size_t count() const {
    std::size_t found = 0;
    for (const EngineEvent& event : events) found += std::holds_alternative<E>(event) ? 1 : 0;
    return found;
  }
  template <class E>
  std::optional<E> last() const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (const E* found = std::get_if<E>(&*event)) return *found;
    }
    return std::nullopt;
  }

 private:
  void bury() {
    guest.is_attached = guest.is_alive = guest.is_paused = false;
    front.writers = 0;
    if (!engine) return;
    engine->die();
    process_clock->die();
    graves.push_back(std::move(engine));
    old_clocks.push_back(std::move(process_clock));
  }
};

struct Pair {
  explicit Pair(std::uint64_t seed = 1, Acknowledge mode = Acknowledge::written)
      : clock(seed), wire(clock), a(clock, wire, 0), b(clock, wire, 1) {
    a.acknowledge = b.acknowledge = mode;
  }

  FakeClock clock;
  FakeWire wire;
  Node a, b;
  std::uint64_t written = 0;

  Node& node(int number) { return number == 0 ? a : b; }

  bool in_sync() const {
    return a.engine && b.engine && a.engine->status().in_sync && b.engine->status().in_sync;
  }
  void await_sync() {
    if (clock.run_until([&] { return in_sync(); }, 600 * kSecond)) return;
    test::fail(__FILE__, __LINE__,
               "not in sync: " + to_json(a.status(), "") + " | " + to_json(b.status(), ""));
  }
  /// Alpha has the good data and runs; beta is filled; both green.
  void first_copy() {
    a.start();
    b.start();
    CHECK_EQ(a.order(command::Initialise{true}), "");
    CHECK_EQ(b.order(command::Initialise{false}), "");
    CHECK_EQ(a.order(command::Promote{AloneBasis::first}), "");
    connect();
    await_sync();
  }
  void connect() {
    a.link(true);
    b.link(true);
  }
  /// A file made through the primary.
  Fid make_file(Node& node, const std::string& file, std::uint64_t size = 0) {
    NameChange change;
    change.kind = NameKind::create;
    change.directory = kRootFid;
    change.name = file;
    change.attributes.mode = 0100644;
    CHECK_EQ(apply(node, change), 0);
    const Fid fid = change.fid;
    if (size > 0) {
      NameChange grow;
      grow.kind = NameKind::set_attributes;
      grow.fid = fid;
      grow.valid = kSetSize;
      grow.attributes.size = size;
      CHECK_EQ(apply(node, grow), 0);
    }
    return fid;
  }
  int apply(Node& node, NameChange& change) {
    const auto done = finish(clock, node.engine->service().apply(change), 60 * kSecond);
    return done.value_or(-ETIME);
  }
  static std::vector<std::byte> pattern(std::uint64_t seed, std::size_t bytes) {
    std::vector<std::byte> data(bytes);
    Random random(seed + 1);
    for (auto& one : data) one = static_cast<std::byte>(random.next() | 1U);
    return data;
  }
  int write(Node& node, Fid fid, std::uint64_t offset, std::size_t bytes, bool sync = false,
            Nanos limit = 60 * kSecond) {
    const auto data = std::make_shared<std::vector<std::byte>>(pattern(++written, bytes));
    kept_.push_back(data);
    const auto done = finish(clock, node.engine->service().write(fid, offset, *data, sync), limit);
    return done.value_or(-ETIME);
  }
  int flush(Node& node, Fid fid) {
    return finish(clock, node.engine->service().flush(fid, true), 60 * kSecond).value_or(-ETIME);
  }
  /// A write that nobody waits for yet.
  struct Waiting {
    std::vector<std::byte> data;
    std::optional<int> result;
  };
  std::shared_ptr<Waiting> begin_write(Node& node, Fid fid, std::uint64_t offset, std::size_t bytes) {
    auto waiting = std::make_shared<Waiting>();
    waiting->data = pattern(++written, bytes);
    struct Run {
      static Task<void> go(FileService& service, Fid file, std::uint64_t at, std::shared_ptr<Waiting> into) {
        const int result = co_await service.write(file, at, into->data, false);
        into->result = result;
      }
    };
    spawn(Run::go(node.engine->service(), fid, offset, waiting));
    return waiting;
  }
  void check_equal() { CHECK_EQ(a.disk.fingerprint(), b.disk.fingerprint()); }
  /// The daemon's answer to a freeze.
  std::string grant(Node& node, AloneBasis basis) {
    CHECK(clock.run_until([&] { return node.status().freeze.has_value(); }, 60 * kSecond));
    return node.order(command::Grant{node.status().freeze->id, basis});
  }

 private:
  std::vector<std::shared_ptr<std::vector<std::byte>>> kept_;
};

}  // namespace gemel::fakes
