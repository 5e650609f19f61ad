// SPDX-License-Identifier: Apache-2.0
// What an answer of the peer's, or of a disk, may be taken for: a slow line is no stall (R119), an answer is
// to the question of its own link (R120), what cannot be seen is not absent (R43), a half-filled copy is
// nobody's good one.
#include "../../native/engine/mirror_engine.h"
#include "check.h"
#include "fakes/pair.h"

using namespace gemel;
using namespace gemel::fakes;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

void go_alone(Pair& pair) {
  pair.wire.cut();
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
}
int set_xattr(Pair& pair, Node& node, Fid fid, const std::string& name, const std::string& value) {
  NameChange change;
  change.kind = NameKind::set_xattr;
  change.fid = fid;
  change.name = name;
  change.value = value;
  return pair.apply(node, change);
}

/// A link that counts what is sent on it.
struct CountingLink final : Link {
  void listen_to(Listener*) override {}
  bool up() const override { return true; }
  bool send(Channel, std::uint8_t, Sequence, Sequence, ConstBytes, ConstBytes) override {
    sent++;
    return true;
  }
  std::uint64_t queued(Channel) const override { return 0; }
  void close(const std::string&) override {}
  void enable(bool) override {}
  int sent = 0;
};

}  // namespace

// ---- R119: progress

TEST(saturated_line_is_no_stall) {
  Pair pair(200);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 256 * kMiB);
  pair.clock.advance(3 * kSecond);
  // Five seconds of the line at once: the last write is old when its turn comes, and nothing stands still.
  pair.wire.bytes_per_second = 25'000'000;
  std::vector<std::shared_ptr<Pair::Waiting>> writes;
  for (std::uint64_t at = 0; at < 120; at++) writes.push_back(pair.begin_write(pair.a, fid, at * kMiB, kMiB));
  const auto has_ended = [](const auto& write) { return write->result.has_value(); };
  CHECK(pair.clock.run_until([&] { return std::ranges::all_of(writes, has_ended); }, 30 * kSecond));
  CHECK_EQ(pair.a.count<event::Frozen>(), 0U);
  for (const auto& write : writes) CHECK_EQ(write->result.value_or(-1), static_cast<int>(kMiB));
}

TEST(one_answer_that_never_comes_is_a_stall_among_many_that_do) {
  Pair pair(201);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 16 * kMiB);
  pair.clock.advance(3 * kSecond);
  bool is_swallowed = false;
  pair.wire.let_through = [&](int from, std::uint8_t type, Sequence) {
    const bool is_ack = from == 1 && type == static_cast<std::uint8_t>(wire::Type::ack);
    return !is_ack || std::exchange(is_swallowed, true);
  };
  const auto stuck = pair.begin_write(pair.a, fid, 0, 4096);
  for (std::uint64_t at = 1; at < 200 && pair.a.count<event::Frozen>() == 0; at++) {
    pair.begin_write(pair.a, fid, at * 4096, 4096);
    pair.clock.advance(50 * kMillisecond);
  }
  CHECK(!stuck->result.has_value());
  CHECK_EQ(pair.a.count<event::Frozen>(), 1U);
}

// ---- R120: whose answer it is

TEST(answer_to_a_question_of_a_dead_link_reaches_nobody) {
  Pair pair(202);
  CountingLink link;
  Ports ports{pair.clock, pair.a.disk, pair.a.volume, link, pair.a.front, pair.a.guest};
  Bulk bulk(ports);
  const wire::Packed message = wire::pack(wire::HashRequest{});
  Link::Frame frame{
      Link::Channel::bulk, static_cast<std::uint8_t>(wire::Type::hash_request), 5, 0, message.bytes(), {}};
  const Bulk::Asked asked = bulk.asked(frame);
  bulk.answer(asked, wire::HashReply{});
  CHECK_EQ(link.sent, 1);
  // A new process of the peer's numbers its questions from the beginning: number 5 is another one there.
  bulk.link_lost();
  bulk.answer(asked, wire::HashReply{});
  CHECK_EQ(link.sent, 1);
  bulk.answer(bulk.asked(frame), wire::HashReply{});
  CHECK_EQ(link.sent, 2);
}

// ---- a copy that is half filled

TEST(half_filled_copy_is_never_declared_the_good_one) {
  Pair pair(203);
  pair.a.start();
  pair.b.start();
  CHECK_EQ(pair.a.order(command::Initialise{true}), "");
  CHECK_EQ(pair.b.order(command::Initialise{false}), "");
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::first}), "");
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  pair.wire.let_through = [&](int, std::uint8_t type, Sequence) {
    if (type == static_cast<std::uint8_t>(wire::Type::block)) pair.wire.cut();
    return !pair.wire.is_cut();
  };
  pair.connect();
  CHECK(pair.clock.run_until([&] { return pair.wire.is_cut(); }, 30 * kSecond));
  pair.clock.advance(kSecond);
  CHECK(pair.b.status().copy == CopyState::inconsistent);
  CHECK_EQ(pair.b.order(command::Initialise{true}), "half-filled");
  pair.wire.let_through = nullptr;
  pair.wire.heal();
  pair.await_sync();
  pair.check_equal();
}

// ---- R43: names that cannot be seen

TEST(names_that_cannot_be_looked_at_are_not_absent) {
  for (std::uint64_t seed = 210; seed < 240; seed++) {
    Pair pair(seed);
    pair.first_copy();
    std::vector<Fid> files;
    for (int index = 0; index < 6; index++)
      files.push_back(pair.make_file(pair.a, "f" + std::to_string(index), 65536));
    for (const Fid fid : files) {
      CHECK_EQ(set_xattr(pair, pair.a, fid, "user.kept", "value"), 0);
      CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
    }
    pair.clock.advance(3 * kSecond);
    go_alone(pair);
    NameChange rename;
    rename.kind = NameKind::rename;
    rename.directory = rename.directory2 = kRootFid;
    rename.name = "f0";
    rename.name2 = "moved";
    CHECK_EQ(pair.apply(pair.a, rename), 0);
    NameChange unlink;
    unlink.kind = NameKind::unlink;
    unlink.directory = kRootFid;
    unlink.name = "f1";
    CHECK_EQ(pair.apply(pair.a, unlink), 0);
    Node& ill = seed % 2 == 0 ? pair.a : pair.b;
    ill.disk.fail_look = [&dice = pair.clock.dice(), left = 3](Fid) mutable {
      return left > 0 && dice.chance(12) ? (left--, EIO) : 0;
    };
    pair.wire.heal();
    pair.await_sync();
    pair.check_equal();
  }
}

// ---- R121: what a verify compares

namespace {

/// Something was done to one copy behind the back of both.
int meddle(Node& node, NameChange change) {
  return node.disk.apply(change);
}
NameChange attributes_of(Fid fid, std::uint32_t valid) {
  NameChange change;
  change.kind = NameKind::set_attributes;
  change.fid = fid;
  change.valid = valid;
  return change;
}

}  // namespace

TEST(verify_sees_names_attributes_surplus_files_and_tails) {
  const auto chmod_of = [](Fid fid) {
    NameChange change = attributes_of(fid, kSetMode);
    change.attributes.mode = 0100600;
    return change;
  };
  const auto cut_of = [](Fid fid) {
    NameChange change = attributes_of(fid, kSetSize);
    change.attributes.size = kMiB + 4096;
    return change;
  };
  const auto unlink_of = [](Fid) {
    NameChange change;
    change.kind = NameKind::unlink;
    change.directory = kRootFid;
    change.name = "disk.raw";
    return change;
  };
  const auto create_of = [](Fid) {
    NameChange change;
    change.kind = NameKind::create;
    change.directory = kRootFid;
    change.name = "surplus";
    change.fid = 77;
    change.attributes.mode = 0100600;
    return change;
  };
  const auto xattr_of = [](Fid fid) {
    NameChange change;
    change.kind = NameKind::set_xattr;
    change.fid = fid;
    change.name = "user.other";
    change.value = "value";
    return change;
  };
  std::uint64_t seed = 250;
  for (const std::function<NameChange(Fid)>& meddling :
       std::vector<std::function<NameChange(Fid)>>{chmod_of, cut_of, unlink_of, create_of, xattr_of}) {
    Pair pair(seed++);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
    CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
    pair.clock.advance(3 * kSecond);
    CHECK_EQ(pair.a.order(command::Verify{false}), "");
    CHECK_EQ(pair.a.last<event::Verified>()->differing, 0U);
    CHECK_EQ(meddle(pair.b, meddling(fid)), 0);
    CHECK_EQ(pair.a.order(command::Verify{false}), "");
    CHECK(pair.a.last<event::Verified>()->differing > 0);
    CHECK_EQ(pair.a.order(command::Verify{true}), "");
    CHECK(pair.a.last<event::Verified>()->repaired > 0);
    CHECK_EQ(pair.a.order(command::Verify{false}), "");
    CHECK_EQ(pair.a.last<event::Verified>()->differing, 0U);
    pair.check_equal();
  }
}

TEST(verify_of_busy_names_has_no_false_alarm) {
  for (const Acknowledge mode : {Acknowledge::written, Acknowledge::received}) {
    Pair pair(260, mode);
    pair.first_copy();
    std::vector<Fid> files;
    for (int index = 0; index < 40; index++)
      files.push_back(pair.make_file(pair.a, "f" + std::to_string(index), 4096));
    struct Busy {
      static Task<void> go(FileService& service, Fid fid, int turn, bool& done) {
        NameChange change = attributes_of(fid, kSetMode);
        change.attributes.mode = 0100600U + static_cast<unsigned>(turn % 8);
        const int result = co_await service.apply(change);
        (void)result;
        done = true;
      }
    };
    bool done = false;
    for (int turn = 0; turn < 200; turn++) {
      const Fid fid = files[static_cast<std::size_t>(turn) % files.size()];
      spawn(Busy::go(pair.a.engine->service(), fid, turn, done));
      pair.begin_write(pair.a, fid, static_cast<std::uint64_t>(turn) * 4096, 4096);
    }
    CHECK_EQ(pair.a.order(command::Verify{false}), "");
    CHECK_EQ(pair.a.last<event::Verified>()->differing, 0U);
  }
}

// ---- R122: reserved space

namespace {

std::uint64_t reserved(Node& node, Fid fid) {
  Attributes seen;
  CHECK_EQ(node.disk.stat(fid, seen), 0);
  return seen.blocks * 512;
}

}  // namespace

TEST(disk_with_reserved_space_is_thick_on_the_other_node) {
  for (const bool has_room : {true, false}) {
    Pair pair(270);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", 8 * kMiB);
    const Fid thin = pair.make_file(pair.a, "thin.raw", 8 * kMiB);
    pair.b.crash();
    pair.wire.cut();
    CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
    const auto allocated = finish(pair.clock, pair.a.engine->service().allocate(fid, 0, 0, 8 * kMiB));
    CHECK_EQ(allocated.value_or(-1), 0);
    CHECK_EQ(pair.write(pair.a, fid, kMiB, 65536), 65536);
    CHECK_EQ(pair.write(pair.a, thin, kMiB, 65536), 65536);
    if (!has_room) pair.b.disk.capacity = 2 * kMiB;
    pair.wire.heal();
    pair.b.start();
    pair.b.link(true);
    pair.await_sync();
    pair.check_equal();
    CHECK_EQ(reserved(pair.b, thin), 65536U);
    if (has_room) CHECK_EQ(reserved(pair.b, fid), 8 * kMiB);
    const auto told = pair.a.last<event::Trouble>();
    CHECK_EQ(told.has_value() && told->problem.code == "reservation-lost", !has_room);
  }
}

// ---- R123: a full volume

TEST(grant_on_a_full_volume) {
  Pair pair(280);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "huge.raw", 1ULL << 41);
  pair.clock.advance(3 * kSecond);
  // Spread over more of the disk than the pages that are there can tell apart.
  for (std::uint64_t at = 0; at < 600; at++) {
    CHECK_EQ(pair.write(pair.a, fid, at * (3ULL << 30), 4096), 4096);
    if (at % 100 == 99) pair.clock.advance(3 * kSecond);
  }
  pair.a.volume.fail_open = [](const std::string&) { return ENOSPC; };
  pair.wire.cut();
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
  for (std::uint64_t at = 0; at < 600; at++) CHECK_EQ(pair.write(pair.a, fid, at * (3ULL << 30), 4096), 4096);
  pair.clock.advance(5 * kSecond);
  CHECK(pair.a.status().freeze == std::nullopt);
}

// ---- a copy that goes back (R28, R114)

namespace {

struct Back {
  FakeDisk::Snapshot disk;
  std::map<std::string, std::vector<std::byte>> volume;
};

/// A copy's volume goes back to an earlier moment of the same session. `forgotten`: what was written since
/// was flushed and forgotten on both; else it was only flushed by the guest.
void go_back_within_a_session(bool is_forgotten, bool primary_runs_alone) {
  Pair pair(150);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 8 * kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(5 * kSecond);
  const Back then{pair.b.disk.snapshot(), pair.b.volume.snapshot()};
  CHECK_EQ(pair.write(pair.a, fid, kMiB, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  if (is_forgotten) pair.clock.advance(5 * kSecond);
  pair.wire.cut();
  pair.b.crash();
  if (primary_runs_alone) CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
  pair.b.disk.restore(then.disk);
  pair.b.volume.restore(then.volume);
  pair.wire.heal();
  pair.b.start();
  pair.b.link(true);
  pair.await_sync();
  pair.check_equal();
}

}  // namespace

TEST(snapshot_rolled_back_within_a_session_is_noticed) {
  for (const bool runs_alone : {false, true}) {
    go_back_within_a_session(/*is_forgotten=*/true, runs_alone);
    go_back_within_a_session(/*is_forgotten=*/false, runs_alone);
  }
}

TEST(secondary_crash_within_a_session_compares_no_whole_file) {
  // The other side of R114: a copy that did not go back is not taken for one that did, whenever it died.
  for (std::uint64_t seed = 160; seed < 200; seed++) {
    Pair pair(seed);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", 8 * kMiB);
    for (std::uint64_t at = 0; at < 8; at++) {
      CHECK_EQ(pair.write(pair.a, fid, at * 65536, 4096), 4096);
      CHECK_EQ(pair.flush(pair.a, fid), 0);
      pair.clock.advance(kSecond);
    }
    // At any moment of a cover, on either side.
    CHECK_EQ(pair.write(pair.a, fid, 4 * kMiB, 4096), 4096);
    const bool is_primary = seed % 2 == 0;
    pair.clock.run_until(
        [&] { return pair.wire.sent[static_cast<std::size_t>(wire::Type::cover)] > seed % 5 + 4; },
        4 * kSecond);
    pair.clock.advance(static_cast<Nanos>(seed % 7) * 40'000);
    Node& dead = is_primary ? pair.a : pair.b;
    dead.crash();
    dead.start();
    dead.link(true);
    if (is_primary) CHECK(pair.clock.run_until([&] { return pair.b.count<event::Met>() > 1; }, 10 * kSecond));
    pair.await_sync();
    CHECK(dead.last<event::Met>()->row != "l1" && dead.last<event::Met>()->row != "l2");
    pair.check_equal();
  }
}
