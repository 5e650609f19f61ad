// SPDX-License-Identifier: Apache-2.0
// The crc32 instruction has a latency of three cycles and a throughput of one: three lanes at once are three
// times as fast as one. Lanes are joined by "what would this crc be after n more zero bytes", a linear map of
// the 32 bits that is kept as four tables of 256 per lane length.
#include "crc32c.h"

#include <array>
#include <cstring>

namespace gemel {
namespace crc32c_detail {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected
constexpr std::size_t kLane = 1024;

using Table = std::array<std::uint32_t, 256>;

constexpr Table make_table() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; i++) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = (value & 1U) != 0 ? (value >> 1) ^ kPolynomial : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr Table kTable = make_table();

constexpr std::uint32_t step(std::uint32_t state, std::uint8_t byte) {
  return kTable[(state ^ byte) & 0xFFU] ^ (state >> 8);
}

/// after[k][b]: the state that starts with byte k = b, after kLane zero bytes.
struct Zeros {
  std::array<Table, 4> after{};
  Zeros() {
    std::array<std::uint32_t, 32> bit{};
    for (std::uint32_t i = 0; i < 32; i++) {
      std::uint32_t state = 1U << i;
      for (std::size_t n = 0; n < kLane; n++) state = step(state, 0);
      bit[i] = state;
    }
    for (std::uint32_t k = 0; k < 4; k++) {
      for (std::uint32_t value = 0; value < 256; value++) {
        for (std::uint32_t b = 0; b < 8; b++) {
          if ((value >> b & 1U) != 0) after[k][value] ^= bit[k * 8 + b];
        }
      }
    }
  }
  std::uint32_t shift(std::uint32_t state) const {
    return after[0][state & 0xFFU] ^ after[1][state >> 8 & 0xFFU] ^ after[2][state >> 16 & 0xFFU] ^
           after[3][state >> 24];
  }
};

}  // namespace

std::uint32_t by_table(std::uint32_t crc, ConstBytes data) {
  std::uint32_t state = ~crc;
  for (const std::byte byte : data) state = step(state, std::to_integer<std::uint8_t>(byte));
  return ~state;
}

#if defined(__x86_64__)

bool hardware_available() {
  return __builtin_cpu_supports("sse4.2") != 0;
}

namespace {
inline std::uint64_t word(const std::byte* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
}  // namespace

__attribute__((target("sse4.2"))) std::uint32_t by_hardware(std::uint32_t crc, ConstBytes data) {
  static const Zeros zeros;
  const std::byte* at = data.data();
  std::size_t left = data.size();
  std::uint64_t state = ~crc;
  while (left >= 3 * kLane) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kLane; i += 8) {
      state = __builtin_ia32_crc32di(state, word(at + i));
      second = __builtin_ia32_crc32di(second, word(at + kLane + i));
      third = __builtin_ia32_crc32di(third, word(at + 2 * kLane + i));
    }
    state = zeros.shift(static_cast<std::uint32_t>(state)) ^ second;
    state = zeros.shift(static_cast<std::uint32_t>(state)) ^ third;
    at += 3 * kLane;
    left -= 3 * kLane;
  }
  for (; left >= 8; at += 8, left -= 8) state = __builtin_ia32_crc32di(state, word(at));
  auto narrow = static_cast<std::uint32_t>(state);
  for (; left > 0; at++, left--) narrow = __builtin_ia32_crc32qi(narrow, std::to_integer<std::uint8_t>(*at));
  return ~narrow;
}

#else

bool hardware_available() {
  return false;
}
std::uint32_t by_hardware(std::uint32_t crc, ConstBytes data) {
  return by_table(crc, data);
}

#endif

}  // namespace crc32c_detail

std::uint32_t crc32c(std::uint32_t crc, ConstBytes data) {
  static const bool fast = crc32c_detail::hardware_available();
  return fast ? crc32c_detail::by_hardware(crc, data) : crc32c_detail::by_table(crc, data);
}

}  // namespace gemel
