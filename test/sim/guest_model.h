// SPDX-License-Identifier: Apache-2.0
// What a guest may find on its disk, block by block. Concurrent overlapping writes have no order,
// unacknowledged ones may or may not be there, and after the loss of power only a flush counts. So each block
// has a set of contents that it may legally have; whatever else is found there is a lost or a torn write.
#pragma once

#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "../../native/base/types.h"
#include "../native/fakes/clock.h"

namespace gemel::sim {

inline constexpr std::uint64_t kBlock = 4096;

/// Content of a block is told by one number; 0 is a block of zeros.
inline void fill_block(std::uint64_t number, std::byte* block) {
  fakes::Random random(number);
  for (std::size_t at = 0; at < kBlock; at += 8) {
    const std::uint64_t word = at == 0 ? number : random.next();
    std::memcpy(block + at, &word, 8);
  }
}

class GuestModel {
 public:
  struct Write {
    Fid fid = kNoFid;
    std::uint64_t block = 0, count = 0;
    std::uint64_t number = 0;  ///< content of its first block; the others follow
    std::uint64_t issued = 0;
  };

  Write issue(Fid fid, std::uint64_t block, std::uint64_t count) {
    Write write{fid, block, count, next_, ++moment_};
    next_ += count;
    for (std::uint64_t at = 0; at < count; at++) cell(fid, block + at).versions[write.number + at] = {};
    return write;
  }
  void acknowledged(const Write& write) {
    const std::uint64_t now = ++moment_;
    for (std::uint64_t at = 0; at < write.count; at++) {
      Cell& found = cell(write.fid, write.block + at);
      // What was acknowledged before this write was issued is overwritten by it.
      for (auto& [number, version] : found.versions) {
        if (number != write.number + at && version.acknowledged != 0 && version.acknowledged < write.issued &&
            version.superseded == 0)
          version.superseded = now;
      }
      found.versions[write.number + at].acknowledged = now;
    }
  }
  std::uint64_t moment() { return ++moment_; }
  /// A flush that began at `begun` was acknowledged: what was superseded before it cannot come back.
  void flushed(Fid fid, std::uint64_t begun) {
    for (auto& [key, found] : cells_) {
      if (key.first != fid) continue;
      std::erase_if(found.versions, [&](const auto& entry) {
        return entry.second.superseded != 0 && entry.second.superseded < begun;
      });
    }
  }
  /// Whether block content `number` may be there. `power_lost`: everything not flushed may be gone.
  bool may_be(Fid fid, std::uint64_t block, std::uint64_t number, bool power_lost) {
    Cell& found = cell(fid, block);
    const auto version = found.versions.find(number);
    if (version == found.versions.end()) return false;
    return power_lost || version->second.superseded == 0;
  }
  /// From now on this is what is there.
  void settle(Fid fid, std::uint64_t block, std::uint64_t number) {
    Cell& found = cell(fid, block);
    found.versions.clear();
    found.versions[number] = {++moment_, 0};
  }
  std::string describe(Fid fid, std::uint64_t block) {
    std::string text;
    for (const auto& [number, version] : cell(fid, block).versions)
      text += " " + std::to_string(number) + (version.acknowledged != 0 ? "a" : "") +
              (version.superseded != 0 ? "s" : "");
    return text;
  }

 private:
  struct Version {
    std::uint64_t acknowledged = 0, superseded = 0;
  };
  struct Cell {
    std::map<std::uint64_t, Version> versions;
  };
  Cell& cell(Fid fid, std::uint64_t block) {
    Cell& found = cells_[{fid, block}];
    if (found.versions.empty()) found.versions[0] = {1, 0};
    return found;
  }
  std::map<std::pair<Fid, std::uint64_t>, Cell> cells_;
  std::uint64_t next_ = 1, moment_ = 1;
};

}  // namespace gemel::sim
