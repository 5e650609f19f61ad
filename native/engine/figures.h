// SPDX-License-Identifier: Apache-2.0
// What the engine counts: latency histograms in powers of two of microseconds, throughput, reintegration.
// Counters only grow; rates are the reader's business.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "../base/types.h"

namespace gemel {

struct Histogram {
  /// counts[i]: latency in [2^i, 2^(i+1)) microseconds; the last one holds everything longer (over half an
  /// hour).
  std::array<std::uint64_t, 32> counts{};
  void add(Nanos latency) {
    const auto micros = static_cast<std::uint64_t>(latency < 0 ? 0 : latency) / 1000;
    const auto slot = micros == 0 ? 0 : static_cast<std::size_t>(std::bit_width(micros) - 1);
    counts[slot < counts.size() ? slot : counts.size() - 1]++;
  }
};

struct Figures {
  Histogram whole, local, peer;  ///< of writes
  std::uint64_t writes = 0, reads = 0, flushes = 0, changes = 0;
  std::uint64_t bytes_written = 0, bytes_read = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t reintegration_bytes_sent = 0, reintegration_bytes_hashed = 0,
                reintegration_bytes_differing = 0;
  /// Of the differing ones: in regions that only the peer had marked (a dead host's hot extents).
  std::uint64_t reintegration_bytes_hot = 0;
  /// Recent latency of guest writes, smoothed: what the reintegration's throttle looks at.
  Nanos write_latency = 0;
  Nanos last_write_at = 0;

  void written(std::uint64_t bytes, Nanos took, Nanos now) {
    writes++;
    bytes_written += bytes;
    whole.add(took);
    write_latency += (took - write_latency) / 8;
    last_write_at = now;
  }
};

}  // namespace gemel
