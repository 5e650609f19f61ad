// SPDX-License-Identifier: Apache-2.0
// Messages to bytes and back. A message lists its fields once (messages.h); everything else follows from
// that.
//
//   Packed packed = pack(Write{…});            packed.bytes() goes into Link::send
//   Decoded<Write> got = decode<Write>(bytes); got.ok(), *got, got.reason()
//
// Invariants: decode never allocates more than the bytes it was given can hold, never reads behind them, and
// answers with a message or with a reason. What a message may not say (a name with a slash, a range behind
// the end of the number line) is refused here, before anybody acts on it.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "../base/fields.h"
#include "messages.h"

namespace gemel {
template <>
struct EnumRange<wire::AckKind> {
  static constexpr wire::AckKind first = wire::AckKind::received, last = wire::AckKind::done;
};
}  // namespace gemel

namespace gemel::wire {

/// Which message a frame of this type carries. up_to_date_seen has the shape of up_to_date.
template <class M>
inline constexpr Type kTypeOf = Type{};
template <>
inline constexpr Type kTypeOf<Hello> = Type::hello;
template <>
inline constexpr Type kTypeOf<Outcome> = Type::outcome;
template <>
inline constexpr Type kTypeOf<Ping> = Type::ping;
template <>
inline constexpr Type kTypeOf<Pong> = Type::pong;
template <>
inline constexpr Type kTypeOf<Bye> = Type::bye;
template <>
inline constexpr Type kTypeOf<Write> = Type::write;
template <>
inline constexpr Type kTypeOf<Flush> = Type::flush;
template <>
inline constexpr Type kTypeOf<Allocate> = Type::allocate;
template <>
inline constexpr Type kTypeOf<Change> = Type::change;
template <>
inline constexpr Type kTypeOf<Ack> = Type::ack;
template <>
inline constexpr Type kTypeOf<Read> = Type::read;
template <>
inline constexpr Type kTypeOf<ReadReply> = Type::read_reply;
template <>
inline constexpr Type kTypeOf<ReintegrationBegin> = Type::reintegration_begin;
template <>
inline constexpr Type kTypeOf<TreeDirectory> = Type::tree_directory;
template <>
inline constexpr Type kTypeOf<TreeDone> = Type::tree_done;
template <>
inline constexpr Type kTypeOf<HashRequest> = Type::hash_request;
template <>
inline constexpr Type kTypeOf<HashReply> = Type::hash_reply;
template <>
inline constexpr Type kTypeOf<Block> = Type::block;
template <>
inline constexpr Type kTypeOf<Zero> = Type::zero;
template <>
inline constexpr Type kTypeOf<BlockAck> = Type::block_ack;
template <>
inline constexpr Type kTypeOf<ReintegrationFlush> = Type::reintegration_flush;
template <>
inline constexpr Type kTypeOf<ReintegrationFlushed> = Type::reintegration_flushed;
template <>
inline constexpr Type kTypeOf<Paired> = Type::paired;
template <>
inline constexpr Type kTypeOf<UpToDate> = Type::up_to_date;
template <>
inline constexpr Type kTypeOf<TreeRequest> = Type::tree_request;
template <>
inline constexpr Type kTypeOf<TreeReply> = Type::tree_reply;
template <>
inline constexpr Type kTypeOf<Tracked> = Type::tracked;

/// Calls `visit.template operator()<M>(type)` for every message; the fuzzer and the test vectors walk this.
template <class Visit>
void for_each_message(Visit&& visit) {
  const auto each = [&]<class... M>(std::variant<M...>*) { (visit.template operator()<M>(kTypeOf<M>), ...); };
  each(static_cast<std::variant<Hello, Outcome, Ping, Pong, Bye, Write, Flush, Allocate, Change, Ack, Read,
                                ReadReply, ReintegrationBegin, TreeDirectory, TreeDone, HashRequest,
                                HashReply, Block, Zero, BlockAck, ReintegrationFlush, ReintegrationFlushed,
                                Paired, UpToDate, TreeRequest, TreeReply, Tracked>*>(nullptr));
}

/// One row per type: what a frame of it may look like, tested before a handler or a buffer sees it.
struct FrameShape {
  Type type;
  const char* name;
  std::uint32_t message_min;  ///< bytes
  std::uint32_t data_max;     ///< 0: no data
};
/// nullptr for a type that nobody knows.
const FrameShape* shape_of(std::uint8_t type);

/// A message as bytes. Short ones (every write, flush and acknowledgement) lie inside, without an allocation
/// (R34).
class Packed {
 public:
  explicit Packed(std::size_t size) : size_(size) {
    if (size > small_.size()) large_.resize(size);
  }
  ConstBytes bytes() const { return const_cast<Packed*>(this)->room(); }
  Bytes room() { return large_.empty() ? Bytes(small_).first(size_) : Bytes(large_); }

 private:
  std::size_t size_;
  std::array<std::byte, 128> small_;
  std::vector<std::byte> large_;
};

template <class M>
Packed pack(const M& message) {
  Packed packed(encoded_size(message));
  FieldWriter writer(packed.room());
  const_cast<M&>(message).fields(writer);
  return packed;
}

/// A message, or the reason why it is none.
template <class M>
class Decoded {
 public:
  Decoded(M message) : message_(std::move(message)) {}
  Decoded(const char* reason) : reason_(reason) {}
  bool ok() const { return message_.has_value(); }
  explicit operator bool() const { return ok(); }
  M& operator*() { return *message_; }
  M* operator->() { return &*message_; }
  const char* reason() const { return reason_; }

 private:
  std::optional<M> message_;
  const char* reason_ = nullptr;
};

/// What a well-formed message may still not say; nullptr when it may.
const char* objection(const Hello& message);
const char* objection(const Write& message);
const char* objection(const Allocate& message);
const char* objection(const Change& message);
const char* objection(const Read& message);
const char* objection(const TreeDirectory& message);
const char* objection(const TreeReply& message);
const char* objection(const HashRequest& message);
const char* objection(const Block& message);
const char* objection(const Zero& message);
template <class M>
const char* objection(const M&) {
  return nullptr;
}

/// A name that can stand in a directory: no slash, no NUL, neither "." nor "..", at most 255 bytes.
bool is_entry_name(const std::string& name);

template <class M>
Decoded<M> decode(ConstBytes bytes) {
  M message;
  FieldReader reader(bytes);
  message.fields(reader);
  if (!reader.ok()) return reader.reason();
  // A later version may say more in its hello; every other message follows the version agreed on.
  if (reader.left() > 0 && !std::is_same_v<M, Hello>) return "there is more than the message";
  if (const char* reason = objection(message)) return reason;
  return message;
}

/// The header's 32 bytes with its checksum over everything.
std::array<std::byte, sizeof(Header)> seal(std::uint8_t type, Sequence sequence, Sequence settled,
                                           ConstBytes message, ConstBytes data);
/// Reads and tests a header; lengths that it names are within the limits of its type.
Decoded<Header> read_header(ConstBytes bytes);
/// Does the checksum hold for header, message and data together?
bool is_intact(const Header& header, ConstBytes message, ConstBytes data);

}  // namespace gemel::wire
