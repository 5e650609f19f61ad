// SPDX-License-Identifier: Apache-2.0
// The words of the data plane as types, so that a byte offset cannot be passed where a generation is meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gemel {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

/// Durable identity of a file inside a module: the same number on both nodes, through renames, in the mount
/// (it is the FUSE nodeid and st_ino), on the wire and in the names of the tracking files. 1 is the module's
/// root.
using Fid = std::uint64_t;
inline constexpr Fid kRootFid = 1;
inline constexpr Fid kNoFid = 0;

/// Identity of one unbroken history of a copy: 64 random bits, 0 = none yet.
using Generation = std::uint64_t;

/// One unbroken pairing of two copies, numbered upwards within a module (R28).
using SessionNumber = std::uint64_t;

/// Position of an operation inside a session (R8).
using Sequence = std::uint64_t;

/// Nanoseconds of CLOCK_BOOTTIME: it counts while the host sleeps (R16).
using Nanos = std::int64_t;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000 * kMillisecond;

/// Hot extents of the activity log (R1).
inline constexpr std::uint64_t kExtentBytes = 4ULL << 20;
/// One bit of the tracking bitmap, and one unit of a hash comparison.
inline constexpr std::uint64_t kRegionBytes = 64ULL << 10;
/// Overlap is tested in blocks of this size or of the larger direct-I/O alignment of both nodes (R5).
inline constexpr std::uint64_t kBlockBytes = 4096;
/// Largest payload of one write: what FUSE hands over in one request.
inline constexpr std::uint32_t kWriteBytesMax = 1U << 20;

}  // namespace gemel
