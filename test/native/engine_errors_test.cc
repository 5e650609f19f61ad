// SPDX-License-Identifier: Apache-2.0
// Errors instead of crashes: a write, a flush, a sector, a directory, a state file, or a peer that fails or
// hangs, and no acknowledged byte is lost by it (R40 to R49).
#include "../../native/engine/mirror_engine.h"
#include "check.h"
#include "fakes/pair.h"

using namespace gemel;
using namespace gemel::fakes;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;
using Kind = DiskRequest::Kind;

/// The next `times` requests of one kind fail.
std::function<int(const DiskRequest&)> failing(Kind kind, int error, int times = 1 << 30) {
  return [=, left = std::make_shared<int>(times)](const DiskRequest& request) {
    if (request.kind != kind || *left == 0) return 0;
    --*left;
    return error;
  };
}
std::function<int(const DiskRequest&)> failing_flushes() {
  return [](const DiskRequest& request) {
    return request.kind == Kind::flush || request.kind == Kind::flush_volume ? EIO : 0;
  };
}
void go_alone(Pair& pair) {
  pair.wire.cut();
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
}
std::shared_ptr<std::optional<int>> begin_flush(Node& node, Fid fid) {
  auto result = std::make_shared<std::optional<int>>();
  struct Run {
    static Task<void> go(FileService& service, Fid file, std::shared_ptr<std::optional<int>> into) {
      const int flushed = co_await service.flush(file, true);
      *into = flushed;
    }
  };
  spawn(Run::go(node.engine->service(), fid, result));
  return result;
}
std::vector<std::byte> read(Pair& pair, Node& node, Fid fid, std::uint64_t offset, std::size_t bytes,
                            int& result) {
  BufferPool pool;
  const Buffer buffer = pool.take(bytes);
  result = finish(pair.clock, node.engine->service().read(fid, offset, buffer.first(bytes)), 60 * kSecond)
               .value_or(-ETIME);
  return {buffer.data(), buffer.data() + bytes};
}
std::vector<std::byte> part(const std::vector<std::byte>& content, std::uint64_t offset, std::size_t bytes) {
  const auto begin = content.begin() + static_cast<std::ptrdiff_t>(offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(bytes)};
}
bool was_told(const Node& node, const std::string& code) {
  return std::ranges::any_of(node.events, [&](const EngineEvent& event) {
    const auto* trouble = std::get_if<event::Trouble>(&event);
    return trouble != nullptr && trouble->problem.code == code;
  });
}

}  // namespace

// ---- R40: a copy that failed an operation

TEST(flush_after_a_write_that_failed_on_the_peer) {
  // 1. The write is answered at its receipt. 2. It fails on the peer. 3. A flush that is under way already
  // must not say that the peer has it.
  for (std::uint64_t seed = 100; seed < 106; seed++) {
    Pair pair(seed, Acknowledge::received);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
    CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
    CHECK_EQ(pair.flush(pair.a, fid), 0);
    pair.clock.advance(3 * kSecond);
    pair.b.disk.fail = failing(Kind::write, EIO, 1);
    const auto write = pair.begin_write(pair.a, fid, 0, 8192);
    const auto flush = begin_flush(pair.a, fid);
    // The news of the failure and the answer to the flush are read in one go.
    pair.wire.stall(0, true);
    pair.clock.advance(50 * kMillisecond);
    pair.wire.stall(0, false);
    CHECK(pair.clock.run_until([&] { return flush->has_value(); }, 10 * kSecond));
    CHECK_EQ(write->result.value_or(0), 8192);
    // Whoever would start the peer now has everything, or is refused.
    std::string why;
    if (pair.b.status().currency != CurrencyKind::none) pair.check_equal();
    pair.await_sync();
    pair.check_equal();
  }
}

TEST(condemned_copy_stays_condemned_through_a_restart) {
  Pair pair(110, Acknowledge::received);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.b.disk.fail = failing(Kind::write, EIO, 1);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  pair.wire.let_through = [](int from, std::uint8_t, Sequence) { return from == 0; };
  pair.a.power_cut();
  pair.clock.advance(kSecond);
  CHECK(pair.b.status().currency == CurrencyKind::none);
  pair.b.crash();
  pair.b.start();
  CHECK(pair.b.status().right == Right::outdated);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::lease}), "not-current");
  // The other one has it, in its log: both meet, and are equal.
  pair.wire.let_through = nullptr;
  pair.a.start();
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::lease}), "");
  pair.connect();
  pair.await_sync();
  pair.check_equal();
  CHECK(pair.b.status().right == Right::paired);
}

TEST(condemned_copy_does_not_leave_as_clean) {
  Pair pair(111);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.b.disk.fail = failing_flushes();
  const auto flush = begin_flush(pair.a, fid);
  pair.clock.advance(kMillisecond / 2);
  pair.b.disk.fail = nullptr;
  pair.wire.cut();
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.b.order(command::Close{}), "");
  pair.b.crash();
  pair.b.start();
  CHECK(!pair.b.engine->record().clean);
}

// ---- R41: forgiveness while a copy is filled

TEST(failure_on_its_way_when_a_new_pass_begins) {
  Pair pair(120, Acknowledge::received);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 32 * kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(3 * kSecond);
  go_alone(pair);
  for (std::uint64_t at = 0; at < 128; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  // What the peer says of the end of that write stays on its way.
  Sequence failed = 0;
  int told = 0;
  pair.wire.let_through = [&](int from, std::uint8_t type, Sequence sequence) {
    return from != 1 || type != static_cast<std::uint8_t>(wire::Type::ack) || sequence != failed ||
           failed == 0 || ++told == 1;
  };
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return pair.a.engine->figures().figures.reintegration_bytes_sent > kMiB; },
                             60 * kSecond));
  pair.b.disk.fail = [&](const DiskRequest& request) {
    return request.kind == Kind::write && request.offset == 30 * kMiB ? EIO : 0;
  };
  pair.b.disk.fail_apply = [&, left = 1](const NameChange& change) mutable {
    if (change.kind != NameKind::create || left-- <= 0) return 0;
    return EIO;
  };
  const auto write = pair.begin_write(pair.a, fid, 30 * kMiB, 8192);
  failed = 0;
  auto through = pair.wire.let_through;
  pair.wire.let_through = [&, through](int from, std::uint8_t type, Sequence sequence) {
    if (from == 0 && type == static_cast<std::uint8_t>(wire::Type::write)) failed = sequence;
    return through(from, type, sequence);
  };
  pair.clock.advance(kMillisecond);
  pair.b.disk.fail = nullptr;
  NameChange another;
  another.kind = NameKind::create;
  another.directory = kRootFid;
  another.name = "another";
  another.attributes.mode = 0100644;
  CHECK_EQ(pair.apply(pair.a, another), 0);
  pair.await_sync();
  pair.check_equal();
}

// ---- R42: flushes

TEST(background_flush_that_failed_is_told_at_the_next_fsync_once) {
  Pair pair(130);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  const Fid other = pair.make_file(pair.a, "other.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(3 * kSecond);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  pair.a.disk.fail = failing_flushes();
  pair.clock.advance(3 * kSecond);
  pair.a.disk.fail = nullptr;
  CHECK_EQ(pair.flush(pair.a, fid), -EIO);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  CHECK_EQ(pair.flush(pair.a, other), 0);
}

TEST(copy_whose_flush_failed_is_not_called_current) {
  Pair pair(131);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(3 * kSecond);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  pair.a.disk.fail = failing_flushes();
  CHECK_EQ(pair.flush(pair.a, fid), -EIO);
  pair.a.disk.fail = nullptr;
  CHECK(pair.a.status().currency == CurrencyKind::none);
  CHECK(pair.b.status().currency == CurrencyKind::handshake);
  // The guest moves to the other node, and this copy is filled from there.
  CHECK_EQ(pair.a.order(command::Demote{kSecond}), "");
  CHECK(pair.clock.run_until([&] { return pair.b.status().currency != CurrencyKind::none; }, 10 * kSecond));
  CHECK_EQ(pair.b.order(command::Promote{pair.b.status().in_sync ? AloneBasis::none : AloneBasis::word}), "");
  pair.await_sync();
  CHECK(pair.b.status().is_primary);
  CHECK(pair.a.status().currency != CurrencyKind::none);
  // What the kernel had forgotten is there again, through the loss of power.
  const auto wanted = pair.b.disk.content(fid);
  pair.a.power_cut();
  CHECK(pair.a.disk.content(fid) == wanted);
}

TEST(copy_whose_flush_failed_is_written_anew_after_a_restart) {
  // The process that saw the failure is gone; its host still shows what its disk never got.
  Pair pair(132);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  pair.a.disk.fail = failing_flushes();
  pair.clock.advance(3 * kSecond);
  pair.a.disk.fail = nullptr;
  pair.a.crash();
  pair.a.start();
  pair.a.link(true);
  pair.await_sync();
  pair.check_equal();
  pair.a.power_cut();
  CHECK(pair.a.disk.content(fid) == pair.b.disk.content(fid));
}

TEST(flush_of_what_is_gone_is_no_failed_flush) {
  Pair pair(132);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, 12345), -ESTALE);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  CHECK(!pair.a.status().disk_error.has_value());
}

// ---- R43: absence is concluded from success only

TEST(hole_that_cannot_be_told_is_no_hole) {
  Pair pair(140);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 8 * kMiB);
  for (std::uint64_t at = 0; at < 128; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(3 * kSecond);
  go_alone(pair);
  for (std::uint64_t at = 0; at < 128; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 4096), 4096);
  pair.a.disk.fail_next_data = [left = 3](Fid) mutable { return left-- > 0 ? EIO : 0; };
  pair.wire.heal();
  pair.await_sync();
  pair.check_equal();
}

TEST(verify_that_cannot_read_a_directory_says_so) {
  Pair pair(141);
  pair.first_copy();
  pair.make_file(pair.a, "disk.raw", kMiB);
  pair.a.disk.fail_list = [](Fid) { return EIO; };
  CHECK_EQ(pair.a.order(command::Verify{false}), "interrupted");
}

TEST(rolled_back_copy_is_compared_though_a_directory_fails) {
  Pair pair(142);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(3 * kSecond);
  // Another session, of which the other copy's state knows nothing.
  const auto before = pair.b.volume.snapshot();
  go_alone(pair);
  CHECK_EQ(pair.write(pair.a, fid, 65536, 8192), 8192);
  pair.wire.heal();
  pair.await_sync();
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.b.crash();
  pair.wire.cut();
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
  pair.b.volume.restore(before);
  const auto poisoned = Pair::pattern(9, 4096);
  NameChange change;
  change.kind = NameKind::set_attributes;
  DiskRequest request{
      Kind::write, fid,       500'000 / 4096 * 4096, const_cast<std::byte*>(poisoned.data()), 4096, 0,
      0,           [](int) {}};
  pair.b.disk.submit(request);
  pair.clock.advance(kSecond);
  pair.a.disk.fail_list = [left = 1](Fid) mutable { return left-- > 0 ? EIO : 0; };
  pair.wire.heal();
  pair.b.start();
  pair.b.link(true);
  pair.await_sync();
  pair.check_equal();
}

// ---- R44: the same failure on both sides

TEST(same_failure_on_both_sides_is_the_callers_business) {
  Pair pair(150);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  pair.a.disk.fail = pair.b.disk.fail = failing(Kind::write, EFBIG);
  CHECK_EQ(pair.write(pair.a, fid, 1ULL << 50, 4096), -EFBIG);
  pair.a.disk.fail = pair.b.disk.fail = failing(Kind::allocate, ENOSPC);
  const auto allocated = finish(pair.clock, pair.a.engine->service().allocate(fid, 0, 0, 512 * kMiB));
  CHECK_EQ(allocated.value_or(0), -ENOSPC);
  pair.a.disk.fail = pair.b.disk.fail = failing(Kind::allocate, EOPNOTSUPP);
  const auto strange = finish(pair.clock, pair.a.engine->service().allocate(fid, 8, 0, kMiB));
  CHECK_EQ(strange.value_or(0), -EOPNOTSUPP);
  pair.a.disk.fail = pair.b.disk.fail = nullptr;
  pair.clock.advance(3 * kSecond);
  CHECK(pair.in_sync());
  CHECK_EQ(pair.a.count<event::PeerLost>(), 0U);
  CHECK(!pair.a.status().disk_error.has_value());
  CHECK(!pair.b.status().disk_error.has_value());
  // What is told is what happens.
  CHECK(pair.b.status().currency == CurrencyKind::handshake);
  pair.a.crash();
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  pair.check_equal();
}

// ---- R110: bad sectors

TEST(unreadable_sector_is_read_and_repaired_from_the_peer) {
  Pair pair(160);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  const auto wanted = pair.b.disk.content(fid);
  pair.a.disk.spoil(fid, 3);
  int result = 0;
  CHECK(read(pair, pair.a, fid, 8192, 16384, result) == part(wanted, 8192, 16384));
  CHECK_EQ(result, 16384);
  pair.clock.advance(kSecond);
  CHECK(!pair.a.disk.is_spoilt(fid, 3));
  CHECK(pair.in_sync());
  pair.check_equal();
}

TEST(write_that_fails_here_goes_on_with_the_peer) {
  Pair pair(161);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.a.disk.fail = failing(Kind::write, EIO);
  CHECK_EQ(pair.write(pair.a, fid, 8192, 4096), 4096);
  CHECK(pair.in_sync());
  CHECK(pair.b.status().currency == CurrencyKind::handshake);
  // The module says that this copy is not whole, and the guest reads what it wrote.
  CHECK(pair.a.status().currency == CurrencyKind::none);
  CHECK(pair.a.status().disk_error.has_value());
  int result = 0;
  CHECK(read(pair, pair.a, fid, 4096, 12288, result) == part(pair.b.disk.content(fid), 4096, 12288));
  pair.a.disk.fail = nullptr;
  pair.clock.advance(10 * kSecond);
  CHECK(pair.a.status().currency != CurrencyKind::none);
  CHECK(pair.in_sync());
  pair.check_equal();
}

TEST(verify_never_repairs_the_peer_from_what_this_disk_lacks) {
  Pair pair(150);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  pair.clock.advance(3 * kSecond);
  // The old bytes can be read here; what was acknowledged is on the peer alone.
  pair.a.disk.fail = failing(Kind::write, EIO);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  const auto acknowledged = Pair::pattern(pair.written, 8192);
  CHECK_EQ(pair.a.order(command::Verify{true}), "");
  CHECK_EQ(pair.a.last<event::Verified>()->differing, 0U);
  int result = 0;
  CHECK(read(pair, pair.a, fid, 0, 8192, result) == acknowledged);
  CHECK(part(pair.b.disk.content(fid), 0, 8192) == acknowledged);
  pair.a.disk.fail = nullptr;
  pair.clock.advance(10 * kSecond);
  pair.check_equal();
}

TEST(reintegration_takes_a_bad_sector_from_the_peer) {
  Pair pair(162);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  for (std::uint64_t at = 0; at < 16; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(3 * kSecond);
  // A region that is looked at because of its neighbour.
  CHECK_EQ(pair.write(pair.a, fid, 65536, 4096), 4096);
  pair.a.disk.spoil(fid, 20);
  pair.b.crash();
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
  pair.b.start();
  pair.b.link(true);
  pair.await_sync();
  pair.check_equal();
  CHECK(!pair.a.disk.is_spoilt(fid, 20));
  CHECK(pair.a.count<event::Met>() < 5);
}

TEST(region_that_neither_has_is_named) {
  Pair pair(163);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(3 * kSecond);
  go_alone(pair);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  pair.a.disk.spoil(fid, 2);
  pair.b.disk.spoil(fid, 2);
  pair.wire.heal();
  pair.await_sync();
  CHECK(was_told(pair.a, "region-lost"));
  CHECK(pair.a.count<event::Met>() < 5);
}

TEST(region_that_the_target_may_have_lost_with_its_power_is_named) {
  Pair pair(165);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  // Acknowledged by both, flushed by nobody; its sector goes bad on the one that takes over.
  pair.b.disk.spoil(fid, 2);
  pair.a.power_cut();
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  pair.a.start();
  pair.a.link(true);
  pair.await_sync();
  CHECK(was_told(pair.b, "region-lost"));
}

TEST(source_that_cannot_be_read_is_met_with_a_pause) {
  Pair pair(164);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  go_alone(pair);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  pair.a.disk.fail_list = [](Fid) { return EIO; };
  pair.wire.heal();
  const std::size_t before = pair.a.count<event::Met>();
  pair.clock.advance(120 * kSecond);
  CHECK(pair.a.count<event::Met>() - before < 20);
  CHECK(was_told(pair.a, "disk-error"));
  pair.a.disk.fail_list = nullptr;
  pair.await_sync();
  pair.check_equal();
}

// ---- R46: the record

TEST(folder_changed_during_pairing_stays_paired) {
  for (std::uint64_t seed = 170; seed < 174; seed++) {
    Pair pair(seed);
    pair.first_copy();
    go_alone(pair);
    pair.wire.heal();
    Attributes shown;
    shown.mode = 0750;
    struct Run {
      static Task<void> go(MirrorEngine& engine, Attributes root) {
        const int result = co_await engine.remember_root(root);
        (void)result;
      }
    };
    for (int times = 0; times < 4000 && !pair.in_sync(); times++) {
      spawn(Run::go(*pair.a.engine, shown));
      spawn(Run::go(*pair.b.engine, shown));
      pair.clock.advance(50'000);
    }
    pair.await_sync();
    pair.clock.advance(kSecond);
    CHECK(pair.a.engine->record().right == Right::paired);
    CHECK(pair.b.engine->record().right == Right::paired);
    CHECK_EQ(pair.a.engine->record().root_mode, 0750U);
  }
}

// ---- R111: the source goes on when the target knows

TEST(source_thaws_when_the_target_knows_that_it_is_behind) {
  Pair pair(180);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  go_alone(pair);
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  // The target is up to date, and the source does not hear of it.
  bool lost = false;
  pair.wire.let_through = [&](int from, std::uint8_t type, Sequence) {
    if (from != 1 || type != static_cast<std::uint8_t>(wire::Type::up_to_date)) return true;
    lost = true;
    return false;
  };
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return lost; }, 60 * kSecond));
  pair.wire.cut();
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  // They meet again; nothing that the source says after its greeting arrives.
  pair.wire.let_through = [&](int from, std::uint8_t type, Sequence) {
    return from != 0 || type == static_cast<std::uint8_t>(wire::Type::hello) ||
           type == static_cast<std::uint8_t>(wire::Type::ping);
  };
  pair.wire.heal();
  const auto write = pair.begin_write(pair.a, fid, 65536, 4096);
  pair.clock.advance(2 * kSecond);
  const bool is_acknowledged = write->result.has_value();
  pair.a.power_cut();
  pair.clock.advance(kSecond);
  // The lease names the other one, which took over; it must not lack what was acknowledged.
  const std::string promoted = pair.b.order(command::Promote{AloneBasis::lease});
  CHECK(!is_acknowledged || !promoted.empty());
}

// ---- R112: a target or a disk that hangs

TEST(hung_target_in_reintegration_holds_no_write) {
  Pair pair(190);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 32 * kMiB);
  go_alone(pair);
  for (std::uint64_t at = 0; at < 512; at++) CHECK_EQ(pair.write(pair.a, fid, at * 65536, 65536), 65536);
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return pair.a.engine->figures().figures.reintegration_bytes_sent > kMiB; },
                             60 * kSecond));
  pair.b.hang(true);
  pair.clock.advance(100 * kMillisecond);
  std::vector<std::shared_ptr<Pair::Waiting>> writes;
  for (std::uint64_t at = 0; at < 512; at++)
    writes.push_back(pair.begin_write(pair.a, fid, at * 65536, 4096));
  pair.clock.advance(5 * kSecond);
  for (const auto& write : writes) CHECK_EQ(write->result.value_or(0), 4096);
  pair.b.hang(false);
  pair.await_sync();
  pair.check_equal();
}

TEST(order_is_answered_while_a_target_hangs) {
  Pair pair(191);
  pair.first_copy();
  go_alone(pair);
  pair.b.hang(true);
  pair.wire.heal();
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.a.order(command::Demote{kSecond}, 10 * kSecond), "");
  CHECK_EQ(pair.a.order(command::Close{}, 10 * kSecond), "");
}

// ---- R113: a denied guest

TEST(denied_guest_dies_while_a_write_waits_for_the_peer) {
  // A process that was killed stays until its write is answered: nobody may wait for its death before.
  Pair pair(195);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", kMiB);
  pair.a.guest.is_attached = pair.a.guest.is_alive = true;
  pair.wire.cut();
  const auto write = pair.begin_write(pair.a, fid, 0, 4096);
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  pair.a.guest.waits = [write] { return !write->result.has_value(); };
  CHECK_EQ(pair.a.order(command::Deny{pair.a.status().freeze->id, "the lease is the other's"}), "");
  pair.clock.advance(kSecond);
  CHECK_EQ(write->result.value_or(0), -EIO);
  CHECK(!pair.a.guest.is_alive);
  CHECK(pair.a.status().right == Right::outdated);
}
