// SPDX-License-Identifier: Apache-2.0
// Writes JSON text for control: status, figures, events. Writing only; what comes in is read by Node.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gemel {

class Json {
 public:
  Json& begin_object() { return begin('{'); }
  Json& end_object() { return end('}'); }
  Json& begin_array() { return begin('['); }
  Json& end_array() { return end(']'); }

  Json& key(std::string_view name) {
    comma();
    quote(name);
    text_ += ':';
    is_first_ = true;
    return *this;
  }
  Json& value(std::string_view text) {
    comma();
    quote(text);
    return *this;
  }
  Json& value(const char* text) { return value(std::string_view(text)); }
  Json& value(const std::string& text) { return value(std::string_view(text)); }
  Json& value(bool yes) { return raw(yes ? "true" : "false"); }
  template <std::integral T>
  Json& value(T number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  template <class T>
  Json& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  /// Text that is JSON already.
  Json& raw(std::string_view json) {
    comma();
    text_ += json;
    return *this;
  }

  const std::string& text() const { return text_; }

 private:
  Json& begin(char bracket) {
    comma();
    text_ += bracket;
    is_first_ = true;
    return *this;
  }
  Json& end(char bracket) {
    text_ += bracket;
    is_first_ = false;
    return *this;
  }
  void comma() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }
  void quote(std::string_view text) {
    text_ += '"';
    for (const char letter : text) {
      const auto code = static_cast<unsigned char>(letter);
      if (letter == '"' || letter == '\\') {
        text_ += '\\';
        text_ += letter;
      } else if (code < 0x20) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        text_ += "\\u00";
        text_ += kDigits[code >> 4U];
        text_ += kDigits[code & 15U];
      } else {
        text_ += letter;
      }
    }
    text_ += '"';
  }
  std::string text_;
  bool is_first_ = true;
};

}  // namespace gemel
