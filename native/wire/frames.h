// SPDX-License-Identifier: Apache-2.0
// Frames out of a stream. The header is read first, then the message, then the data straight into its own
// page-aligned pooled buffer, so that it goes to the disk by O_DIRECT as it lies (R34).
//
// Invariants: nothing is allocated for a length that its type does not allow; nobody sees a frame whose
// checksum does not hold; after the first bad frame nothing more is read from that stream.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "../base/buffers.h"
#include "../base/env.h"
#include "cipher.h"
#include "messages.h"

namespace gemel {

class FrameReader {
 public:
  enum class Next : std::uint8_t { frame, more, broken };

  explicit FrameReader(BufferPool& pool) : pool_(pool) {}
  /// The next whole frame of what the cipher has; `out.message` is valid until the next call;
  /// `out.channel` is the owner's to fill in.
  Next next(Cipher& cipher, Link::Frame& out);
  /// Why it is broken.
  const std::string& problem() const { return problem_; }

 private:
  Next fill(Cipher& cipher, Bytes part);
  Next begin();
  Next refuse(const std::string& why);

  BufferPool& pool_;
  enum class Stage : std::uint8_t { header, message, data } stage_ = Stage::header;
  std::size_t filled_ = 0;
  std::array<std::byte, sizeof(wire::Header)> head_{};
  wire::Header header_{};
  std::vector<std::byte> message_;
  Buffer data_;
  std::string problem_;
};

}  // namespace gemel
