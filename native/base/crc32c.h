// SPDX-License-Identifier: Apache-2.0
// CRC32C (Castagnoli) of what lies on disk and of what crosses the wire: every frame, state page and record
// ends in one, so that a torn or rotten block is seen for what it is. The processor's own instruction where
// there is one.
#pragma once

#include <cstdint>

#include "types.h"

namespace gemel {

/// Continues `crc` (0 to begin) over `data`: crc32c(crc32c(0, a), b) == crc32c(0, ab).
std::uint32_t crc32c(std::uint32_t crc, ConstBytes data);

namespace crc32c_detail {
/// Both ways are always compiled, so that a test can hold them against each other.
std::uint32_t by_table(std::uint32_t crc, ConstBytes data);
bool hardware_available();
std::uint32_t by_hardware(std::uint32_t crc, ConstBytes data);
}  // namespace crc32c_detail

}  // namespace gemel
