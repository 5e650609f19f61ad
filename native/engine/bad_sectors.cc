// SPDX-License-Identifier: Apache-2.0
// What a reintegration does where this side's disk does not give what it holds (R110).
#include <cerrno>

#include "reintegration.h"

namespace gemel {

/// R110, the region's lock is held: what this disk gives goes to the target; what it does not give, or is
/// known to lack, comes from there.
Task<bool> Reintegration::send_by_block(Fid fid, Range range) {
  Buffer buffer = buffers_.take(kBlockBytes);
  for (std::uint64_t at = range.offset; at < range.end(); at += kBlockBytes) {
    int read = -EIO;
    if (!lacking_.touches(fid, {at, kBlockBytes})) {
      auto io = disk_read(ports_.disk, fid, at, buffer.first(kBlockBytes));
      read = co_await io;
    }
    if (read == 0 || read == -ESTALE) co_return true;
    if (read < 0 && read != -EIO) co_return unreadable(read);
    bool is_done = false;
    if (read > 0) {
      is_done = co_await send_block(fid, at, buffer.first(static_cast<std::size_t>(read)));
    } else {
      is_done = co_await take_block(fid, at);
    }
    if (!is_done) co_return false;
  }
  co_return true;
}

Task<bool> Reintegration::take_block(Fid fid, std::uint64_t offset) {
  // Known: a write that failed here and went on with the peer. Else the target has what was there before, or
  // what it wrote last itself and may have lost with its host's power: nobody can tell.
  const bool is_known = lacking_.touches(fid, {offset, kBlockBytes});
  if (fresh_.contains(fid)) {
    name_lost(fid, offset, "No copy");
    co_return true;
  }
  const wire::Read question{fid, offset, static_cast<std::uint32_t>(kBlockBytes)};
  const auto answer = co_await bulk_.ask<wire::ReadReply>(question);
  if (!answer) co_return false;
  if (answer->result == -EIO) name_lost(fid, offset, "Neither copy");
  if (answer->result <= 0) co_return true;
  // The rewrite makes a bad sector whole.
  auto io = disk_write(ports_.disk, fid, offset, answer.data.bytes());
  const int written = co_await io;
  if (written < 0) {
    lacking_.add(fid, {offset, kBlockBytes});
  } else {
    lacking_.remove(fid, {offset, kBlockBytes});
  }
  if (!is_known) name_lost(fid, offset, "It cannot be shown that any copy");
  co_return true;
}

void Reintegration::name_lost(Fid fid, std::uint64_t offset, const char* who) {
  if (named_++ >= limits::kNamed) return;
  reports_.trouble({"region-lost",
                    std::string(who) + " has the last content of the 4 KiB at " + std::to_string(offset) +
                        " of file " + std::to_string(fid) + " (its inode number in the mount).",
                    "Check that file with its own tools, or restore it; repair the disk."});
}

}  // namespace gemel
