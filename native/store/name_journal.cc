// SPDX-License-Identifier: Apache-2.0
#include "name_journal.h"

#include <algorithm>
#include <cerrno>

#include "../base/check.h"
#include "../base/limits.h"
#include "block.h"

namespace gemel {

namespace {

constexpr std::uint64_t kMagic = magic_of("GMLNAMES");
/// The least that a disk writes at once.
constexpr std::size_t kSector = 512;
/// What fits into a sector beside the fixed fields: longer names and values (an xattr, a long link) are cut.
constexpr std::size_t kNameMax = 128;
constexpr std::size_t kValueMax = 48;

template <class V>
void fields(V& v, NameChange& c) {
  Attributes& a = c.attributes;
  v(c.kind, c.fid, c.directory, c.directory2, c.name, c.name2, c.value, c.flags, c.valid, c.replaced, a.mode,
    a.uid, a.gid, a.rdev, a.size, a.atime.seconds, a.atime.nanos, a.mtime.seconds, a.mtime.nanos);
}

}  // namespace

JournalSlot read_journal_slot(ConstBytes bytes) {
  const OpenedBlock opened = open_block(bytes, kMagic);
  JournalSlot slot;
  slot.number = opened.sequence;
  if (opened.kind == BlockKind::blank) return slot;
  slot.kind = JournalSlot::Kind::damaged;
  if (opened.kind == BlockKind::newer) slot.kind = JournalSlot::Kind::newer_format;
  if (opened.kind != BlockKind::good) return slot;
  FieldReader reader(opened.content);
  fields(reader, slot.change);
  if (reader.ok()) slot.kind = JournalSlot::Kind::valid;
  return slot;
}

void write_journal_slot(Bytes bytes, std::uint64_t number, const NameChange& change) {
  NameChange cut = change;
  cut.name.resize(std::min(cut.name.size(), kNameMax));
  cut.name2.resize(std::min(cut.name2.size(), kNameMax));
  cut.value.resize(std::min(cut.value.size(), kValueMax));
  FieldWriter writer(content_of(bytes));
  fields(writer, cut);
  check(sizeof(Envelope) + writer.written() <= kSector, "a sector holds an entry");
  seal_block(bytes, kMagic, number, static_cast<std::uint32_t>(writer.written()));
}

bool cuts_file(const NameChange& change) {
  return change.kind == NameKind::set_attributes && (change.valid & kSetSize) != 0;
}

int NameJournal::open() {
  check(!file_ && pending_.empty(), "a journal is opened once");
  file_ = volume_.open(kFile, limits::kJournalSlots * kSlotBytes);
  if (!file_) return -errno;
  AlignedBytes bytes(limits::kJournalSlots * kSlotBytes);
  if (const int result = file_->read_now(0, bytes.bytes()); result < 0) return result;
  std::vector<JournalSlot> found;
  bool is_damaged = false;
  for (std::size_t i = 0; i < limits::kJournalSlots; i++) {
    JournalSlot slot = read_journal_slot(bytes.bytes().subspan(i * kSlotBytes, kSlotBytes));
    if (slot.kind == JournalSlot::Kind::newer_format) {
      file_.reset();
      return -EPROTONOSUPPORT;
    }
    if (slot.kind == JournalSlot::Kind::blank) continue;
    // Until clear() says that they have been compared, entries found here keep their slots.
    states_[i] = State::found;
    if (slot.kind == JournalSlot::Kind::damaged) {
      is_damaged = true;
    } else {
      number_ = std::max(number_, slot.number);
      found.push_back(std::move(slot));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  for (JournalSlot& slot : found) pending_.push_back(std::move(slot.change));
  return is_damaged ? -EBADMSG : 0;
}

std::size_t NameJournal::used() const {
  return limits::kJournalSlots -
         static_cast<std::size_t>(std::count_if(states_.begin(), states_.end(), [](State state) {
           return state == State::blank || state == State::left;
         }));
}

Task<int> NameJournal::enter(const NameChange& change) {
  std::size_t slot = limits::kJournalSlots;
  for (std::size_t i = 0; i < limits::kJournalSlots && slot == limits::kJournalSlots; i++) {
    const std::size_t candidate = (next_ + i) % limits::kJournalSlots;
    if (states_[candidate] == State::blank || states_[candidate] == State::left) slot = candidate;
  }
  if (slot == limits::kJournalSlots) co_return -EAGAIN;
  check(file_ != nullptr, "a change is entered into an open journal");
  next_ = (slot + 1) % limits::kJournalSlots;
  states_[slot] = State::used;
  cuts_[slot] = cuts_file(change);
  AlignedBytes block(kSlotBytes);
  write_journal_slot(block.bytes(), ++number_, change);
  StateWrite write(*file_, slot * kSlotBytes, block.bytes());
  const int result = co_await write;
  check(states_[slot] == State::used, "a slot is its entry's until that leaves");
  if (result == 0) co_return static_cast<int>(slot);
  states_[slot] = State::left;  // it may have reached the disk: one comparison too many
  co_return result;
}

void NameJournal::leave(int slot) {
  check(slot >= 0 && static_cast<std::size_t>(slot) < limits::kJournalSlots,
        "a slot of this journal is left");
  auto& state = states_[static_cast<std::size_t>(slot)];
  check(state == State::used, "a journal slot is left once");
  state = State::left;
  if (cuts_[static_cast<std::size_t>(slot)]) spawn(wipe(static_cast<std::size_t>(slot)));
}

/// Not durable by itself: a power cut that undoes it costs a comparison. Nobody takes the slot meanwhile.
Task<void> NameJournal::wipe(std::size_t slot) {
  states_[slot] = State::wiping;
  wiping_++;
  AlignedBytes zeros(kStateBlock);
  StateWrite write(*file_, slot * kSlotBytes, zeros.bytes(), /*durable=*/false);
  co_await write;
  states_[slot] = State::left;
  wiping_--;
  wiped_.set();
}

Task<int> NameJournal::clear() {
  while (wiping_ > 0) {
    wiped_.reset();
    co_await wiped_.wait();
  }
  AlignedBytes zeros(kSlotBytes);
  for (std::size_t slot = 0; slot < limits::kJournalSlots; slot++) {
    if (states_[slot] != State::found && states_[slot] != State::left) continue;
    states_[slot] = State::used;  // nobody takes it while it is blanked
    StateWrite write(*file_, slot * kSlotBytes, zeros.bytes());
    const int result = co_await write;
    states_[slot] = result == 0 ? State::blank : State::left;
    if (result != 0) co_return result;
  }
  pending_.clear();
  co_return 0;
}

}  // namespace gemel
