// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include <algorithm>

#include "../base/check.h"
#include "../base/limits.h"

namespace gemel {

namespace {

/// What no record may say, whatever led to it.
void check_sound(const CopyRecord& record) {
  const bool is_whole = record.copy == CopyState::consistent;
  const bool is_current = record.right_generation == record.generation;
  check(record.history.size() <= limits::kHistory, "a history is bounded");
  check(is_whole || (record.right != Right::alone && record.right != Right::paired),
        "only a whole copy runs, alone or in a pair");
  check(record.right != Right::alone || (record.generation != 0 && is_current),
        "the right to run alone is for this very generation (R10)");
  check(record.right != Right::alone || record.basis != AloneBasis::none,
        "who runs alone knows on what basis");
  check(record.right != Right::paired || (record.generation != 0 && is_current),
        "a pair is one of this very generation");
  check(record.right == Right::alone || record.basis == AloneBasis::none, "only running alone has a basis");
  check(record.copy == CopyState::inconsistent || record.source == 0, "only a half-filled copy has a source");
  check(record.copy != CopyState::empty || (record.generation == 0 && record.history.empty()),
        "an empty copy has no past");
}

void enter_session(CopyRecord& record, SessionNumber session) {
  if (record.session != session) record.covers = 0;
  record.session = session;
}

}  // namespace

/// Made when its turn comes, from what the record says then (R46).
Task<int> Record::write(std::function<void(CopyRecord&)> change) {
  return superblock_.update([this, change = std::move(change)](CopyRecord& next) {
    change(next);
    check_sound(next);
    next.module = config_.module;
    next.module_uuid = config_.module_uuid;
    next.node = config_.node;
    next.file_system = config_.file_system;
    if (next.copy_uuid.empty()) next.copy_uuid = config_.copy_uuid;
  });
}

void Record::take_new_generation(CopyRecord& next) {
  if (next.generation != 0) next.history.insert(next.history.begin(), next.generation);
  if (next.history.size() > limits::kHistory) next.history.resize(limits::kHistory);
  do {
    next.generation = ports_.clock.random();
  } while (next.generation == 0);
}

Task<int> Record::become_first() {
  return write([this](CopyRecord& next) {
    check(next.copy != CopyState::inconsistent, "a half-filled copy is never the good one");
    next.copy = CopyState::consistent;
    take_new_generation(next);
    next.right = Right::alone;
    next.basis = AloneBasis::first;
    next.right_generation = next.generation;
    next.synced = 0;
    next.source = 0;
  });
}

Task<int> Record::become_empty() {
  return write([](CopyRecord& next) {
    CopyRecord empty;
    empty.copy_uuid = next.copy_uuid;
    next = empty;
    next.copy = CopyState::empty;
  });
}

Task<int> Record::become_alone(AloneBasis basis, SessionNumber session) {
  return write([this, basis, session](CopyRecord& next) {
    check(next.copy == CopyState::consistent, "only a whole copy runs alone");
    const bool already = next.right == Right::alone && next.right_generation == next.generation;
    if (!already) take_new_generation(next);
    next.right = Right::alone;
    next.basis = already && basis == AloneBasis::handshake ? next.basis : basis;
    next.right_generation = next.generation;
    enter_session(next, session);
    next.clean = false;
  });
}

Task<int> Record::become_paired(Generation generation, SessionNumber session,
                                const std::vector<Generation>& history) {
  return write([generation, session, history](CopyRecord& next) {
    check(generation != 0, "a pair has a generation");
    check(next.copy == CopyState::consistent || next.source == generation,
          "a copy is whole only at the generation from which it was filled");
    next.copy = CopyState::consistent;
    next.generation = generation;
    next.history = history;
    next.source = 0;
    next.synced = generation;
    enter_session(next, session);
    next.clean = false;
    next.right = Right::paired;
    next.suspect = false;
    next.basis = AloneBasis::none;
    next.right_generation = generation;
  });
}

Task<int> Record::become_filling(Generation source, SessionNumber session) {
  return write([source, session](CopyRecord& next) {
    check(source != 0, "a copy is filled from a generation");
    next.copy = CopyState::inconsistent;
    next.source = source;
    enter_session(next, session);
    next.right = Right::none;
    next.basis = AloneBasis::none;
    next.clean = false;
    next.was_primary = false;
  });
}

Task<int> Record::become_suspect() {
  return write([](CopyRecord& next) { next.suspect = true; });
}

Task<int> Record::become_outdated(Generation generation) {
  return superblock_.give_word(generation);
}

Task<int> Record::become_given_up(Generation generation) {
  return write([generation](CopyRecord& next) {
    next.right = Right::gave_up;
    next.basis = AloneBasis::none;
    next.right_generation = generation;
  });
}

Task<int> Record::become_loser(Generation winner) {
  return write([winner](CopyRecord& next) {
    next.copy = CopyState::inconsistent;
    next.source = winner;
    next.right = Right::none;
    next.basis = AloneBasis::none;
    // Whatever session it was in: not the winner's, so everything is compared by hash (row f2).
    enter_session(next, 0);
    next.was_primary = false;
  });
}

Task<int> Record::become_running(bool primary) {
  return write([primary](CopyRecord& next) {
    next.clean = false;
    next.was_primary = primary;
  });
}

Task<int> Record::become_clean() {
  return write([](CopyRecord& next) { next.clean = true; });
}

Task<int> Record::remember_root(Attributes shown) {
  return write([shown](CopyRecord& next) {
    next.root_mode = shown.mode & 07777U;
    next.root_uid = shown.uid;
    next.root_gid = shown.gid;
    next.root_atime = shown.atime;
    next.root_mtime = shown.mtime;
  });
}

Task<int> Record::become_covered(SessionNumber session, std::uint64_t covers) {
  return write([session, covers](CopyRecord& next) {
    if (next.session == session) next.covers = std::max(next.covers, covers);
  });
}

Task<int> Record::remember_verify(VerifyRecord verified) {
  return write([verified](CopyRecord& next) { next.verified = verified; });
}

Task<int> Record::forget_synced() {
  return write([](CopyRecord& next) { next.synced = 0; });
}

}  // namespace gemel
