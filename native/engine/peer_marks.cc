// SPDX-License-Identifier: Apache-2.0
#include "peer_marks.h"

#include <algorithm>

#include "../base/limits.h"

namespace gemel {
void PeerMarks::add(const Bitmap* own, Fid fid, Range range) {
  if (own != nullptr && own->whole()) return;
  std::vector<Range>& marks = files_[fid];
  std::uint64_t at = range.offset;
  // A whole file was marked before: its ranges are in it.
  if (!marks.empty() && marks.back().end() > at) return;
  while (at < range.end()) {
    const Range ours = own == nullptr ? Range{} : own->next(at, limits::kEverything);
    const std::uint64_t gap_end = ours.length == 0 ? range.end() : std::min(ours.offset, range.end());
    if (gap_end > at) marks.push_back({at, gap_end - at});
    if (ours.length == 0) return;
    at = std::max(gap_end, ours.end());
  }
}

void PeerMarks::add_whole(const Bitmap* own, Fid fid) {
  if (!files_.contains(fid)) add(own, fid, {0, limits::kEverything});
}

bool PeerMarks::contains(Fid fid, std::uint64_t offset) const {
  const auto found = files_.find(fid);
  if (found == files_.end()) return false;
  const auto after = std::ranges::upper_bound(found->second, offset, {}, &Range::offset);
  return after != found->second.begin() && std::prev(after)->end() > offset;
}

}  // namespace gemel
