// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

#include "../base/check.h"
#include "codec.h"

namespace gemel {

FrameReader::Next FrameReader::next(Cipher& cipher, Link::Frame& out) {
  if (!problem_.empty()) return Next::broken;
  if (stage_ == Stage::header) {
    if (const Next next = fill(cipher, head_); next != Next::frame) return next;
    if (const Next next = begin(); next != Next::frame) return next;
  }
  if (stage_ == Stage::message) {
    if (const Next next = fill(cipher, message_); next != Next::frame) return next;
    stage_ = Stage::data;
  }
  const Bytes data = data_.first(header_.data_bytes);
  if (const Next next = fill(cipher, data); next != Next::frame) return next;
  stage_ = Stage::header;
  if (!wire::is_intact(header_, message_, data)) return refuse("a frame's checksum does not hold");
  out = {{}, header_.type, header_.sequence, header_.settled, message_, {}};
  check(filled_ == 0 && out.message.size() == header_.message_bytes, "a frame is whole when it is handed on");
  if (!data.empty()) out.data = PooledBytes(std::move(data_), data.size());
  return Next::frame;
}

FrameReader::Next FrameReader::begin() {
  auto header = wire::read_header(head_);
  if (!header.ok()) return refuse(header.reason());
  header_ = *header;
  message_.resize(header_.message_bytes);
  if (header_.data_bytes > 0) data_ = pool_.take(header_.data_bytes);
  stage_ = Stage::message;
  return Next::frame;
}

/// Fills one part of the frame; `frame` when it is complete.
FrameReader::Next FrameReader::fill(Cipher& cipher, Bytes part) {
  while (filled_ < part.size()) {
    const std::ptrdiff_t count = cipher.read(part.subspan(filled_));
    if (count < 0) return refuse(cipher.problem());
    if (count == 0) return Next::more;
    check(static_cast<std::size_t>(count) <= part.size() - filled_,
          "a cipher fills no more than it was given");
    filled_ += static_cast<std::size_t>(count);
  }
  filled_ = 0;
  return Next::frame;
}

FrameReader::Next FrameReader::refuse(const std::string& why) {
  problem_ = why.empty() ? "the stream is broken" : why;
  return Next::broken;
}

}  // namespace gemel
