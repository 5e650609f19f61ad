// SPDX-License-Identifier: Apache-2.0
#include "reintegration_target.h"

#include <fcntl.h>
#include <linux/falloc.h>

#include <algorithm>
#include <cerrno>

#include "../base/limits.h"
#include "region_hash.h"

namespace gemel {

using wire::Type;

void ReintegrationTarget::begin_pass(bool may_change) {
  may_change_ = may_change;
  tree_.begin();
}

bool ReintegrationTarget::take(Link::Frame& frame, const char*& reason) {
  const Bulk::Asked asked = bulk_.asked(frame);
  const auto type = static_cast<Type>(frame.type);
  const bool changes = type == Type::block || type == Type::zero;
  if (changes && !may_change_) {
    reason = "a copy that is not being filled was to be changed";
    return true;
  }
  const wire::HandedOn handed =
      wire::hand_on(frame.type, frame.message,
                    wire::Takes{
                        [&](wire::TreeDirectory part) { spawn(directory(asked, std::move(part))); },
                        [&](wire::TreeRequest message) { spawn(listing(asked, message)); },
                        [&](wire::HashRequest message) { spawn(hashes(asked, message)); },
                        [&](wire::Block message) { spawn(block(asked, message, std::move(frame.data))); },
                        [&](wire::Zero message) { spawn(zero(asked, message)); },
                        [&](wire::ReintegrationFlush message) { spawn(flush(asked, message)); },
                        [&](wire::Read message) { spawn(read(asked, message)); },
                    });
  reason = handed.reason;
  return handed.taken;
}

Task<void> ReintegrationTarget::directory(Bulk::Asked asked, wire::TreeDirectory part) {
  Hold hold(locks_);
  hold.add_file(part.directory);
  for (const wire::TreeFile& file : part.files) hold.add_file(file.fid);
  co_await hold.taken();
  wire::TreeDone done;
  done.directory = part.directory;
  const bool is_end = part.directory == kNoFid && part.files.empty();
  if (!part.compare && !may_change_) {
    done.result = -EROFS;
    bulk_.answer(asked, done);
    co_return;
  }
  if (part.compare) {
    if (!is_end) done.result = tree_.compare(part, done.differing);
    bulk_.answer(asked, done);
    co_return;
  }
  done.result = is_end ? tree_.finish() : tree_.match(part, done.created);
  if (is_end) {
    for (const Fid fid : tree_.removed()) tracking_.file_gone(fid);
  }
  bulk_.answer(asked, done);
}

Task<void> ReintegrationTarget::listing(Bulk::Asked asked, wire::TreeRequest request) {
  wire::TreeReply reply;
  reply.directory = request.directory;
  std::vector<Entry> entries;
  reply.result = ports_.disk.list(request.directory, entries);
  std::size_t bytes = 0;
  for (const Entry& entry : entries) {
    wire::TreeFile file;
    if (describe(ports_.disk, request.directory, entry, file) != 0) continue;
    file.xattrs
        .clear();  // a listing names files and their shape; attributes are the tree comparison's business
    bytes += encoded_size(file);
    reply.more = reply.files.size() == limits::kEntriesPerPart || bytes > limits::kPartBytes;
    if (reply.more) break;
    reply.files.push_back(std::move(file));
  }
  bulk_.answer(asked, reply);
  co_return;
}

Task<void> ReintegrationTarget::hashes(Bulk::Asked asked, wire::HashRequest request) {
  wire::HashReply reply;
  reply.fid = request.fid;
  reply.offset = request.offset;
  if (request.region_bytes == 0 || request.region_bytes > kWriteBytesMax) {
    reply.result = -EINVAL;
    bulk_.answer(asked, reply);
    co_return;
  }
  Buffer buffer = buffers_.take(request.region_bytes);
  for (std::uint32_t index = 0; index < request.count; index++) {
    const std::uint64_t offset = request.offset + std::uint64_t{index} * request.region_bytes;
    Hold hold(locks_);
    hold.add(request.fid, offset, request.region_bytes, Hold::Mode::peek, offset % kBlockBytes == 0);
    co_await hold.taken();
    auto io = disk_read(ports_.disk, request.fid, offset, buffer.first(request.region_bytes));
    const int read = co_await io;
    if (read < 0) {
      reply.result = read;
      break;
    }
    RegionHash hash{};
    if (is_trusted(request.fid, offset)) hash = hash_region(buffer.first(static_cast<std::size_t>(read)));
    reply.hashes.insert(reply.hashes.end(), hash.begin(), hash.end());
  }
  bulk_.answer(asked, reply);
}

bool ReintegrationTarget::is_trusted(Fid fid, std::uint64_t offset) const {
  if (!is_distrusted_) return true;
  const Bitmap* marked = tracking_.bitmaps().find(fid);
  return only_marked_ && (marked == nullptr || !marked->test(offset));
}

Task<void> ReintegrationTarget::block(Bulk::Asked asked, wire::Block message, PooledBytes data) {
  writing_++;
  const ConstBytes bytes = data.bytes();
  const std::uint32_t alignment = ports_.disk.alignment();
  const bool direct = message.offset % alignment == 0 && bytes.size() % alignment == 0;
  Hold hold(locks_);
  hold.add(message.fid, message.offset, bytes.size(), Hold::Mode::write, direct);
  co_await hold.taken();
  auto io = disk_write(ports_.disk, message.fid, message.offset, bytes);
  const int result = co_await io;
  hold.release();
  writing_--;
  bytes_received_ += bytes.size();
  written_.set();
  bulk_.answer(asked, wire::BlockAck{result < 0 ? result : 0});
}

Task<void> ReintegrationTarget::zero(Bulk::Asked asked, wire::Zero message) {
  writing_++;
  Hold hold(locks_);
  hold.add_file(message.fid);
  co_await hold.taken();
  auto io = disk_allocate(ports_.disk, message.fid, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          message.offset, message.length);
  const int result = co_await io;
  hold.release();
  writing_--;
  written_.set();
  bulk_.answer(asked, wire::BlockAck{result});
}

Task<void> ReintegrationTarget::flush(Bulk::Asked asked, wire::ReintegrationFlush message) {
  while (writing_ > 0) {
    written_.reset();
    co_await written_.wait();
  }
  co_await receiver_.drained();
  auto io = disk_flush_volume(ports_.disk);
  int result = co_await io;
  // R41: the flush tells of every failure before it: one more pass, or (of a flush) another filling.
  if (result == 0) result = receiver_.flushed();
  if (result == 0 && !receiver_.failed().empty()) result = co_await mark_failed();
  bulk_.answer(asked, wire::ReintegrationFlushed{message.token, result});
}

/// Durable here before the source may forget anything: it tells the next pass, or the next meeting.
Task<int> ReintegrationTarget::mark_failed() {
  for (const Receiver::Failed& failed : receiver_.failed()) {
    if (failed.range.length == kWholeFile) {
      tracking_.mark_whole(failed.fid);
    } else if (failed.range.length > 0) {
      tracking_.mark(failed.fid, failed.range);
    }
  }
  const int persisted = co_await tracking_.persist();
  co_return persisted != 0 ? persisted : -EAGAIN;
}

Task<void> ReintegrationTarget::read(Bulk::Asked asked, wire::Read message) {
  wire::ReadReply reply;
  const std::uint32_t length = std::min(message.length, kWriteBytesMax);
  Buffer buffer = buffers_.take(std::max<std::uint32_t>(length, 1));
  Hold hold(locks_);
  // After the writes that have arrived before: in mode `received` they may be answered and not yet here.
  hold.add(message.fid, message.offset, length, Hold::Mode::read, message.offset % kBlockBytes == 0);
  co_await hold.taken();
  auto io = disk_read(ports_.disk, message.fid, message.offset, buffer.first(length));
  reply.result = co_await io;
  const std::size_t got = reply.result > 0 ? static_cast<std::size_t>(reply.result) : 0;
  bulk_.answer(asked, reply, buffer.first(got));
}

}  // namespace gemel
