// SPDX-License-Identifier: Apache-2.0
#include "codec.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "../base/check.h"
#include "../base/crc32c.h"
#include "../base/limits.h"

namespace gemel::wire {
namespace {

constexpr std::uint64_t kOffsetMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// The smallest message of each type is the size of an empty one: strings and lists add to it.
const auto& shapes() {
  static const std::array table = {
#define GEMEL_ROW(name, number, Message, data_max) \
  FrameShape{Type::name, #name, static_cast<std::uint32_t>(encoded_size(Message{})), data_max},
      GEMEL_WIRE_MESSAGES(GEMEL_ROW)
#undef GEMEL_ROW
  };
  return table;
}

bool is_range(std::uint64_t offset, std::uint64_t length) {
  return offset <= kOffsetMax && length <= kOffsetMax - offset;
}

const char* objection_to_files(const std::vector<TreeFile>& files) {
  for (const TreeFile& file : files) {
    if (!is_entry_name(file.name)) return "a directory entry has an impossible name";
    if (file.xattrs.size() % 2 != 0) return "an attribute lacks its value";
    if (file.link.size() > kBlockBytes) return "a symbolic link is too long";
  }
  return nullptr;
}

}  // namespace

const FrameShape* shape_of(std::uint8_t type) {
  static const auto index = [] {
    std::array<const FrameShape*, 256> by_type{};
    for (const FrameShape& row : shapes()) by_type[static_cast<std::uint8_t>(row.type)] = &row;
    return by_type;
  }();
  return index[type];
}

bool is_entry_name(const std::string& name) {
  return !name.empty() && name.size() <= limits::kNameBytes && name != "." && name != ".." &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

const char* objection(const Hello& message) {
  if (message.history.size() > limits::kHistory) return "the history is longer than a history can be";
  if (message.version_min > message.version_max) return "the range of versions is empty";
  return nullptr;
}

const char* objection(const Write& message) {
  return is_range(message.offset, limits::kDataBytes) ? nullptr : "a write lies outside any file";
}

const char* objection(const Allocate& message) {
  return is_range(message.offset, message.length) ? nullptr : "a range lies outside any file";
}

const char* objection(const Change& message) {
  if (message.value.size() > limits::kValueBytes) return "a value is too long";
  switch (message.kind) {
    case NameKind::set_attributes:
      return nullptr;
    case NameKind::set_xattr:
    case NameKind::remove_xattr:
      if (message.name.empty() || message.name.size() > limits::kNameBytes)
        return "an attribute has an impossible name";
      return message.name.find('\0') == std::string::npos ? nullptr : "an attribute has an impossible name";
    case NameKind::rename:
      if (!is_entry_name(message.name2)) return "a new name is impossible";
      break;
    case NameKind::create:
    case NameKind::mkdir:
    case NameKind::symlink:
    case NameKind::mknod:
    case NameKind::link:
    case NameKind::unlink:
    case NameKind::rmdir:
      break;
  }
  return is_entry_name(message.name) ? nullptr : "a name is impossible";
}

const char* objection(const Read& message) {
  if (message.length > limits::kDataBytes) return "a read is longer than an answer can be";
  return is_range(message.offset, message.length) ? nullptr : "a read lies outside any file";
}

const char* objection(const TreeDirectory& message) {
  return objection_to_files(message.files);
}
const char* objection(const TreeReply& message) {
  return objection_to_files(message.files);
}

const char* objection(const HashRequest& message) {
  if (message.count > limits::kHashRegions) return "too many hashes asked at once";
  if (message.region_bytes > limits::kDataBytes) return "a region is larger than a block can be";
  const std::uint64_t length = std::uint64_t{message.count} * message.region_bytes;
  return is_range(message.offset, length) ? nullptr : "regions lie outside any file";
}

const char* objection(const Block& message) {
  return is_range(message.offset, limits::kDataBytes) ? nullptr : "a block lies outside any file";
}

const char* objection(const Zero& message) {
  return is_range(message.offset, message.length) ? nullptr : "a range lies outside any file";
}

namespace {
std::uint32_t checksum(Header header, ConstBytes message, ConstBytes data) {
  header.crc = 0;
  const std::uint32_t crc = crc32c(0, std::as_bytes(std::span(&header, 1)));
  return crc32c(crc32c(crc, message), data);
}
}  // namespace

std::array<std::byte, sizeof(Header)> seal(std::uint8_t type, Sequence sequence, Sequence settled,
                                           ConstBytes message, ConstBytes data) {
  const FrameShape* shape = shape_of(type);
  check(shape != nullptr && message.size() >= shape->message_min && data.size() <= shape->data_max,
        "nothing is sent that the other side must refuse");
  Header header{kMagic,
                kVersionMax,
                type,
                static_cast<std::uint32_t>(message.size()),
                static_cast<std::uint32_t>(data.size()),
                0,
                sequence,
                settled};
  header.crc = checksum(header, message, data);
  return std::bit_cast<std::array<std::byte, sizeof(Header)>>(header);
}

Decoded<Header> read_header(ConstBytes bytes) {
  if (bytes.size() < sizeof(Header)) return "a header is cut short";
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kMagic) return "this is not a frame";
  if (header.version < kVersionMin || header.version > kVersionMax) return "a frame of an unknown version";
  const FrameShape* shape = shape_of(header.type);
  if (shape == nullptr) return "a frame of an unknown type";
  if (header.message_bytes < shape->message_min) return "a message is shorter than it can be";
  if (header.message_bytes > limits::kMessageBytes) return "a message is longer than it may be";
  if (header.data_bytes > shape->data_max) return "a frame carries more data than it may";
  return header;
}

bool is_intact(const Header& header, ConstBytes message, ConstBytes data) {
  return checksum(header, message, data) == header.crc;
}

}  // namespace gemel::wire
