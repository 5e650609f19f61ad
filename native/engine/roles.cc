// SPDX-License-Identifier: Apache-2.0
#include "roles.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

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

bool is_alone(const CopyRecord& record) {
  return record.right == Right::alone && record.right_generation == record.generation;
}

}  // namespace

// ---- is this copy current? (R19)

CurrencyKind Roles::currency(std::string& why_not) const {
  const CopyRecord& record = s_.record.now();
  if (s_.config.data.kind == Judgement::Kind::not_there || s_.config.data.kind == Judgement::Kind::refused) {
    why_not = "the data is not there";
  } else if (record.copy != CopyState::consistent) {
    why_not = record.copy == CopyState::inconsistent ? "the copy is half filled" : "there is no copy";
  } else if (s_.receiver.is_condemned()) {
    why_not = "an operation failed on this copy";
  } else if (is_alone(record)) {
    return CurrencyKind::record;
  } else if (s_.session.phase() == Session::Phase::in_sync) {
    return CurrencyKind::handshake;
  } else if (s_.session.is_unbroken()) {
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
  const CopyRecord& record = s_.record.now();
  if (record.copy != CopyState::consistent) return false;
  // A person may force a whole copy; a lease that names this node last proves it, unless the copy itself says
  // no.
  if (basis == AloneBasis::forced) return true;
  const bool stepped_back = record.right == Right::outdated || record.right == Right::gave_up;
  return basis == AloneBasis::lease && !stepped_back && !s_.receiver.is_condemned();
}

Refusal Roles::check_data() const {
  const Judgement& data = s_.config.data;
  if (data.kind == Judgement::Kind::not_there || data.kind == Judgement::Kind::refused)
    return Problem{data.code, data.message, data.next};
  return {};
}

// ---- first use

Task<Refusal> Roles::initialise(command::Initialise order) {
  const auto held = co_await s_.turn.begin();
  if (Refusal problem = check_data()) co_return problem;
  const CopyRecord& record = s_.record.now();
  const bool has_copy = record.copy == CopyState::consistent || record.copy == CopyState::inconsistent;
  if (record.generation != 0 && has_copy && s_.config.data.kind == Judgement::Kind::there)
    co_return refuse("already-initialised", "This node has a copy of the module already.",
                     "Use `gemel status` to see it.");
  if (s_.gate.is_primary()) co_return refuse("runs", "The module runs here.", "Stop it first.");
  handshake_.drop("this copy is set up");
  const int written = order.as_source ? co_await s_.record.become_first() : co_await s_.record.become_empty();
  if (written != 0) co_return state_write_failed(written);
  s_.tracking.set_alone(order.as_source);
  s_.reports.changed();
  co_return Refusal{};
}

// ---- promotion (R25)

Task<Refusal> Roles::promote(command::Promote order) {
  const auto held = co_await s_.turn.begin();
  if (Refusal problem = check_data()) co_return problem;
  if (s_.gate.is_primary()) co_return Refusal{};
  if (order.alone != AloneBasis::none) co_return co_await promote_alone(order.alone);
  co_return co_await promote_paired();
}

Task<Refusal> Roles::promote_alone(AloneBasis basis) {
  // 1. The data link is closed, what it has brought is taken, the old generation is refused. From here on no
  //    acknowledgement of it can leave.
  const bool was_enabled = handshake_.is_enabled();
  handshake_.enable(false);
  s_.receiver.refuse();
  // 2. Everything acknowledged is applied.
  co_await s_.receiver.drained();
  std::string why_not;
  if (!is_current_for(basis, why_not)) {
    handshake_.enable(was_enabled);
    co_return refuse("not-current", "This copy is not known to be current: " + why_not + ".",
                     "Wait for the peer, or force it after reading what would be lost: gemel prim --force.");
  }
  // 3. The right to run is the daemon's, given with this order. 4. The new generation, durable.
  s_.session.end();
  s_.tracking.set_alone(true);
  s_.tracking.mark_since_checkpoint();
  const int persisted = co_await s_.tracking.persist();
  const int written =
      persisted != 0 ? persisted : co_await s_.record.become_alone(basis, s_.record.now().session);
  const int started = written != 0 ? written : co_await become_primary();
  if (started != 0) {
    handshake_.enable(was_enabled);
    co_return state_write_failed(started);
  }
  handshake_.enable(was_enabled);
  co_return Refusal{};
}

Task<Refusal> Roles::promote_paired() {
  const bool in_sync = s_.session.phase() == Session::Phase::in_sync;
  const bool alone = is_alone(s_.record.now()) && s_.record.now().copy == CopyState::consistent;
  if (!in_sync && !alone)
    co_return refuse("not-in-sync",
                     "This copy is neither in sync with its peer nor the one that was left alone.",
                     "Wait until it is green, or promote it alone.");
  co_await s_.receiver.drained();
  if (s_.receiver.is_condemned())
    co_return refuse("not-current", "An operation failed on this copy.", "Let it be reintegrated first.");
  s_.tracking.set_alone(!s_.session.carries());
  const int started = co_await become_primary();
  if (started != 0) co_return state_write_failed(started);
  co_return Refusal{};
}

/// 5. All files flushed. 6. The kernel's caches dropped: what they hold is from before.
Task<int> Roles::become_primary() {
  auto flush = disk_flush_volume(s_.ports.disk);
  const int flushed = co_await flush;
  if (flushed != 0) co_return flushed;
  const int recorded = co_await s_.record.become_running(true);
  if (recorded != 0) co_return recorded;
  const int dropped = co_await drop_caches();
  if (dropped != 0) co_return dropped;
  s_.gate.open();
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
  Dropped dropped(s_.ports.front);
  co_return co_await dropped;
}

// ---- demotion (R26)

Task<Refusal> Roles::demote(command::Demote order) {
  if (s_.gate.is_frozen())
    co_return refuse("frozen", "The module is frozen: nobody has said yet whether it may go on alone.",
                     "Answer the freeze first.");
  if (!s_.gate.is_primary()) {
    s_.gate.close();
    co_return Refusal{};
  }
  const Nanos end = s_.ports.clock.now() + order.timeout;
  while (s_.ports.front.open_for_writing() > 0 || !s_.operations.idle()) {
    if (s_.ports.clock.now() >= end)
      co_return refuse("still-open",
                       std::to_string(s_.ports.front.open_for_writing()) +
                           " file descriptors are open for writing in the module's folder.",
                       "Stop the VM or the program that has them open.");
    Sleep look(s_.ports.clock, limits::kDemotionLook);
    co_await look;
  }
  const auto held = co_await s_.turn.begin();
  if (!s_.gate.is_open())
    co_return refuse("frozen", "The peer was lost meanwhile.", "Answer the freeze first.");
  // Flushed on both, then the role.
  const bool is_checkpointed = co_await s_.operations.checkpoint_everything();
  auto flush = disk_flush_volume(s_.ports.disk);
  const int flushed = co_await flush;
  if (flushed != 0 || !is_checkpointed)
    co_return refuse("flush-failed", "What was written could not be flushed on both sides.",
                     "Look at the disk errors in `gemel status`.");
  if (!s_.gate.is_open())
    co_return refuse("frozen", "The peer was lost meanwhile.", "Answer the freeze first.");
  if (s_.ports.front.open_for_writing() > 0 || !s_.operations.idle())
    co_return refuse("still-open", "A file was opened for writing meanwhile.",
                     "Stop the program that has it open.");
  s_.gate.close();
  const int recorded = co_await s_.record.become_running(false);
  if (recorded != 0) co_return state_write_failed(recorded);
  if (s_.session.phase() == Session::Phase::in_sync && !s_.tracking.has_work_since_checkpoint()) {
    const int cleared = co_await s_.tracking.clear_log();
    if (cleared != 0) co_return state_write_failed(cleared);
  }
  const int dropped = co_await drop_caches();
  if (dropped != 0)
    co_return refuse("caches", "The kernel's caches of the mount could not be dropped.", "Stop the module.");
  co_return Refusal{};
}

// ---- grant and deny (R13, R14)

Task<Refusal> Roles::grant(command::Grant order) {
  const auto held = co_await s_.turn.begin();
  if (!s_.gate.is_frozen() || !(s_.gate.freeze_id() == order.freeze))
    co_return refuse("grant-void", "The freeze that this grant answers is over.", "Nothing to do.");
  co_return co_await go_alone(order.basis);
}

/// What was in flight or uncovered is marked, durably; the new generation is durable; only then the next
/// acknowledgement (R3, R10, R13).
Task<Refusal> Roles::go_alone(AloneBasis basis) {
  const FreezeId freeze = s_.gate.freeze_id();
  const bool stalled = s_.gate.freeze_reason() == FreezeReason::stalled;
  s_.tracking.set_alone(true);
  s_.tracking.mark_since_checkpoint();
  const int persisted = co_await s_.tracking.persist();
  const int written =
      persisted != 0 ? persisted : co_await s_.record.become_alone(basis, s_.record.now().session);
  if (written != 0) co_return state_write_failed(written);
  // Written while in flight on this side's disk: marked once more, it costs nothing.
  s_.tracking.mark_since_checkpoint();
  s_.session.end();
  handshake_.drop("this side goes on alone");
  if (s_.gate.is_frozen() && s_.gate.freeze_id() == freeze) s_.gate.thaw(ThawBy::grant);
  // R18: a peer that stalls again and again stays out for a growing time.
  if (stalled) {
    const Nanos out = s_.patience.stalled(s_.ports.clock.now());
    if (out > 0) handshake_.keep_out(out);
  }
  co_return Refusal{};
}

Task<Refusal> Roles::deny(command::Deny order) {
  const auto held = co_await s_.turn.begin();
  if (!s_.gate.is_frozen() || !(s_.gate.freeze_id() == order.freeze))
    co_return refuse("deny-void", "The freeze that this denial answers is over.", "Nothing to do.");
  kill_denied(order.why);
  co_return Refusal{};
}

void Roles::kill_denied(const std::string& why) {
  s_.gate.deny(why, [this] { spawn(settle_denied()); });
}

/// The guest is verified dead: this copy is the older one, and says so.
Task<void> Roles::settle_denied() {
  const auto held = co_await s_.turn.begin();
  s_.session.end();
  s_.gate.close();
  s_.tracking.mark_since_checkpoint();
  const int persisted = co_await s_.tracking.persist();
  const int recorded = co_await s_.record.become_outdated(s_.record.now().generation);
  if (persisted != 0 || recorded != 0)
    s_.reports.trouble({"state-write-failed", "The record beside the data could not be written.",
                        "Check the file system that holds the module."});
  s_.reports.guest(GuestChange::dead, "this host may not go on");
  handshake_.drop("this side was denied");
  s_.reports.changed();
}

// ---- word, goodbye, left alone (R20, R22)

Task<Refusal> Roles::word(command::Word order) {
  // Not behind the turn: with a lease the word has T_ask to become durable, and a turn may wait for a slow
  // peer.
  if (s_.gate.is_primary())
    co_return refuse("runs", "The module runs here.", "A word is the secondary's to give.");
  const CopyRecord& record = s_.record.now();
  if (record.generation != order.generation)
    co_return refuse(
        "other-generation",
        "This copy is at generation " + hex(record.generation) + ", not " + hex(order.generation) + ".",
        "Ask again after the next handshake.");
  if (is_alone(record))
    co_return refuse("was-left-alone", "This copy was itself left alone last.", "Let the two copies meet.");
  // In force from this moment, durable in a moment.
  s_.receiver.refuse();
  s_.session.end();
  handshake_.drop("this side gave its word that it is outdated");
  const int written = co_await s_.record.become_outdated(order.generation);
  if (written != 0) co_return state_write_failed(written);
  s_.reports.changed();
  co_return Refusal{};
}

Task<Refusal> Roles::give_up(command::GiveUp order) {
  const auto held = co_await s_.turn.begin();
  if (s_.gate.is_primary() || s_.ports.front.open_for_writing() > 0)
    co_return refuse("runs", "The module runs here, or a writer is open.", "Demote it first.");
  if (s_.record.now().generation != order.generation)
    co_return refuse("other-generation", "This copy is at another generation.", "Ask for the status.");
  handshake_.enable(false);
  s_.receiver.refuse();
  co_await s_.receiver.drained();
  auto flush = disk_flush_volume(s_.ports.disk);
  const int flushed = co_await flush;
  if (flushed != 0)
    co_return refuse("flush-failed", "The copy could not be flushed.", "Look at the disk errors.");
  s_.session.end();
  const int written = co_await s_.record.become_given_up(order.generation);
  if (written != 0) co_return state_write_failed(written);
  s_.reports.changed();
  co_return Refusal{};
}

Task<Refusal> Roles::left_alone(command::LeftAlone order) {
  const auto held = co_await s_.turn.begin();
  const CopyRecord& record = s_.record.now();
  if (is_alone(record)) co_return Refusal{};
  std::string why_not;
  if (record.generation != order.generation || record.session != order.session)
    co_return refuse("other-generation", "The peer spoke of another generation or session.",
                     "Let the copies meet.");
  handshake_.drop("the peer has left");
  if (s_.gate.is_frozen()) co_return co_await go_alone(order.basis);
  s_.receiver.refuse();
  co_await s_.receiver.drained();
  if (currency(why_not) == CurrencyKind::none)
    co_return refuse("not-current", "This copy is not known to be current: " + why_not + ".",
                     "Wait for the peer.");
  s_.session.end();
  s_.tracking.set_alone(true);
  s_.tracking.mark_since_checkpoint();
  const int persisted = co_await s_.tracking.persist();
  const int written =
      persisted != 0 ? persisted : co_await s_.record.become_alone(order.basis, record.session);
  if (written != 0) co_return state_write_failed(written);
  s_.reports.changed();
  co_return Refusal{};
}

// ---- resolve (P8), the end

Task<Refusal> Roles::settle(command::SettleConflict order) {
  const auto held = co_await s_.turn.begin();
  if (order.keep_this) {
    handshake_.drop("the conflict is settled: this copy stays");
    co_return Refusal{};
  }
  if (s_.gate.is_primary()) co_return refuse("runs", "The losing copy still runs.", "Stop its VM first.");
  const Generation winner = handshake_.peer().generation;
  if (winner == 0)
    co_return refuse("peer-unknown", "The winning copy has not been met since this process started.",
                     "Restore the data link first.");
  s_.session.end();
  const int written = co_await s_.record.become_loser(winner);
  if (written != 0) co_return state_write_failed(written);
  handshake_.drop("the conflict is settled: the other copy stays");
  s_.reports.changed();
  co_return Refusal{};
}

Task<Refusal> Roles::close() {
  if (s_.gate.is_primary()) co_return refuse("runs", "The module runs here.", "Demote it first.");
  const auto held = co_await s_.turn.begin();
  handshake_.enable(false);
  s_.receiver.refuse();
  co_await s_.receiver.drained();
  auto flush = disk_flush_volume(s_.ports.disk);
  const int flushed = co_await flush;
  s_.tracking.mark_since_checkpoint();
  const int persisted = co_await s_.tracking.persist();
  if (flushed != 0 || persisted != 0)
    co_return refuse("flush-failed", "The copy could not be flushed.", "Look at the disk errors.");
  if (s_.record.now().generation == 0) co_return Refusal{};
  co_return co_await leave_clean();
}

namespace {

void gather_facts(Disk& disk, Fid directory, std::vector<FileFacts>& facts) {
  std::vector<Entry> entries;
  if (disk.list(directory, entries) != 0) return;
  for (const Entry& entry : entries) {
    Attributes seen;
    FileFacts fact;
    if (disk.stat(entry.fid, seen) != 0) continue;
    if (S_ISDIR(seen.mode)) gather_facts(disk, entry.fid, facts);
    if (S_ISREG(seen.mode) && disk.facts(entry.fid, fact) == 0) facts.push_back(fact);
  }
}

}  // namespace

std::vector<FileFacts> facts_of(Disk& disk) {
  std::vector<FileFacts> facts;
  gather_facts(disk, kRootFid, facts);
  return facts;
}

/// R29: facts first, then the record that makes them count.
Task<Refusal> Roles::leave_clean() {
  const CopyRecord record = s_.record.now();
  const int cleared = co_await s_.tracking.clear_log();
  const int saved = cleared != 0 ? cleared
                                 : co_await save_facts(s_.ports.volume, record.generation, record.session,
                                                       facts_of(s_.ports.disk));
  const int written = saved != 0 ? saved : co_await s_.record.become_clean();
  if (written != 0) co_return state_write_failed(written);
  co_return Refusal{};
}

}  // namespace gemel
