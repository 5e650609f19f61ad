// SPDX-License-Identifier: Apache-2.0
// The hash by which regions of both copies are compared: SHA-256 cut to 128 bits. Strong, because "equal
// hash" is taken as "equal content" and then nothing is sent; from the process's own OpenSSL, which uses the
// processor's instructions. docs/decisions/0010-choice-of-hash.md tells why not a faster one.
#pragma once

#include <array>

#include "../base/types.h"

namespace gemel {

using RegionHash = std::array<std::uint64_t, 2>;

/// Bytes behind the end of the file are not part of it: a shorter region has another hash.
RegionHash hash_region(ConstBytes content);
bool is_zero(ConstBytes content);

}  // namespace gemel
