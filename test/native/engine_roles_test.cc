// SPDX-License-Identifier: Apache-2.0
// Who may run, and what is durable before: promotion, word, goodbye, conflicts, R16 to R29.
#include "../../native/engine/mirror_engine.h"
#include "check.h"
#include "fakes/pair.h"

using namespace gemel;
using namespace gemel::fakes;

TEST(word_outranks_the_session) {
  // R20: whoever gave its word is not current until a handshake.
  Pair pair(40);
  pair.first_copy();
  pair.wire.cut();
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  const Generation generation = pair.a.status().generation;
  CHECK_EQ(pair.b.order(command::Word{generation}), "");
  CHECK(pair.b.status().right == Right::outdated);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "not-current");
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::lease}), "not-current");
  // Durable: also after a restart.
  pair.b.crash();
  pair.b.start();
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::lease}), "not-current");
  CHECK_EQ(pair.a.order(command::Grant{pair.a.status().freeze->id, AloneBasis::word}), "");
  pair.b.link(true);
  pair.wire.heal();
  pair.await_sync();
  pair.check_equal();
}

TEST(secondary_that_restarted_is_not_current) {
  Pair pair(41);
  pair.first_copy();
  pair.b.crash();
  pair.b.start();
  CHECK(pair.b.status().currency == CurrencyKind::none);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "not-current");
}

TEST(frames_still_in_the_socket_at_promotion) {
  // R25: what has arrived is applied, and nothing of the old generation is acknowledged afterwards.
  Pair pair(42);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.wire.stall(1, true);
  auto write = pair.begin_write(pair.a, fid, 0, 8192);
  pair.clock.advance(10 * kMillisecond);
  const auto acks = pair.wire.sent[static_cast<std::size_t>(wire::Type::ack)];
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::lease}), "");
  const auto content = pair.b.disk.content(fid);
  CHECK(std::equal(write->data.begin(), write->data.end(), content.begin()));
  CHECK_EQ(pair.wire.sent[static_cast<std::size_t>(wire::Type::ack)], acks);
  CHECK(!write->result.has_value());
}

TEST(what_was_answered_is_written_before_a_promotion) {
  // R25: answered at its receipt, and still on its way to the disk when the other host dies.
  for (const bool fails : {false, true}) {
    Pair pair(53, Acknowledge::received);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
    CHECK_EQ(pair.flush(pair.a, fid), 0);
    pair.b.disk.slow_down({kSecond, kSecond + 1});
    CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
    pair.clock.advance(10 * kMillisecond);
    const auto wanted = pair.a.disk.content(fid);
    // Whatever comes after it is fast.
    pair.b.disk.slow_down({});
    if (fails) {
      pair.b.disk.fail = [](const DiskRequest& request) {
        return request.kind == DiskRequest::Kind::write ? EIO : 0;
      };
    }
    pair.a.power_cut();
    CHECK_EQ(pair.b.order(command::Promote{AloneBasis::lease}), fails ? "not-current" : "");
    if (!fails) CHECK(pair.b.disk.content(fid) == wanted);
  }
}

TEST(promoted_copy_is_on_stable_storage) {
  // R25: what its guest sees at its start is still there after the next loss of power.
  for (std::uint64_t seed = 54; seed < 58; seed++) {
    Pair pair(seed);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
    CHECK_EQ(pair.flush(pair.a, fid), 0);
    for (std::uint64_t at = 0; at < 16; at++) CHECK_EQ(pair.write(pair.a, fid, at * 4096, 4096), 4096);
    pair.a.power_cut();
    CHECK_EQ(pair.b.order(command::Promote{AloneBasis::lease}), "");
    const auto wanted = pair.b.disk.content(fid);
    pair.b.power_cut();
    CHECK(pair.b.disk.content(fid) == wanted);
  }
}

TEST(older_side_that_was_never_granted_is_denied) {
  // Both sides met again: the guest on the old copy is killed, then its copy follows.
  Pair pair(43);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.a.guest.is_attached = pair.a.guest.is_alive = true;
  pair.wire.cut();
  auto write = pair.begin_write(pair.a, fid, 0, 4096);
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::lease}), "");
  CHECK_EQ(pair.write(pair.b, fid, 65536, 4096), 4096);
  pair.wire.heal();
  // Only the older side may ever say "denied": whoever reads it ends the VM (found by
  // host-frozen-then-thawed).
  CHECK(pair.clock.run_until(
      [&] {
        CHECK(pair.b.status().link_outcome != "denied");
        return pair.in_sync();
      },
      60 * kSecond));
  CHECK(!pair.a.guest.is_alive);
  CHECK(write->result.value_or(0) < 0);
  CHECK(!pair.a.status().is_primary);
  CHECK(pair.b.status().is_primary);
  pair.check_equal();
}

TEST(both_went_on_alone_is_a_conflict_until_a_person_decides) {
  Pair pair(44);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.wire.cut();
  CHECK_EQ(pair.grant(pair.a, AloneBasis::silence), "");
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  CHECK_EQ(pair.write(pair.b, fid, 65536, 4096), 4096);
  pair.wire.heal();
  pair.clock.advance(5 * kSecond);
  CHECK_EQ(pair.a.status().link, "refused");
  CHECK_EQ(pair.b.status().link_outcome, "conflict");
  CHECK(pair.a.status().is_primary && pair.b.status().is_primary);
  CHECK_EQ(pair.b.order(command::SettleConflict{false}), "runs");
  CHECK_EQ(pair.b.order(command::Demote{kSecond}), "");
  CHECK_EQ(pair.b.order(command::SettleConflict{false}), "");
  pair.await_sync();
  pair.check_equal();
  CHECK(pair.a.status().is_primary);
}

TEST(order_that_comes_too_late_brings_no_right) {
  // R16: the process stood still between the daemon's decision and now; what it rested on may be over.
  Pair pair(46);
  pair.first_copy();
  pair.wire.cut();
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  const Nanos now = pair.clock.now();
  const FreezeId freeze = pair.a.status().freeze->id;
  CHECK_EQ(pair.a.order(command::Grant{freeze, AloneBasis::silence, now - 1}), "too-late");
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence, now - 1}), "too-late");
  CHECK(pair.a.status().freeze.has_value());
  CHECK(!pair.b.status().is_primary);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence, now + kSecond}), "");
  CHECK(pair.b.status().is_primary);
}

TEST(goodbye_then_the_one_left_alone) {
  // R22: the leaver is not current until a handshake; the other one is, by its own record.
  Pair pair(45);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  const Generation generation = pair.a.status().generation;
  const SessionNumber session = pair.a.status().session;
  CHECK_EQ(pair.a.order(command::Demote{kSecond}), "");
  CHECK_EQ(pair.a.order(command::GiveUp{generation}), "");
  CHECK_EQ(pair.b.order(command::LeftAlone{AloneBasis::goodbye, generation, session}), "");
  CHECK(pair.b.status().currency == CurrencyKind::record);
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::lease}), "not-current");
  // Durable over restarts of both; whoever returns first does not matter.
  pair.a.power_cut();
  pair.b.power_cut();
  pair.a.start();
  pair.b.start();
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::silence}), "not-current");
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  CHECK_EQ(pair.write(pair.b, fid, 0, 4096), 4096);
  pair.connect();
  pair.await_sync();
  pair.check_equal();
}

TEST(host_frozen_then_thawed) {
  // R16: nothing is answered before a new handshake.
  Pair pair(46);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.clock.jump(30 * kSecond);
  pair.a.engine->host_slept(30 * kSecond);
  CHECK(pair.a.status().freeze.has_value());
  auto write = pair.begin_write(pair.a, fid, 0, 4096);
  CHECK(!write->result.has_value());
  CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, 30 * kSecond));
  CHECK_EQ(*write->result, 4096);
  pair.await_sync();
  pair.check_equal();
}

TEST(flapping_peer_stays_out) {
  // R18
  Pair pair(47);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  for (int stall = 0; stall < 3; stall++) {
    pair.b.disk.hang(true);
    auto write = pair.begin_write(pair.a, fid, 0, 4096);
    CHECK_EQ(pair.grant(pair.a, AloneBasis::lease), "");
    CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, kSecond));
    pair.b.disk.hang(false);
    if (stall < 2) pair.await_sync();
  }
  pair.clock.advance(10 * kSecond);
  CHECK(pair.a.status().peer_kept_out > 0);
  CHECK(!pair.in_sync());
  pair.await_sync();
  pair.check_equal();
}

TEST(lvm_rollback_of_secondary) {
  // R28: a restored snapshot of the state and the data: compared by hash, whatever the bitmaps say.
  Pair pair(48);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(5 * kSecond);
  const auto state = pair.b.volume.snapshot();
  const auto old = pair.b.disk.content(fid);
  // A new session, and writes in it that the tracking knows to be on both.
  pair.wire.cut();
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
  pair.wire.heal();
  pair.await_sync();
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(5 * kSecond);
  pair.b.crash();
  pair.b.volume.restore(state);
  auto io = disk_write(pair.b.disk, fid, 0, old);
  struct Run {
    static Task<int> go(DiskAwait& await) { co_return co_await await; }
  };
  CHECK(finish(pair.clock, Run::go(io)).value_or(-1) > 0);
  pair.b.start();
  pair.b.link(true);
  pair.await_sync();
  pair.check_equal();
}

namespace {

/// The primary leaves its role, both end with a clean record (R29), both processes go.
void stop_in_order(Pair& pair) {
  CHECK_EQ(pair.a.order(command::Demote{kSecond}), "");
  CHECK_EQ(pair.a.order(command::Close{}), "");
  CHECK_EQ(pair.b.order(command::Close{}), "");
  pair.a.crash();
  pair.b.crash();
}

}  // namespace

TEST(changed_while_stopped_on_the_secondary_on_the_primary_and_on_both) {
  for (int who = 1; who <= 3; who++) {
    Pair pair(49);
    pair.first_copy();
    const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
    CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
    stop_in_order(pair);
    for (int side = 0; side < 2; side++) {
      if ((who & (side + 1)) == 0) continue;
      NameChange change;
      change.kind = NameKind::set_attributes;
      change.fid = fid;
      change.valid = kSetSize;
      change.attributes.size = static_cast<std::uint64_t>(side + 2) << 20;
      CHECK_EQ(pair.node(side).disk.apply(change), 0);
    }
    pair.a.start();
    pair.b.start();
    pair.connect();
    if (who == 3) {
      pair.clock.advance(10 * kSecond);
      CHECK_EQ(pair.a.status().link_outcome, "conflict");
    } else {
      pair.await_sync();
      pair.check_equal();
    }
  }
}

TEST(changed_alike_on_both_while_stopped_is_no_conflict) {
  Pair pair(49);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  CHECK_EQ(pair.write(pair.a, fid, 0, 8192), 8192);
  stop_in_order(pair);
  for (int side = 0; side < 2; side++) {
    NameChange change;
    change.kind = NameKind::set_attributes;
    change.fid = fid;
    change.valid = kSetSize;
    change.attributes.size = 2 << 20;
    CHECK_EQ(pair.node(side).disk.apply(change), 0);
  }
  pair.a.start();
  pair.b.start();
  pair.connect();
  pair.await_sync();
  pair.check_equal();
  CHECK_EQ(pair.a.engine->figures().figures.reintegration_bytes_sent, 0U);
}

TEST(clean_stop_and_start_compares_nothing) {
  Pair pair(50);
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 8 << 20);
  CHECK_EQ(pair.write(pair.a, fid, 0, 65536), 65536);
  stop_in_order(pair);
  pair.a.start();
  pair.b.start();
  pair.connect();
  pair.await_sync();
  CHECK_EQ(pair.a.last<event::Met>()->row, "i2");
  CHECK_EQ(pair.a.engine->figures().figures.reintegration_bytes_hashed, 0U);
}

TEST(demotion_waits_for_the_last_writer) {
  Pair pair(51);
  pair.first_copy();
  pair.a.front.writers = 1;
  CHECK_EQ(pair.a.order(command::Demote{kSecond}), "still-open");
  CHECK(pair.a.status().is_primary);
  pair.a.front.writers = 0;
  CHECK_EQ(pair.a.order(command::Demote{kSecond}), "");
}

TEST(a_stranger_is_refused) {
  Pair pair(52);
  pair.a.start();
  pair.b.start();
  CHECK_EQ(pair.a.order(command::Initialise{true}), "");
  // Two copies that were both declared the good one have nothing in common.
  CHECK_EQ(pair.b.order(command::Initialise{true}), "");
  pair.connect();
  pair.clock.advance(2 * kSecond);
  CHECK_EQ(pair.a.status().link_outcome, "unrelated");
  CHECK_EQ(pair.b.status().link, "refused");
}
