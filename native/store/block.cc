// SPDX-License-Identifier: Apache-2.0
#include "block.h"

#include <algorithm>

#include "../base/check.h"
#include "../base/crc32c.h"

namespace gemel {
namespace {

std::uint32_t checksum(Envelope envelope, ConstBytes block) {
  envelope.crc = 0;
  const std::uint32_t crc = crc32c(0, std::as_bytes(std::span(&envelope, 1)));
  return crc32c(crc, block.subspan(sizeof(Envelope)));
}

}  // namespace

void seal_block(Bytes block, std::uint64_t magic, std::uint64_t sequence, std::uint32_t bytes,
                std::uint32_t part) {
  check(bytes + sizeof(Envelope) <= block.size(), "the content fits into its block");
  const Envelope envelope{magic, kStateFormat, 0, sequence, bytes, part};
  std::memcpy(block.data(), &envelope, sizeof envelope);
  reseal_block(block);
}

void reseal_block(Bytes block) {
  check(block.size() >= sizeof(Envelope), "a block has room for its envelope");
  Envelope envelope;
  std::memcpy(&envelope, block.data(), sizeof envelope);
  envelope.crc = checksum(envelope, block);
  std::memcpy(block.data(), &envelope, sizeof envelope);
}

OpenedBlock open_block(ConstBytes block, std::uint64_t magic) {
  if (std::all_of(block.begin(), block.end(), [](std::byte byte) { return byte == std::byte{0}; })) return {};
  OpenedBlock opened{BlockKind::damaged, 0, 0, {}};
  if (block.size() < sizeof(Envelope)) return opened;
  Envelope envelope;
  std::memcpy(&envelope, block.data(), sizeof envelope);
  if (envelope.magic != magic || checksum(envelope, block) != envelope.crc) return opened;
  if (envelope.format > kStateFormat) {
    opened.kind = BlockKind::newer;
    return opened;
  }
  if (envelope.bytes > block.size() - sizeof(Envelope)) return opened;
  return {BlockKind::good, envelope.sequence, envelope.part, block.subspan(sizeof(Envelope), envelope.bytes)};
}

}  // namespace gemel
