// SPDX-License-Identifier: Apache-2.0
// Which way the data goes when two copies meet (docs/rules.md): a pure table from what both sides say
// of themselves to one lettered row. Both engines compute the row from the same two hellos and compare
// letters, so they cannot act on different ones. Identical size is never taken as identical content, a clock
// decides nothing.
//
// Invariants: every input meets exactly one row (sync_decision_test walks them all); swapping the two sides
// swaps source and target and changes nothing else; no row lets data flow onto a copy whose guest may run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../wire/messages.h"

namespace gemel {

/// A copy as the table sees it. An inconsistent one (half filled) is told by where its filling came from.
enum class CopyFact : std::uint8_t {
  absent,     ///< data not there (R27)
  empty,      ///< never initialised here, or set aside by `resolve`
  unknown,    ///< files, but no state that says what they are
  resumable,  ///< inconsistent, filled from the other side's generation or one of its ancestors
  foreign,    ///< inconsistent, filled from something the other side does not descend from
  consistent,
};

/// How the two generations stand to each other; meant only where both copies are consistent.
enum class Relation : std::uint8_t {
  same,
  ahead,      ///< the first side has the second side's generation in its history
  behind,     ///< the other way round
  diverged,   ///< a common ancestor, and both went on from it
  too_short,  ///< no common ancestor found, but a history is full: it may have been forgotten
  unrelated,
};

/// Session numbers of the two sides (R28), and within one session what each has counted (R114).
enum class Sessions : std::uint8_t { equal, first_lower, second_lower };

struct SideFact {
  CopyFact copy = CopyFact::absent;
  wire::Running running = wire::Running::no;
  bool dirty = false;  ///< its tracking is not empty, or it did not stop cleanly
  bool operator==(const SideFact&) const = default;
};

struct MeetingFact {
  SideFact first, second;
  Relation relation = Relation::unrelated;
  Sessions sessions = Sessions::equal;
  bool unbroken = false;      ///< both: same two processes, in sync until this loss (R8, R19)
  bool exact = false;         ///< the tracking of the side ahead starts at the other side's generation
  bool first_elected = true;  ///< who is the source where neither runs
};

enum class Side : std::uint8_t { first, second };

enum class SyncKind : std::uint8_t {
  resume,  ///< go on with the session: resend what is unacknowledged (R8)
  pair,    ///< nothing can differ: in sync at once
  reintegrate,
  conflict,  ///< both copies went on by themselves: a person decides (P8)
  unrelated,
  unknown,  ///< wait for a person
  refuse,
  deny,  ///< the named side's guest runs on an old copy: kill it, verify, meet again (R14)
};

/// What has to be looked at in a reintegration (P5).
enum class Scope : std::uint8_t { tracked, by_hash, everything };

struct SyncDecision {
  std::string row;
  SyncKind kind = SyncKind::refuse;
  Side source = Side::first;  ///< pair, resume: who leads; deny: who is denied
  Scope scope = Scope::tracked;
  const char* reason = "";
};

/// The row that this input meets.
SyncDecision sync_decision_of(const MeetingFact& fact);
/// The letters of every row that matches: exactly one, or the table is wrong (for the walk test).
std::vector<std::string> rows_matching(const MeetingFact& fact);
/// Every row's letter, condition and reason, for docs and the history.
std::string sync_decision_legend();

/// What two hellos say, in the table's terms. `first` is the hello of the node with the smaller name.
MeetingFact meeting_of(const wire::Hello& first, const wire::Hello& second);
const char* word_of(SyncKind kind);

}  // namespace gemel
