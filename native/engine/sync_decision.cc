// SPDX-License-Identifier: Apache-2.0
#include "sync_decision.h"

#include <algorithm>
#include <array>
#include <optional>

#include "../base/check.h"

namespace gemel {
namespace {

using wire::Running;

// A cell is the set of values that it accepts; 0xFF is a don't-care.
using Set = std::uint8_t;
constexpr Set kAny = 0xFF;
template <class... Value>
constexpr Set in(Value... values) {
  return static_cast<Set>(((1U << static_cast<unsigned>(values)) | ...));
}
template <class Value>
constexpr Set but(Value value) {
  return static_cast<Set>(~in(value));
}
constexpr bool has(Set set, unsigned value) {
  return ((set >> value) & 1U) != 0;
}

constexpr Set kAbsent = in(CopyFact::absent), kEmpty = in(CopyFact::empty), kUnknown = in(CopyFact::unknown),
              kResumable = in(CopyFact::resumable), kForeign = in(CopyFact::foreign),
              kGood = in(CopyFact::consistent), kHalf = in(CopyFact::resumable, CopyFact::foreign);
constexpr Set kRests = in(Running::no), kFrozen = in(Running::frozen), kGranted = in(Running::granted),
              kRuns = in(Running::frozen, Running::granted);
constexpr Set kYes = in(1U), kNo = in(0U);

/// One row, written for sides X and Y; it is tried both ways round. X is the source, the leader, or the
/// denied one.
struct Row {
  const char* letter;
  Set x_copy, y_copy;
  Set x_running, y_running;
  Set relation;  ///< seen from X
  Set sessions;  ///< first = X
  Set unbroken, exact;
  Set dirty;    ///< either side's
  Set elected;  ///< X is elected
  SyncKind kind;
  Scope scope;
  const char* reason;
};

using K = SyncKind;
using S = Sessions;
using R = Relation;
constexpr Scope kNoScope = Scope::tracked;
constexpr Set kPresent = but(CopyFact::absent);
constexpr Set kSettled = static_cast<Set>(kEmpty | kHalf | kGood);

// clang-format off
constexpr std::array kRows = {
// Legend: a copy is absent, empty, unknown, half (resumable or foreign) or good; a guest rests, is frozen or granted;
// "=" same generation, ">" X is ahead. Reading order does not matter: exactly one row matches.
//    row    X copy      Y copy      X runs   Y runs   relation         sessions              unbr. exact dirty elect. outcome
// -- who is there at all
Row{"a1", kAbsent,    kAny,       kAny,    kAny,    kAny,            kAny,                 kAny, kAny, kAny, kAny, K::refuse, kNoScope,
    "the data of one side is not there"},
Row{"b1", kUnknown,   kPresent,   kAny,    kAny,    kAny,            kAny,                 kAny, kAny, kAny, kAny, K::unknown, kNoScope,
    "one side has files, but nothing that says what they are"},
// -- a copy that is not whole must not have a guest on it
Row{"c1", static_cast<Set>(kEmpty | kHalf), kSettled, kRuns, kAny, kAny, kAny,             kAny, kAny, kAny, kAny, K::refuse, kNoScope,
    "a guest seems to run on a copy that is not whole"},
// -- empty and half-filled copies
Row{"d1", kEmpty,     kEmpty,     kRests,  kRests,  kAny,            kAny,                 kAny, kAny, kAny, kAny, K::refuse, kNoScope,
    "both sides are empty: a person names the good data"},
Row{"d2", kEmpty,     kHalf,      kRests,  kRests,  kAny,            kAny,                 kAny, kAny, kAny, kAny, K::refuse, kNoScope,
    "one side is empty, the other half filled"},
Row{"d3", kHalf,      kHalf,      kRests,  kRests,  kAny,            kAny,                 kAny, kAny, kAny, kAny, K::refuse, kNoScope,
    "both sides are half filled"},
Row{"e1", kGood,      kEmpty,     kAny,    kRests,  kAny,            kAny,                 kAny, kAny, kAny, kAny, K::reintegrate, Scope::everything,
    "first copy onto an empty side"},
Row{"f1", kGood,      kResumable, kAny,    kRests,  kAny,            in(S::equal),         kAny, kAny, kAny, kAny, K::reintegrate, Scope::tracked,
    "a copy that was being filled from here goes on where it stood"},
Row{"f2", kGood,      kResumable, kAny,    kRests,  kAny,            but(S::equal),        kAny, kAny, kAny, kAny, K::reintegrate, Scope::by_hash,
    "a copy that was being filled from here, but in another session: compared by hash"},
Row{"f3", kGood,      kForeign,   kAny,    kRests,  kAny,            kAny,                 kAny, kAny, kAny, kAny, K::refuse, kNoScope,
    "the half-filled copy was being filled from something else"},
// -- same generation
Row{"g1", kGood,      kGood,      kRuns,   kRuns,   in(R::same),     kAny,                 kAny, kAny, kAny, kAny, K::conflict, kNoScope,
    "guests run on both sides"},
Row{"h1", kGood,      kGood,      kFrozen, kRests,  in(R::same),     in(S::equal),         kYes, kAny, kAny, kAny, K::resume, kNoScope,
    "the same session goes on: what is unacknowledged is sent again"},
Row{"h2", kGood,      kGood,      kRests,  kRests,  in(R::same),     in(S::equal),         kYes, kAny, kAny, kYes, K::resume, kNoScope,
    "the same session goes on, nothing was written"},
Row{"i1", kGood,      kGood,      kRuns,   kRests,  in(R::same),     in(S::equal),         kNo,  kAny, kNo,  kAny, K::pair, kNoScope,
    "same generation, nothing can differ"},
Row{"i2", kGood,      kGood,      kRests,  kRests,  in(R::same),     in(S::equal),         kNo,  kAny, kNo,  kYes, K::pair, kNoScope,
    "same generation, nothing can differ"},
Row{"j1", kGood,      kGood,      kRuns,   kRests,  in(R::same),     in(S::equal),         kNo,  kAny, kYes, kAny, K::reintegrate, Scope::tracked,
    "same generation, not clean: from the side that runs"},
Row{"j2", kGood,      kGood,      kRests,  kRests,  in(R::same),     in(S::equal),         kNo,  kAny, kYes, kYes, K::reintegrate, Scope::tracked,
    "same generation, not clean: from the side that ran last"},
Row{"k1", kGood,      kGood,      kGranted, kRests, in(R::same),     in(S::equal),         kYes, kAny, kAny, kAny, K::reintegrate, Scope::tracked,
    "the side that runs was left alone before it had a generation of its own"},
Row{"l1", kGood,      kGood,      kRuns,   kRests,  in(R::same),     in(S::second_lower),  kAny, kAny, kAny, kAny, K::reintegrate, Scope::by_hash,
    "the other side was rolled back to an older session: compared by hash"},
Row{"l2", kGood,      kGood,      kRests,  kRests,  in(R::same),     in(S::second_lower),  kAny, kAny, kAny, kAny, K::reintegrate, Scope::by_hash,
    "the other side was rolled back to an older session: compared by hash"},
Row{"l3", kGood,      kGood,      kRuns,   kRests,  in(R::same),     in(S::first_lower),   kAny, kAny, kAny, kAny, K::conflict, kNoScope,
    "a guest runs on the side that was rolled back to an older session"},
// -- one ahead
Row{"m1", kGood,      kGood,      kAny,    kRests,  in(R::ahead),    in(S::equal),         kAny, kYes, kAny, kAny, K::reintegrate, Scope::tracked,
    "one side went on alone: what it tracked is copied"},
Row{"m2", kGood,      kGood,      kAny,    kRests,  in(R::ahead),    in(S::equal),         kAny, kNo,  kAny, kAny, K::reintegrate, Scope::by_hash,
    "one side went on alone, and its tracking does not start where the other stands: compared by hash"},
Row{"m3", kGood,      kGood,      kAny,    kRests,  in(R::ahead),    in(S::second_lower),  kAny, kAny, kAny, kAny, K::reintegrate, Scope::by_hash,
    "one side went on alone, the other was rolled back: compared by hash"},
Row{"m4", kGood,      kGood,      kAny,    kRests,  in(R::ahead),    in(S::first_lower),   kAny, kAny, kAny, kAny, K::conflict, kNoScope,
    "the side that went on alone was rolled back to before the other's last session"},
Row{"n1", kGood,      kGood,      kFrozen, kAny,    in(R::behind),   kAny,                 kAny, kAny, kAny, kAny, K::deny, kNoScope,
    "a guest runs on the older side, which was never allowed to go on alone"},
Row{"n2", kGood,      kGood,      kGranted, kAny,   in(R::behind),   kAny,                 kAny, kAny, kAny, kAny, K::conflict, kNoScope,
    "a guest runs on the older side, which was allowed to go on alone"},
// -- no common line
Row{"o1", kGood,      kGood,      kAny,    kAny,    in(R::diverged), kAny,                 kAny, kAny, kAny, kYes, K::conflict, kNoScope,
    "both sides went on by themselves"},
Row{"o2", kGood,      kGood,      kAny,    kAny,    in(R::too_short), kAny,                kAny, kAny, kAny, kYes, K::conflict, kNoScope,
    "the histories are too short to tell"},
Row{"o3", kGood,      kGood,      kAny,    kAny,    in(R::unrelated), kAny,                kAny, kAny, kAny, kYes, K::unrelated, kNoScope,
    "the two copies have nothing in common"},
};
// clang-format on

MeetingFact mirrored(const MeetingFact& fact) {
  MeetingFact other = fact;
  std::swap(other.first, other.second);
  other.first_elected = !fact.first_elected;
  if (fact.relation == Relation::ahead) other.relation = Relation::behind;
  if (fact.relation == Relation::behind) other.relation = Relation::ahead;
  if (fact.sessions == Sessions::first_lower) other.sessions = Sessions::second_lower;
  if (fact.sessions == Sessions::second_lower) other.sessions = Sessions::first_lower;
  return other;
}

bool meets(const Row& row, const MeetingFact& fact) {
  const auto cell = [](Set set, auto value) { return has(set, static_cast<unsigned>(value)); };
  return cell(row.x_copy, fact.first.copy) && cell(row.y_copy, fact.second.copy) &&
         cell(row.x_running, fact.first.running) && cell(row.y_running, fact.second.running) &&
         cell(row.relation, fact.relation) && cell(row.sessions, fact.sessions) &&
         cell(row.unbroken, fact.unbroken) && cell(row.exact, fact.exact) &&
         cell(row.dirty, fact.first.dirty || fact.second.dirty) && cell(row.elected, fact.first_elected);
}

bool descends(const wire::Hello& hello, Generation generation) {
  return generation != 0 && (hello.generation == generation ||
                             std::ranges::find(hello.history, generation) != hello.history.end());
}

bool share_ancestor(const wire::Hello& first, const wire::Hello& second) {
  return std::ranges::any_of(first.history, [&](Generation old) { return descends(second, old); });
}

Relation relation_of(const wire::Hello& first, const wire::Hello& second) {
  // R29: somebody changed files on both sides while they were stopped: each went on by itself (P8).
  if (first.changed && second.changed) return Relation::diverged;
  if (first.generation == second.generation) return Relation::same;
  const bool ahead = descends(first, second.generation);
  const bool behind = descends(second, first.generation);
  if (ahead && !behind) return Relation::ahead;
  if (behind && !ahead) return Relation::behind;
  if (ahead || share_ancestor(first, second)) return Relation::diverged;
  // Unlike "unrelated" this one is kept for a person to look at: it may be the same module, long apart.
  const bool full = std::max(first.history.size(), second.history.size()) >= limits::kHistory;
  return full ? Relation::too_short : Relation::unrelated;
}

SideFact side_of(const wire::Hello& own, const wire::Hello& other) {
  SideFact fact;
  fact.running = own.running;
  fact.dirty = own.tracking || !own.clean;
  switch (own.copy) {
    case wire::CopyState::absent:
      fact.copy = CopyFact::absent;
      break;
    case wire::CopyState::empty:
      fact.copy = CopyFact::empty;
      break;
    case wire::CopyState::unknown:
      fact.copy = CopyFact::unknown;
      break;
    case wire::CopyState::inconsistent:
      fact.copy = descends(other, own.source) ? CopyFact::resumable : CopyFact::foreign;
      break;
    case wire::CopyState::consistent:
      // A generation is what makes a copy comparable; without one its files are just files.
      fact.copy = own.generation != 0 ? CopyFact::consistent : CopyFact::unknown;
      break;
  }
  return fact;
}

/// Where neither runs: not the one that said itself that it is outdated or gave up (R20, R22); then who was
/// primary last; then the smaller name, so that both sides say the same.
bool is_first_elected(const wire::Hello& first, const wire::Hello& second) {
  const auto stepped_back = [](const wire::Hello& hello) {
    return hello.right == wire::Right::outdated || hello.right == wire::Right::gave_up;
  };
  if (stepped_back(first) != stepped_back(second)) return stepped_back(second);
  if (first.unbroken != second.unbroken) return first.unbroken;
  if (first.elected != second.elected) return first.elected;
  return true;
}

/// Which side has gone back (R28): to an older session, or within this one (R114). Who counts a cover does so
/// last, after the other side: a crash in between leaves it one behind.
Sessions sessions_of(const wire::Hello& first, const wire::Hello& second) {
  if (first.session < second.session) return Sessions::first_lower;
  if (first.session > second.session) return Sessions::second_lower;
  const bool is_counted = first.covers != 0 && second.covers != 0;
  const bool are_unbroken = first.unbroken && second.unbroken;
  if (!is_counted || are_unbroken || first.covers == second.covers) return Sessions::equal;
  const bool is_first = first.covers < second.covers;
  const wire::Hello& low = is_first ? first : second;
  const wire::Hello& high = is_first ? second : first;
  const bool counts = low.elected || high.copy == wire::CopyState::inconsistent;
  if (counts && high.covers - low.covers == 1) return Sessions::equal;
  return is_first ? Sessions::first_lower : Sessions::second_lower;
}

}  // namespace

SyncDecision sync_decision_of(const MeetingFact& fact) {
  for (const Row& row : kRows) {
    const bool straight = meets(row, fact);
    if (!straight && !meets(row, mirrored(fact))) continue;
    return {row.letter, row.kind, straight ? Side::first : Side::second, row.scope, row.reason};
  }
  check(false, "every meeting has a row in the sync decision table");
  return {};
}

std::vector<std::string> rows_matching(const MeetingFact& fact) {
  std::vector<std::string> letters;
  for (const Row& row : kRows) {
    const bool straight = meets(row, fact);
    const bool across = meets(row, mirrored(fact));
    if (straight || across) letters.emplace_back(row.letter);
    // Where it matters who is X, a row that fits both ways round would be two answers.
    const bool sided = row.kind == SyncKind::reintegrate || row.kind == SyncKind::pair ||
                       row.kind == SyncKind::resume || row.kind == SyncKind::deny;
    if (straight && across && sided) letters.emplace_back(std::string(row.letter) + "'");
  }
  return letters;
}

std::string sync_decision_legend() {
  std::string text;
  for (const Row& row : kRows)
    text += std::string(row.letter) + " " + word_of(row.kind) + ": " + row.reason + "\n";
  return text;
}

MeetingFact meeting_of(const wire::Hello& first, const wire::Hello& second) {
  MeetingFact fact;
  fact.first = side_of(first, second);
  fact.second = side_of(second, first);
  fact.relation = relation_of(first, second);
  fact.sessions = sessions_of(first, second);
  fact.unbroken = first.unbroken && second.unbroken;
  fact.exact = fact.relation == Relation::ahead ? first.synced == second.generation
                                                : second.synced == first.generation;
  fact.first_elected = is_first_elected(first, second);
  return fact;
}

const char* word_of(SyncKind kind) {
  switch (kind) {
    case SyncKind::resume:
      return "resume";
    case SyncKind::pair:
      return "pair";
    case SyncKind::reintegrate:
      return "reintegrate";
    case SyncKind::conflict:
      return "conflict";
    case SyncKind::unrelated:
      return "unrelated";
    case SyncKind::unknown:
      return "unknown";
    case SyncKind::refuse:
      return "refuse";
    case SyncKind::deny:
      return "denied";
  }
  return "";
}

}  // namespace gemel
