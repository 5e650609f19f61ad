// SPDX-License-Identifier: Apache-2.0
#include "mirror_engine.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "../base/limits.h"
#include "../store/file_facts.h"

namespace gemel {

using Phase = Session::Phase;

MirrorEngine::MirrorEngine(Ports ports, EngineConfig config, std::function<void(const EngineEvent&)> on_event)
    : ports_(ports),
      config_(std::move(config)),
      on_event_(std::move(on_event)),
      record_(ports_, config_),
      tracking_(ports_, *this),
      condemnation_(record_, tracking_, *this),
      gate_(ports_, config_, *this),
      session_(ports_, config_),
      receiver_(ports_, config_, locks_, tracking_),
      bulk_(ports_),
      cover_(meeting_, record_, bulk_),
      target_(ports_, locks_, receiver_, tracking_, bulk_),
      source_(ports_, *this, locks_, session_, tracking_, bulk_, figures_, lacking_, cover_),
      operations_(ports_, locks_, gate_, session_, tracking_, figures_, lacking_, cover_, *this),
      link_(ports_, config_, *this, meeting_, dispatch_),
      pairing_(*this, turn_, meeting_, link_, record_, tracking_, condemnation_, gate_, session_, receiver_,
               bulk_, target_, *this),
      filling_(ports_, *this, turn_, meeting_, link_, record_, tracking_, condemnation_, gate_, session_,
               receiver_, bulk_, source_, target_, pairing_),
      handshake_(ports_, config_, *this, turn_, meeting_, link_, record_, tracking_, condemnation_, gate_,
                 session_, receiver_, locks_, pairing_, filling_, *this),
      dispatch_(meeting_, link_, handshake_, pairing_, filling_, gate_, session_, receiver_, tracking_, bulk_,
                cover_, target_, *this, *this),
      roles_(ports_, config_, *this, turn_, meeting_, link_, record_, tracking_, condemnation_, gate_,
             session_, receiver_, operations_) {
  source_.pace().set_cap(config_.reintegration_cap);
  tracking_.on_need_room = [this] { checkpoint_soon_ = true; };
  cover_.on_refused = [this](int error) { peer_failed(error, kNoFid, {}); };
  bulk_.on_silence = [this] { peer_is_silent(); };
  receiver_.on_condemned = [this](int error, Fid fid, Range range) {
    local_failed(-error, fid, 0);
    condemnation_.condemn("an operation failed on this copy", fid, range);
  };
}

MirrorEngine::~MirrorEngine() {
  die();
}

void MirrorEngine::die() {
  if (dead_) return;
  dead_ = true;
  if (tick_ != 0) ports_.clock.cancel(tick_);
  ports_.link.listen_to(nullptr);
}

// ---- start

Task<Refusal> MirrorEngine::start() {
  switch (record_.open()) {
    case Superblock::Found::newer_format:
      // R30: refused and untouched.
      co_return Problem{"state-newer", record_.problem(), "Run the version of Gemel that wrote it."};
    case Superblock::Found::damaged:
      state_problem_ = Problem{"state-damaged", record_.problem(), "Let the peer fill this copy anew."};
      break;
    case Superblock::Found::valid:
    case Superblock::Found::none:
      break;
  }
  const int opened = open_tracking();
  if (opened != 0)
    co_return Problem{"state-unreadable", std::string("The state beside the data: ") + std::strerror(-opened),
                      "Check the file system that holds the module."};
  const int persisted = co_await tracking_.persist();
  const int cleared = persisted != 0 ? persisted : co_await tracking_.clear_log();
  if (cleared != 0)
    co_return Problem{"state-write-failed", "The record of what differs could not be written.",
                      "Check the file system that holds the module."};
  const CopyRecord& record = record_.now();
  tracking_.set_alone(record.right == Right::alone);
  ports_.link.listen_to(&dispatch_);
  tick();
  co_return Refusal{};
}

/// What a crash left hot or under way is dirty from here on; then log and journal start empty.
int MirrorEngine::open_tracking() {
  const int opened = tracking_.open();
  if (opened != 0 && opened != -EBADMSG) return opened;
  if (opened == -EBADMSG) {
    trouble({"tracking-damaged", "The record of what differs is damaged: everything is compared by hash.",
             "Nothing to do; the next reintegration takes longer."});
    std::vector<FileFacts> all;
    if (const int failed = facts_of(ports_.disk, all); failed != 0) return failed;
    for (const FileFacts& file : all) tracking_.mark_whole(file.fid);
  }
  for (const Fid fid : config_.fresh) tracking_.mark_whole(fid);
  return record_.now().clean ? compare_facts_of_stop() : 0;
}

/// R29: what changed while the module was stopped is compared by hash.
int MirrorEngine::compare_facts_of_stop() {
  const FactsRead then = load_facts(ports_.volume);
  std::vector<FileFacts> now;
  if (const int failed = facts_of(ports_.disk, now); failed != 0) return failed;
  const bool belongs = then.kind == FactsRead::Kind::good && then.generation == record().generation &&
                       then.session == record().session;
  if (!belongs) {
    for (const FileFacts& file : now) tracking_.mark_whole(file.fid);
    return 0;
  }
  const FactsDifference difference = compare_facts(then.files, now);
  for (const Fid fid : difference.changed) tracking_.mark_whole(fid);
  for (const Fid fid : difference.added) tracking_.mark_whole(fid);
  // A file that is gone has no bytes to compare; that something changed must be known all the same.
  for (const Fid fid : difference.removed) tracking_.mark_whole(fid);
  tracking_.note_changed_while_stopped(!difference.none());
  if (!difference.none())
    trouble({"changed-while-stopped", "Files of the module were changed while it was stopped.",
             "They are compared with the other copy by hash."});
  return 0;
}

// ---- commands

Task<Refusal> MirrorEngine::command(Command order) {
  struct Dispatch {
    MirrorEngine& engine;
    Task<Refusal> operator()(command::SwitchLink order) {
      engine.link_.enable(order.on);
      co_return Refusal{};
    }
    Task<Refusal> operator()(command::Initialise order) { return engine.roles_.initialise(order); }
    Task<Refusal> operator()(command::Promote order) { return engine.roles_.promote(order); }
    Task<Refusal> operator()(command::Demote order) { return engine.roles_.demote(order); }
    Task<Refusal> operator()(command::Grant order) { return engine.roles_.grant(order); }
    Task<Refusal> operator()(command::Deny order) { return engine.roles_.deny(std::move(order)); }
    Task<Refusal> operator()(command::Word order) { return engine.roles_.word(order); }
    Task<Refusal> operator()(command::GiveUp order) { return engine.roles_.give_up(order); }
    Task<Refusal> operator()(command::LeftAlone order) { return engine.roles_.left_alone(order); }
    Task<Refusal> operator()(command::Verify order) { return engine.verify(order); }
    Task<Refusal> operator()(command::ReintegrationCap order) {
      engine.source_.pace().set_cap(order.bytes_per_second);
      co_return Refusal{};
    }
    Task<Refusal> operator()(command::SettleConflict order) { return engine.roles_.settle(order); }
    Task<Refusal> operator()(command::Close) { return engine.roles_.close(); }
  };
  Dispatch dispatch{*this};
  Refusal refusal = co_await std::visit(dispatch, std::move(order));
  changed();
  co_return refusal;
}

Task<Refusal> MirrorEngine::verify(command::Verify order) {
  if (session_.phase() != Phase::in_sync)
    co_return Problem{"not-in-sync", "Only copies that are in sync can be verified.",
                      "Wait until both are green."};
  const bool peer_runs = meeting_.peer().running != wire::Running::no || receiver_.applied() > 0;
  if (!gate_.is_primary() && peer_runs)
    co_return Problem{"on-the-other-node", "The guest runs on the other node.", "Verify from there."};
  const Problem busy{"busy", "A verify is under way already.", "Wait for its end."};
  if (source_.is_running()) co_return busy;
  const wire::ReintegrationBegin begin{record().generation, 0, true, true};
  const auto ready = co_await bulk_.ask<wire::Tracked>(begin);
  if (!ready) co_return Problem{"interrupted", "The peer was lost.", "Verify again when it is back."};
  if (source_.is_running()) co_return busy;
  const Reintegration::Ended ended = co_await source_.verify(order.repair);
  if (ended != Reintegration::Ended::equal)
    co_return Problem{"interrupted", "The verify was interrupted.", "Verify again when both are green."};
  const std::uint64_t differing = source_.progress().bytes_differing;
  const std::uint64_t repaired = order.repair ? differing : 0;
  const VerifyRecord verified{ports_.clock.calendar_seconds(), differing, repaired};
  const int written = co_await record_.remember_verify(verified);
  if (written != 0)
    trouble({"state-write-failed", "The result could not be recorded.", "Check the file system."});
  emit(event::Verified{differing, repaired});
  co_return Refusal{};
}

// ---- time

void MirrorEngine::tick() {
  tick_ = ports_.clock.after(limits::kTick, [this] { tick(); });
  const Nanos now = ports_.clock.now();
  link_.keep_alive();
  watch_for_stall(now);
  checkpoint_when_due(now);
  look_for_room(now);
  repair_when_due(now);
  if (source_.is_running() && now - told_reintegration_at_ >= limits::kTellProgress) {
    told_reintegration_at_ = now;
    emit(event::ReintegrationMoved{reintegration_status()});
  }
  if (std::exchange(changed_, false)) emit(event::StatusChanged{});
}

void MirrorEngine::look_for_room(Nanos now) {
  if (!disk_full_ || now - looked_for_room_at_ < limits::kLookForRoom) return;
  looked_for_room_at_ = now;
  if (ports_.disk.free_bytes() < *disk_full_) return;
  disk_full_.reset();
  changed();
}

void MirrorEngine::repair_when_due(Nanos now) {
  const bool due = !lacking_.empty() || condemnation_.can_be_repaired();
  if (!due || repairing_ || now - repaired_at_ < limits::kRepairPause) return;
  if (gate_.is_open() && session_.phase() == Phase::in_sync) spawn(repair());
}

/// R110: what the peer has is written here; once nothing is lacking and all is flushed, this copy is current
/// again.
Task<void> MirrorEngine::repair() {
  repairing_ = true;
  const bool is_whole = co_await operations_.repair_lacking();
  repaired_at_ = ports_.clock.now();
  if (is_whole && condemnation_.can_be_repaired()) {
    const auto held = co_await turn_.begin();
    co_await condemnation_.written();
    auto io = disk_flush_volume(ports_.disk);
    const int flushed = co_await io;
    const CopyRecord now = record_.now();
    const bool still = flushed == 0 && gate_.is_open() && session_.phase() == Phase::in_sync &&
                       lacking_.empty() && condemnation_.can_be_repaired();
    int written = -EAGAIN;
    if (still) written = co_await record_.become_paired(now.generation, now.session, now.history);
    if (written == 0 && lacking_.empty()) {
      condemnation_.lift();
      tracking_.forget_all_dirty();
      disk_error_.reset();
      changed();
    }
  }
  repairing_ = false;
}

/// R112: it answers pings and nothing else.
void MirrorEngine::peer_is_silent() {
  if (session_.binds()) return link_.drop("the peer did not answer in time");
  trouble({"peer-silent", "The other node did not answer in time while it was filled.",
           "Check the disk of that node; it is tried again every 10 seconds."});
  link_.keep_out(limits::kRetryFill);
}

/// T_link (R17): operations that get on no more, or a peer that says nothing at all.
void MirrorEngine::watch_for_stall(Nanos now) {
  if (!meeting_.is_up()) return;
  const Nanos limit = config_.limits.stall;
  const Nanos stuck = session_.stuck_since();
  const bool waits = stuck != 0 && now - stuck > limit;
  const bool silent = now - link_.last_heard() > limit;
  if (session_.carries() && session_.binds() && gate_.is_primary()) {
    if (gate_.is_open() && (waits || silent)) gate_.freeze(FreezeReason::stalled, session_.number());
    // It caught up before anybody answered.
    if (gate_.is_frozen() && gate_.freeze_reason() == FreezeReason::stalled && !waits && !silent)
      gate_.thaw(ThawBy::peer);
    return;
  }
  if (waits || silent) link_.drop("the peer stalled");
}

void MirrorEngine::checkpoint_when_due(Nanos now) {
  const bool due = checkpoint_soon_ || now - checkpointed_at_ >= config_.limits.checkpoint;
  if (!due || checkpointing_) return;
  const bool has_work = checkpoint_soon_ || tracking_.has_work_since_checkpoint() ||
                        tracking_.has_times_due() || tracking_.is_dirty();
  if (has_work) spawn(checkpoint());
}

/// R2: with a peer both flush; alone the bits become durable. Either lets entries leave the log.
Task<void> MirrorEngine::checkpoint() {
  checkpointing_ = true;
  checkpoint_soon_ = false;
  if (session_.carries()) co_await operations_.checkpoint();
  const int persisted = co_await tracking_.persist();
  (void)persisted;  // reported by the tracking; the extents stay hot until it succeeds
  checkpointed_at_ = ports_.clock.now();
  checkpointing_ = false;
  co_await operations_.equal_times();
}

/// R16: nothing is answered before a new handshake: the peer may have taken over meanwhile.
void MirrorEngine::host_slept(Nanos span) {
  if (span < config_.limits.stall) return;
  if (session_.carries() && session_.binds() && gate_.is_open())
    gate_.freeze(FreezeReason::host_slept, session_.number());
  link_.drop("this host did not run for a while");
}

void MirrorEngine::guest_died() {
  guest(GuestChange::dead, "the guest's process ended");
}

// ---- what stations report

void MirrorEngine::emit(EngineEvent event) {
  if (on_event_) on_event_(event);
}
void MirrorEngine::changed() {
  changed_ = true;
}
void MirrorEngine::frozen(FreezeId freeze, FreezeReason reason) {
  emit(event::Frozen{freeze, reason});
  changed();
}
void MirrorEngine::thawed(FreezeId freeze, ThawBy by) {
  emit(event::Thawed{freeze, by});
  changed();
}
void MirrorEngine::guest(GuestChange change, const std::string& why) {
  emit(event::GuestChanged{change, why});
  changed();
}
void MirrorEngine::trouble(const Problem& problem) {
  emit(event::Trouble{problem});
  changed();
}

void MirrorEngine::met(const SyncDecision& decision, const std::string& evidence) {
  emit(event::Met{decision.row, word_of(decision.kind), evidence});
  changed();
}

void MirrorEngine::in_sync() {
  emit(event::InSync{});
  emit(event::StatusChanged{});
}

void MirrorEngine::peer_lost(const std::string& reason) {
  emit(event::PeerLost{reason});
  changed();
}

void MirrorEngine::peer_failed(int error, Fid fid, Range range) {
  if (session_.phase() == Phase::filling) return source_.again(fid, range);
  if (!session_.binds()) return;
  trouble({error == ENOSPC ? "peer-disk-full" : "peer-disk-error",
           std::string("The other copy failed an operation: ") + std::strerror(error) + ".",
           "Make room or repair the disk there; it is reintegrated by itself."});
  session_.condemn_peer(-error);
  link_.drop(std::string("the peer failed an operation: ") + std::strerror(error));
}

void MirrorEngine::local_failed(int error, Fid fid, std::uint64_t bytes) {
  if (error == ENOSPC) {
    const std::uint64_t needed = std::max(bytes, limits::kRoomToGoOn);
    if (!disk_full_)
      trouble({"disk-full", "The file system that holds the module is full.", "Make room on it."});
    disk_full_ = std::max(disk_full_.value_or(0), needed);
    looked_for_room_at_ = ports_.clock.now();
  } else if (!disk_error_) {
    disk_error_ = Status::DiskError{error, fid};
    trouble({"disk-error", std::string("The disk of this node failed: ") + std::strerror(error) + ".",
             "Move the guest to the other node and repair this disk."});
  }
  changed();
}

/// R42: while a peer has what this disk has lost, the peer's copy is the current one.
void MirrorEngine::flush_failed(int error, Fid fid) {
  local_failed(error, fid, 0);
  if (!gate_.is_primary() || session_.phase() != Phase::in_sync) return;
  tracking_.mark_unflushed(fid);
  condemnation_.condemn("a flush failed on this copy", fid, {});
}

void MirrorEngine::lacks(int error, Fid fid, Range range) {
  local_failed(error, fid, 0);
  condemnation_.condemn("a write failed on this copy and went on with the other one", fid, range,
                        Condemnation::Cure::repaired);
}

void MirrorEngine::repaired() {
  if (lacking_.empty() && !condemnation_.is_in_force()) disk_error_.reset();
  changed();
}

void MirrorEngine::refused_write(Fid fid, int pid) {
  emit(event::RefusedWrite{fid, pid});
}

Task<int> MirrorEngine::read_from_peer(Fid fid, std::uint64_t offset, Bytes into) {
  if (session_.phase() != Phase::in_sync || into.size() > kWriteBytesMax) co_return -EIO;
  const wire::Read question{fid, offset, static_cast<std::uint32_t>(into.size())};
  const auto answer = co_await bulk_.ask<wire::ReadReply>(question);
  if (!answer || answer->result < 0 || answer.data.size() > into.size()) co_return -EIO;
  std::memcpy(into.data(), answer.data.bytes().data(), answer.data.size());
  co_return static_cast<int>(answer.data.size());
}

}  // namespace gemel
