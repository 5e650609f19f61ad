// SPDX-License-Identifier: Apache-2.0
// What the daemon may order, and what has to be true and durable before it is done: promotion (R25), demotion
// (R26), grant and deny (R13, R14), word (R20), goodbye (R22), left alone, and the answers of a person
// (first, resolve).
//
// Every refusal changes nothing and says why. The daemon proves that the other copy does not run; this
// station answers the other question, *is my copy current?* (R19), by itself and never takes the daemon's
// word for it.
#pragma once

#include "commands.h"
#include "condemnation.h"
#include "io_gate.h"
#include "meeting.h"
#include "operations.h"
#include "peer_link.h"
#include "receiver.h"
#include "record.h"
#include "session.h"
#include "tracking.h"

namespace gemel {

/// What a clean stop records of every regular file (R29).
int facts_of(Disk& disk, std::vector<FileFacts>& facts);

class Roles {
 public:
  Roles(Ports& ports, const EngineConfig& config, Reports& reports, Turn& turn, Meeting& meeting,
        PeerLink& link, Record& record, Tracking& tracking, Condemnation& condemnation, IoGate& gate,
        Session& session, Receiver& receiver, Operations& operations)
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
        operations_(operations),
        patience_(config) {}

  Task<Refusal> initialise(command::Initialise order);
  Task<Refusal> promote(command::Promote order);
  Task<Refusal> demote(command::Demote order);
  Task<Refusal> grant(command::Grant order);
  Task<Refusal> deny(command::Deny order);
  Task<Refusal> word(command::Word order);
  Task<Refusal> give_up(command::GiveUp order);
  Task<Refusal> left_alone(command::LeftAlone order);
  Task<Refusal> settle(command::SettleConflict order);
  Task<Refusal> close();

  /// R14, R113: kills the guest; its copy is not current from then on. Also row n1 of the sync decision
  /// table.
  void kill_denied(const std::string& why);
  CurrencyKind currency(std::string& why_not) const;

 private:
  Task<Refusal> promote_alone(command::Promote order);
  Task<Refusal> promote_paired();
  Task<int> become_primary();
  Task<int> drop_caches();
  Task<Refusal> go_alone(AloneBasis basis);
  Task<void> settle_denied();
  Task<Refusal> leave_clean();
  Task<int> record_alone(AloneBasis basis);
  Refusal check_data() const;
  bool is_current_for(AloneBasis basis, std::string& why_not) const;

  Ports& ports_;
  const EngineConfig& config_;
  Reports& reports_;
  Turn& turn_;
  Meeting& meeting_;
  PeerLink& link_;
  Record& record_;
  Tracking& tracking_;
  Condemnation& condemnation_;
  IoGate& gate_;
  Session& session_;
  Receiver& receiver_;
  Operations& operations_;
  Patience patience_;
};

}  // namespace gemel
