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

#include "../base/check.h"
#include "../base/fields.h"
#include "messages.h"

namespace gemel {
template <>
struct EnumRange<wire::AckKind> {
  static constexpr wire::AckKind first = wire::AckKind::received, last = wire::AckKind::done;
};
}  // namespace gemel

namespace gemel::wire {

/// Which type of frame carries this message.
template <class M>
inline constexpr Type kTypeOf = Type{};
#define GEMEL_ROW(name, number, Message, data_max) \
  template <>                                      \
  inline constexpr Type kTypeOf<Message> = Type::name;
GEMEL_WIRE_MESSAGES(GEMEL_ROW)
#undef GEMEL_ROW

/// Calls `visit.template operator()<M>(type)` for every message; the fuzzer and the test vectors walk this.
template <class Visit>
void for_each_message(Visit&& visit) {
#define GEMEL_ROW(name, number, Message, data_max) visit.template operator()<Message>(Type::name);
  GEMEL_WIRE_MESSAGES(GEMEL_ROW)
#undef GEMEL_ROW
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
  check(writer.written() == packed.bytes().size(), "a message is as long as it was measured");
  return packed;
}

/// A message, or the reason why it is none.
template <class M>
class Decoded {
 public:
  Decoded(M message) : message_(std::move(message)) {}
  Decoded(const char* reason) : reason_(reason) { check(reason != nullptr, "what is refused has a reason"); }
  bool ok() const { return message_.has_value(); }
  explicit operator bool() const { return ok(); }
  M& operator*() {
    check(ok(), "only a message that was understood is looked at");
    return *message_;
  }
  M* operator->() { return &**this; }
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

/// What became of a message that was handed on.
struct HandedOn {
  bool taken = false;            ///< the handler takes messages of this type
  const char* reason = nullptr;  ///< taken, but refused: why
};

/// Decodes what a frame of `type` carries and calls `handler(message)`, which may return a reason to refuse
/// it. A handler says by its overloads which messages are its business; every other is left untouched.
template <class Handler>
HandedOn hand_on(std::uint8_t type, ConstBytes bytes, Handler&& handler) {
  const auto take = [&]<class M>() -> HandedOn {
    if constexpr (std::is_invocable_v<Handler&, M>) {
      auto decoded = decode<M>(bytes);
      if (!decoded.ok()) return {true, decoded.reason()};
      if constexpr (std::is_void_v<std::invoke_result_t<Handler&, M>>) {
        handler(std::move(*decoded));
        return {true, nullptr};
      } else {
        return {true, handler(std::move(*decoded))};
      }
    }
    return {};
  };
  switch (static_cast<Type>(type)) {
#define GEMEL_ROW(name, number, Message, data_max) \
  case Type::name:                                 \
    return take.template operator()<Message>();
    GEMEL_WIRE_MESSAGES(GEMEL_ROW)
#undef GEMEL_ROW
  }
  return {};
}

/// A handler made of several functions, one for each message that it takes.
template <class... Functions>
struct Takes : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Takes(Functions...) -> Takes<Functions...>;

/// The header's 32 bytes with its checksum over everything.
std::array<std::byte, sizeof(Header)> seal(std::uint8_t type, Sequence sequence, Sequence settled,
                                           ConstBytes message, ConstBytes data);
/// Reads and tests a header; lengths that it names are within the limits of its type.
Decoded<Header> read_header(ConstBytes bytes);
/// Does the checksum hold for header, message and data together?
bool is_intact(const Header& header, ConstBytes message, ConstBytes data);

}  // namespace gemel::wire
