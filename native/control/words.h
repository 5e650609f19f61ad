// SPDX-License-Identifier: Apache-2.0
// A configuration or command as it comes from Node: a JavaScript object made flat, so that nothing
// behind addon.cc knows Node. `{do: "promote", alone: {basis: "word"}}` is {"do": "promote", "alone.basis":
// "word"}; an array's elements are named by their index.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gemel {

class Words {
 public:
  void put(const std::string& name, std::string value) { all_[name] = std::move(value); }

  /// Does anything of this name or below it exist?
  bool has(std::string_view name) const {
    const auto found = all_.lower_bound(name);
    if (found == all_.end() || !found->first.starts_with(name)) return false;
    return found->first.size() == name.size() || found->first[name.size()] == '.';
  }
  std::string text(std::string_view name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? std::string() : found->second;
  }
  bool flag(std::string_view name) const { return text(name) == "true"; }
  std::optional<std::uint64_t> number(std::string_view name) const { return parse(name, 10); }
  /// 16 hex digits.
  std::optional<std::uint64_t> generation(std::string_view name) const { return parse(name, 16); }

 private:
  std::optional<std::uint64_t> parse(std::string_view name, int base) const {
    const std::string value = text(name);
    std::uint64_t result = 0;
    const char* end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, result, base);
    if (parsed.ec != std::errc() || parsed.ptr != end || value.empty()) return std::nullopt;
    return result;
  }
  std::map<std::string, std::string, std::less<>> all_;
};

}  // namespace gemel
