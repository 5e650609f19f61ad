// SPDX-License-Identifier: Apache-2.0
// The bitmaps' state file. Order inside one persist(): first every page that says more than before, then,
// durably after that, the blanking of pages that no longer hold. So a crash in between leaves a mark too
// many, never one too few.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <functional>

#include "../base/check.h"
#include "../base/limits.h"
#include "bitmap.h"
#include "block.h"

namespace gemel {
namespace {

constexpr std::uint64_t kMagic = magic_of("GMLBITMP");
constexpr std::uint32_t kPartBits = 1;
constexpr std::uint32_t kPartWholes = 2;
constexpr std::uint64_t kPagesMax = limits::kBitmapBytes / Bitmaps::kPageBytes;
static_assert(sizeof(Envelope) + 2 * sizeof(std::uint64_t) + kBitmapWords * sizeof(std::uint64_t) ==
              Bitmaps::kPageBytes);

void encode(Bytes block, std::uint32_t part, Fid fid, std::uint64_t number,
            std::span<const std::uint64_t> values) {
  check(values.size() <= kBitmapWords, "what a page says fits into it");
  FieldWriter writer(content_of(block));
  writer(fid, number);
  for (std::uint64_t value : values) writer(value);
  seal_block(block, kMagic, 0, static_cast<std::uint32_t>(writer.written()), part);
}

std::uint64_t offset_of(std::uint32_t slot) {
  check(slot > 0, "a page that is written has its place");
  return (slot - std::uint64_t{1}) * Bitmaps::kPageBytes;
}

}  // namespace

BitmapPage read_bitmap_page(ConstBytes block) {
  const OpenedBlock opened = open_block(block, kMagic);
  BitmapPage page;
  if (opened.kind == BlockKind::blank) return page;
  page.kind = BitmapPage::Kind::damaged;
  if (opened.kind == BlockKind::newer) page.kind = BitmapPage::Kind::newer_format;
  if (opened.kind != BlockKind::good) return page;
  FieldReader reader(opened.content);
  reader(page.fid, page.number);
  if (!reader.ok() || reader.left() % sizeof(std::uint64_t) != 0) return page;
  const std::size_t count = reader.left() / sizeof(std::uint64_t);
  if (count > kBitmapWords || (opened.part == kPartBits && count != kBitmapWords)) return page;
  page.values.resize(count);
  for (std::uint64_t& value : page.values) reader(value);
  if (opened.part == kPartBits) page.kind = BitmapPage::Kind::bits;
  if (opened.part == kPartWholes) page.kind = BitmapPage::Kind::wholes;
  return page;
}

/// Where a page's content came from, to mark it as written once it is.
struct Bitmaps::Write {
  std::uint32_t slot = 0;
  std::uint64_t change = 0;  ///< number of the last change that it carries
  Fid fid = kNoFid;          ///< bits
  std::uint64_t number = 0;  ///< bits: part of the file; wholes: index of the page in memory
  bool is_wholes = false;
};

/// Pages to be written, in the order of their place, with their bytes.
class Bitmaps::Batch {
 public:
  Batch() : memory_(limits::kBitmapBatchPages * kPageBytes) {}
  bool full() const { return writes_.size() == limits::kBitmapBatchPages; }
  bool empty() const { return writes_.empty(); }
  void add(const Write& write) {
    check(!full() && write.slot != 0 && write.change != 0, "a batch holds changed pages that have a place");
    writes_.push_back(write);
  }
  /// Sorted by place, so that neighbours leave in one write.
  void sort() {
    std::sort(writes_.begin(), writes_.end(), [](const Write& a, const Write& b) { return a.slot < b.slot; });
  }
  const std::vector<Write>& writes() const { return writes_; }
  Bytes block(std::size_t i) const { return memory_.bytes().subspan(i * kPageBytes, kPageBytes); }
  /// Pages i … of neighbours in the file.
  std::size_t run_from(std::size_t i) const {
    std::size_t end = i + 1;
    while (end < writes_.size() && writes_[end].slot == writes_[end - 1].slot + 1) end++;
    return end - i;
  }
  Bytes blocks(std::size_t i, std::size_t count) const {
    return memory_.bytes().subspan(i * kPageBytes, count * kPageBytes);
  }

 private:
  AlignedBytes memory_;
  std::vector<Write> writes_;
};

// ---- reading

int Bitmaps::open() {
  check(!file_ && all_.empty(), "bitmaps are opened once");
  file_ = volume_.open(kFile, kFirstPages * kPageBytes);
  if (!file_) return -errno;
  const std::uint64_t pages = std::min(file_->size() / kPageBytes, kPagesMax * 2);
  AlignedBytes chunk(limits::kBitmapBatchPages * kPageBytes);
  bool is_damaged = false;
  std::vector<std::uint32_t> blanks;
  for (std::uint64_t first = 0; first < pages; first += limits::kBitmapBatchPages) {
    const std::uint64_t count = std::min<std::uint64_t>(limits::kBitmapBatchPages, pages - first);
    const Bytes bytes = chunk.bytes().first(count * kPageBytes);
    if (const int result = file_->read_now(first * kPageBytes, bytes); result < 0) return result;
    for (std::uint64_t i = 0; i < count; i++) {
      const auto slot = static_cast<std::uint32_t>(first + i + 1);
      const BitmapPage page = read_bitmap_page(bytes.subspan(i * kPageBytes, kPageBytes));
      if (page.kind == BitmapPage::Kind::newer_format) {
        file_.reset();
        return -EPROTONOSUPPORT;
      }
      if (page.kind == BitmapPage::Kind::damaged) is_damaged = true;
      if (page.kind == BitmapPage::Kind::blank) {
        blanks.push_back(slot);
      } else {
        adopt(slot, page);
      }
    }
  }
  free_.assign(blanks.rbegin(), blanks.rend());
  return is_damaged ? -EBADMSG : 0;
}

/// Two pages may speak of the same bits after a crash: what either marks is marked.
void Bitmaps::adopt(std::uint32_t slot, const BitmapPage& page) {
  if (page.kind == BitmapPage::Kind::wholes) {
    WholePage& wholes = wholes_.emplace_back();
    wholes.slot = slot;
    for (const Fid fid : page.values) {
      Bitmap& bitmap = of(fid);
      if (bitmap.whole_) {
        wholes.changed = ++change_;  // named twice: once is enough
        continue;
      }
      bitmap.whole_ = true;
      wholes.fids.push_back(fid);
    }
    return;
  }
  // A damaged page stays on disk until forget(): a restart must find it again.
  if (page.kind != BitmapPage::Kind::bits) return;
  Bitmap& bitmap = of(page.fid);
  const bool is_new = !bitmap.pages_.contains(page.number);
  Bitmap::Page& into = bitmap.pages_[page.number];
  into.words.resize(kBitmapWords);
  if (is_new) {
    into.slot = slot;
    bit_pages_++;
  } else {
    into.changed = ++change_;
    blank_.push_back(slot);
  }
  for (std::size_t i = 0; i < kBitmapWords; i++) {
    const auto fresh = static_cast<std::uint32_t>(std::popcount(page.values[i] & ~into.words[i]));
    into.words[i] |= page.values[i];
    into.bits += fresh;
    bitmap.bits_ += fresh;
  }
}

// ---- memory

Bitmap& Bitmaps::of(Fid fid) {
  auto& bitmap = all_[fid];
  if (!bitmap) bitmap.reset(new Bitmap(fid, *this));
  return *bitmap;
}

Bitmap* Bitmaps::find(Fid fid) {
  const auto found = all_.find(fid);
  return found == all_.end() ? nullptr : found->second.get();
}

bool Bitmaps::any() const {
  return std::any_of(all_.begin(), all_.end(), [](const auto& one) { return one.second->any(); });
}

std::uint64_t Bitmaps::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [fid, bitmap] : all_) sum += bitmap->bytes();
  return sum;
}

std::vector<Fid> Bitmaps::fids() const {
  std::vector<Fid> fids;
  for (const auto& [fid, bitmap] : all_) {
    if (bitmap->any()) fids.push_back(fid);
  }
  return fids;
}

void Bitmaps::remove(Fid fid) {
  const auto found = all_.find(fid);
  if (found == all_.end()) return;
  for (const auto& [number, page] : found->second->pages_) {
    if (page.slot != 0) blank_.push_back(page.slot);
  }
  check(bit_pages_ >= found->second->pages_.size(), "a file's pages are counted among all");
  bit_pages_ -= found->second->pages_.size();
  if (found->second->whole_) leave_whole(fid);
  all_.erase(found);
}

void Bitmaps::forget() {
  forgettings_++;
  all_.clear();
  wholes_.clear();
  blank_.clear();
  free_.clear();
  bit_pages_ = 0;
  const auto pages = static_cast<std::uint32_t>(file_ ? file_->size() / kPageBytes : 0);
  for (std::uint32_t slot = pages; slot > 0; slot--) blank_.push_back(slot);
}

void Bitmaps::enter_whole(Bitmap& bitmap) {
  auto page = std::find_if(wholes_.begin(), wholes_.end(),
                           [](const auto& p) { return p.fids.size() < kBitmapWords; });
  if (page == wholes_.end()) page = wholes_.emplace(wholes_.end());
  check(page->fids.size() < kBitmapWords, "a page of whole files has room");
  page->fids.push_back(bitmap.fid_);
  page->changed = ++change_;
  bitmap.whole_adding_ = change_;
}

void Bitmaps::leave_whole(Fid fid) {
  for (WholePage& page : wholes_) {
    const auto found = std::find(page.fids.begin(), page.fids.end(), fid);
    if (found == page.fids.end()) continue;
    page.fids.erase(found);
    page.changed = ++change_;
  }
}

// ---- writing

Task<int> Bitmaps::persist() {
  while (busy_) {
    free_turn_.reset();
    co_await free_turn_.wait();
  }
  busy_ = true;
  round_++;
  int result = give_slots();
  // What loses its place from here on may rest on a mark that this call does not write any more: the next
  // one's.
  std::vector<std::uint32_t> blanks = std::exchange(blank_, {});
  if (result == 0) {
    Task<int> changes = write_changes();
    result = co_await changes;
  }
  if (result == 0) {
    Task<int> blanking = write_blanks(std::move(blanks));
    result = co_await blanking;
  } else {
    blank_.insert(blank_.end(), blanks.begin(), blanks.end());
  }
  busy_ = false;
  free_turn_.set();
  co_return result;
}

/// Every page that has something to say gets its place; one that has nothing to say any more gives its place
/// back.
int Bitmaps::give_slots() {
  std::vector<std::uint32_t*> wanting = unplaced();
  if (const int result = make_slots(wanting.size() + limits::kBitmapReserve); result != 0) {
    crowd_out();
    wanting = unplaced();
    if (free_.size() < wanting.size()) return result;
  }
  for (std::uint32_t* slot : wanting) {
    check(free_.back() != 0, "places are numbered from 1");
    *slot = free_.back();
    free_.pop_back();
  }
  return 0;
}

/// R34: there is no room for every page. Bits that have no place yet go with their file, as a whole.
void Bitmaps::crowd_out() {
  std::size_t room = free_.size() - std::min(free_.size(), limits::kBitmapReserve);
  for (auto& [fid, bitmap] : all_) {
    const auto has_no_place = [](const auto& page) { return page.second.slot == 0; };
    const auto wanted = static_cast<std::size_t>(std::ranges::count_if(bitmap->pages_, has_no_place));
    if (wanted > room) {
      bitmap->overflow();
    } else {
      room -= wanted;
    }
  }
}

/// Where the pages that want a place have theirs.
std::vector<std::uint32_t*> Bitmaps::unplaced() {
  std::vector<std::uint32_t*> wanting;
  for (auto& [fid, bitmap] : all_) {
    for (auto page = bitmap->pages_.begin(); page != bitmap->pages_.end();) {
      if (page->second.bits == 0) {
        if (page->second.slot != 0) blank_.push_back(page->second.slot);
        page = bitmap->pages_.erase(page);
        bit_pages_--;
        continue;
      }
      if (page->second.slot == 0) wanting.push_back(&page->second.slot);
      ++page;
    }
  }
  for (WholePage& page : wholes_) {
    if (page.slot == 0) wanting.push_back(&page.slot);
  }
  return wanting;
}

int Bitmaps::make_slots(std::size_t wanted) {
  if (free_.size() >= wanted) return 0;
  const std::uint64_t before = file_ ? file_->size() / kPageBytes : 0;
  const std::uint64_t pages = std::max(before * 2, before + wanted);
  auto grown = volume_.open(kFile, pages * kPageBytes);
  if (!grown) return -errno;
  file_ = std::move(grown);
  std::vector<std::uint32_t> more;
  for (std::uint64_t slot = pages; slot > before; slot--) more.push_back(static_cast<std::uint32_t>(slot));
  free_.insert(free_.begin(), more.begin(), more.end());
  return 0;
}

Task<int> Bitmaps::write_changes() {
  // Each page once: written after the call began, it carries all that was marked before.
  const auto is_due = [this](const auto& page) {
    return page.changed != 0 && page.slot != 0 && page.round != round_;
  };
  while (true) {
    Batch batch;
    for (auto& [fid, bitmap] : all_) {
      for (auto& [number, page] : bitmap->pages_) {
        if (!is_due(page) || batch.full()) continue;
        page.round = round_;
        batch.add({page.slot, page.changed, fid, number, false});
      }
    }
    for (std::size_t i = 0; i < wholes_.size(); i++) {
      if (!is_due(wholes_[i]) || batch.full()) continue;
      wholes_[i].round = round_;
      batch.add({wholes_[i].slot, wholes_[i].changed, kNoFid, i, true});
    }
    if (batch.empty()) co_return 0;
    Task<int> writing = write(batch);
    const int result = co_await writing;
    if (result != 0) co_return result;
  }
}

Task<int> Bitmaps::write(Batch& batch) {
  batch.sort();
  const auto& writes = batch.writes();
  for (std::size_t i = 0; i < writes.size(); i++) {
    const Write& one = writes[i];
    if (one.is_wholes) {
      encode(batch.block(i), kPartWholes, kNoFid, 0, wholes_[one.number].fids);
    } else {
      encode(batch.block(i), kPartBits, one.fid, one.number, all_.at(one.fid)->pages_.at(one.number).words);
    }
  }
  for (std::size_t i = 0; i < writes.size();) {
    const std::size_t count = batch.run_from(i);
    StateWrite write(*file_, offset_of(writes[i].slot), batch.blocks(i, count));
    const int result = co_await write;
    if (result != 0) co_return result;
    for (std::size_t k = i; k < i + count; k++) settle(writes[k]);
    i += count;
  }
  co_return 0;
}

void Bitmaps::settle(const Write& write) {
  if (write.is_wholes) {
    if (write.number >= wholes_.size() || wholes_[write.number].slot != write.slot) return;
    WholePage& page = wholes_[write.number];
    if (page.changed == write.change) page.changed = 0;
    for (const Fid fid : page.fids) {
      Bitmap* bitmap = find(fid);
      if (bitmap != nullptr && bitmap->whole_adding_ <= write.change) bitmap->whole_adding_ = 0;
    }
    return;
  }
  Bitmap* bitmap = find(write.fid);
  if (bitmap == nullptr) return;
  const auto page = bitmap->pages_.find(write.number);
  if (page == bitmap->pages_.end() || page->second.slot != write.slot) return;
  if (page->second.changed == write.change) page->second.changed = 0;
  if (page->second.adding <= write.change) page->second.adding = 0;
}

Task<int> Bitmaps::write_blanks(std::vector<std::uint32_t> slots) {
  AlignedBytes zeros(limits::kBitmapBatchPages * kPageBytes);
  std::sort(slots.begin(), slots.end());
  const std::uint64_t forgettings = forgettings_;
  check(std::adjacent_find(slots.begin(), slots.end()) == slots.end(), "a page is blanked once");
  for (std::size_t i = 0; i < slots.size();) {
    std::size_t end = i + 1;
    while (end < slots.size() && end - i < limits::kBitmapBatchPages && slots[end] == slots[end - 1] + 1)
      end++;
    const auto from = slots.begin() + static_cast<std::ptrdiff_t>(i);
    StateWrite write(*file_, offset_of(slots[i]), zeros.bytes().first((end - i) * kPageBytes));
    const int result = co_await write;
    if (forgettings != forgettings_) co_return result;  // forget() has put every page on its own list
    if (result != 0) {
      blank_.insert(blank_.end(), from, slots.end());
      co_return result;
    }
    free_.insert(free_.end(), from, slots.begin() + static_cast<std::ptrdiff_t>(end));
    i = end;
  }
  // Highest first, so that the next pages lie side by side from the front.
  std::sort(free_.begin(), free_.end(), std::greater<>());
  co_return 0;
}

}  // namespace gemel
