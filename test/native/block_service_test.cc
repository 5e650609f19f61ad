// SPDX-License-Identifier: Apache-2.0
// A file as a disk, over two engines: what a front end that serves blocks may rely on.
#include "../../native/engine/block_service.h"

#include "../../native/engine/mirror_engine.h"
#include "check.h"
#include "fakes/pair.h"

using namespace gemel;
using namespace gemel::fakes;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

/// A pair in sync with one file that is a disk on both nodes.
struct Disks {
  explicit Disks(std::uint64_t seed = 1, Acknowledge mode = Acknowledge::written) : pair(seed, mode) {
    pair.first_copy();
    fid = pair.make_file(pair.a, "disk.raw", kMiB);
    CHECK_EQ(pair.flush(pair.a, fid), 0);
    a = std::make_unique<BlockService>(pair.a.engine->service());
    b = std::make_unique<BlockService>(pair.b.engine->service());
    CHECK_EQ(a->open(fid), 0);
    CHECK_EQ(b->open(fid), 0);
  }
  int run(Task<int> task) { return finish(pair.clock, std::move(task), 60 * kSecond).value_or(-ETIME); }
  int write(std::uint64_t offset, std::size_t bytes, bool durable = false) {
    data = Pair::pattern(++pair.written, bytes);
    return run(a->write(offset, data, durable));
  }
  std::vector<std::byte> read(std::uint64_t offset, std::size_t bytes) {
    std::vector<std::byte> into(bytes);
    CHECK_EQ(run(a->read(offset, into)), 0);
    return into;
  }
  std::vector<std::byte> content(Node& node, std::uint64_t offset, std::size_t bytes) const {
    const auto all = node.disk.content(fid);
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(offset);
    return {from, from + static_cast<std::ptrdiff_t>(bytes)};
  }

  Pair pair;
  Fid fid = kNoFid;
  std::unique_ptr<BlockService> a, b;
  std::vector<std::byte> data;
};

/// One call that nobody waits for yet.
struct Waiting {
  std::optional<int> result;
  static Task<void> run(Task<int> task, std::shared_ptr<Waiting> into) {
    const int result = co_await task;
    into->result = result;
  }
};
std::shared_ptr<Waiting> begin(Task<int> task) {
  auto waiting = std::make_shared<Waiting>();
  spawn(Waiting::run(std::move(task), waiting));
  return waiting;
}

bool is_zero(const std::vector<std::byte>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

TEST(block_round_trip_over_a_pair) {
  Disks disks;
  BlockService::Geometry geometry;
  CHECK_EQ(disks.a->geometry(geometry), 0);
  CHECK_EQ(geometry.bytes, kMiB);
  CHECK_EQ(geometry.sector_bytes, 512U);
  CHECK_EQ(geometry.block_bytes, 4096U);
  CHECK(geometry.is_writable);
  for (std::uint64_t at = 0; at < kMiB; at += 64 << 10) {
    CHECK_EQ(disks.write(at, 64 << 10), 0);
    CHECK(disks.read(at, 64 << 10) == disks.data);
    CHECK(disks.content(disks.pair.b, at, 64 << 10) == disks.data);
  }
  CHECK_EQ(disks.write(0, kMiB), 0);
  CHECK(disks.read(0, kMiB) == disks.data);
  disks.pair.check_equal();
}

TEST(block_unaligned_write_is_read_modify_written_like_a_files) {
  // Sectors that share a block with a neighbour: the same path and the same bytes as the file service's.
  Disks disks;
  CHECK_EQ(disks.write(0, 16384), 0);
  auto wanted = disks.data;
  CHECK_EQ(disks.write(3 * 512, 7 * 512), 0);
  std::copy(disks.data.begin(), disks.data.end(), wanted.begin() + 3 * 512);
  CHECK(disks.read(0, 16384) == wanted);
  CHECK_EQ(disks.pair.write(disks.pair.a, disks.fid, 4096 + 512, 512), 512);
  const auto by_file = disks.content(disks.pair.a, 4096 + 512, 512);
  CHECK_EQ(disks.run(disks.a->write(8192 + 512, by_file, false)), 0);
  CHECK(disks.read(8192 + 512, 512) == by_file);
  // Two neighbours in one block, both in flight (R5).
  const auto first = Pair::pattern(100, 512);
  const auto second = Pair::pattern(101, 512);
  auto one = begin(disks.a->write(12288, first, false));
  auto two = begin(disks.a->write(12288 + 512, second, false));
  CHECK(disks.pair.clock.run_until([&] { return one->result && two->result; }, 10 * kSecond));
  CHECK_EQ(*one->result, 0);
  CHECK_EQ(*two->result, 0);
  CHECK(disks.read(12288, 512) == first);
  CHECK(disks.read(12288 + 512, 512) == second);
  disks.pair.check_equal();
}

TEST(block_half_a_sector_is_refused) {
  Disks disks;
  const auto before = disks.pair.a.disk.content(disks.fid);
  CHECK_EQ(disks.write(100, 512), -EINVAL);
  CHECK_EQ(disks.write(512, 100), -EINVAL);
  std::vector<std::byte> into(100);
  CHECK_EQ(disks.run(disks.a->read(0, into)), -EINVAL);
  CHECK_EQ(disks.run(disks.a->discard(1, 512)), -EINVAL);
  CHECK_EQ(disks.run(disks.a->discard(0, 513)), -EINVAL);
  CHECK(disks.pair.a.disk.content(disks.fid) == before);
}

TEST(block_out_of_range_is_refused) {
  Disks disks;
  std::vector<std::byte> into(4096);
  for (const std::uint64_t offset : {kMiB, kMiB - 2048, kMiB + 4096, ~std::uint64_t{511}}) {
    CHECK_EQ(disks.write(offset, 4096), -ERANGE);
    CHECK_EQ(disks.run(disks.a->read(offset, into)), -ERANGE);
    CHECK_EQ(disks.run(disks.a->discard(offset, 4096)), -ERANGE);
  }
  CHECK_EQ(disks.run(disks.a->discard(4096, ~std::uint64_t{511})), -ERANGE);
  CHECK_EQ(disks.pair.a.disk.content(disks.fid).size(), kMiB);
  // Nothing, at the very end, is no error; more than one transfer is.
  CHECK_EQ(disks.write(kMiB, 0), 0);
  CHECK_EQ(disks.write(0, kMiB + 512), -E2BIG);
  // A grown file is a larger disk at once; half a sector at its end is none of the disk's.
  NameChange grow;
  grow.kind = NameKind::set_attributes;
  grow.fid = disks.fid;
  grow.valid = kSetSize;
  grow.attributes.size = kMiB + 4096 + 100;
  CHECK_EQ(disks.pair.apply(disks.pair.a, grow), 0);
  CHECK_EQ(disks.write(kMiB, 4096), 0);
  CHECK_EQ(disks.write(kMiB + 4096, 512), -ERANGE);
  disks.pair.check_equal();
}

TEST(block_flush_covers_what_was_acknowledged_on_both) {
  // R11, also where an acknowledgement means "received".
  for (const Acknowledge mode : {Acknowledge::written, Acknowledge::received}) {
    Disks disks(3, mode);
    for (std::uint64_t at = 0; at < 64; at++) CHECK_EQ(disks.write(at * 8192, 4096), 0);
    CHECK_EQ(disks.run(disks.a->flush()), 0);
    const auto wanted = disks.pair.a.disk.content(disks.fid);
    disks.pair.b.power_cut();
    CHECK(disks.pair.b.disk.content(disks.fid) == wanted);
    disks.pair.a.power_cut();
    CHECK(disks.pair.a.disk.content(disks.fid) == wanted);
  }
}

TEST(block_durable_write_needs_no_flush) {
  Disks disks(4, Acknowledge::received);
  for (std::uint64_t at = 0; at < 16; at++) CHECK_EQ(disks.write(at * 4096, 4096, /*durable=*/true), 0);
  const auto wanted = disks.pair.a.disk.content(disks.fid);
  disks.pair.b.power_cut();
  disks.pair.a.power_cut();
  CHECK(disks.pair.a.disk.content(disks.fid) == wanted);
  CHECK(disks.pair.b.disk.content(disks.fid) == wanted);
}

TEST(block_failed_flush_is_told_and_condemns_the_copy) {
  Disks disks;
  CHECK_EQ(disks.write(0, 4096), 0);
  disks.pair.a.disk.fail = [](const DiskRequest& request) {
    return request.kind == DiskRequest::Kind::flush ? EIO : 0;
  };
  CHECK_EQ(disks.run(disks.a->flush()), -EIO);
  disks.pair.a.disk.fail = nullptr;
  // R42: it has been told. The peer has what this disk has lost, and this copy is not called current any
  // more.
  CHECK_EQ(disks.run(disks.a->flush()), 0);
  CHECK(disks.pair.a.status().currency == CurrencyKind::none);
}

TEST(block_discard_punches_and_reads_zero_on_both) {
  Disks disks;
  CHECK_EQ(disks.write(0, kMiB), 0);
  const auto all = disks.data;
  CHECK_EQ(disks.run(disks.a->discard(8192, 65536)), 0);
  CHECK(is_zero(disks.read(8192, 65536)));
  CHECK(is_zero(disks.content(disks.pair.b, 8192, 65536)));
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  for (Node* node : {&disks.pair.a, &disks.pair.b}) {
    CHECK_EQ(node->disk.next_data(disks.fid, 8192, start, end), 1);
    CHECK_EQ(start, 8192U + 65536U);
  }
  // Parts of blocks too, and nothing beside them.
  CHECK_EQ(disks.run(disks.a->discard(131072 + 512, 1024)), 0);
  auto wanted = all;
  std::fill_n(wanted.begin() + 8192, 65536, std::byte{0});
  std::fill_n(wanted.begin() + 131072 + 512, 1024, std::byte{0});
  CHECK(disks.read(0, kMiB) == wanted);
  CHECK_EQ(disks.pair.a.disk.content(disks.fid).size(), kMiB);
  disks.pair.check_equal();
}

TEST(block_waits_while_frozen_and_goes_on_with_the_peer) {
  Disks disks;
  CHECK_EQ(disks.write(0, 4096), 0);
  disks.pair.wire.cut();
  CHECK(disks.pair.clock.run_until([&] { return disks.pair.a.status().freeze.has_value(); }, kSecond));
  const auto data = Pair::pattern(77, 4096);
  std::vector<std::byte> into(4096);
  std::vector<std::shared_ptr<Waiting>> all = {begin(disks.a->write(4096, data, false)),
                                               begin(disks.a->read(0, into)), begin(disks.a->flush()),
                                               begin(disks.a->discard(65536, 4096))};
  disks.pair.clock.advance(30 * kSecond);
  for (const auto& one : all) CHECK(!one->result.has_value());
  disks.pair.wire.heal();
  for (const auto& one : all) {
    CHECK(disks.pair.clock.run_until([&] { return one->result.has_value(); }, 10 * kSecond));
    CHECK_EQ(*one->result, 0);
  }
  CHECK(disks.read(4096, 4096) == data);
  disks.pair.check_equal();
}

TEST(block_goes_on_alone_by_grant_and_is_copied_afterwards) {
  Disks disks;
  disks.pair.wire.cut();
  CHECK_EQ(disks.pair.grant(disks.pair.a, AloneBasis::word), "");
  CHECK_EQ(disks.write(4096, 8192), 0);
  CHECK_EQ(disks.run(disks.a->discard(65536, 4096)), 0);
  disks.pair.wire.heal();
  disks.pair.await_sync();
  disks.pair.check_equal();
}

TEST(block_fails_when_denied_and_answers_nothing_old) {
  // R14: what was held fails; a read that waited out the freeze does not hand out what may be old by now.
  Disks disks;
  CHECK_EQ(disks.write(0, 4096), 0);
  disks.pair.wire.cut();
  CHECK(disks.pair.clock.run_until([&] { return disks.pair.a.status().freeze.has_value(); }, kSecond));
  const auto data = Pair::pattern(78, 4096);
  std::vector<std::byte> into(4096);
  auto write = begin(disks.a->write(0, data, false));
  auto read = begin(disks.a->read(0, into));
  const auto freeze = disks.pair.a.status().freeze->id;
  CHECK_EQ(disks.pair.a.order(command::Deny{freeze, "the lease is the other's"}), "");
  CHECK(disks.pair.clock.run_until([&] { return write->result && read->result; }, 10 * kSecond));
  CHECK_EQ(*write->result, -EIO);
  CHECK_EQ(*read->result, -EROFS);
}

TEST(block_is_refused_on_a_secondary_and_follows_a_swap) {
  Disks disks;
  CHECK_EQ(disks.write(0, 4096), 0);
  const auto data = disks.data;
  std::vector<std::byte> into(4096);
  BlockService::Geometry geometry;
  CHECK_EQ(disks.b->geometry(geometry), 0);
  CHECK(!geometry.is_writable);
  CHECK_EQ(disks.run(disks.b->write(0, data, false)), -EROFS);
  CHECK_EQ(disks.run(disks.b->read(0, into)), -EROFS);
  CHECK_EQ(disks.run(disks.b->flush()), -EROFS);
  CHECK_EQ(disks.run(disks.b->discard(0, 4096)), -EROFS);
  CHECK_EQ(disks.pair.a.order(command::Demote{10 * kSecond}), "");
  CHECK_EQ(disks.pair.b.order(command::Promote{}), "");
  CHECK_EQ(disks.run(disks.a->read(0, into)), -EROFS);
  CHECK_EQ(disks.run(disks.b->read(0, into)), 0);
  CHECK(into == data);
  CHECK_EQ(disks.run(disks.b->write(4096, data, false)), 0);
  disks.pair.check_equal();
}

TEST(block_opens_regular_files_only_and_keeps_them) {
  Disks disks;
  BlockService other(disks.pair.a.engine->service());
  std::vector<std::byte> into(512);
  CHECK_EQ(disks.run(other.read(0, into)), -EBADF);
  CHECK_EQ(other.open(kRootFid), -EISDIR);
  CHECK_EQ(other.open(4711), -ESTALE);
  CHECK(!other.is_open());
  // Its name goes, the disk stays until it is closed.
  NameChange gone;
  gone.kind = NameKind::unlink;
  gone.directory = kRootFid;
  gone.name = "disk.raw";
  CHECK_EQ(disks.pair.apply(disks.pair.a, gone), 0);
  CHECK_EQ(disks.write(0, 4096), 0);
  CHECK(disks.read(0, 4096) == disks.data);
  disks.a->close();
  CHECK_EQ(disks.write(0, 4096), -EBADF);
  CHECK_EQ(disks.a->open(disks.fid), -ESTALE);
}
