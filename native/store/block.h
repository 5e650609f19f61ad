// SPDX-License-Identifier: Apache-2.0
// The envelope of everything that lies beside the data: magic, format version (R30), checksum over the whole
// block, sequence, length. A block that is torn, rotten or from a later Gemel is seen for what it is before a
// field of it is believed. A later format keeps this envelope and these block sizes, so that it can be
// recognised.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>

#include "../base/check.h"
#include "../base/env.h"
#include "../base/fields.h"

namespace gemel {

inline constexpr std::size_t kStateBlock = 4096;
inline constexpr std::uint32_t kStateFormat = 1;

struct Envelope {
  std::uint64_t magic;
  std::uint32_t format;
  std::uint32_t crc;  ///< of the whole block, with this field zero
  std::uint64_t sequence;
  std::uint32_t bytes;  ///< of the content that follows
  std::uint32_t part;   ///< which kind of block of its file
};
static_assert(sizeof(Envelope) == 32);

enum class BlockKind { blank, damaged, newer, good };

struct OpenedBlock {
  BlockKind kind = BlockKind::blank;
  std::uint64_t sequence = 0;
  std::uint32_t part = 0;
  ConstBytes content;
};

/// Eight characters as a magic number.
constexpr std::uint64_t magic_of(const char (&text)[9]) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; i--) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

/// Seals a block whose content lies behind the envelope already.
void seal_block(Bytes block, std::uint64_t magic, std::uint64_t sequence, std::uint32_t bytes,
                std::uint32_t part = 0);
/// Computes the checksum anew after the envelope was changed in place: tests and tools that repair.
void reseal_block(Bytes block);
OpenedBlock open_block(ConstBytes block, std::uint64_t magic);

/// Where the content of a block begins.
inline Bytes content_of(Bytes block) {
  check(block.size() > sizeof(Envelope), "a block is more than its envelope");
  return block.subspan(sizeof(Envelope));
}

/// Zeroed memory that direct I/O accepts.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size)
      : data_(static_cast<std::byte*>(std::aligned_alloc(kStateBlock, size))), size_(size) {
    check(size > 0 && size % kStateBlock == 0, "direct I/O takes whole blocks");
    check(data_ != nullptr, "memory for a block of state");
    std::memset(data_.get(), 0, size);
  }
  Bytes bytes() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_;
};

/// One write of a state file, durable unless said otherwise, awaited: 0 or -errno.
class StateWrite final : public IoAwait {
 public:
  StateWrite(StateFile& file, std::uint64_t offset, ConstBytes data, bool durable = true)
      : file_(file), offset_(offset), data_(data), durable_(durable) {}
  int await_resume() const noexcept {
    const int result = IoAwait::await_resume();
    return result < 0 ? result : 0;
  }

 protected:
  void start() override {
    check(offset_ % kStateBlock == 0 && data_.size() % kStateBlock == 0, "state is written in whole blocks");
    check(offset_ + data_.size() <= file_.size(), "state is written where blocks are already (R34)");
    file_.write(offset_, data_, durable_, [this](int result) { complete(result); });
  }

 private:
  StateFile& file_;
  std::uint64_t offset_;
  ConstBytes data_;
  bool durable_;
};

}  // namespace gemel
