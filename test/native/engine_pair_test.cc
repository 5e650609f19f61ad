// SPDX-License-Identifier: Apache-2.0
// Two engines: writing, freezing, grants, handshakes, reintegration. Named by the scenarios of docs/rules.md.
#include "../../native/engine/mirror_engine.h"
#include "check.h"
#include "fakes/pair.h"

using namespace gemel;
using namespace gemel::fakes;

TEST(pair_alone_first_then_first_copy) {
  Pair pair;
  pair.a.start();
  pair.b.start();
  CHECK_EQ(pair.a.order(command::Initialise{true}), "");
  CHECK_EQ(pair.b.order(command::Initialise{false}), "");
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::first}), "");
  const Fid fid = pair.make_file(pair.a, "disk.raw", 16 << 20);
  for (std::uint64_t at = 0; at < 8; at++) CHECK_EQ(pair.write(pair.a, fid, at * (1 << 20), 4096), 4096);
  pair.connect();
  pair.await_sync();
  pair.check_equal();
  CHECK(pair.a.status().in_sync);
  CHECK_EQ(pair.a.status().generation, pair.b.status().generation);
  CHECK(pair.a.status().right == Right::paired);
}

TEST(pair_write_in_sync_reaches_both) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  for (int i = 0; i < 50; i++)
    CHECK_EQ(pair.write(pair.a, fid, static_cast<std::uint64_t>(i % 7) * 4096, 8192), 8192);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.check_equal();
}

namespace {

NameChange named(NameKind kind, const std::string& name, Fid directory = kRootFid) {
  NameChange change;
  change.kind = kind;
  change.directory = directory;
  change.name = name;
  change.attributes.mode = 0100644;
  return change;
}

void give_attributes(Pair& pair, Fid fid, int count, std::size_t bytes) {
  for (int i = 0; i < count; i++) {
    NameChange change;
    change.kind = NameKind::set_xattr;
    change.fid = fid;
    change.name = "user.note-" + std::to_string(i);
    change.value = std::string(bytes, static_cast<char>('a' + i));
    CHECK_EQ(pair.apply(pair.a, change), 0);
  }
}

}  // namespace

TEST(pair_directory_larger_than_a_message_is_copied) {
  Pair pair;
  pair.a.start();
  pair.b.start();
  CHECK_EQ(pair.a.order(command::Initialise{true}), "");
  CHECK_EQ(pair.b.order(command::Initialise{false}), "");
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::first}), "");
  NameChange folder = named(NameKind::mkdir, "links");
  CHECK_EQ(pair.apply(pair.a, folder), 0);
  for (int i = 0; i < 70; i++) {
    NameChange link = named(NameKind::symlink, "link-" + std::to_string(i), folder.fid);
    link.value = std::string(4000, 'x');
    CHECK_EQ(pair.apply(pair.a, link), 0);
    give_attributes(pair, pair.make_file(pair.a, "file-" + std::to_string(i)), 1, 2048);
  }
  // No part of a directory has room for one of these.
  give_attributes(pair, pair.make_file(pair.a, "many-notes"), 5, 60000);
  give_attributes(pair, folder.fid, 3, 60000);
  give_attributes(pair, kRootFid, 4, 50000);
  pair.connect();
  pair.await_sync();
  pair.check_equal();
  std::string note;
  CHECK_EQ(pair.b.disk.get_xattr(kRootFid, "user.note-3", note), 0);
  CHECK_EQ(note.size(), std::size_t{50000});
}

TEST(pair_times_are_equal_on_both) {
  Pair pair;
  pair.first_copy();
  NameChange folder = named(NameKind::mkdir, "folder");
  CHECK_EQ(pair.apply(pair.a, folder), 0);
  pair.clock.advance(123 * kMillisecond);
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  NameChange below = named(NameKind::create, "below", folder.fid);
  CHECK_EQ(pair.apply(pair.a, below), 0);
  pair.clock.advance(123 * kMillisecond);
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  CHECK_EQ(pair.flush(pair.a, fid), 0);
  pair.clock.advance(10 * kSecond);
  for (const Fid one : {kRootFid, folder.fid, fid, below.fid}) {
    Attributes here, there;
    CHECK_EQ(pair.a.disk.stat(one, here), 0);
    CHECK_EQ(pair.b.disk.stat(one, there), 0);
    CHECK(here.mtime == there.mtime);
  }
  CHECK(pair.in_sync());
}

/// R115: swtpm writes its whole state anew and renames it, without flushing.
TEST(pair_file_is_flushed_before_it_replaces_another) {
  Pair pair;
  pair.first_copy();
  pair.make_file(pair.a, "state", 8192);
  const Fid anew = pair.make_file(pair.a, "state.new", 8192);
  CHECK_EQ(pair.write(pair.a, anew, 0, 8192), 8192);
  const auto flushes = [&] { return pair.a.engine->figures().figures.flushes; };
  const std::uint64_t before = flushes();
  NameChange rename = named(NameKind::rename, "state.new");
  rename.directory2 = kRootFid;
  rename.name2 = "state.next";
  CHECK_EQ(pair.apply(pair.a, rename), 0);
  CHECK_EQ(flushes(), before);
  rename = named(NameKind::rename, "state.next");
  rename.directory2 = kRootFid;
  rename.name2 = "state";
  CHECK_EQ(pair.apply(pair.a, rename), 0);
  CHECK_EQ(flushes(), before + 1);
  pair.check_equal();
}

TEST(pair_burst_of_names_is_entered_once) {
  Pair pair;
  pair.first_copy();
  const std::uint64_t before = pair.a.volume.writes();
  for (int i = 0; i < 200; i++) {
    const std::string name = "file-" + std::to_string(i);
    const Fid fid = pair.make_file(pair.a, name);
    CHECK_EQ(pair.write(pair.a, fid, 0, 100), 100);
    NameChange rename = named(NameKind::rename, name);
    rename.directory2 = kRootFid;
    rename.name2 = "renamed-" + std::to_string(i);
    CHECK_EQ(pair.apply(pair.a, rename), 0);
  }
  const std::uint64_t written = pair.a.volume.writes() - before;
  CHECK(written < 60);
  pair.check_equal();
  // And a crash in the middle of it finds what was under way.
  for (int i = 0; i < 20; i++) pair.make_file(pair.a, "more-" + std::to_string(i));
  pair.a.power_cut();
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  pair.a.start();
  pair.a.link(true);
  pair.await_sync();
  pair.check_equal();
}

TEST(pair_slow_flush_makes_names_wait) {
  Pair pair;
  pair.first_copy();
  for (int i = 0; i < 10; i++) {
    NameChange folder = named(NameKind::mkdir, "folder-" + std::to_string(i));
    CHECK_EQ(pair.apply(pair.a, folder), 0);
  }
  pair.b.disk.slow_down({1900 * kMillisecond, 2100 * kMillisecond});
  // More entries than the journal holds: each file's attributes are entered for themselves.
  std::vector<Fid> files;
  for (int i = 0; i < 300; i++) {
    const Fid fid = pair.make_file(pair.a, "file-" + std::to_string(i));
    NameChange change;
    change.kind = NameKind::set_attributes;
    change.fid = fid;
    change.valid = kSetMode;
    change.attributes.mode = 0100600;
    CHECK_EQ(pair.apply(pair.a, change), 0);
  }
  CHECK(pair.a.status().in_sync);
}

TEST(pair_write_on_secondary_is_refused) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  CHECK_EQ(pair.write(pair.b, fid, 0, 4096), -EROFS);
  pair.check_equal();
}

TEST(link_lost_freezes_and_grant_thaws) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  const Generation before = pair.a.status().generation;
  pair.wire.cut();
  auto write = pair.begin_write(pair.a, fid, 0, 4096);
  pair.clock.advance(500 * kMillisecond);
  CHECK(!write->result.has_value());
  CHECK(pair.a.status().freeze.has_value());
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
  CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, kSecond));
  CHECK_EQ(*write->result, 4096);
  CHECK(pair.a.status().generation != before);
  CHECK_EQ(pair.a.status().history.front(), before);
  CHECK(pair.a.status().right == Right::alone);
  // Healing: what was written alone is copied, nothing more than its regions is looked at.
  pair.wire.heal();
  pair.await_sync();
  pair.check_equal();
  CHECK(pair.a.engine->figures().figures.reintegration_bytes_hashed <= 2 * kRegionBytes);
}

namespace {

struct Reading {
  Buffer buffer;
  std::optional<int> result;
};

std::shared_ptr<Reading> begin_read(Pair& pair, BufferPool& pool, Fid fid) {
  struct Run {
    static Task<void> go(FileService& service, Fid file, std::shared_ptr<Reading> into) {
      const int result = co_await service.read(file, 0, into->buffer.first(4096));
      into->result = result;
    }
  };
  auto reading = std::make_shared<Reading>();
  reading->buffer = pool.take(4096);
  spawn(Run::go(pair.a.engine->service(), fid, reading));
  return reading;
}

}  // namespace

TEST(read_waits_while_frozen) {
  // R13: the other one may run by now, and what this copy holds be old: one that begins then waits, and so
  // does one whose disk answers then.
  BufferPool pool;
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  pair.a.disk.hang(true);
  const auto under_way = begin_read(pair, pool, fid);
  pair.clock.advance(kMillisecond);
  pair.wire.cut();
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  pair.a.disk.hang(false);
  const auto begun_then = begin_read(pair, pool, fid);
  pair.clock.advance(kSecond);
  CHECK(!under_way->result.has_value());
  CHECK(!begun_then->result.has_value());
  CHECK_EQ(pair.grant(pair.a, AloneBasis::word), "");
  pair.clock.advance(kSecond);
  CHECK_EQ(under_way->result.value_or(0), 4096);
  CHECK_EQ(begun_then->result.value_or(0), 4096);
}

TEST(late_grant_for_an_older_freeze) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.wire.cut();
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  const FreezeId old = pair.a.status().freeze->id;
  pair.wire.heal();
  pair.await_sync();
  pair.wire.cut();
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  CHECK_EQ(pair.a.order(command::Grant{old, AloneBasis::silence}), "grant-void");
  CHECK(pair.a.status().freeze.has_value());
  auto write = pair.begin_write(pair.a, fid, 0, 4096);
  pair.clock.advance(200 * kMillisecond);
  CHECK(!write->result.has_value());
}

TEST(link_flap_resends_what_is_unacknowledged) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  std::vector<std::shared_ptr<Pair::Waiting>> writes;
  for (std::uint64_t i = 0; i < 20; i++) writes.push_back(pair.begin_write(pair.a, fid, i * 4096, 4096));
  pair.clock.advance(100'000);
  pair.wire.cut();
  pair.clock.advance(100 * kMillisecond);
  pair.wire.heal();
  for (auto& write : writes) {
    CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, 10 * kSecond));
    CHECK_EQ(*write->result, 4096);
  }
  pair.check_equal();
  CHECK_EQ(pair.a.last<event::Met>()->row, "h1");
  CHECK_EQ(pair.a.count<event::Frozen>(), pair.a.count<event::Thawed>());
}

TEST(failover_then_the_old_primary_returns) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 64 << 20);
  for (std::uint64_t i = 0; i < 30; i++) CHECK_EQ(pair.write(pair.a, fid, i * 65536, 4096), 4096);
  std::vector<std::shared_ptr<Pair::Waiting>> lost;
  for (std::uint64_t i = 0; i < 20; i++) lost.push_back(pair.begin_write(pair.a, fid, i * 131072, 4096));
  pair.clock.advance(60'000);
  pair.a.power_cut();
  pair.wire.cut();
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  CHECK_EQ(pair.write(pair.b, fid, 5 << 20, 8192), 8192);
  pair.wire.heal();
  pair.a.start();
  pair.a.link(true);
  pair.await_sync();
  pair.check_equal();
  CHECK(pair.b.status().is_primary);
  CHECK(!pair.a.status().is_primary);
  // Not the whole disk: hot extents and what was written since.
  CHECK(pair.b.engine->figures().figures.reintegration_bytes_hashed < (32 << 20));
}

TEST(failover_counts_what_only_the_dead_side_had_marked) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 64 << 20);
  // The wire loses what only this side's disk has got.
  CHECK_EQ(pair.write(pair.a, fid, 21 << 20, 4096), 4096);
  pair.wire.let_through = [](int, std::uint8_t type, Sequence) {
    return type != static_cast<std::uint8_t>(wire::Type::write);
  };
  const auto unheard = pair.begin_write(pair.a, fid, 21 << 20, 4096);
  pair.clock.advance(60 * kMillisecond);
  pair.a.crash();
  pair.wire.let_through = nullptr;
  pair.clock.advance(kSecond);
  CHECK_EQ(pair.b.order(command::Promote{AloneBasis::silence}), "");
  CHECK_EQ(pair.write(pair.b, fid, 5 << 20, 4096), 4096);
  pair.a.start();
  pair.a.link(true);
  pair.await_sync();
  pair.check_equal();
  const Figures& figures = pair.b.engine->figures().figures;
  CHECK_EQ(figures.reintegration_bytes_differing, 2 * kRegionBytes);
  CHECK_EQ(figures.reintegration_bytes_hot, kRegionBytes);
}

TEST(swap_in_sync) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), 4096);
  CHECK_EQ(pair.a.order(command::Demote{10 * kSecond}), "");
  CHECK_EQ(pair.b.order(command::Promote{}), "");
  CHECK_EQ(pair.write(pair.a, fid, 0, 4096), -EROFS);
  CHECK_EQ(pair.write(pair.b, fid, 4096, 4096), 4096);
  pair.check_equal();
  CHECK(pair.in_sync());
}

TEST(denied_primary_is_killed_before_its_io_fails) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.a.guest.is_attached = pair.a.guest.is_alive = true;
  pair.wire.cut();
  auto write = pair.begin_write(pair.a, fid, 0, 4096);
  CHECK(pair.clock.run_until([&] { return pair.a.status().freeze.has_value(); }, kSecond));
  CHECK_EQ(pair.a.order(command::Deny{pair.a.status().freeze->id, "the lease is the other's"}), "");
  CHECK(pair.clock.run_until([&] { return !pair.a.guest.is_alive; }, kSecond));
  pair.clock.advance(kSecond);
  CHECK_EQ(write->result.value_or(0), -EIO);
  CHECK(pair.a.status().right == Right::outdated);
  CHECK(!pair.a.status().is_primary);
  CHECK_EQ(pair.a.order(command::Promote{AloneBasis::silence}), "not-current");
}

TEST(switch_reboot_everything_silent) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.a.guest.is_attached = pair.a.guest.is_alive = true;
  pair.wire.cut();
  auto write = pair.begin_write(pair.a, fid, 0, 4096);
  CHECK(pair.clock.run_until([&] { return pair.a.guest.is_paused; }, 10 * kSecond));
  CHECK(!write->result.has_value());
  pair.clock.advance(60 * kSecond);
  CHECK(!write->result.has_value());
  pair.wire.heal();
  CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, 10 * kSecond));
  CHECK_EQ(*write->result, 4096);
  CHECK(!pair.a.guest.is_paused);
  pair.check_equal();
}

TEST(stalled_peer_freezes_and_thaws_when_it_catches_up) {
  Pair pair;
  pair.first_copy();
  const Fid fid = pair.make_file(pair.a, "disk.raw", 1 << 20);
  pair.b.disk.hang(true);
  auto write = pair.begin_write(pair.a, fid, 0, 4096);
  pair.clock.advance(3500 * kMillisecond);
  CHECK(pair.a.status().freeze.has_value());
  CHECK(!write->result.has_value());
  pair.b.disk.hang(false);
  CHECK(pair.clock.run_until([&] { return write->result.has_value(); }, kSecond));
  CHECK_EQ(*write->result, 4096);
  pair.check_equal();
}
