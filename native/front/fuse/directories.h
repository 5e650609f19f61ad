// SPDX-License-Identifier: Apache-2.0
// Directory listings as they are read in parts: a picture of the directory taken at its first part, kept
// until closed, so that entries neither repeat nor vanish while others create and remove. Reading again from
// the start takes a new one.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "../../engine/engine.h"

namespace gemel {

class Directories {
 public:
  explicit Directories(FileService& service) : service_(service) {}
  std::uint64_t open() { return next_++; }
  void close(std::uint64_t handle) { pictures_.erase(handle); }
  /// The picture for a read at `offset`; nullptr with `failure`. A handle that is not known (of a
  /// predecessor, R35) gets a picture when it is used.
  const std::vector<Entry>* picture(std::uint64_t handle, Fid directory, bool is_start, int& failure) {
    const auto found = pictures_.find(handle);
    if (found != pictures_.end() && !is_start) return &found->second;
    std::vector<Entry> entries;
    failure = service_.list(directory, entries);
    if (failure != 0) return nullptr;
    auto& kept = pictures_[handle];
    kept = std::move(entries);
    return &kept;
  }

 private:
  FileService& service_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, std::vector<Entry>> pictures_;
};

}  // namespace gemel
