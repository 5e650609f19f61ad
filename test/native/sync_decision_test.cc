// SPDX-License-Identifier: Apache-2.0
// Walks every input of the sync decision table: exactly one row each, the same one seen from either side, and
// none that lets data flow onto a copy whose guest may run. Then named meetings, told with real hellos.
#include "../../native/engine/sync_decision.h"

#include <functional>

#include "check.h"

using namespace gemel;

namespace {

void each_side(const std::function<void(const SideFact&)>& visit) {
  for (unsigned copy = 0; copy < 6; copy++)
    for (unsigned running = 0; running < 3; running++)
      for (const bool dirty : {false, true})
        visit({static_cast<CopyFact>(copy), static_cast<wire::Running>(running), dirty});
}

void each_meeting(const std::function<void(const MeetingFact&)>& visit) {
  each_side([&](const SideFact& first) {
    each_side([&](const SideFact& second) {
      for (unsigned rest = 0; rest < 6 * 3 * 8; rest++) {
        visit({first, second, static_cast<Relation>(rest % 6), static_cast<Sessions>(rest / 6 % 3),
               (rest / 18 & 1U) != 0, (rest / 36 & 1U) != 0, (rest / 72 & 1U) != 0});
      }
    });
  });
}

MeetingFact swapped(MeetingFact fact) {
  std::swap(fact.first, fact.second);
  fact.first_elected = !fact.first_elected;
  if (fact.relation == Relation::ahead)
    fact.relation = Relation::behind;
  else if (fact.relation == Relation::behind)
    fact.relation = Relation::ahead;
  if (fact.sessions == Sessions::first_lower)
    fact.sessions = Sessions::second_lower;
  else if (fact.sessions == Sessions::second_lower)
    fact.sessions = Sessions::first_lower;
  return fact;
}

wire::Hello copy_at(Generation generation, std::vector<Generation> history = {}) {
  wire::Hello hello;
  hello.copy = wire::CopyState::consistent;
  hello.generation = generation;
  hello.history = std::move(history);
  hello.synced = hello.history.empty() ? generation : hello.history.front();
  hello.clean = true;
  hello.session = 7;
  return hello;
}

}  // namespace

TEST(direction_every_input_meets_exactly_one_row) {
  std::size_t inputs = 0;
  each_meeting([&](const MeetingFact& fact) {
    inputs++;
    const auto rows = rows_matching(fact);
    if (rows.size() == 1) return;
    std::string text = "rows:";
    for (const auto& row : rows) text += " " + row;
    text += " for copies " + std::to_string(static_cast<int>(fact.first.copy)) + "," +
            std::to_string(static_cast<int>(fact.second.copy)) + " running " +
            std::to_string(static_cast<int>(fact.first.running)) + "," +
            std::to_string(static_cast<int>(fact.second.running)) + " relation " +
            std::to_string(static_cast<int>(fact.relation)) + " sessions " +
            std::to_string(static_cast<int>(fact.sessions)) + " unbroken " + std::to_string(fact.unbroken) +
            " dirty " + std::to_string(fact.first.dirty || fact.second.dirty) + " elected " +
            std::to_string(fact.first_elected);
    test::fail(__FILE__, __LINE__, text);
  });
  CHECK_EQ(inputs, 36U * 36U * 144U);
}

TEST(direction_both_sides_see_the_same_row) {
  each_meeting([](const MeetingFact& fact) {
    const SyncDecision here = sync_decision_of(fact);
    const SyncDecision there = sync_decision_of(swapped(fact));
    CHECK_EQ(here.row, there.row);
    const bool sided = here.kind == SyncKind::reintegrate || here.kind == SyncKind::deny;
    if (sided) CHECK(here.source != there.source);
  });
}

TEST(direction_never_overwrites_a_copy_whose_guest_may_run) {
  each_meeting([](const MeetingFact& fact) {
    const SyncDecision found = sync_decision_of(fact);
    if (found.kind != SyncKind::reintegrate) return;
    const SideFact& target = found.source == Side::first ? fact.second : fact.first;
    const SideFact& source = found.source == Side::first ? fact.first : fact.second;
    CHECK(target.running == wire::Running::no);
    CHECK(source.copy == CopyFact::consistent);
  });
}

TEST(direction_same_and_clean) {
  const auto found = sync_decision_of(meeting_of(copy_at(5), copy_at(5)));
  CHECK(found.kind == SyncKind::pair);
}

TEST(direction_primary_crashed_same_generation) {
  auto crashed = copy_at(5);
  crashed.clean = false;
  crashed.tracking = true;
  crashed.elected = true;
  const auto found = sync_decision_of(meeting_of(copy_at(5), crashed));
  CHECK(found.kind == SyncKind::reintegrate);
  CHECK(found.source == Side::second);
  CHECK(found.scope == Scope::tracked);
}

TEST(direction_lvm_rollback_of_secondary) {
  auto rolled_back = copy_at(5);
  rolled_back.session = 3;
  const auto found = sync_decision_of(meeting_of(rolled_back, copy_at(5)));
  CHECK(found.kind == SyncKind::reintegrate);
  CHECK(found.source == Side::second);
  CHECK(found.scope == Scope::by_hash);
  // Also where the other one went on alone since.
  const auto ahead = sync_decision_of(meeting_of(copy_at(6, {5}), rolled_back));
  CHECK(ahead.kind == SyncKind::reintegrate);
  CHECK(ahead.scope == Scope::by_hash);
}

TEST(direction_one_ahead_tracked_and_not) {
  CHECK(sync_decision_of(meeting_of(copy_at(6, {5}), copy_at(5))).scope == Scope::tracked);
  const auto older = sync_decision_of(meeting_of(copy_at(4), copy_at(6, {5, 4})));
  CHECK(older.kind == SyncKind::reintegrate);
  CHECK(older.source == Side::second);
  CHECK(older.scope == Scope::by_hash);
}

TEST(direction_older_side_frozen_is_denied_granted_is_conflict) {
  auto older = copy_at(5);
  older.running = wire::Running::frozen;
  const auto denied = sync_decision_of(meeting_of(copy_at(6, {5}), older));
  CHECK(denied.kind == SyncKind::deny);
  CHECK(denied.source == Side::second);
  older.running = wire::Running::granted;
  CHECK(sync_decision_of(meeting_of(copy_at(6, {5}), older)).kind == SyncKind::conflict);
}

TEST(direction_both_granted_is_conflict_without_a_dirty_bit) {
  auto first = copy_at(6, {5});
  auto second = copy_at(7, {5});
  first.running = second.running = wire::Running::granted;
  CHECK(sync_decision_of(meeting_of(first, second)).kind == SyncKind::conflict);
  second = first;
  CHECK(sync_decision_of(meeting_of(first, second)).kind == SyncKind::conflict);
}

TEST(direction_half_filled_resumes_from_its_source_or_a_descendant_only) {
  auto half = copy_at(5);
  half.copy = wire::CopyState::inconsistent;
  half.source = 6;
  CHECK(sync_decision_of(meeting_of(copy_at(6, {5}), half)).kind == SyncKind::reintegrate);
  CHECK(sync_decision_of(meeting_of(copy_at(8, {6, 5}), half)).kind == SyncKind::reintegrate);
  CHECK(sync_decision_of(meeting_of(copy_at(9, {5}), half)).kind == SyncKind::refuse);
}

TEST(direction_files_without_state_wait_for_a_person) {
  wire::Hello files;
  files.copy = wire::CopyState::unknown;
  CHECK(sync_decision_of(meeting_of(files, copy_at(5))).kind == SyncKind::unknown);
  // A volume that is not mounted is never empty and never a source.
  files.copy = wire::CopyState::absent;
  CHECK(sync_decision_of(meeting_of(files, copy_at(5))).kind == SyncKind::refuse);
}

TEST(direction_history_too_short_is_conflict_not_unrelated) {
  std::vector<Generation> long_history;
  for (Generation old = 100; old < 100 + limits::kHistory; old++) long_history.push_back(old);
  CHECK(sync_decision_of(meeting_of(copy_at(9, long_history), copy_at(5))).kind == SyncKind::conflict);
  CHECK(sync_decision_of(meeting_of(copy_at(9, {8}), copy_at(5))).kind == SyncKind::unrelated);
}

TEST(direction_who_gave_its_word_is_not_elected) {
  auto outdated = copy_at(5);
  outdated.right = wire::Right::outdated;
  outdated.elected = true;
  outdated.tracking = true;
  const auto found = sync_decision_of(meeting_of(outdated, copy_at(5)));
  CHECK(found.kind == SyncKind::reintegrate);
  CHECK(found.source == Side::second);
}

TEST(direction_primary_lost_its_power_and_the_secondary_lives) {
  auto crashed = copy_at(5);
  crashed.clean = false;
  crashed.elected = true;
  auto alive = copy_at(5);
  alive.unbroken = true;
  const auto found = sync_decision_of(meeting_of(crashed, alive));
  CHECK(found.kind == SyncKind::reintegrate);
  CHECK(found.source == Side::second);
}
