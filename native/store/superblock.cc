// SPDX-License-Identifier: Apache-2.0
#include "superblock.h"

#include <algorithm>
#include <cerrno>

#include "../base/check.h"
#include "../base/limits.h"
#include "block.h"

namespace gemel {
namespace {

constexpr std::uint64_t kRecordMagic = magic_of("GMLSUPER");
constexpr std::uint64_t kWordMagic = magic_of("GMLWORD1");
constexpr std::uint64_t kSlots = 2;
constexpr std::uint64_t kWordAt = kSlots * kStateBlock;
constexpr std::uint64_t kFileBytes = 4 * kStateBlock;

SuperblockSlot::Kind kind_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::blank:
      return SuperblockSlot::Kind::blank;
    case BlockKind::newer:
      return SuperblockSlot::Kind::newer_format;
    case BlockKind::good:
      return SuperblockSlot::Kind::valid;
    case BlockKind::damaged:
      break;
  }
  return SuperblockSlot::Kind::damaged;
}

/// Waits until nobody else writes; whoever comes next waits for the caller.
Task<void> take_turn(bool& busy, Event& is_free) {
  while (busy) {
    is_free.reset();
    co_await is_free.wait();
  }
  busy = true;
}

void end_turn(bool& busy, Event& is_free) {
  check(busy, "a turn is ended by who has it");
  busy = false;
  is_free.set();
}

}  // namespace

SuperblockSlot read_superblock_slot(ConstBytes block) {
  const OpenedBlock opened = open_block(block, kRecordMagic);
  SuperblockSlot slot;
  slot.kind = kind_of(opened.kind);
  if (slot.kind != SuperblockSlot::Kind::valid) return slot;
  slot.sequence = opened.sequence;
  FieldReader reader(opened.content);
  reader(slot.words, slot.record);
  const bool is_sound = reader.ok() && slot.record.history.size() <= limits::kHistory;
  if (!is_sound) slot.kind = SuperblockSlot::Kind::damaged;
  return slot;
}

bool write_superblock_slot(Bytes block, const SuperblockSlot& slot) {
  const std::size_t bytes = sizeof(slot.words) + encoded_size(slot.record);
  if (bytes > block.size() - sizeof(Envelope)) return false;
  if (slot.record.history.size() > limits::kHistory) return false;
  auto& fields = const_cast<SuperblockSlot&>(slot);  // `fields` is shared with the reader, hence not const
  FieldWriter writer(content_of(block));
  writer(fields.words, fields.record);
  seal_block(block, kRecordMagic, slot.sequence, static_cast<std::uint32_t>(bytes));
  return true;
}

WordSlot read_word_slot(ConstBytes block) {
  const OpenedBlock opened = open_block(block, kWordMagic);
  WordSlot word;
  word.kind = kind_of(opened.kind);
  if (word.kind != SuperblockSlot::Kind::valid) return word;
  FieldReader reader(opened.content);
  reader(word.number, word.generation);
  if (!reader.ok()) word.kind = SuperblockSlot::Kind::damaged;
  return word;
}

void write_word_slot(Bytes block, const WordSlot& slot) {
  auto& fields = const_cast<WordSlot&>(slot);
  FieldWriter writer(content_of(block));
  writer(fields.number, fields.generation);
  seal_block(block, kWordMagic, slot.number, static_cast<std::uint32_t>(writer.written()));
}

Superblock::Found Superblock::open() {
  check(!busy_ && !word_busy_ && sequence_ == 0, "a superblock is opened once, before it is written");
  if (!volume_.exists(kFile)) return Found::none;
  file_ = volume_.open(kFile, kFileBytes);
  AlignedBytes blocks(kFileBytes);
  if (!file_ || file_->read_now(0, blocks.bytes()) < 0) {
    problem_ = "the superblock cannot be read";
    return Found::damaged;
  }
  const Bytes all = blocks.bytes();
  const SuperblockSlot first = read_superblock_slot(all.first(kStateBlock));
  const SuperblockSlot second = read_superblock_slot(all.subspan(kStateBlock, kStateBlock));
  const WordSlot word = read_word_slot(all.subspan(kWordAt, kStateBlock));
  for (const auto kind : {first.kind, second.kind, word.kind}) {
    if (kind != SuperblockSlot::Kind::newer_format) continue;
    problem_ = "the superblock was written by a later version of Gemel";
    return Found::newer_format;
  }
  const bool is_first = first.kind == SuperblockSlot::Kind::valid;
  const bool is_second = second.kind == SuperblockSlot::Kind::valid;
  if (!is_first && !is_second) {
    const bool is_blank =
        first.kind == SuperblockSlot::Kind::blank && second.kind == SuperblockSlot::Kind::blank;
    if (is_blank) return Found::none;
    problem_ = "both slots of the superblock are damaged";
    return Found::damaged;
  }
  const SuperblockSlot& newest =
      is_first && (!is_second || first.sequence > second.sequence) ? first : second;
  record_ = newest.record;
  sequence_ = newest.sequence;
  if (word.kind == SuperblockSlot::Kind::valid) word_ = word;
  words_ = std::max(word_.number, newest.words);
  word_.number = words_;
  obey_word(newest.words);
  return Found::valid;
}

/// A word that nothing later has superseded outranks the record (R19, R20). One that cannot be read was never
/// confirmed to anybody: without a lease it counts only while this process lives, and this one is new.
void Superblock::obey_word(std::uint64_t superseded) {
  check(word_.number <= words_, "the last durable word was begun");
  if (word_.number <= superseded) return;
  record_.right = Right::outdated;
  record_.right_generation = word_.generation;
  record_.basis = AloneBasis::none;
}

int Superblock::make_file() {
  if (!file_) file_ = volume_.open(kFile, kFileBytes);
  return file_ ? 0 : -errno;
}

Task<int> Superblock::write(CopyRecord next) {
  return update([next = std::move(next)](CopyRecord& record) { record = next; });
}

Task<int> Superblock::update(std::function<void(CopyRecord&)> change) {
  // The caller knows every durable word. One that is still under way, or is given from here on, is later than
  // this record, whatever lands first.
  const std::uint64_t superseded = word_.number;
  Task<void> turn = take_turn(busy_, free_);
  co_await turn;
  CopyRecord next = record_;
  change(next);
  check(superseded <= words_, "a record supersedes only words that were given");
  int result = make_file();
  if (result == 0) {
    // A failed attempt may have reached the disk: the next one must still be the newest.
    sequence_++;
    AlignedBytes block(kStateBlock);
    const SuperblockSlot slot{SuperblockSlot::Kind::valid, sequence_, superseded, next};
    if (write_superblock_slot(block.bytes(), slot)) {
      StateWrite write(*file_, sequence_ % kSlots * kStateBlock, block.bytes());
      result = co_await write;
    } else {
      result = -E2BIG;
    }
  }
  if (result == 0) {
    record_ = std::move(next);
    obey_word(superseded);
  } else {
    // The failed slot is the one to use again: the other one holds what is true.
    sequence_++;
  }
  end_turn(busy_, free_);
  co_return result;
}

Task<int> Superblock::give_word(Generation generation) {
  Task<void> turn = take_turn(word_busy_, word_free_);
  co_await turn;
  int result = make_file();
  const std::uint64_t number = ++words_;
  if (result == 0) {
    AlignedBytes block(kStateBlock);
    write_word_slot(block.bytes(), {SuperblockSlot::Kind::valid, number, generation});
    StateWrite write(*file_, kWordAt, block.bytes());
    result = co_await write;
  }
  if (result == 0) {
    check(word_.number < number, "words are given one after the other");
    const std::uint64_t before = word_.number;
    word_ = {SuperblockSlot::Kind::valid, number, generation};
    obey_word(before);
  }
  end_turn(word_busy_, word_free_);
  co_return result;
}

}  // namespace gemel
