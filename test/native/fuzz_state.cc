// SPDX-License-Identifier: Apache-2.0
// libFuzzer: what may lie on a disk where Gemel's state should be. The first byte picks the file; the rest
// becomes a block whose checksum is made good, since rot does not respect it but a later version, or a bug of
// ours, does.
#include "../../native/store/activity_log.h"
#include "../../native/store/bitmap.h"
#include "../../native/store/block.h"
#include "../../native/store/file_facts.h"
#include "../../native/store/name_journal.h"
#include "../../native/store/superblock.h"
#include "fakes/volume.h"

using namespace gemel;

namespace {

struct NoOwner final : ActivityLog::Owner {
  bool can_forget(const HotExtent&) override { return true; }
  void need_room() override {}
};

/// Opening a whole file costs a thousand times a block's reading: done for one input in sixteen.
bool is_for_whole_file(ConstBytes rest) {
  return std::to_integer<unsigned>(rest[0]) % 16 == 0;
}

/// A block of `size` bytes with `content` behind the envelope, or raw from the first byte on.
void fill(Bytes block, ConstBytes content, std::uint64_t magic, bool is_sealed) {
  const std::size_t skip = is_sealed ? sizeof(Envelope) : 0;
  const std::size_t count = std::min(content.size(), block.size() - skip);
  if (count > 0) std::memcpy(block.subspan(skip).data(), content.data(), count);
  if (is_sealed)
    seal_block(block, magic, 1, static_cast<std::uint32_t>(count),
               static_cast<std::uint32_t>(content.size() % 3));
}

template <class Open>
void with_file(const char* name, Bytes content, Open&& open) {
  fakes::FakeClock clock;
  fakes::FakeVolume volume(clock);
  const std::size_t size = (content.size() + kStateBlock - 1) / kStateBlock * kStateBlock;
  std::vector<std::byte> bytes(size);
  std::copy(content.begin(), content.end(), bytes.begin());
  volume.restore({{name, bytes}});
  open(volume);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ConstBytes rest = std::as_bytes(std::span(data, size)).subspan(1);
  const bool is_sealed = (data[0] & 0x80U) != 0;
  AlignedBytes block(kStateBlock);
  AlignedBytes snapshot(kLogSnapshotBytes);
  switch (data[0] % 5) {
    case 0:
      fill(block.bytes(), rest, magic_of("GMLSUPER"), is_sealed);
      read_superblock_slot(block.bytes());
      read_word_slot(block.bytes());
      if (!is_for_whole_file(rest)) break;
      with_file(Superblock::kFile, block.bytes(), [](Volume& volume) { Superblock(volume).open(); });
      break;
    case 1:
      fill(snapshot.bytes(), rest, magic_of("GMLACTLG"), is_sealed);
      read_log_snapshot(snapshot.bytes());
      if (!is_for_whole_file(rest)) break;
      with_file(ActivityLog::kFile, snapshot.bytes(), [](Volume& volume) {
        NoOwner owner;
        ActivityLog(volume, owner).open();
      });
      break;
    case 2:
      fill(block.bytes(), rest, magic_of("GMLBITMP"), is_sealed);
      read_bitmap_page(block.bytes());
      if (!is_for_whole_file(rest)) break;
      with_file(Bitmaps::kFile, block.bytes(), [](Volume& volume) {
        Bitmaps bitmaps(volume);
        bitmaps.open();
        for (const Fid fid : bitmaps.fids()) bitmaps.of(fid).next(0, ~0ULL);
      });
      break;
    case 3:
      // A header of its own, and the facts that it speaks of behind it.
      fill(snapshot.bytes().first(kStateBlock), rest.first(std::min<std::size_t>(rest.size(), 64)),
           magic_of("GMLFACTS"), is_sealed);
      fill(snapshot.bytes().subspan(kStateBlock), rest, 0, false);
      with_file(kFactsFile, snapshot.bytes().first(2 * kStateBlock),
                [](Volume& volume) { load_facts(volume); });
      break;
    default:
      fill(block.bytes(), rest, magic_of("GMLNAMES"), is_sealed);
      read_journal_slot(block.bytes());
      if (!is_for_whole_file(rest)) break;
      with_file(NameJournal::kFile, block.bytes(), [](Volume& volume) { NameJournal(volume).open(); });
  }
  return 0;
}
