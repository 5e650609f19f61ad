// SPDX-License-Identifier: Apache-2.0
// Values as bytes: little endian, no padding, in the order in which a type's `fields(visitor)` names them.
// The wire's messages and the records on disk are written and read by the same two visitors.
//
// What a later version has added stands at the very end (`tail`): written where it says something, read
// where there is anything left; so an older version's bytes are read as before, and it reads past the tail.
//
// Reading what somebody else wrote: every length is tested against the bytes that are really there before
// anything is allocated; a bool is 0 or 1; an enum is in its range. A reader that failed once stays failed
// and says why.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "check.h"
#include "types.h"

namespace gemel {

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie in memory");

/// Smallest and largest value of an enum that may be read; each enum that is a field has one.
template <class E>
struct EnumRange;

/// Counts the bytes that a value takes.
class FieldSizer {
 public:
  template <class... T>
  void operator()(T&... values) {
    (one(values), ...);
  }
  template <class... T>
  void tail(T&... values) {
    if (((values != T{}) || ...)) (one(values), ...);
  }
  std::size_t size() const { return size_; }

 private:
  template <class T>
  void one(T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      size_ += sizeof(T);
    } else if constexpr (std::is_same_v<T, std::string>) {
      size_ += sizeof(std::uint32_t) + value.size();
    } else if constexpr (requires { value.fields(*this); }) {
      value.fields(*this);
    } else {
      size_ += sizeof(std::uint32_t);
      for (auto& element : value) one(element);
    }
  }
  std::size_t size_ = 0;
};

template <class T>
std::size_t encoded_size(const T& value) {
  FieldSizer sizer;
  const_cast<T&>(value).fields(sizer);  // `fields` is shared with the reader, hence not const
  return sizer.size();
}

/// Writes values into a buffer that is large enough (see encoded_size).
class FieldWriter {
 public:
  explicit FieldWriter(Bytes out) : out_(out) {}
  template <class... T>
  void operator()(T&... values) {
    (one(values), ...);
  }
  template <class... T>
  void tail(T&... values) {
    if (((values != T{}) || ...)) (one(values), ...);
  }
  std::size_t written() const { return at_; }

 private:
  template <class T>
  void one(T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      static_assert(!std::is_same_v<T, bool> || sizeof(bool) == 1);
      raw(&value, sizeof value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      count(value.size());
      raw(value.data(), value.size());
    } else if constexpr (requires { value.fields(*this); }) {
      value.fields(*this);
    } else {
      count(value.size());
      for (auto& element : value) one(element);
    }
  }
  void count(std::size_t size) {
    const auto narrow = static_cast<std::uint32_t>(size);
    check(narrow == size, "a length fits into its field");
    raw(&narrow, sizeof narrow);
  }
  void raw(const void* from, std::size_t size) {
    check(size <= out_.size() - at_, "the room was measured before anything is written into it");
    if (size > 0) std::memcpy(out_.data() + at_, from, size);
    at_ += size;
  }
  Bytes out_;
  std::size_t at_ = 0;
};

class FieldReader {
 public:
  explicit FieldReader(ConstBytes in) : in_(in) {}
  template <class... T>
  void operator()(T&... values) {
    (one(values), ...);
  }
  template <class... T>
  void tail(T&... values) {
    if (ok() && left() > 0) (one(values), ...);
  }
  bool ok() const { return reason_ == nullptr; }
  /// nullptr while everything read was sound.
  const char* reason() const { return reason_; }
  std::size_t left() const { return in_.size(); }

 private:
  template <class T>
  void one(T& value) {
    if (!ok()) return;
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      raw(&byte, 1);
      if (byte > 1) fail("a yes-or-no field is neither");
      value = byte == 1;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      raw(&number, sizeof number);
      if (number < static_cast<decltype(number)>(EnumRange<T>::first) ||
          number > static_cast<decltype(number)>(EnumRange<T>::last)) {
        fail("a field has a value that nobody knows");
      }
      value = static_cast<T>(number);
    } else if constexpr (std::is_arithmetic_v<T>) {
      raw(&value, sizeof value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      const std::size_t size = count(1);
      value.assign(reinterpret_cast<const char*>(in_.data()), size);
      in_ = in_.subspan(size);
    } else if constexpr (requires { value.fields(*this); }) {
      value.fields(*this);
    } else {
      list(value);
    }
  }
  template <class List>
  void list(List& values) {
    const std::size_t size = count(smallest<typename List::value_type>());
    values.clear();
    values.reserve(size);
    for (std::size_t i = 0; i < size && ok(); i++) one(values.emplace_back());
  }
  /// Bytes that the shortest value of this type takes.
  template <class T>
  static std::size_t smallest() {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      return sizeof(T);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return sizeof(std::uint32_t);
    } else {
      return encoded_size(T{});
    }
  }
  /// A count of elements of at least `each` bytes: never more than what is left can hold.
  std::size_t count(std::size_t each) {
    std::uint32_t size = 0;
    raw(&size, sizeof size);
    if (!ok()) return 0;
    if (size > in_.size() / each) {
      fail("a length points behind the end");
      return 0;
    }
    return size;
  }
  void raw(void* into, std::size_t size) {
    if (size > in_.size()) return fail("it ends too early");
    std::memcpy(into, in_.data(), size);
    in_ = in_.subspan(size);
  }
  void fail(const char* reason) {
    if (reason_ == nullptr) reason_ = reason;
  }
  ConstBytes in_;
  const char* reason_ = nullptr;
};

}  // namespace gemel
