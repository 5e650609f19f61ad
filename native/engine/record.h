// SPDX-License-Identifier: Apache-2.0
// What this copy durably says of itself, changed only by named transitions. Each writes the superblock's
// other slot and is true only then; an illegal transition is a bug and stops the process. Made from what the
// record says when its turn comes (R46).
//
//   empty ── become_first ──────────────────────────────▶ alone (first)
//   any ──── become_filling (target) ───────────────────▶ inconsistent from G ── become_paired ─▶ paired
//   alone ── become_paired (end of a reintegration) ────▶ paired (G, session)
//   paired ─ become_alone (grant, promotion, handshake) ▶ alone, with a new generation (R10, R13, R25)
//   paired ─ become_outdated, the word (R20) ───────────▶ outdated ┐ both end with the
//   paired ─ become_given_up, goodbye (R22) ────────────▶ gave_up  ┘ next handshake
//
// Invariants: `alone` always has a generation that no other copy has as its own; it lasts until `paired`
// (R10). `synced` is the generation at which both copies were last equal: the tracking starts there.
#pragma once

#include "../store/superblock.h"
#include "ports.h"

namespace gemel {

class Record {
 public:
  Record(Ports& ports, const EngineConfig& config)
      : ports_(ports), config_(config), superblock_(ports.volume) {}

  /// Reads what is there; decides nothing.
  Superblock::Found open() { return superblock_.open(); }
  const CopyRecord& now() const { return superblock_.record(); }
  const std::string& problem() const { return superblock_.problem(); }

  /// A person says that the present files are the good ones.
  Task<int> become_first();
  /// An empty copy that waits to be filled.
  Task<int> become_empty();
  /// Right to run alone. A new generation unless this copy runs alone already (R10, R13, R25).
  Task<int> become_alone(AloneBasis basis, SessionNumber session);
  /// The end of a reintegration, or a meeting of two equal copies: ends the right to run alone (R10).
  Task<int> become_paired(Generation generation, SessionNumber session,
                          const std::vector<Generation>& history);
  /// Target: half filled from now on.
  Task<int> become_filling(Generation source, SessionNumber session);
  /// R20: the word. R22: goodbye. Both: not current until a handshake.
  Task<int> become_outdated(Generation generation);
  /// R40, R42: until it is whole again.
  Task<int> become_suspect();
  Task<int> become_given_up(Generation generation);
  /// Resolve (P8): this copy lost; the next handshake may fill it from the winner.
  Task<int> become_loser(Generation winner);
  /// Runs, or was stopped cleanly. `primary` is remembered for the election where neither runs.
  Task<int> become_running(bool primary);
  Task<int> become_clean();
  /// R114: both copies hold what this session has written up to here.
  Task<int> become_covered(SessionNumber session, std::uint64_t covers);
  Task<int> remember_verify(VerifyRecord verified);
  /// Owner, mode and times of the root as the mount shows them (R27).
  Task<int> remember_root(Attributes shown);
  /// The tracking was lost: nothing is known of what differs since `synced`.
  Task<int> forget_synced();

 private:
  Task<int> write(std::function<void(CopyRecord&)> change);
  void take_new_generation(CopyRecord& next);

  Ports& ports_;
  const EngineConfig& config_;
  Superblock superblock_;
};

}  // namespace gemel
