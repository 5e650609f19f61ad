// SPDX-License-Identifier: Apache-2.0
// One message of each kind with telling values in every field: for the test vectors, the round trips and the
// fuzzer's first corpus. Never changed once pinned; a new message adds a line.
#pragma once

#include <string>
#include <vector>

#include "../../native/wire/codec.h"

namespace gemel::test {

inline wire::Hello sample_hello() {
  wire::Hello hello;
  hello.cluster = "6d2f1f0e-0000-4000-8000-000000000001";
  hello.module = "cam1";
  hello.module_uuid = "6d2f1f0e-0000-4000-8000-000000000002";
  hello.node = "alpha";
  hello.process = 0xA1A2A3A4A5A6A7A8;
  hello.alignment = 4096;
  hello.copy = CopyState::inconsistent;
  hello.running = Running::frozen;
  hello.right = Right::paired;
  hello.clean = true;
  hello.unbroken = true;
  hello.generation = 0xB1B2B3B4B5B6B7B8;
  hello.source = 0xC1C2C3C4C5C6C7C8;
  hello.synced = 0xD1D2D3D4D5D6D7D8;
  hello.history = {3, 2, 1};
  hello.session = 17;
  hello.freeze = 4;
  hello.sent = 1000;
  hello.applied = 998;
  hello.changed = true;
  return hello;
}

inline wire::Change sample_change() {
  wire::Change change;
  change.kind = NameKind::rename;
  change.fid = 0x1234;
  change.directory = 1;
  change.directory2 = 2;
  change.name = "disk.qcow2.new";
  change.name2 = "Büro 카메라.qcow2";
  change.value = "v";
  change.flags = 1;
  change.valid = kSetMode | kSetSize;
  change.mode = 0100644;
  change.uid = 64055;
  change.gid = 108;
  change.rdev = 0x800;
  change.size = 1ULL << 40;
  change.atime = -1;
  change.atime_nanos = 999'999'999;
  change.mtime = 1'795'000'000;
  change.mtime_nanos = 1;
  return change;
}

inline wire::TreeFile sample_file() {
  return {"disk.raw", 0x1234, 0100600, 64055, 108, 0, 1ULL << 30, 1'795'000'000, 5, "", {"user.a", "1"}};
}

/// visit(name, message, data) for every message.
template <class Visit>
void each_sample(Visit&& visit) {
  static const std::vector<std::byte> data = [] {
    std::vector<std::byte> bytes(48);
    for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<std::byte>(i * 5);
    return bytes;
  }();
  const ConstBytes none;
  visit("hello", sample_hello(), none);
  visit("outcome", wire::Outcome{"f", 18, 0xB1}, none);
  visit("ping", wire::Ping{1}, none);
  visit("pong", wire::Pong{2}, none);
  visit("bye", wire::Bye{"the module stops"}, none);
  visit("write", wire::Write{0x1234, 8192, true}, ConstBytes(data));
  visit("flush", wire::Flush{0x1234, true}, none);
  visit("allocate", wire::Allocate{0x1234, 3, 65536, 1ULL << 33}, none);
  visit("change", sample_change(), none);
  visit("ack", wire::Ack{wire::AckKind::done, -28}, none);
  visit("read", wire::Read{0x1234, 4096, 65536}, none);
  visit("read_reply", wire::ReadReply{48}, ConstBytes(data));
  visit("reintegration_begin", wire::ReintegrationBegin{0xB1, 2, true, false}, none);
  visit("tree_directory", wire::TreeDirectory{1, true, {sample_file()}}, none);
  visit("tree_done", wire::TreeDone{1, 0, {0x1234, 0x5678}}, none);
  visit("hash_request", wire::HashRequest{0x1234, 0, 65536, 16}, none);
  visit("hash_reply", wire::HashReply{0x1234, 0, 0, {1, 2, 3, 4}}, none);
  visit("block", wire::Block{0x1234, 65536}, ConstBytes(data));
  visit("zero", wire::Zero{0x1234, 65536, 1ULL << 20}, none);
  visit("block_ack", wire::BlockAck{-5}, none);
  visit("reintegration_flush", wire::ReintegrationFlush{9}, none);
  visit("reintegration_flushed", wire::ReintegrationFlushed{9, 0}, none);
  visit("paired", wire::Paired{0xB1, 18}, none);
  visit("up_to_date", wire::UpToDate{0xB1, 18}, none);
  visit("up_to_date_seen", wire::UpToDateSeen{0xB1, 18}, none);
  visit("tree_request", wire::TreeRequest{1}, none);
  visit("tree_reply", wire::TreeReply{1, 0, false, {sample_file()}}, none);
  visit("tracked", wire::Tracked{0x1234, false, true, 0, {65536, 131072}}, none);
  visit("cover", wire::Cover{7}, none);
  visit("covered", wire::Covered{7, -28}, none);
}

}  // namespace gemel::test
