// SPDX-License-Identifier: Apache-2.0
// What only the peer's tracking marked when both sides' marks were brought together: after a host's death its
// hot extents, which nobody can narrow but a comparison by hash (P5). Kept for the figures alone: they tell
// what of the bytes sent was changed here meanwhile, and what the dead host may have changed last.
#pragma once

#include <map>
#include <vector>

#include "../store/bitmap.h"

namespace gemel {

class PeerMarks {
 public:
  void clear() { files_.clear(); }
  /// Before it is merged: `own` is what this side marked itself (nullptr: nothing). Ranges of a file come in
  /// rising order.
  void add(const Bitmap* own, Fid fid, Range range);
  void add_whole(const Bitmap* own, Fid fid);
  bool contains(Fid fid, std::uint64_t offset) const;

 private:
  std::map<Fid, std::vector<Range>> files_;
};

}  // namespace gemel
