// SPDX-License-Identifier: Apache-2.0
#include "roles.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "../base/check.h"
#include "../base/limits.h"
#include "../store/file_facts.h"
#include "sleep.h"

namespace gemel {
namespace {

Refusal refuse(const char* code, const std::string& message, const char* next) {
  return Problem{code, message, next};
}

Refusal state_write_failed(int error) {
  return refuse("state-write-failed",
                "The record beside the data could not be written (errno " + std::to_string(-error) + ").",
                "Check the file system that holds the module.");
}

std::string hex(Generation generation) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(generation));
  return text;
}

/// R16: this process, or what it waited for, stood still for too long since the daemon decided.
bool is_over(const std::optional<Nanos>& until, Clock& clock) {
  return until && clock.now() > *until;
}

Refusal too_late() {
  return refuse("too-late", "The order came too late: what it rests on may be over.",
                "Nothing to do: the daemon decides anew.");
}

bool is_alone(const CopyRecord& record) {
  return record.right == Right::alone && record.right_generation == record.generation;
}

}  // namespace

// ---- is this copy current? (R19)

CurrencyKind Roles::currency(std::string& why_not) const {
  const CopyRecord& record = record_.now();
  if (config_.data.kind == Judgement::Kind::not_there || config_.data.kind == Judgement::Kind::refused) {
    why_not = "the data is not there";
  } else if (record.copy != CopyState::consistent) {
    why_not = record.copy == CopyState::inconsistent ? "the copy is half filled" : "there is no copy";
  } else if (receiver_.is_condemned()) {
    why_not = "an operation failed on this copy";
  } else if (condemnation_.is_in_force() && !is_alone(record)) {
    why_not = condemnation_.why();
  } else if (is_alone(record)) {
    return CurrencyKind::record;
  } else if (session_.phase() == Session::Phase::in_sync) {
    return CurrencyKind::handshake;
  } else if (session_.is_unbroken()) {
    return CurrencyKind::session;
  } else if (record.right == Right::outdated) {
    why_not = "it gave its word that it is outdated";
  } else if (record.right == Right::gave_up) {
    why_not = "it gave up at its last stop";
  } else {
    why_not = "the last session is broken: only the peer or the lease can tell";
  }
  return CurrencyKind::none;
}

bool Roles::is_current_for(AloneBasis basis, std::string& why_not) const {
  if (currency(why_not) != CurrencyKind::none) return true;
  const CopyRecord& record = record_.now();
  if (record.copy != CopyState::consistent) return false;
  // A person may force a whole copy; a lease that names this node last proves it, unless the copy itself says
  // no.
  if (basis == AloneBasis::forced) return true;
  const bool stepped_back = record.right == Right::outdated || record.right == Right::gave_up;
  return basis == AloneBasis::lease && !stepped_back && !receiver_.is_condemned() &&
         !condemnation_.is_in_force();
}

Refusal Roles::check_data() const {
  const Judgement& data = config_.data;
  if (data.kind == Judgement::Kind::not_there || data.kind == Judgement::Kind::refused)
    return Problem{data.code, data.message, data.next};
  return {};
}

// ---- first use

Task<Refusal> Roles::initialise(command::Initialise order) {
  const auto held = co_await turn_.begin();
  if (Refusal problem = check_data()) co_return problem;
  const CopyRecord& record = record_.now();
  const bool has_copy = record.copy == CopyState::consistent || record.copy == CopyState::inconsistent;
  // Half filled for the first time it has no generation yet: its bytes are nobody's good copy.
  if (order.as_source && record.copy == CopyState::inconsistent)
    co_return refuse("half-filled", "This copy is half filled: it was being filled from the other node.",
                     "Let the other node fill it, or set it aside with `gemel resolve` first.");
  if (record.generation != 0 && has_copy && config_.data.kind == Judgement::Kind::there)
    co_return refuse("already-initialised", "This node has a copy of the module already.",
                     "Use `gemel status` to see it.");
  if (gate_.is_primary()) co_return refuse("runs", "The module runs here.", "Stop it first.");
  link_.drop("this copy is set up");
  const int written = order.as_source ? co_await record_.become_first() : co_await record_.become_empty();
  if (written != 0) co_return state_write_failed(written);
  tracking_.set_alone(order.as_source);
  reports_.changed();
  co_return Refusal{};
}

// ---- promotion (R25)

Task<Refusal> Roles::promote(command::Promote order) {
  const auto held = co_await turn_.begin();
  if (Refusal problem = check_data()) co_return problem;
  if (gate_.is_primary()) co_return Refusal{};
  if (order.alone != AloneBasis::none) co_return co_await promote_alone(order);
  co_return co_await promote_paired();
}

Task<Refusal> Roles::promote_alone(command::Promote order) {
  const AloneBasis basis = order.alone;
  // 1. The data link is closed, what it has brought is taken, the old generation is refused. From here on no
  //    acknowledgement of it can leave.
  const bool was_enabled = link_.is_enabled();
  link_.enable(false);
  receiver_.refuse();
  // 2. Everything acknowledged is applied.
  co_await receiver_.drained();
  std::string why_not;
  if (is_over(order.until, ports_.clock)) {
    link_.enable(was_enabled);
    co_return too_late();
  }
  if (!is_current_for(basis, why_not)) {
    link_.enable(was_enabled);
    co_return refuse("not-current", "This copy is not known to be current: " + why_not + ".",
                     "Wait for the peer, or force it after reading what would be lost: gemel prim --force.");
  }
  // 3. The right to run is the daemon's, given with this order. 4. The new generation, durable.
  session_.end();
  tracking_.set_alone(true);
  tracking_.mark_since_checkpoint();
  const int persisted = co_await tracking_.persist();
  const int written = persisted != 0 ? persisted : co_await record_alone(basis);
  const int started = written != 0 ? written : co_await become_primary();
  if (started != 0) {
    link_.enable(was_enabled);
    co_return state_write_failed(started);
  }
  link_.enable(was_enabled);
  co_return Refusal{};
}

/// From here on this is the one copy that counts, whatever failed on it before (R40).
Task<int> Roles::record_alone(AloneBasis basis) {
  co_await condemnation_.written();
  const int written = co_await record_.become_alone(basis, record_.now().session);
  if (written == 0) condemnation_.lift();
  co_return written;
}

Task<Refusal> Roles::promote_paired() {
  const bool in_sync = session_.phase() == Session::Phase::in_sync;
  const bool alone = is_alone(record_.now()) && record_.now().copy == CopyState::consistent;
  if (!in_sync && !alone)
    co_return refuse("not-in-sync",
                     "This copy is neither in sync with its peer nor the one that was left alone.",
                     "Wait until it is green, or promote it alone.");
  co_await receiver_.drained();
  if (receiver_.is_condemned() || (condemnation_.is_in_force() && !alone))
    co_return refuse("not-current", "An operation failed on this copy.", "Let it be reintegrated first.");
  tracking_.set_alone(!session_.carries());
  const int started = co_await become_primary();
  if (started != 0) co_return state_write_failed(started);
  co_return Refusal{};
}

/// 5. All files flushed. 6. The kernel's caches dropped: what they hold is from before.
Task<int> Roles::become_primary() {
  check(turn_.busy() && !gate_.is_primary(), "a secondary becomes primary in its turn");
  auto flush = disk_flush_volume(ports_.disk);
  const int flushed = co_await flush;
  if (flushed != 0) co_return flushed;
  const int recorded = co_await record_.become_running(true);
  if (recorded != 0) co_return recorded;
  const int dropped = co_await drop_caches();
  if (dropped != 0) co_return dropped;
  gate_.open();
  co_return 0;
}

Task<int> Roles::drop_caches() {
  struct Dropped final : IoAwait {
    explicit Dropped(FrontEnd& end) : front(end) {}
    void start() override {
      front.invalidate_all([this](int result) { complete(result); });
    }
    FrontEnd& front;
  };
  Dropped dropped(ports_.front);
  co_return co_await dropped;
}

// ---- demotion (R26)

Task<Refusal> Roles::demote(command::Demote order) {
  if (gate_.is_frozen())
    co_return refuse("frozen", "The module is frozen: nobody has said yet whether it may go on alone.",
                     "Answer the freeze first.");
  if (!gate_.is_primary()) {
    gate_.close();
    co_return Refusal{};
  }
  const Nanos end = ports_.clock.now() + order.timeout;
  while (ports_.front.open_for_writing() > 0 || !operations_.idle()) {
    if (ports_.clock.now() >= end)
      co_return refuse("still-open",
                       std::to_string(ports_.front.open_for_writing()) +
                           " file descriptors are open for writing in the module's folder.",
                       "Stop the VM or the program that has them open.");
    Sleep look(ports_.clock, limits::kDemotionLook);
    co_await look;
  }
  // Flushed on both, then the role. Not in the turn (R112): when the peer is lost its answer ends with the
  // session, and whoever ends that needs the turn. What is written in between stays in the log.
  const bool is_checkpointed = co_await operations_.checkpoint_everything();
  const auto held = co_await turn_.begin();
  auto flush = disk_flush_volume(ports_.disk);
  const int flushed = co_await flush;
  if (flushed != 0 || !is_checkpointed)
    co_return refuse("flush-failed", "What was written could not be flushed on both sides.",
                     "Look at the disk errors in `gemel status`.");
  if (!gate_.is_open())
    co_return refuse("frozen", "The peer was lost meanwhile.", "Answer the freeze first.");
  if (ports_.front.open_for_writing() > 0 || !operations_.idle())
    co_return refuse("still-open", "A file was opened for writing meanwhile.",
                     "Stop the program that has it open.");
  gate_.close();
  const int recorded = co_await record_.become_running(false);
  if (recorded != 0) co_return state_write_failed(recorded);
  if (session_.phase() == Session::Phase::in_sync && !tracking_.has_work_since_checkpoint()) {
    const int cleared = co_await tracking_.clear_log();
    if (cleared != 0) co_return state_write_failed(cleared);
  }
  const int dropped = co_await drop_caches();
  if (dropped != 0)
    co_return refuse("caches", "The kernel's caches of the mount could not be dropped.", "Stop the module.");
  if (condemnation_.is_in_force()) {
    // R42: the other copy is the current one, and this one is filled from it.
    session_.break_proof();
    link_.drop("a flush failed on this copy");
  }
  co_return Refusal{};
}

// ---- grant and deny (R13, R14)

Task<Refusal> Roles::grant(command::Grant order) {
  const auto held = co_await turn_.begin();
  if (!gate_.is_frozen() || !(gate_.freeze_id() == order.freeze))
    co_return refuse("grant-void", "The freeze that this grant answers is over.", "Nothing to do.");
  if (is_over(order.until, ports_.clock)) co_return too_late();
  co_return co_await go_alone(order.basis);
}

/// What was in flight or uncovered is marked, durably; the new generation is durable; only then the next
/// acknowledgement (R3, R10, R13).
Task<Refusal> Roles::go_alone(AloneBasis basis) {
  check(turn_.busy() && gate_.is_frozen(), "only who is frozen goes on alone, in its turn");
  const FreezeId freeze = gate_.freeze_id();
  const bool stalled = gate_.freeze_reason() == FreezeReason::stalled;
  tracking_.set_alone(true);
  tracking_.mark_since_checkpoint();
  const int persisted = co_await tracking_.persist();
  const int written = persisted != 0 ? persisted : co_await record_alone(basis);
  if (written != 0) co_return state_write_failed(written);
  // Written while in flight on this side's disk: marked once more, it costs nothing.
  tracking_.mark_since_checkpoint();
  session_.end();
  link_.drop("this side goes on alone");
  if (gate_.is_frozen() && gate_.freeze_id() == freeze) gate_.thaw(ThawBy::grant);
  // R18: a peer that stalls again and again stays out for a growing time.
  if (stalled) {
    const Nanos out = patience_.stalled(ports_.clock.now());
    if (out > 0) link_.keep_out(out);
  }
  co_return Refusal{};
}

Task<Refusal> Roles::deny(command::Deny order) {
  const auto held = co_await turn_.begin();
  if (!gate_.is_frozen() || !(gate_.freeze_id() == order.freeze))
    co_return refuse("deny-void", "The freeze that this denial answers is over.", "Nothing to do.");
  kill_denied(order.why);
  co_return Refusal{};
}

void Roles::kill_denied(const std::string& why) {
  gate_.deny(why, [this] { spawn(settle_denied()); });
  // R113: what waits for the peer's answer ends, too: a killed process stays in D state until its I/O is
  // answered, so nobody may wait for its death before.
  if (gate_.state() == IoGate::State::denied) session_.end();
}

/// The guest is verified dead: this copy is the older one, and says so.
Task<void> Roles::settle_denied() {
  const auto held = co_await turn_.begin();
  session_.end();
  gate_.close();
  tracking_.mark_since_checkpoint();
  const int persisted = co_await tracking_.persist();
  const int recorded = co_await record_.become_outdated(record_.now().generation);
  if (persisted != 0 || recorded != 0)
    reports_.trouble({"state-write-failed", "The record beside the data could not be written.",
                      "Check the file system that holds the module."});
  reports_.guest(GuestChange::dead, "this host may not go on");
  link_.drop("this side was denied");
  reports_.changed();
}

// ---- word, goodbye, left alone (R20, R22)

Task<Refusal> Roles::word(command::Word order) {
  // Not behind the turn: with a lease the word has T_ask to become durable, and a turn may wait for a slow
  // peer.
  if (gate_.is_primary())
    co_return refuse("runs", "The module runs here.", "A word is the secondary's to give.");
  const CopyRecord& record = record_.now();
  if (record.generation != order.generation)
    co_return refuse(
        "other-generation",
        "This copy is at generation " + hex(record.generation) + ", not " + hex(order.generation) + ".",
        "Ask again after the next handshake.");
  if (is_alone(record))
    co_return refuse("was-left-alone", "This copy was itself left alone last.", "Let the two copies meet.");
  // In force from this moment, durable in a moment.
  receiver_.refuse();
  session_.end();
  link_.drop("this side gave its word that it is outdated");
  const int written = co_await record_.become_outdated(order.generation);
  if (written != 0) co_return state_write_failed(written);
  reports_.changed();
  co_return Refusal{};
}

Task<Refusal> Roles::give_up(command::GiveUp order) {
  const auto held = co_await turn_.begin();
  if (gate_.is_primary() || ports_.front.open_for_writing() > 0)
    co_return refuse("runs", "The module runs here, or a writer is open.", "Demote it first.");
  if (record_.now().generation != order.generation)
    co_return refuse("other-generation", "This copy is at another generation.", "Ask for the status.");
  link_.enable(false);
  receiver_.refuse();
  co_await receiver_.drained();
  auto flush = disk_flush_volume(ports_.disk);
  const int flushed = co_await flush;
  if (flushed != 0)
    co_return refuse("flush-failed", "The copy could not be flushed.", "Look at the disk errors.");
  session_.end();
  const int written = co_await record_.become_given_up(order.generation);
  if (written != 0) co_return state_write_failed(written);
  reports_.changed();
  co_return Refusal{};
}

Task<Refusal> Roles::left_alone(command::LeftAlone order) {
  const auto held = co_await turn_.begin();
  const CopyRecord& record = record_.now();
  if (is_alone(record)) co_return Refusal{};
  std::string why_not;
  if (record.generation != order.generation || record.session != order.session)
    co_return refuse("other-generation", "The peer spoke of another generation or session.",
                     "Let the copies meet.");
  link_.drop("the peer has left");
  if (gate_.is_frozen()) co_return co_await go_alone(order.basis);
  receiver_.refuse();
  co_await receiver_.drained();
  if (currency(why_not) == CurrencyKind::none)
    co_return refuse("not-current", "This copy is not known to be current: " + why_not + ".",
                     "Wait for the peer.");
  session_.end();
  tracking_.set_alone(true);
  tracking_.mark_since_checkpoint();
  const int persisted = co_await tracking_.persist();
  const int written = persisted != 0 ? persisted : co_await record_alone(order.basis);
  if (written != 0) co_return state_write_failed(written);
  reports_.changed();
  co_return Refusal{};
}

// ---- resolve (P8), the end

Task<Refusal> Roles::settle(command::SettleConflict order) {
  const auto held = co_await turn_.begin();
  if (order.keep_this) {
    link_.drop("the conflict is settled: this copy stays");
    co_return Refusal{};
  }
  if (gate_.is_primary()) co_return refuse("runs", "The losing copy still runs.", "Stop its VM first.");
  const Generation winner = meeting_.peer().generation;
  if (winner == 0)
    co_return refuse("peer-unknown", "The winning copy has not been met since this process started.",
                     "Restore the data link first.");
  session_.end();
  const int written = co_await record_.become_loser(winner);
  if (written != 0) co_return state_write_failed(written);
  link_.drop("the conflict is settled: the other copy stays");
  reports_.changed();
  co_return Refusal{};
}

Task<Refusal> Roles::close() {
  if (gate_.is_primary()) co_return refuse("runs", "The module runs here.", "Demote it first.");
  const auto held = co_await turn_.begin();
  const bool was_enabled = link_.is_enabled();
  link_.enable(false);
  receiver_.refuse();
  co_await receiver_.drained();
  auto flush = disk_flush_volume(ports_.disk);
  const int flushed = co_await flush;
  tracking_.mark_since_checkpoint();
  const int persisted = co_await tracking_.persist();
  if (flushed != 0 || persisted != 0) {
    link_.enable(was_enabled);
    co_return refuse("flush-failed", "The copy could not be flushed.", "Look at the disk errors.");
  }
  // R40: a condemned copy is not clean, however orderly its process ends.
  co_await condemnation_.written();
  if (record_.now().generation == 0 || receiver_.is_condemned() || condemnation_.is_in_force())
    co_return Refusal{};
  Refusal left = co_await leave_clean();
  if (left) link_.enable(was_enabled);
  co_return left;
}

namespace {

int gather_facts(Disk& disk, Fid directory, std::vector<FileFacts>& facts) {
  std::vector<Entry> entries;
  const int listed = disk.list(directory, entries);
  if (listed != 0) return Disk::is_absence(listed) ? 0 : listed;
  for (const Entry& entry : entries) {
    Attributes seen;
    FileFacts fact;
    int found = disk.stat(entry.fid, seen);
    if (found == 0 && S_ISDIR(seen.mode)) found = gather_facts(disk, entry.fid, facts);
    if (found == 0 && S_ISREG(seen.mode)) {
      found = disk.facts(entry.fid, fact);
      if (found == 0) facts.push_back(fact);
    }
    if (found != 0 && !Disk::is_absence(found)) return found;
  }
  return 0;
}

}  // namespace

int facts_of(Disk& disk, std::vector<FileFacts>& facts) {
  return gather_facts(disk, kRootFid, facts);
}

/// R29: facts first, then the record that makes them count.
Task<Refusal> Roles::leave_clean() {
  check(turn_.busy(), "a clean end is written in its turn");
  const CopyRecord record = record_.now();
  std::vector<FileFacts> facts;
  int saved = facts_of(ports_.disk, facts);
  if (saved == 0) saved = co_await tracking_.clear_log();
  if (saved == 0) saved = co_await save_facts(ports_.volume, record.generation, record.session, facts);
  const int written = saved != 0 ? saved : co_await record_.become_clean();
  if (written != 0) co_return state_write_failed(written);
  co_return Refusal{};
}

}  // namespace gemel
