// SPDX-License-Identifier: Apache-2.0
// What happens on the data link besides operations: two engines meet, find the same row of the decision
// table, and act on it; the loss of the link; the end of a reintegration.
//
//   source                                             target
//     hello ─────────────────────────────────────────── hello        what each durably is
//     outcome(row) ────────────────────────────────── outcome(row)   the same letters, or no session
//     alone at G, durable
//     reintegration_begin(G) ────────────────────────▶ inconsistent from G, durable
//     merged, durable ◀───────────────────── tracked*  what the target's own tracking holds
//     … names, regions, guest's operations …
//     both flushed
//     paired, durable: the right to run alone ends
//     paired(G, session) ────────────────────────────▶ up to date, durable
//     in sync ◀──────────────────────── up_to_date
//     up_to_date_seen ───────────────────────────────▶ in sync                                  (R10)
//
// Invariants: a step is taken only while the link is the one on which it was agreed (epoch); every step that
// makes a copy more than it was is durable before the other side hears of it.
#pragma once

#include "stations.h"
#include "sync_decision.h"

namespace gemel {

class Handshake final : public Link::Listener {
 public:
  enum class Stage : std::uint8_t { off, down, greeting, refused, source, target, pairing, paired };
  struct Owner {
    virtual ~Owner() = default;
    virtual void met(const SyncDecision& decision, const std::string& evidence) = 0;
    virtual void in_sync() = 0;
    virtual void peer_lost(const std::string& reason) = 0;
    /// Row n1: this side's guest runs on an old copy.
    virtual void denied(const std::string& why) = 0;
  };

  Handshake(Stations& stations, Owner& owner);

  // ---- Link::Listener
  void link_up() override;
  void frame(Link::Frame& frame) override;
  void link_lost(const std::string& reason) override;

  /// Closes the link now, as if it had been lost.
  void drop(const std::string& reason);
  void enable(bool on);
  bool is_enabled() const { return enabled_; }
  /// Keeps the peer out for a while (R18, or a target that cannot be filled).
  void keep_out(Nanos span);
  Nanos kept_out() const;

  Stage stage() const { return stage_; }
  const SyncDecision& decision() const { return decision_; }
  const std::string& down_reason() const { return reason_; }
  /// The two met, and it is the peer's guest that must end (R14).
  bool denies_peer() const;
  Nanos last_heard() const { return heard_at_; }
  bool is_up() const { return stage_ != Stage::off && stage_ != Stage::down; }
  /// The peer as it last said of itself; a node name that is empty: never met.
  const wire::Hello& peer() const { return peer_; }
  /// Ping when the link was idle.
  void keep_alive();
  /// R3, R10: the peer is lost while it was being filled, or it is left for good: what it lacks is marked,
  /// durably, and operations go on alone. Needs the right to run alone.
  Task<int> mark_lost();

 private:
  wire::Hello introduce() const;
  void frame_after_greeting(Link::Frame& frame);
  void greeted(Link::Frame& frame);
  void agreed(Link::Frame& frame);
  const char* stranger(const wire::Hello& hello) const;
  bool leads() const;
  Task<void> act(std::uint64_t epoch);
  void resume();
  Task<void> lead_pair(std::uint64_t epoch);
  Task<void> lead_fill(std::uint64_t epoch);
  Task<bool> prepare_source(std::uint64_t epoch);
  Task<bool> prepare_target_copy(std::uint64_t epoch);
  Task<void> finish_fill(std::uint64_t epoch);
  Task<bool> confirm_pair(std::uint64_t epoch);
  void mark_everything(Fid directory);
  void begun(Link::Frame& frame);
  Task<void> follow_fill(std::uint64_t epoch, Sequence number, wire::ReintegrationBegin begin);
  void tell_tracking(Sequence number);
  void merge(const wire::Tracked& tracked);
  Task<void> follow_pair(std::uint64_t epoch, Sequence number, wire::Paired paired);
  void seen();
  Task<void> lose_filling();
  template <class M>
  void say(const M& message);
  void operation(Link::Frame& frame);
  void acknowledgement(Link::Frame& frame);
  void violated(const char* reason);
  void cannot_fill(int error);

  Stations& s_;
  Owner& owner_;
  Stage stage_ = Stage::off;
  bool enabled_ = false, closing_ = false;
  std::uint64_t epoch_ = 0;
  std::uint64_t process_;
  wire::Hello own_, peer_;
  bool has_peer_ = false;
  SyncDecision decision_;
  bool own_is_first_ = false;
  SessionNumber session_ = 0;
  struct Early {
    std::uint8_t type;
    Sequence sequence;
    std::vector<std::byte> message;
  };
  std::vector<Early> early_;
  std::string reason_ = "not yet connected";
  Nanos heard_at_ = 0, spoke_at_ = 0, kept_out_until_ = 0;
};

}  // namespace gemel
