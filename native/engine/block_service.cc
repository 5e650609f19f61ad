// SPDX-License-Identifier: Apache-2.0
#include "block_service.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>

#include <cerrno>

#include "../base/check.h"

namespace gemel {

int BlockService::open(Fid fid) {
  check(!is_open(), "a block service serves one file at a time");
  Attributes found;
  if (const int failure = files_.attributes(fid, found); failure != 0) return failure;
  if (S_ISDIR(found.mode)) return -EISDIR;
  if (!S_ISREG(found.mode)) return -EINVAL;
  if (const int failure = files_.hold(fid); failure != 0) return failure;
  fid_ = fid;
  return 0;
}

void BlockService::close() {
  if (is_open()) files_.release(std::exchange(fid_, kNoFid));
}

int BlockService::geometry(Geometry& out) const {
  if (!is_open()) return -EBADF;
  Attributes found;
  if (const int failure = files_.attributes(fid_, found); failure != 0) return failure;
  out.bytes = found.size / kSectorBytes * kSectorBytes;
  out.block_bytes = files_.block_bytes();
  out.is_writable = files_.writable();
  check(out.block_bytes % kSectorBytes == 0, "a block is whole sectors");
  return 0;
}

/// Whether this range may be asked for at all. What may change while the call waits is asked again after it.
int BlockService::admits(std::uint64_t offset, std::uint64_t length) const {
  Geometry now;
  if (const int failure = geometry(now); failure != 0) return failure;
  if (!now.is_writable) return -EROFS;
  if (offset % kSectorBytes != 0 || length % kSectorBytes != 0) return -EINVAL;
  if (offset > now.bytes || length > now.bytes - offset) return -ERANGE;
  return 0;
}

Task<int> BlockService::read(std::uint64_t offset, Bytes into) {
  if (into.size() > kTransferBytes) co_return -E2BIG;
  if (const int refused = admits(offset, into.size()); refused != 0) co_return refused;
  const int got = co_await files_.read(fid_, offset, into);
  if (got < 0) co_return got;
  // It may have waited out a freeze that ended in a denial.
  if (!files_.writable()) co_return -EROFS;
  // Short only when the file was cut meanwhile.
  co_return static_cast<std::size_t>(got) == into.size() ? 0 : -ERANGE;
}

Task<int> BlockService::write(std::uint64_t offset, ConstBytes data, bool durable) {
  if (data.size() > kTransferBytes) co_return -E2BIG;
  if (const int refused = admits(offset, data.size()); refused != 0) co_return refused;
  if (data.empty()) co_return 0;
  const int put = co_await files_.write(fid_, offset, data, durable);
  if (put < 0) co_return put;
  check(static_cast<std::size_t>(put) == data.size(), "the file service writes all of it, or none");
  co_return 0;
}

Task<int> BlockService::flush() {
  if (const int refused = admits(0, 0); refused != 0) co_return refused;
  const int flushed = co_await files_.flush(fid_, /*data_only=*/true);
  co_return flushed;
}

Task<int> BlockService::discard(std::uint64_t offset, std::uint64_t length) {
  if (const int refused = admits(offset, length); refused != 0) co_return refused;
  if (length == 0) co_return 0;
  constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  const int punched = co_await files_.allocate(fid_, kPunch, offset, length);
  co_return punched;
}

}  // namespace gemel
