// SPDX-License-Identifier: Apache-2.0
// Bits in memory. What is on disk, and when: bitmap_pages.cc.
#include "bitmap.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "../base/check.h"
#include "../base/limits.h"

namespace gemel {
namespace {

constexpr std::uint64_t kWordBits = 64;
constexpr std::uint64_t kPageBits = kBitmapWords * kWordBits;

/// Bits [first, end) of one word.
std::uint64_t mask(std::uint64_t first, std::uint64_t end) {
  check(first < end && end <= kWordBits, "a mask lies within one word");
  const std::uint64_t high = end == kWordBits ? ~0ULL : (1ULL << end) - 1;
  return high & ~((1ULL << first) - 1);
}

}  // namespace

void Bitmap::set(Range range) {
  if (range.length == 0 || overflowed_) return;
  // A length up to "the end of any file" must not wrap around.
  const std::uint64_t end =
      range.offset + std::min(range.length, std::numeric_limits<std::uint64_t>::max() - range.offset);
  change(range.offset / kRegionBytes, (end - 1) / kRegionBytes + 1, true);
}

void Bitmap::clear(Range range) {
  const std::uint64_t first = (range.offset + kRegionBytes - 1) / kRegionBytes;
  const std::uint64_t end = range.end() / kRegionBytes;
  if (first < end) change(first, end, false);
}

void Bitmap::change(std::uint64_t first, std::uint64_t end, bool on) {
  if (!on) {
    // Only what is there can be cleared, however long the range is.
    for (auto page = pages_.lower_bound(first / kPageBits); page != pages_.end(); ++page) {
      const std::uint64_t base = page->first * kPageBits;
      if (base >= end) break;
      change_page(page->second, std::max(first, base) - base, std::min(end, base + kPageBits) - base, false);
    }
    return;
  }
  for (std::uint64_t number = first / kPageBits; number * kPageBits < end; number++) {
    auto found = pages_.find(number);
    if (found == pages_.end()) {
      if (all_.bit_pages_ >= limits::kBitmapBytes / Bitmaps::kPageBytes) return overflow();
      found = pages_.emplace(number, Page{}).first;
      found->second.words.resize(kBitmapWords);
      all_.bit_pages_++;
    }
    const std::uint64_t base = number * kPageBits;
    change_page(found->second, std::max(first, base) - base, std::min(end, base + kPageBits) - base, true);
  }
}

void Bitmap::change_page(Page& page, std::uint64_t first, std::uint64_t end, bool on) {
  check(first < end && end <= kPageBits && page.words.size() == kBitmapWords, "a change lies in one page");
  std::uint32_t changed = 0;
  for (std::uint64_t bit = first; bit < end;) {
    const std::uint64_t word_end = std::min(end, (bit / kWordBits + 1) * kWordBits);
    const std::uint64_t bits = mask(bit % kWordBits, (word_end - 1) % kWordBits + 1);
    std::uint64_t& word = page.words[bit / kWordBits];
    const std::uint64_t differing = on ? bits & ~word : bits & word;
    word ^= differing;
    changed += static_cast<std::uint32_t>(std::popcount(differing));
    bit = word_end;
  }
  if (changed == 0) return;
  check(on ? page.bits + changed <= kPageBits : changed <= page.bits, "a page counts its own bits");
  check(on || changed <= bits_, "a file counts its own bits");
  page.bits = on ? page.bits + changed : page.bits - changed;
  bits_ = on ? bits_ + changed : bits_ - changed;
  page.changed = ++all_.change_;
  if (on) page.adding = page.changed;
  if (page.bits == 0) page.adding = 0;
}

/// No room for more bits: the file differs as a whole (R4). Its pages on disk go only after that is durable.
void Bitmap::overflow() {
  set_whole(true);
  check(all_.bit_pages_ >= pages_.size(), "a file's pages are counted among all");
  overflowed_ = true;
  for (const auto& [number, page] : pages_) {
    if (page.slot != 0) all_.blank_.push_back(page.slot);
  }
  all_.bit_pages_ -= pages_.size();
  pages_.clear();
  bits_ = 0;
}

bool Bitmap::test(std::uint64_t offset) const {
  if (whole_) return true;
  const std::uint64_t bit = offset / kRegionBytes;
  const auto found = pages_.find(bit / kPageBits);
  if (found == pages_.end()) return false;
  const std::uint64_t within = bit % kPageBits;
  return (found->second.words[within / kWordBits] >> (within % kWordBits) & 1U) != 0;
}

void Bitmap::set_whole(bool on) {
  if (whole_ == on) return;
  whole_ = on;
  // Cleared after a comparison of the whole file: its bits are welcome again, if there is room.
  overflowed_ = false;
  if (on) {
    all_.enter_whole(*this);
  } else {
    all_.leave_whole(fid_);
    whole_adding_ = 0;
  }
}

Range Bitmap::next(std::uint64_t from, std::uint64_t most) const {
  std::uint64_t start = 0;
  std::uint64_t count = 0;
  const std::uint64_t count_max = std::max<std::uint64_t>(most / kRegionBytes, 1);
  std::uint64_t bit = from / kRegionBytes;
  for (auto page = pages_.lower_bound(bit / kPageBits); page != pages_.end(); ++page) {
    const std::uint64_t base = page->first * kPageBits;
    if (count > 0 && base != start + count) break;
    bit = std::max(bit, base);
    while (bit < base + kPageBits && count < count_max) {
      const std::uint64_t within = bit - base;
      const std::uint64_t rest = page->second.words[within / kWordBits] >> (within % kWordBits);
      if ((rest & 1U) != 0) {
        if (count == 0) start = bit;
        count++;
        bit++;
      } else if (count > 0) {
        return {start * kRegionBytes, count * kRegionBytes};
      } else {
        // Nothing in this word: on to the next; else straight to the first bit.
        bit +=
            rest == 0 ? kWordBits - within % kWordBits : static_cast<std::uint64_t>(std::countr_zero(rest));
      }
    }
    if (count == count_max) break;
  }
  return {start * kRegionBytes, count * kRegionBytes};
}

bool Bitmap::is_durable(Range range) const {
  if (whole_adding_ != 0) return false;
  if (whole_ || range.length == 0) return true;
  const std::uint64_t last = (range.end() - 1) / kRegionBytes / kPageBits;
  for (auto page = pages_.lower_bound(range.offset / kRegionBytes / kPageBits); page != pages_.end();
       ++page) {
    if (page->first > last) break;
    if (page->second.adding != 0) return false;
  }
  return true;
}

bool Bitmap::is_changed() const {
  if (whole_adding_ != 0) return true;
  return std::any_of(pages_.begin(), pages_.end(), [](const auto& page) { return page.second.changed != 0; });
}

}  // namespace gemel
