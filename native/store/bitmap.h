// SPDX-License-Identifier: Apache-2.0
// Which regions (64 KiB per bit) of which files may differ from the peer's (R3), or that a file differs as a
// whole (R4).
//
// In memory, and in one preallocated state file of 4 KiB pages that all files share: a page says itself whose
// bits it holds, so marking at the loss of a peer creates no files, and persist() writes only pages that
// changed, neighbours in one write. Each page has a checksum; one that cannot be read says nothing, not even
// of which file: then open() answers -EBADMSG and contents are compared by hash.
//
// A volume that is full grows no state file: a file whose bits find no place then differs as a whole, which
// takes a few bytes of a page that is kept free for it, so that a mark is never refused for want of room
// (R34, R123).
//
// Invariants: set and clear change memory only; a bit is set before the write it speaks of is acknowledged
// and its page is durable before the extent leaves the activity log (is_durable); clearing needs R2 and is
// the caller's business.
#pragma once

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
/// Length of a Range that means the file as a whole.
inline constexpr std::uint64_t kWholeFile = ~0ULL;

/// What a page of the state file says; also for the fuzzer.
struct BitmapPage {
  enum class Kind { blank, damaged, newer_format, bits, wholes };
  Kind kind = Kind::blank;
  Fid fid = kNoFid;
  std::uint64_t number = 0;           ///< bits: which part of the file's bitmap
  std::vector<std::uint64_t> values;  ///< words of bits, or fids of whole files
};
/// Words of one page: 2024 MiB of a file. Also the most fids of whole files in one page.
inline constexpr std::size_t kBitmapWords = 506;
BitmapPage read_bitmap_page(ConstBytes block);

class Bitmaps;

/// Bits of one file, in memory: no I/O here.
class Bitmap {
 public:
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
  /// Does memory say anything else than stable storage?
  bool is_changed() const;

 private:
  friend class Bitmaps;
  struct Page {
    std::vector<std::uint64_t> words;
    std::uint32_t bits = 0;     ///< how many are set
    std::uint32_t slot = 0;     ///< page of the state file + 1; 0: none yet
    std::uint64_t changed = 0;  ///< number of the last change, 0: as on disk
    std::uint64_t round = 0;    ///< persist() that wrote it last
    std::uint64_t adding = 0;   ///< number of the last change that set a bit not yet durable, 0: none
  };
  Bitmap(Fid fid, Bitmaps& all) : fid_(fid), all_(all) {}
  void change(std::uint64_t first, std::uint64_t end, bool on);
  void change_page(Page& page, std::uint64_t first, std::uint64_t end, bool on);
  void overflow();

  Fid fid_;
  Bitmaps& all_;
  bool whole_ = false;
  bool overflowed_ = false;         ///< no room for its bits: none are set until it is no longer whole
  std::uint64_t whole_adding_ = 0;  ///< as Page::adding, for `whole`
  std::uint64_t bits_ = 0;
  std::map<std::uint64_t, Page> pages_;
};

/// The bitmaps of a module. Memory and disk are bounded by limits::kBitmapBytes (64 TiB of one file's
/// bits): beyond it a file becomes `whole`.
class Bitmaps {
 public:
  static constexpr const char* kFile = "bitmap";
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::uint64_t kFirstPages = 256;
  explicit Bitmaps(Volume& volume) : volume_(volume) {}
  /// Reads all; 0 or -errno: -EBADMSG when a page is damaged (what could be read is there, the rest is
  /// unknown: by hash; forget() makes it usable again), -EPROTONOSUPPORT for a newer format (untouched, R30).
  int open();
  /// Nothing is marked any more, and damaged pages are blanked by the next persist().
  void forget();
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
  friend class Bitmap;
  /// Fids of files that differ as a whole. A file stays in the page that it was entered in: nothing ever
  /// moves between pages, so no order of writes can lose one.
  struct WholePage {
    std::vector<Fid> fids;
    std::uint32_t slot = 0;
    std::uint64_t changed = 0;
    std::uint64_t round = 0;
  };
  struct Write;
  class Batch;

  void adopt(std::uint32_t slot, const BitmapPage& page);
  void enter_whole(Bitmap& bitmap);
  void leave_whole(Fid fid);
  int give_slots();
  std::vector<std::uint32_t*> unplaced();
  int make_slots(std::size_t wanted);
  void crowd_out();
  Task<int> write(Batch& batch);
  Task<int> write_changes();
  Task<int> write_blanks(std::vector<std::uint32_t> slots);
  void settle(const Write& write);

  Volume& volume_;
  std::unique_ptr<StateFile> file_;
  std::map<Fid, std::unique_ptr<Bitmap>> all_;
  std::vector<WholePage> wholes_;
  std::vector<std::uint32_t>
      free_;  ///< pages of the state file that are blank, highest first; numbers from 1
  std::vector<std::uint32_t> blank_;  ///< pages whose content no longer holds
  std::uint64_t bit_pages_ = 0;       ///< pages with bits in memory
  std::uint64_t change_ = 0;
  std::uint64_t round_ = 0;  ///< number of the persist() under way
  std::uint64_t forgettings_ = 0;
  bool busy_ = false;
  Event free_turn_;
};

}  // namespace gemel
