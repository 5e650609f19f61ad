// SPDX-License-Identifier: Apache-2.0
// What is dirty, and that nothing acknowledged is lost: R1 to R12, named by the scenarios of docs/rules.md.
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
void heal_and_compare(Pair& pair) {
  pair.wire.heal();
  pair.await_sync();
  pair.check_equal();
}
std::uint64_t resent(Pair& pair) {
  return pair.a.engine->figures().figures.reintegration_bytes_sent;
}

}  // namespace

TEST(flush_covers_both) {
  // R11, P2: what was flushed is on stable storage of both, each by itself.
  Pair pair(3);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  for (std::uint64_t at = 0; at < 64; at++) CHECK_EQ(pair.write(pair.a, fid, at * 4096, 4096), 4096);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  const auto wanted = pair.a.disk.content(fid);
  pair.b.power_cut();
  CHECK(pair.b.disk.content(fid) == wanted);
  pair.a.power_cut();
  CHECK(pair.a.disk.content(fid) == wanted);
}

TEST(synchronous_write_needs_no_flush) {
  Pair pair(4, Acknowledge::received);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  for (std::uint64_t at = 0; at < 16; at++) CHECK_EQ(pair.write(pair.a, fid, at * 4096, 4096, true), 4096);
  const auto wanted = pair.a.disk.content(fid);
  pair.b.power_cut();
  pair.a.power_cut();
  CHECK(pair.b.disk.content(fid) == wanted);
  CHECK(pair.a.disk.content(fid) == wanted);
}

TEST(peer_power_cut_after_ack) {
  // Acknowledged, not flushed, and then the peer's page cache is gone: the loss marks it (R2, R3).
  Pair pair(5);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 16 * kMiB);
  // Its making is covered: from here on the file differs by regions, and only by those that are marked.
  pair.clock.advance(5 * kSecond);
  for (std::uint64_t at = 0; at < 40; at++) CHECK_EQ(pair.write(pair.a, fid, at * 131072, 4096), 4096);
  pair.b.power_cut();
  pair.wire.cut();
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, 10 * kSecond));
  CHECK_EQ(pair.a.order(command::Grant{pair.a.status().freeze->id, AloneBasis::silence}), "");
  pair.b.start();
  pair.b.link(true);
  heal_and_compare(pair);
  // Not more than what was written, in regions.
  CHECK(resent(pair) <= 41 * kRegionBytes);
}

TEST(target_power_cut_before_fsync_in_reintegration) {
  // R2: an acknowledged block is no reason to forget; only a flush of both sides is.
  Pair pair(6);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 32 * kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  // Its making is covered too: from here on the file differs by regions, not as a whole.
  pair.clock.advance(5 * kSecond);
  go_alone(pair);
  for (std::uint64_t at = 0; at < 128; at++) CHECK_EQ(pair.write(pair.a, fid, at * 262144, 65536), 65536);
  // The target's flush of the reintegration never comes.
  pair.wire.let_through = [](int from, std::uint8_t type, Sequence) {
    return from != 0 || type != static_cast<std::uint8_t>(wire::Type::reintegration_flush);
  };
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return resent(pair) >= 100 * kRegionBytes; }, 60 * kSecond));
  pair.b.power_cut();
  pair.wire.cut();
  pair.clock.advance(kSecond);
  pair.wire.let_through = nullptr;
  pair.b.start();
  pair.b.link(true);
  heal_and_compare(pair);
}

TEST(primary_dies_with_writes_never_sent) {
  // In the dead primary's log, and nowhere else: both sides' union is dirty.
  Pair pair(7);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 64 * kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  // Its making is covered, and the journal says nothing of it any more.
  pair.clock.advance(5 * kSecond);
  pair.wire.let_through = [](int from, std::uint8_t type, Sequence) {
    return from != 0 || type != static_cast<std::uint8_t>(wire::Type::write);
  };
  std::vector<std::shared_ptr<Pair::Waiting>> writes;
  for (std::uint64_t at = 0; at < 12; at++)
    writes.push_back(pair.begin_write(pair.a, fid, at * 4 * kMiB, 4096));
  pair.clock.advance(200 * kMillisecond);
  pair.a.crash(true);
  pair.wire.cut();
  pair.clock.advance(kSecond);
  pair.wire.let_through = nullptr;
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  pair.a.start();
  pair.a.link(true);
  heal_and_compare(pair);
  CHECK(pair.b.status().is_primary);
}

TEST(tracking_survives_the_crash_of_a_lone_primary) {
  Pair pair(8);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 64 * kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  go_alone(pair);
  for (std::uint64_t at = 0; at < 32; at++) CHECK_EQ(pair.write(pair.a, fid, at * 2 * kMiB, 8192), 8192);
  pair.clock.advance(10 * kSecond);
  pair.a.crash();
  pair.a.start();
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::silence}), "");
  for (std::uint64_t at = 0; at < 8; at++) CHECK_EQ(pair.write(pair.a, fid, at * kMiB, 4096), 4096);
  pair.a.crash();
  pair.a.start();
  pair.a.link(true);
  heal_and_compare(pair);
}

TEST(zero_range_over_old_bytes) {
  // R4: holes and zeros travel as ranges.
  Pair pair(9);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 4 * kMiB);
  for (std::uint64_t at = 0; at < 64; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  go_alone(pair);
  const auto punched = finish(pair.clock, pair.a.engine->service().allocate(fid, 3, kMiB, 2 * kMiB));
  CHECK_EQ(punched.value_or(-1), 0);
  heal_and_compare(pair);
  CHECK_EQ(resent(pair), 0U);
}

TEST(truncated_and_grown_while_alone) {
  Pair pair(10);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 4 * kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 2 * kMiB, 65536), 65536);
  go_alone(pair);
  for (const std::uint64_t size : {kMiB, 4 * kMiB}) {
    NameChange change;
    change.kind = NameKind::set_attributes;
    change.fid = fid;
    change.valid = kSetSize;
    change.attributes.size = size;
    CHECK_EQ(pair.apply(pair.a, change), 0);
  }
  heal_and_compare(pair);
}

TEST(two_512_byte_neighbours) {
  // R5: an unaligned write is a read-modify-write of its block: never two of them at once.
  Pair pair(11, Acknowledge::received);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  std::vector<std::shared_ptr<Pair::Waiting>> writes;
  for (std::uint64_t at = 0; at < 64; at++) writes.push_back(pair.begin_write(pair.a, fid, at * 512, 512));
  for (auto& write : writes) {
    CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, 10 * kSecond));
    CHECK_EQ(*write->result, 512);
  }
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  const auto content = pair.a.disk.content(fid);
  for (std::size_t at = 0; at < 64; at++)
    CHECK(std::equal(writes[at]->data.begin(), writes[at]->data.end(),
                     content.begin() + static_cast<std::ptrdiff_t>(at * 512)));
  pair.check_equal();
}

TEST(overlapping_writes_end_equal_on_both) {
  // Acknowledged at their receipt, so many of them are in flight on the peer at once.
  for (std::uint64_t seed = 20; seed < 24; seed++) {
    Pair pair(seed, Acknowledge::received);
    pair.first_copy();
    // A disk on which a later write may well be done first.
    pair.b.disk.slow_down({20'000, 2 * kMillisecond});
    const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
    std::vector<std::shared_ptr<Pair::Waiting>> writes;
    for (std::uint64_t at = 0; at < 60; at++)
      writes.push_back(pair.begin_write(pair.a, fid, at % 5 * 4096, 16384));
    for (auto& write : writes)
      CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, 10 * kSecond));
    CHECK_EQ(pair.flush(pair.a, fid), 0);
    pair.check_equal();
  }
}

TEST(cut_among_writes_ends_equal_on_both) {
  // R6: what changes the size takes part in the order of the writes, on either node.
  for (std::uint64_t seed = 60; seed < 64; seed++) {
    Pair pair(seed, Acknowledge::received);
    pair.first_copy();
    pair.b.disk.slow_down({20'000, 2 * kMillisecond});
    const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
    std::vector<std::shared_ptr<Pair::Waiting>> writes;
    for (std::uint64_t at = 0; at < 20; at++) {
      writes.push_back(pair.begin_write(pair.a, fid, at * 4096, 16384));
      NameChange cut;
      cut.kind = NameKind::set_attributes;
      cut.fid = fid;
      cut.valid = kSetSize;
      cut.attributes.size = 8192;
      CHECK_EQ(pair.apply(pair.a, cut), 0);
    }
    for (auto& write : writes)
      CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, 10 * kSecond));
    CHECK_EQ(pair.flush(pair.a, fid), 0);
    pair.check_equal();
  }
}

TEST(received_and_not_written_is_bounded) {
  // A peer whose disk is slower than the link must not fill its memory with what it has answered already.
  Pair pair(24, Acknowledge::received);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 80 * kMiB);
  pair.b.disk.hang(true);
  std::vector<std::shared_ptr<Pair::Waiting>> writes;
  for (std::uint64_t at = 0; at < 80; at++)
    writes.push_back(pair.begin_write(pair.a, fid, at * kMiB, static_cast<std::size_t>(kMiB)));
  pair.clock.advance(kSecond);
  CHECK_EQ(std::ranges::count_if(writes, [](const auto& write) { return write->result.has_value(); }), 64);
  pair.b.disk.hang(false);
  for (auto& write : writes)
    CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, 10 * kSecond));
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.check_equal();
}

TEST(overwrite_during_resync_block) {
  // R7: the guest overwrites what is being copied, all the time.
  Pair pair(12);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 8 * kMiB);
  go_alone(pair);
  for (std::uint64_t at = 0; at < 128; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  std::vector<std::shared_ptr<Pair::Waiting>> writes;
  // Above all between the read of a region and its arrival.
  pair.a.disk.fail = [&](const DiskRequest& request) {
    if (request.kind != DiskRequest::Kind::read) return 0;
    pair.clock.after(1'000,
                     [&, at = request.offset] { writes.push_back(pair.begin_write(pair.a, fid, at, 8192)); });
    return 0;
  };
  pair.wire.heal();
  for (std::uint64_t at = 0; at < 400; at++) {
    writes.push_back(pair.begin_write(pair.a, fid, at * 40960 % (8 * kMiB - 8192) / 4096 * 4096, 8192));
    pair.clock.advance(300'000);
  }
  pair.await_sync();
  pair.a.disk.fail = nullptr;
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  for (auto& write : writes) CHECK_EQ(write->result.value_or(0), 8192);
  pair.check_equal();
}

TEST(link_flaps_while_a_reintegration_waits_for_its_own_disk) {
  // What is left of the old one ends first: two at once would share their book (found by the simulator).
  Pair pair(19);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 32 * kMiB);
  go_alone(pair);
  for (std::uint64_t at = 0; at < 256; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return resent(pair) > kMiB; }, 60 * kSecond));
  pair.a.disk.hang(true);
  for (int flap = 0; flap < 3; flap++) {
    pair.wire.cut();
    pair.clock.advance(500 * kMillisecond);
    pair.wire.heal();
    pair.clock.advance(500 * kMillisecond);
  }
  pair.a.disk.hang(false);
  pair.await_sync();
  pair.check_equal();
}

TEST(first_copy_interrupted_goes_on_where_it_stood) {
  Pair pair(13);
  pair.a.start();
  pair.b.start();
  CHECK_EQ(pair.a.order(command::Initialise{true}), "");
  CHECK_EQ(pair.b.order(command::Initialise{false}), "");
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::first}), "");
  const Fid fid = pair.make_file(pair.a, "disk.raw", 32 * kMiB);
  for (std::uint64_t at = 0; at < 512; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  pair.connect();
  CHECK(pair.clock.run_until([&] { return resent(pair) > 8 * kMiB; }, 60 * kSecond));
  pair.wire.cut();
  pair.clock.advance(kSecond);
  // The target cannot start; losing it stopped nobody (R10).
  CHECK(pair.b.status().copy == CopyState::inconsistent);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::forced}), "not-current");
  CHECK(!pair.a.status().freeze.has_value());
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  heal_and_compare(pair);
}

TEST(first_copy_interrupted_keeps_what_was_copied) {
  Pair pair(13);
  pair.a.start();
  pair.b.start();
  CHECK_EQ(pair.a.order(command::Initialise{true}), "");
  CHECK_EQ(pair.b.order(command::Initialise{false}), "");
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::first}), "");
  const Fid fid = pair.make_file(pair.a, "disk.raw", 64 * kMiB);
  for (std::uint64_t at = 0; at < 1024; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  CHECK_EQ(pair.a.order(command::ReintegrationCap{512 << 10}), "");
  pair.connect();
  CHECK(pair.clock.run_until([&] { return resent(pair) > 40 * kMiB; }, 600 * kSecond));
  pair.wire.cut();
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  const std::uint64_t left = pair.a.engine->figures().dirty_bytes;
  CHECK(left < 45 * kMiB);
  // The second copy looks at no more than that.
  const std::uint64_t before = pair.a.engine->figures().figures.reintegration_bytes_hashed;
  heal_and_compare(pair);
  CHECK(pair.a.engine->figures().figures.reintegration_bytes_hashed - before <= left + kMiB);
}

TEST(enospc_local_only) {
  // R9: failed here, done there: made equal again before the error is returned.
  Pair pair(14);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  pair.a.disk.fail = [](const DiskRequest& request) {
    return request.kind == DiskRequest::Kind::write ? ENOSPC : 0;
  };
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), -ENOSPC);
  pair.a.disk.fail = nullptr;
  CHECK(pair.a.status().disk_full_needed.has_value());
  CHECK(pair.in_sync());
  CHECK_EQ(pair.write(pair.a, fid, 4096, 4096), 4096);
  pair.check_equal();
}

TEST(full_disk_is_told_until_there_is_room) {
  // The guest is paused meanwhile; who paused it lets it go on when the engine no longer says so.
  Pair pair(16);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 8 * kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  pair.a.disk.capacity = pair.a.disk.used();
  CHECK_EQ(pair.write(pair.a, fid, kMiB, 4096), -ENOSPC);
  pair.clock.advance(10 * kSecond);
  CHECK(pair.a.status().disk_full_needed.has_value());
  pair.a.disk.capacity += *pair.a.status().disk_full_needed;
  pair.clock.advance(2 * kSecond);
  CHECK(!pair.a.status().disk_full_needed.has_value());
  CHECK_EQ(pair.write(pair.a, fid, kMiB, 4096), 4096);
  pair.await_sync();
  pair.check_equal();
}

TEST(write_that_only_the_peer_failed_ends_the_session) {
  // R9: answered when it is done, and it was not done there: this copy goes on, the other one is behind.
  Pair pair(18);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(5 * kSecond);
  pair.b.disk.fail = [](const DiskRequest& request) {
    return request.kind == DiskRequest::Kind::write ? ENOSPC : 0;
  };
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  CHECK(!pair.in_sync());
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "not-current");
  pair.b.disk.fail = nullptr;
  pair.await_sync();
  pair.check_equal();
}

TEST(enospc_peer_after_received) {
  // R9: acknowledged at its receipt, failed afterwards: the peer is not up to date, and nobody says
  // otherwise.
  Pair pair(15, Acknowledge::received);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  pair.b.disk.fail = [](const DiskRequest& request) {
    return request.kind == DiskRequest::Kind::write ? ENOSPC : 0;
  };
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  CHECK(pair.clock.run_until([&] { return !pair.in_sync(); }, 10 * kSecond));
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "not-current");
  pair.b.disk.fail = nullptr;
  pair.await_sync();
  pair.check_equal();
}

TEST(crash_mid_rename_over) {
  for (std::uint64_t seed = 30; seed < 38; seed++) {
    Pair pair(seed);
    pair.first_copy();
    const Fid old = pair.make_file(pair.a, "config", 65536);
    const Fid fresh = pair.make_file(pair.a, "config.new", 4096);
    CHECK_EQ(pair.write(pair.a, old, 0, 8192), 8192);
    CHECK_EQ(pair.write(pair.a, fresh, 0, 4096), 4096);
    auto change = std::make_shared<NameChange>();
    change->kind = NameKind::rename;
    change->directory = change->directory2 = kRootFid;
    change->name = "config.new";
    change->name2 = "config";
    struct Run {
      static Task<void> go(FileService& service, std::shared_ptr<NameChange> into) {
        const int result = co_await service.apply(*into);
        (void)result;
      }
    };
    spawn(Run::go(pair.a.engine->service(), change));
    pair.clock.advance(static_cast<Nanos>(seed % 8) * 40'000);
    pair.a.power_cut();
    pair.wire.cut();
    pair.clock.advance(kSecond);
    CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
    pair.a.start();
    pair.a.link(true);
    heal_and_compare(pair);
  }
}

TEST(link_flap_with_rename_in_flight) {
  Pair pair(16);
  pair.first_copy();
  pair.make_file(pair.a, "one", 4096);
  auto change = std::make_shared<NameChange>();
  change->kind = NameKind::rename;
  change->directory = change->directory2 = kRootFid;
  change->name = "one";
  change->name2 = "two";
  const auto result = std::make_shared<std::optional<int>>();
  struct Run {
    static Task<void> go(FileService& service, std::shared_ptr<NameChange> into,
                         std::shared_ptr<std::optional<int>> out) {
      const int done = co_await service.apply(*into);
      out->emplace(done);
    }
  };
  // The acknowledgement is lost with the link: the repeat gets the first result, it is not done twice (R8).
  pair.wire.let_through = [](int from, std::uint8_t type, Sequence) {
    return from != 1 || type != static_cast<std::uint8_t>(wire::Type::ack);
  };
  spawn(Run::go(pair.a.engine->service(), change, result));
  pair.clock.advance(5 * kMillisecond);
  pair.wire.cut();
  pair.clock.advance(10 * kMillisecond);
  pair.wire.let_through = nullptr;
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return result->has_value(); }, 10 * kSecond));
  CHECK_EQ(result->value(), 0);
  CHECK_EQ(pair.a.last<event::Met>()->row, "h1");
  pair.check_equal();
}

TEST(end_of_resync_message_lost) {
  // R10: the target is up to date and the source has not heard it: a freeze, and the handshake tells.
  for (const wire::Type lost : {wire::Type::paired, wire::Type::up_to_date, wire::Type::up_to_date_seen}) {
    Pair pair(17);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
    go_alone(pair);
    CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
    bool swallowed = false;
    pair.wire.let_through = [&](int, std::uint8_t type, Sequence) {
      if (type != static_cast<std::uint8_t>(lost)) return true;
      swallowed = true;
      return false;
    };
    pair.wire.heal();
    CHECK(pair.clock.run_until([&] { return swallowed; }, 30 * kSecond));
    pair.wire.cut();
    pair.clock.advance(100 * kMillisecond);
    pair.wire.let_through = nullptr;
    CHECK(pair.a.status().freeze.has_value());
    heal_and_compare(pair);
    CHECK(!pair.a.status().freeze.has_value());
    CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  }
}

TEST(source_writes_paired_before_the_target_hears_of_it) {
  // R10: a target that is up to date by its own record meets a source that knows of it, after any crash.
  Pair pair(19);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  go_alone(pair);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  int told = 0;
  bool is_written = true;
  pair.wire.let_through = [&](int from, std::uint8_t type, Sequence) {
    if (from != 0 || type != static_cast<std::uint8_t>(wire::Type::paired)) return true;
    told++;
    is_written = is_written && pair.a.engine->record().right == Right::paired;
    return true;
  };
  heal_and_compare(pair);
  CHECK_EQ(told, 1);
  CHECK(is_written);
}

TEST(target_that_failed_after_its_last_flush_is_not_up_to_date) {
  // R10. 1. Everything is copied and flushed, the source writes "paired". 2. A write is answered at its
  // receipt and fails on the target. 3. "paired" arrives.
  Pair pair(25, Acknowledge::received);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  pair.clock.advance(5 * kSecond);
  go_alone(pair);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  Sequence question = 0;
  pair.wire.let_through = [&](int from, std::uint8_t type, Sequence number) {
    if (from == 1) return type != static_cast<std::uint8_t>(wire::Type::ack) || question == 0;
    if (type != static_cast<std::uint8_t>(wire::Type::paired)) return true;
    question = number;
    return false;
  };
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return question != 0; }, 60 * kSecond));
  pair.b.disk.fail = [](const DiskRequest& request) {
    return request.kind == DiskRequest::Kind::write ? EIO : 0;
  };
  const auto write = pair.begin_write(pair.a, fid, 0, 8192);
  pair.clock.advance(10 * kMillisecond);
  pair.b.disk.fail = nullptr;
  const Status source = pair.a.status();
  CHECK(source.right == Right::paired);
  const auto packed = wire::pack(wire::Paired{source.generation, source.session});
  // They do not meet anew meanwhile.
  pair.wire.let_through = [](int, std::uint8_t type, Sequence) {
    return type != static_cast<std::uint8_t>(wire::Type::hello);
  };
  CHECK(pair.wire.left().send(Link::Channel::bulk, static_cast<std::uint8_t>(wire::Type::paired), question, 0,
                              packed.bytes(), {}));
  pair.clock.advance(20 * kMillisecond);
  CHECK(pair.b.engine->record().right != Right::paired);
  pair.wire.let_through = nullptr;
  pair.await_sync();
  pair.check_equal();
}

TEST(verify_busy_has_no_false_alarm_and_finds_a_flipped_byte) {
  Pair pair(18);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 8 * kMiB);
  for (std::uint64_t at = 0; at < 100; at++) pair.begin_write(pair.a, fid, at * 73728 / 4096 * 4096, 4096);
  CHECK_EQ(pair.a.order(command::Verify{false}), "");
  CHECK_EQ(pair.a.last<event::Verified>()->differing, 0U);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  // A byte flips on the secondary's disk.
  std::vector<std::byte> rotten(4096, std::byte{7});
  auto io = disk_write(pair.b.disk, fid, 3 * kMiB, rotten);
  struct Run {
    static Task<int> go(DiskAwait& await) { co_return co_await await; }
  };
  CHECK_EQ(finish(pair.clock, Run::go(io)).value_or(-1), 4096);
  CHECK_EQ(pair.a.order(command::Verify{true}), "");
  CHECK(pair.a.last<event::Verified>()->differing > 0);
  pair.check_equal();
}
