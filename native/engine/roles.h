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
#include "handshake.h"

namespace gemel {

/// What a clean stop records of every regular file (R29).
std::vector<FileFacts> facts_of(Disk& disk);

class Roles {
 public:
  Roles(Stations& stations, Handshake& handshake) : s_(stations), handshake_(handshake) {}

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

  /// R14: kills the guest; its copy is not current from then on. Also row n1 of the sync decision table.
  void kill_denied(const std::string& why);
  CurrencyKind currency(std::string& why_not) const;

 private:
  Task<Refusal> promote_alone(AloneBasis basis);
  Task<Refusal> promote_paired();
  Task<int> become_primary();
  Task<int> drop_caches();
  Task<Refusal> go_alone(AloneBasis basis);
  Task<void> settle_denied();
  Task<Refusal> leave_clean();
  Refusal check_data() const;
  bool is_current_for(AloneBasis basis, std::string& why_not) const;

  Stations& s_;
  Handshake& handshake_;
};

}  // namespace gemel
