// SPDX-License-Identifier: Apache-2.0
#include "handshake.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../base/limits.h"

namespace gemel {

using wire::Running;
using wire::Type;
using Phase = Session::Phase;

Handshake::Handshake(Stations& stations, Owner& owner)
    : s_(stations), owner_(owner), process_(stations.ports.clock.random()) {}

template <class M>
void Handshake::say(const M& message) {
  const wire::Packed packed = wire::pack(message);
  spoke_at_ = s_.ports.clock.now();
  s_.ports.link.send(Link::Channel::hot, static_cast<std::uint8_t>(wire::kTypeOf<M>), 0, 0, packed.bytes(),
                     {});
}

// ---- the link comes and goes

void Handshake::enable(bool on) {
  enabled_ = on;
  if (on) {
    if (stage_ == Stage::off) stage_ = Stage::down;
    if (kept_out() == 0) s_.ports.link.enable(true);
  } else {
    drop("switched off");
    s_.ports.link.enable(false);
    stage_ = Stage::off;
  }
  s_.reports.changed();
}

void Handshake::drop(const std::string& reason) {
  if (closing_) return;
  closing_ = true;
  // R25: what has been received is delivered first, then this side behaves as if the link had been lost.
  s_.ports.link.close(reason);
  closing_ = false;
  if (is_up()) link_lost(reason);
}

void Handshake::keep_out(Nanos span) {
  kept_out_until_ = s_.ports.clock.now() + span;
  drop("kept out");
  s_.ports.link.enable(false);
  s_.ports.clock.after(span, [this] {
    if (enabled_ && kept_out() == 0) s_.ports.link.enable(true);
  });
  s_.reports.changed();
}

Nanos Handshake::kept_out() const {
  return std::max<Nanos>(0, kept_out_until_ - s_.ports.clock.now());
}

void Handshake::link_up() {
  epoch_++;
  has_peer_ = false;
  early_.clear();
  stage_ = Stage::greeting;
  heard_at_ = s_.ports.clock.now();
  own_ = introduce();
  say(own_);
  s_.reports.changed();
}

void Handshake::link_lost(const std::string& reason) {
  if (!is_up()) return;
  epoch_++;
  stage_ = Stage::down;
  reason_ = reason;
  s_.receiver.refuse();
  s_.target.end();
  s_.source.link_lost();
  s_.bulk.link_lost();
  if (s_.session.phase() == Phase::filling) {
    // R10: it was not up to date: neither freeze nor grant, mark and go on.
    s_.tracking.set_alone(true);
    spawn(lose_filling());
  } else if (s_.session.carries()) {
    const SessionNumber number = s_.session.number();
    s_.session.suspend();
    if (s_.gate.is_open()) s_.gate.freeze(FreezeReason::link_lost, number);
  }
  owner_.peer_lost(reason);
  s_.reports.changed();
}

Task<void> Handshake::lose_filling() {
  const int result = co_await mark_lost();
  (void)result;  // reported by the tracking; the extents are in the durable log in any case
}

Task<int> Handshake::mark_lost() {
  s_.tracking.set_alone(true);
  s_.tracking.mark_since_checkpoint();
  const int result = co_await s_.tracking.persist();
  s_.session.end();
  co_return result;
}

void Handshake::keep_alive() {
  const Nanos now = s_.ports.clock.now();
  if (is_up() && now - spoke_at_ >= s_.config.limits.ping) say(wire::Ping{static_cast<std::uint64_t>(now)});
}

void Handshake::violated(const char* reason) {
  if (closing_) return;
  s_.reports.trouble({"link-nonsense",
                      std::string("The peer said something that it may not say: ") + reason + ".",
                      "Check that both nodes run the same version of Gemel."});
  drop(reason);
}

// ---- frames

void Handshake::frame(Link::Frame& frame) {
  heard_at_ = s_.ports.clock.now();
  // The bulk connection may be faster than the hot one: what follows an outcome waits for it.
  const auto type = static_cast<Type>(frame.type);
  if (stage_ == Stage::greeting && (type == Type::reintegration_begin || type == Type::paired)) {
    if (early_.empty())
      early_.push_back({frame.type, frame.sequence, {frame.message.begin(), frame.message.end()}});
    return;
  }
  frame_after_greeting(frame);
}

void Handshake::frame_after_greeting(Link::Frame& frame) {
  const char* reason = nullptr;
  switch (static_cast<Type>(frame.type)) {
    case Type::hello:
      return greeted(frame);
    case Type::outcome:
      return agreed(frame);
    case Type::ping:
      if (auto ping = wire::decode<wire::Ping>(frame.message)) say(wire::Pong{ping->stamp});
      return;
    case Type::pong:
    case Type::bye:
      return;
    case Type::write:
    case Type::flush:
    case Type::allocate:
    case Type::change:
      return operation(frame);
    case Type::ack:
      return acknowledgement(frame);
    case Type::reintegration_begin:
      return begun(frame);
    case Type::tracked:
      if (auto part = wire::decode<wire::Tracked>(frame.message); part && part->more) return merge(*part);
      if (!s_.bulk.take(frame)) violated("an answer that nobody asked for");
      return;
    case Type::paired:
      if (auto paired = wire::decode<wire::Paired>(frame.message))
        spawn(follow_pair(epoch_, frame.sequence, *paired));
      return;
    case Type::up_to_date_seen:
      return seen();
    default:
      // Answers find who asked; an answer that comes after its question was given up is dropped.
      if (s_.target.take(frame, reason)) {
        if (reason != nullptr) violated(reason);
      } else {
        s_.bulk.take(frame);
      }
  }
}

void Handshake::operation(Link::Frame& frame) {
  if (s_.gate.is_primary()) return violated("an operation came to the primary");
  if (const char* reason = s_.receiver.take(frame); reason != nullptr) violated(reason);
}

void Handshake::acknowledgement(Link::Frame& frame) {
  auto ack = wire::decode<wire::Ack>(frame.message);
  if (!ack) return violated(ack.reason());
  const int late = s_.session.acknowledged(frame.sequence, ack->kind, ack->result);
  if (late == 0) return;
  // R9: acknowledged at its receipt, failed afterwards. What it concerned is uncovered, so it is marked by
  // the loss.
  if (s_.session.phase() == Phase::filling) return cannot_fill(late);
  drop(std::string("the peer failed an operation: ") + std::strerror(-late));
}

// ---- meeting

wire::Hello Handshake::introduce() const {
  const CopyRecord& record = s_.record.now();
  wire::Hello hello;
  hello.cluster = s_.config.cluster;
  hello.module = s_.config.module;
  hello.module_uuid = s_.config.module_uuid;
  hello.node = s_.config.node;
  hello.process = process_;
  hello.alignment = s_.ports.disk.alignment();
  switch (s_.config.data.kind) {
    case Judgement::Kind::there:
    case Judgement::Kind::empty:
      hello.copy = record.copy;
      break;
    case Judgement::Kind::unknown:
      hello.copy = record.generation != 0 ? record.copy : CopyState::unknown;
      break;
    case Judgement::Kind::not_there:
    case Judgement::Kind::refused:
      hello.copy = CopyState::absent;  // R27: never empty, never a source
      break;
  }
  const bool alone = record.right == Right::alone && record.right_generation == record.generation;
  if (s_.gate.is_primary()) hello.running = alone && s_.gate.is_open() ? Running::granted : Running::frozen;
  hello.right = record.right;
  // In one process nothing is lost unseen: what may differ is in the tracking. After a start only a clean
  // stop proves it.
  hello.clean = record.clean || s_.session.is_unbroken() || alone;
  hello.tracking =
      s_.tracking.is_dirty() || s_.tracking.has_work_since_checkpoint() || s_.session.in_flight() > 0;
  hello.unbroken = s_.session.is_unbroken() && !s_.receiver.is_condemned();
  hello.elected = record.was_primary;
  hello.generation = record.generation;
  hello.source = record.source;
  hello.synced = record.synced;
  hello.history = record.history;
  hello.session = record.session;
  hello.freeze = s_.gate.is_frozen() ? s_.gate.freeze_id().counter : 0;
  hello.sent = s_.session.sent();
  hello.applied = s_.receiver.applied();
  hello.changed = s_.changed_while_stopped;
  return hello;
}

const char* Handshake::stranger(const wire::Hello& hello) const {
  if (hello.cluster != s_.config.cluster) return "the peer belongs to another cluster";
  if (hello.module != s_.config.module) return "the peer serves another module";
  if (hello.module_uuid != s_.config.module_uuid) return "the peer serves another module of the same name";
  if (hello.node != s_.config.peer_node) return "the peer is not the node that this module names";
  if (hello.version_min > wire::kVersionMax || hello.version_max < wire::kVersionMin)
    return "the peer speaks no version that this side knows";
  return nullptr;
}

void Handshake::greeted(Link::Frame& frame) {
  if (stage_ != Stage::greeting || has_peer_) return violated("a second greeting");
  auto hello = wire::decode<wire::Hello>(frame.message);
  if (!hello) return violated(hello.reason());
  if (const char* reason = stranger(*hello); reason != nullptr) return violated(reason);
  peer_ = std::move(*hello);
  has_peer_ = true;
  // Both compute from the same two hellos in the same order. `unbroken` is the memory of a process: when both
  // have it for the same session number, these are the same two processes (R8, R19).
  own_is_first_ = own_.node < peer_.node;
  decision_ = sync_decision_of(own_is_first_ ? meeting_of(own_, peer_) : meeting_of(peer_, own_));
  session_ = std::max(own_.session, peer_.session) + 1;
  if (decision_.kind == SyncKind::resume) session_ = own_.session;
  s_.locks.set_block(std::max<std::uint64_t>({kBlockBytes, own_.alignment, peer_.alignment}));
  say(wire::Outcome{decision_.row, session_, leads() ? own_.generation : peer_.generation});
}

bool Handshake::leads() const {
  return (decision_.source == Side::first) == own_is_first_;
}

void Handshake::agreed(Link::Frame& frame) {
  auto outcome = wire::decode<wire::Outcome>(frame.message);
  if (!outcome) return violated(outcome.reason());
  if (stage_ != Stage::greeting || !has_peer_) return violated("an outcome without a greeting");
  if (outcome->row != decision_.row || outcome->session != session_)
    return violated("the two sides found different rows");
  owner_.met(decision_, decision_.reason);
  stage_ = Stage::refused;
  spawn(act(epoch_));
  for (Early& early : std::exchange(early_, {})) {
    Link::Frame late{Link::Channel::bulk, early.type, early.sequence, 0, early.message, {}};
    frame_after_greeting(late);
  }
}

bool Handshake::denies_peer() const {
  return stage_ == Stage::refused && decision_.kind == SyncKind::deny && !leads();
}

Task<void> Handshake::act(std::uint64_t epoch) {
  switch (decision_.kind) {
    case SyncKind::resume: {
      const auto held = co_await s_.turn.begin();
      if (epoch == epoch_) resume();
      break;
    }
    case SyncKind::pair:
      stage_ = Stage::pairing;
      if (leads()) co_await lead_pair(epoch);
      break;
    case SyncKind::reintegrate:
      stage_ = leads() ? Stage::source : Stage::target;
      // R19: from here on the target knows that it is not current.
      if (!leads()) s_.session.break_proof();
      if (leads()) co_await lead_fill(epoch);
      break;
    case SyncKind::deny:
      if (leads()) owner_.denied(decision_.reason);
      break;
    case SyncKind::conflict:
    case SyncKind::unrelated:
    case SyncKind::unknown:
    case SyncKind::refuse:
      break;
  }
  s_.reports.changed();
}

/// R8: the same session goes on: what is unacknowledged, in order, nothing else.
void Handshake::resume() {
  stage_ = Stage::paired;
  s_.receiver.resume();
  s_.session.resume();
  s_.gate.thaw(ThawBy::peer);
  s_.reports.changed();
}

// ---- pair: nothing can differ

Task<void> Handshake::lead_pair(std::uint64_t epoch) {
  const auto held = co_await s_.turn.begin();
  if (epoch != epoch_) co_return;
  s_.session.end();
  s_.tracking.set_alone(false);
  s_.session.begin(session_, Phase::filling);
  s_.session.become(Phase::pairing);
  s_.receiver.begin(session_, false);
  co_await confirm_pair(epoch);
}

/// R10, in this order: `paired` durable here, up to date durable there, then green.
Task<bool> Handshake::confirm_pair(std::uint64_t epoch) {
  const CopyRecord record = s_.record.now();
  const int written = co_await s_.record.become_paired(record.generation, session_, record.history);
  if (written != 0 || epoch != epoch_) {
    if (epoch == epoch_) drop("the record could not be written");
    co_return false;
  }
  const wire::Paired paired{record.generation, session_};
  const auto confirmed = co_await s_.bulk.ask<wire::UpToDate>(paired);
  if (epoch != epoch_) co_return false;
  if (!confirmed || confirmed->generation != record.generation || confirmed->session != session_) {
    drop("the peer did not confirm that it is up to date");
    co_return false;
  }
  s_.session.become(Phase::in_sync);
  s_.changed_while_stopped = false;
  stage_ = Stage::paired;
  s_.bulk.answer(0, wire::UpToDateSeen{record.generation, session_});
  s_.gate.thaw(ThawBy::peer);
  owner_.in_sync();
  co_return true;
}

Task<void> Handshake::follow_pair(std::uint64_t epoch, Sequence number, wire::Paired paired) {
  const auto held = co_await s_.turn.begin();
  if (epoch != epoch_) co_return;
  const bool was_filled = stage_ == Stage::target;
  if ((!was_filled && stage_ != Stage::pairing) || paired.session != session_ || leads() ||
      s_.gate.is_primary()) {
    violated("a pairing out of turn");
    co_return;
  }
  // R9, R25: an operation failed here after the last flush: this copy is not what the source takes it for.
  if (was_filled && s_.receiver.is_condemned()) {
    drop("an operation failed on the copy that was filled");
    co_return;
  }
  std::vector<Generation> history = peer_.history;
  if (paired.generation != peer_.generation) history.insert(history.begin(), peer_.generation);
  if (history.size() > limits::kHistory) history.resize(limits::kHistory);
  const int written = co_await s_.record.become_paired(paired.generation, session_, history);
  if (written != 0 || epoch != epoch_) {
    if (epoch == epoch_) drop("the record could not be written");
    co_return;
  }
  s_.tracking.forget_all_dirty();
  s_.tracking.set_alone(false);
  const int persisted = co_await s_.tracking.persist();
  if (persisted != 0 || epoch != epoch_) co_return;
  s_.changed_while_stopped = false;
  s_.target.end();
  if (was_filled) {
    s_.receiver.become_in_sync();
  } else {
    s_.receiver.begin(session_, false);
  }
  s_.session.end();
  s_.session.begin(session_, Phase::in_sync);
  s_.bulk.answer(number, wire::UpToDate{paired.generation, session_});
}

void Handshake::seen() {
  if (s_.session.phase() != Phase::in_sync) return;
  stage_ = Stage::paired;
  owner_.in_sync();
  s_.reports.changed();
}

// ---- reintegrate: this side is the source

Task<void> Handshake::lead_fill(std::uint64_t epoch) {
  const bool prepared = co_await prepare_source(epoch);
  if (!prepared || epoch != epoch_) co_return;
  const Generation generation = s_.record.now().generation;
  const Reintegration::Ended ended = co_await s_.source.fill(generation);
  if (epoch != epoch_) co_return;
  switch (ended) {
    case Reintegration::Ended::equal:
      co_await finish_fill(epoch);
      break;
    case Reintegration::Ended::target_failed:
      cannot_fill(s_.source.target_error());
      break;
    case Reintegration::Ended::interrupted:
      drop("the reintegration was interrupted");
      break;
  }
}

void Handshake::cannot_fill(int error) {
  s_.reports.trouble({error == -ENOSPC ? "peer-disk-full" : "peer-disk-error",
                      std::string("The other copy cannot be filled: ") + std::strerror(-error) + ".",
                      "Make room or repair the disk there; it is tried again every 10 seconds."});
  keep_out(limits::kRetryFill);
}

Task<bool> Handshake::prepare_source(std::uint64_t epoch) {
  const auto held = co_await s_.turn.begin();
  if (epoch != epoch_) co_return false;
  // What this side has and the other may lack is durable before anything else happens (R3).
  s_.tracking.set_alone(true);
  s_.tracking.mark_since_checkpoint();
  if (decision_.scope != Scope::tracked) mark_everything(kRootFid);
  const int marked = co_await s_.tracking.persist();
  // R10: that the other copy is not current is recorded here, with a generation that it does not have.
  const int written = marked != 0 ? marked : co_await s_.record.become_alone(AloneBasis::handshake, session_);
  if (epoch != epoch_) co_return false;
  if (written != 0) {
    drop("the record could not be written");
    co_return false;
  }
  s_.session.end();
  s_.gate.thaw(ThawBy::peer);
  co_return co_await prepare_target_copy(epoch);
}

Task<bool> Handshake::prepare_target_copy(std::uint64_t epoch) {
  const wire::ReintegrationBegin begin{s_.record.now().generation, 0, decision_.scope != Scope::tracked,
                                       false};
  s_.source.peer_marks().clear();
  const auto ready = co_await s_.bulk.ask<wire::Tracked>(begin);
  if (epoch != epoch_) co_return false;
  if (!ready || ready->result != 0) {
    cannot_fill(ready ? ready->result : -EPROTO);
    co_return false;
  }
  merge(*ready.message);
  const int persisted = co_await s_.tracking.persist();
  if (epoch != epoch_) co_return false;
  if (persisted != 0) {
    drop("the record of what differs could not be written");
    co_return false;
  }
  s_.session.begin(session_, Phase::filling);
  s_.tracking.set_alone(false);
  s_.reports.changed();
  co_return true;
}

/// P5: nothing is known of what differs: every file is compared.
void Handshake::mark_everything(Fid directory) {
  std::vector<Entry> entries;
  if (s_.ports.disk.list(directory, entries) != 0) return;
  for (const Entry& entry : entries) {
    Attributes file;
    if (s_.ports.disk.stat(entry.fid, file) != 0) continue;
    if (S_ISDIR(file.mode)) mark_everything(entry.fid);
    if (S_ISREG(file.mode)) s_.tracking.mark_whole(entry.fid);
  }
}

void Handshake::merge(const wire::Tracked& tracked) {
  if (stage_ != Stage::source) return violated("tracking that nobody asked for");
  if (tracked.fid == kNoFid) return;
  // Both sides' marks are one set from here on; the figures tell them apart.
  PeerMarks& theirs = s_.source.peer_marks();
  const Bitmap* own = s_.tracking.bitmaps().find(tracked.fid);
  if (tracked.whole) {
    theirs.add_whole(own, tracked.fid);
    s_.tracking.mark_whole(tracked.fid);
  }
  for (std::size_t at = 0; at + 1 < tracked.ranges.size(); at += 2) {
    const Range range{tracked.ranges[at], tracked.ranges[at + 1]};
    if (range.length == 0 || range.offset > limits::kEverything || range.length > limits::kEverything)
      continue;
    theirs.add(s_.tracking.bitmaps().find(tracked.fid), tracked.fid, range);
    s_.tracking.mark(tracked.fid, range);
  }
}

Task<void> Handshake::finish_fill(std::uint64_t epoch) {
  const auto held = co_await s_.turn.begin();
  if (epoch != epoch_) co_return;
  // From here on a loss is a freeze: the other side may be up to date without this side having heard it.
  s_.session.become(Phase::pairing);
  s_.receiver.begin(session_, false);
  s_.receiver.become_in_sync();
  co_await confirm_pair(epoch);
}

// ---- reintegrate: this side is the target

void Handshake::begun(Link::Frame& frame) {
  auto begin = wire::decode<wire::ReintegrationBegin>(frame.message);
  if (!begin) return violated(begin.reason());
  if (begin->verify) {
    if (s_.session.phase() != Phase::in_sync) return violated("a verify without a session");
    s_.target.begin_pass(true);
    s_.bulk.answer(frame.sequence, wire::Tracked{});
    return;
  }
  if (stage_ != Stage::target || s_.gate.is_primary()) return violated("this side is not to be filled");
  if (begin->pass > 0) {
    s_.target.begin_pass(true);
    s_.receiver.forgive();
    s_.bulk.answer(frame.sequence, wire::Tracked{});
    return;
  }
  spawn(follow_fill(epoch_, frame.sequence, *begin));
}

Task<void> Handshake::follow_fill(std::uint64_t epoch, Sequence number, wire::ReintegrationBegin begin) {
  const auto held = co_await s_.turn.begin();
  if (epoch != epoch_) co_return;
  s_.session.end();
  wire::Tracked done;
  done.result = co_await s_.record.become_filling(begin.source, session_);
  if (epoch != epoch_) co_return;
  if (done.result == 0) {
    s_.receiver.begin(session_, true);
    s_.target.begin_pass(true);
    tell_tracking(number);
  }
  s_.bulk.answer(number, done);
  s_.reports.changed();
}

/// Both sides' union is dirty: what this side wrote and the source never heard of must be overwritten, too.
void Handshake::tell_tracking(Sequence number) {
  for (const Fid fid : s_.tracking.bitmaps().fids()) {
    const Bitmap* bitmap = s_.tracking.bitmaps().find(fid);
    if (bitmap == nullptr || !bitmap->any()) continue;
    wire::Tracked part;
    part.fid = fid;
    part.more = true;
    part.whole = bitmap->whole();
    for (Range run = bitmap->next(0, limits::kRunBytes); run.length > 0;
         run = bitmap->next(run.end(), limits::kRunBytes)) {
      part.ranges.push_back(run.offset);
      part.ranges.push_back(run.length);
      if (part.ranges.size() < 2 * limits::kRangesPerMessage) continue;
      s_.bulk.answer(number, part);
      part.ranges.clear();
    }
    s_.bulk.answer(number, part);
  }
}

}  // namespace gemel
