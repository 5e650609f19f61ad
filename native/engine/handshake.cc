// SPDX-License-Identifier: Apache-2.0
#include "handshake.h"

#include <algorithm>

namespace gemel {

using wire::Running;

Handshake::Handshake(Ports& ports, const EngineConfig& config, Reports& reports, Turn& turn, Meeting& meeting,
                     PeerLink& link, Record& record, Tracking& tracking, const Condemnation& condemnation,
                     IoGate& gate, Session& session, Receiver& receiver, RangeLocks& locks, Pairing& pairing,
                     Filling& filling, Meeting::Owner& owner)
    : ports_(ports),
      config_(config),
      reports_(reports),
      turn_(turn),
      meeting_(meeting),
      link_(link),
      record_(record),
      tracking_(tracking),
      condemnation_(condemnation),
      gate_(gate),
      session_(session),
      receiver_(receiver),
      locks_(locks),
      pairing_(pairing),
      filling_(filling),
      owner_(owner),
      process_(ports.clock.random()) {}

void Handshake::greet() {
  meeting_.begin(introduce());
  link_.say(meeting_.own());
}

CopyState Handshake::shown_copy() const {
  const CopyRecord& record = record_.now();
  switch (config_.data.kind) {
    case Judgement::Kind::there:
    case Judgement::Kind::empty:
      return record.copy;
    case Judgement::Kind::unknown:
      return record.generation != 0 ? record.copy : CopyState::unknown;
    case Judgement::Kind::not_there:
    case Judgement::Kind::refused:
      break;
  }
  return CopyState::absent;  // R27: never empty, never a source
}

wire::Hello Handshake::introduce() const {
  const CopyRecord& record = record_.now();
  wire::Hello hello;
  hello.cluster = config_.cluster;
  hello.module = config_.module;
  hello.module_uuid = config_.module_uuid;
  hello.node = config_.node;
  hello.process = process_;
  hello.alignment = ports_.disk.alignment();
  hello.copy = shown_copy();
  const bool alone = record.right == Right::alone && record.right_generation == record.generation;
  if (gate_.is_primary()) hello.running = alone && gate_.is_open() ? Running::granted : Running::frozen;
  // R40: true from the failure on, on disk a moment later.
  const bool is_condemned = receiver_.is_condemned() || condemnation_.is_in_force();
  hello.right = is_condemned && record.right == Right::paired ? Right::outdated : record.right;
  // In one process nothing is lost unseen: what may differ is in the tracking. After a start only a clean
  // stop proves it.
  hello.clean = record.clean || session_.is_unbroken() || alone;
  hello.tracking = tracking_.is_dirty() || tracking_.has_work_since_checkpoint() ||
                   session_.in_flight() > 0 || is_condemned;
  hello.unbroken = session_.can_resume() && !receiver_.is_condemned();
  hello.elected = record.was_primary;
  hello.generation = record.generation;
  hello.source = record.source;
  hello.synced = record.synced;
  hello.history = record.history;
  hello.session = record.session;
  hello.freeze = gate_.is_frozen() ? gate_.freeze_id().counter : 0;
  hello.sent = session_.sent();
  hello.applied = receiver_.applied();
  hello.covers = record.covers + 1;
  hello.changed = tracking_.was_changed_while_stopped();
  return hello;
}

const char* Handshake::stranger(const wire::Hello& hello) const {
  if (hello.cluster != config_.cluster) return "the peer belongs to another cluster";
  if (hello.module != config_.module) return "the peer serves another module";
  if (hello.module_uuid != config_.module_uuid) return "the peer serves another module of the same name";
  if (hello.node != config_.peer_node) return "the peer is not the node that this module names";
  if (hello.version_min > wire::kVersionMax || hello.version_max < wire::kVersionMin)
    return "the peer speaks no version that this side knows";
  return nullptr;
}

void Handshake::greeted(Link::Frame& frame) {
  if (meeting_.stage() != Stage::greeting || meeting_.has_heard()) return link_.violated("a second greeting");
  auto hello = wire::decode<wire::Hello>(frame.message);
  if (!hello) return link_.violated(hello.reason());
  if (const char* reason = stranger(*hello); reason != nullptr) return link_.violated(reason);
  meeting_.hear(std::move(*hello));
  const wire::Hello& own = meeting_.own();
  const wire::Hello& peer = meeting_.peer();
  locks_.set_block(std::max<std::uint64_t>({kBlockBytes, own.alignment, peer.alignment}));
  link_.say(wire::Outcome{meeting_.decision().row, meeting_.session(),
                          meeting_.leads() ? own.generation : peer.generation});
}

bool Handshake::agreed(Link::Frame& frame) {
  auto outcome = wire::decode<wire::Outcome>(frame.message);
  const SyncDecision& decision = meeting_.decision();
  const char* reason = nullptr;
  if (!outcome) {
    reason = outcome.reason();
  } else if (meeting_.stage() != Stage::greeting || !meeting_.has_heard()) {
    reason = "an outcome without a greeting";
  } else if (outcome->row != decision.row || outcome->session != meeting_.session()) {
    reason = "the two sides found different rows";
  }
  if (reason != nullptr) {
    link_.violated(reason);
    return false;
  }
  owner_.met(decision, decision.reason);
  meeting_.become(Stage::refused);
  spawn(act(meeting_.epoch()));
  return true;
}

Task<void> Handshake::act(std::uint64_t epoch) {
  const SyncDecision& decision = meeting_.decision();
  const bool leads = meeting_.leads();
  switch (decision.kind) {
    case SyncKind::resume: {
      const auto held = co_await turn_.begin();
      if (epoch != meeting_.epoch()) break;
      // R40: something failed on either copy after it had greeted; the next greeting tells it.
      const bool goes_on = session_.can_resume() && !receiver_.is_condemned();
      goes_on ? resume() : link_.drop("an operation failed while the two copies met");
      break;
    }
    case SyncKind::pair:
      meeting_.become(Stage::pairing);
      if (leads) co_await pairing_.lead(epoch);
      break;
    case SyncKind::reintegrate:
      meeting_.become(leads ? Stage::source : Stage::target);
      // R19: from here on the target knows that it is not current.
      if (!leads) session_.break_proof();
      if (leads) co_await filling_.lead(epoch);
      break;
    case SyncKind::deny:
      if (leads) owner_.denied(decision.reason);
      break;
    case SyncKind::conflict:
      if (leads && meeting_.both_changed()) co_await filling_.compare(epoch);
      break;
    case SyncKind::unrelated:
    case SyncKind::unknown:
    case SyncKind::refuse:
      break;
  }
  reports_.changed();
}

/// R8: the same session goes on: what is unacknowledged, in order, nothing else.
void Handshake::resume() {
  meeting_.become(Stage::paired);
  receiver_.resume();
  session_.resume();
  gate_.thaw(ThawBy::peer);
  reports_.changed();
}

}  // namespace gemel
