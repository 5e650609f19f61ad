// SPDX-License-Identifier: Apache-2.0
// libFuzzer: bytes as a peer might send them, in pieces as a network might cut them. Every frame that gets
// through its checksum is decoded as the message that its type names. Since no fuzzer finds a CRC by chance,
// the first byte says whether the bytes are a raw stream, or a type and a message for the decoder alone.
#include "../../native/wire/codec.h"
#include "../../native/wire/connection.h"
#include "../../native/wire/frames.h"

using namespace gemel;

namespace {

void decode_as(std::uint8_t type, ConstBytes bytes) {
  wire::for_each_message([&]<class M>(wire::Type known) {
    if (static_cast<std::uint8_t>(known) != type) return;
    auto decoded = wire::decode<M>(bytes);
    if (!decoded.ok()) return;
    // What was understood says the same again: no two readings of one message.
    const auto packed = wire::pack(*decoded);
    const bool is_same = std::equal(packed.bytes().begin(), packed.bytes().end(), bytes.begin());
    if (!is_same || packed.bytes().size() > bytes.size()) __builtin_trap();
  });
}

void read_stream(ConstBytes bytes) {
  BufferPool pool;
  FrameReader reader(pool);
  PlainCipher cipher;
  while (!bytes.empty()) {
    const std::size_t piece = std::min<std::size_t>(bytes.size(), 1 + std::to_integer<std::size_t>(bytes[0]));
    cipher.feed(bytes.first(piece));
    bytes = bytes.subspan(piece);
    Link::Frame frame;
    auto next = FrameReader::Next::frame;
    while ((next = reader.next(cipher, frame)) == FrameReader::Next::frame)
      decode_as(frame.type, frame.message);
    if (next == FrameReader::Next::broken) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ConstBytes bytes = std::as_bytes(std::span(data, size));
  if (bytes.size() < 2) return 0;
  switch (data[0] % 3) {
    case 0:
      read_stream(bytes.subspan(1));
      break;
    case 1:
      decode_as(data[1], bytes.subspan(2));
      break;
    default:
      Preamble preamble;
      read_preamble(bytes.subspan(1), preamble);
  }
  return 0;
}
