// SPDX-License-Identifier: Apache-2.0
#include "buffers.h"

#include <sys/mman.h>

#include "check.h"

namespace gemel {

Buffer BufferPool::take(std::size_t bytes) {
  check(bytes <= kLarge, "a buffer is never larger than one write");
  const bool is_small = bytes <= kSmall;
  auto& list = is_small ? small_ : large_;
  const std::size_t size = is_small ? kSmall : kLarge;
  taken_++;
  if (!list.empty()) {
    std::byte* data = list.back();
    list.pop_back();
    return {this, data, size};
  }
  void* fresh = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(fresh != MAP_FAILED, "memory for a data buffer");
  // R34; where it is refused, memory_guard has said so.
  mlock2(fresh, size, MLOCK_ONFAULT);
  return {this, static_cast<std::byte*>(fresh), size};
}

void BufferPool::give(std::byte* data, std::size_t size) {
  check(taken_ > 0, "a buffer comes back once");
  check(size == kSmall || size == kLarge, "a buffer comes back to the pool that made it");
  taken_--;
  (size == kSmall ? small_ : large_).push_back(data);
}

BufferPool::~BufferPool() {
  for (std::byte* data : small_) munmap(data, kSmall);
  for (std::byte* data : large_) munmap(data, kLarge);
}

}  // namespace gemel
