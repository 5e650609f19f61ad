// SPDX-License-Identifier: Apache-2.0
// Which regions (64 KiB per bit) of which files may differ from the peer's (R3, R4). In memory, and in one
// state file per file (`bitmap-FID`, fid as 16 hex digits), in 4 KiB pages with a CRC each; changed pages are
// written by `persist`. Bits are set in memory before the write they speak of is acknowledged; clearing needs
// R2 and is the caller's business. A damaged page reads as all ones.
//
// (Header written by N3, who needs it first; implementation: N1.)
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "../base/env.h"
#include "../base/task.h"

namespace gemel {

struct Range {
  std::uint64_t offset = 0, length = 0;
  bool operator==(const Range&) const = default;
  std::uint64_t end() const { return offset + length; }
};

/// Bits of one file, in memory: no I/O here.
class Bitmap {
 public:
  explicit Bitmap(Fid fid) : fid_(fid) {}
  Fid fid() const { return fid_; }
  /// Every region that the range touches. `clear` only regions that lie wholly inside.
  void set(Range range);
  void clear(Range range);
  bool test(std::uint64_t offset) const;
  bool any() const { return whole_ || bits_ > 0; }
  /// Dirty bytes, at region granularity (`whole`: the caller knows the size).
  std::uint64_t bytes() const { return bits_ * kRegionBytes; }
  /// R4: the target does not have this file, or nothing is known of it.
  bool whole() const { return whole_; }
  void set_whole(bool on);
  /// Next run of dirty regions at or after `from`, at most `most` bytes long; length 0: none.
  Range next(std::uint64_t from, std::uint64_t most) const;
  /// Are all set bits of the range (and `whole`) on stable storage?
  bool is_durable(Range range) const;
  bool is_changed() const;

 private:
  friend class Bitmaps;
  static constexpr std::size_t kPageWords = 508;  ///< 4096 bytes less page header
  struct Page {
    std::vector<std::uint64_t> words;
    bool changed = false;  ///< memory differs from stable storage
    bool adding = false;   ///< at least one set bit is not on stable storage
  };
  Fid fid_;
  bool whole_ = false, whole_durable_ = false, head_changed_ = false;
  std::uint64_t bits_ = 0;
  std::vector<Page> pages_;
  std::unique_ptr<StateFile> file_;
};

/// The bitmaps of a module. Total memory is bounded by kBytesMax: beyond it a file becomes `whole`.
class Bitmaps {
 public:
  static constexpr std::uint64_t kBytesMax = 256ULL << 20;
  explicit Bitmaps(Volume& volume) : volume_(volume) {}
  /// Reads all; 0 or -errno.
  int open();
  Bitmap& of(Fid fid);
  Bitmap* find(Fid fid);
  bool any() const;
  std::uint64_t bytes() const;
  std::vector<Fid> fids() const;
  /// Writes every changed page durably (in this order: pages, then done). 0 or -errno. Concurrent calls
  /// follow each other; a bit set before the call is durable when it returns 0.
  Task<int> persist();
  /// The file is gone on both copies.
  void remove(Fid fid);

 private:
  Volume& volume_;
  std::map<Fid, std::unique_ptr<Bitmap>> all_;
  bool busy_ = false;
  Event free_;
};

}  // namespace gemel
