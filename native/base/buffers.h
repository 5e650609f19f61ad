// SPDX-License-Identifier: Apache-2.0
// Page-aligned memory for data under way, kept for reuse: a write's payload lies in one private copy that
// feeds disk and wire (a guest that changes a page in flight cannot make the copies differ), aligned for
// O_DIRECT.
//
// Two sizes: small (one page) and large (a whole write plus two pages). Nothing is given back to the system,
// the newest returned buffer is taken first (its pages are warm), memory is touched only when used. One
// thread. (R34)
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "check.h"
#include "types.h"

namespace gemel {

inline constexpr std::size_t kPageBytes = 4096;

class BufferPool;

/// Sole owner of one pooled buffer; gives it back when destroyed.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { reset(); }

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  explicit operator bool() const { return data_ != nullptr; }
  Bytes bytes() const { return {data_, size_}; }
  Bytes first(std::size_t count) const {
    check(count <= size_, "no more of a buffer is used than there is");
    return Bytes(data_, size_).first(count);
  }
  void reset();

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, std::byte* data, std::size_t size) : pool_(pool), data_(data), size_(size) {}
  void swap(Buffer& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  BufferPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

class BufferPool {
 public:
  static constexpr std::size_t kSmall = kPageBytes;
  static constexpr std::size_t kLarge = kWriteBytesMax + 2 * kPageBytes;

  BufferPool() = default;
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// A page-aligned buffer of at least `bytes` (≤ kLarge); its size() is the class's.
  Buffer take(std::size_t bytes);
  /// Buffers out now, for the figures and for tests that look for leaks.
  std::size_t taken() const { return taken_; }

 private:
  friend class Buffer;
  void give(std::byte* data, std::size_t size);
  std::vector<std::byte*> small_, large_;
  std::size_t taken_ = 0;
};

inline void Buffer::reset() {
  if (data_ != nullptr) pool_->give(data_, size_);
  pool_ = nullptr;
  data_ = nullptr;
  size_ = 0;
}

}  // namespace gemel
