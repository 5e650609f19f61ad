// SPDX-License-Identifier: Apache-2.0
// What this disk lacks and the peer has (R110): a write that failed here and went on with the peer, a bad
// sector that could not be rewritten. Reads of it are the peer's to serve, a reintegration takes it from
// there, and a repair writes it here again. Whole blocks: the peer has all of a block of which this side
// lacks a part.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "../store/bitmap.h"

namespace gemel {

class Lacking {
 public:
  bool empty() const { return files_.empty(); }
  std::size_t ranges() const { return count_; }

  void add(Fid fid, Range range) {
    std::uint64_t start = range.offset / kBlockBytes * kBlockBytes;
    std::uint64_t end = round_up(range.end());
    auto& file = files_[fid];
    for (auto at = file.begin(); at != file.end();) {
      if (at->second < start || at->first > end) {
        ++at;
        continue;
      }
      start = std::min(start, at->first);
      end = std::max(end, at->second);
      at = file.erase(at);
      count_--;
    }
    file[start] = end;
    count_++;
  }
  /// Whole blocks of this range are here again.
  void remove(Fid fid, Range range) {
    const auto file = files_.find(fid);
    if (file == files_.end()) return;
    const std::uint64_t start = round_up(range.offset);
    const std::uint64_t end = range.end() / kBlockBytes * kBlockBytes;
    std::map<std::uint64_t, std::uint64_t> left;
    for (const auto& [first, last] : file->second) {
      if (first < std::min(last, start)) left[first] = std::min(last, start);
      if (std::max(first, end) < last) left[std::max(first, end)] = last;
    }
    if (start < end) {
      count_ = count_ - file->second.size() + left.size();
      file->second = std::move(left);
    }
    if (file->second.empty()) files_.erase(file);
  }
  bool touches(Fid fid, Range range) const {
    const auto file = files_.find(fid);
    if (file == files_.end()) return false;
    return std::ranges::any_of(
        file->second, [&](const auto& one) { return one.first < range.end() && one.second > range.offset; });
  }
  /// Some range of some file, at most `most` bytes.
  std::optional<std::pair<Fid, Range>> first(std::uint64_t most) const {
    if (files_.empty()) return std::nullopt;
    const auto& [start, end] = *files_.begin()->second.begin();
    return std::pair{files_.begin()->first, Range{start, std::min(end - start, most)}};
  }
  void forget(Fid fid) {
    const auto file = files_.find(fid);
    if (file == files_.end()) return;
    count_ -= file->second.size();
    files_.erase(file);
  }
  void clear() {
    files_.clear();
    count_ = 0;
  }

 private:
  static std::uint64_t round_up(std::uint64_t offset) {
    return (offset + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  }
  std::map<Fid, std::map<std::uint64_t, std::uint64_t>> files_;  ///< start → end
  std::size_t count_ = 0;
};

}  // namespace gemel
