// SPDX-License-Identifier: Apache-2.0
// Where two engines stand with each other on one link: the stage, what both said of themselves, the row that
// follows from it, and the session that they agreed on. Pure: says and sends nothing.
//
//   off ◀──switch──▶ down ──link up──▶ greeting ──same row──▶ refused ─┬─▶ pairing ─┬─▶ paired
//                     ▲                                        ▲       ├─▶ source ──┤     ▲
//                     │                     stays, where the row is    ├─▶ target ──┘     │
//                     │                     for a person or a denial   └─resume (R8)──────┘
//                     └──────────────────── the link is lost, from every stage
//
// Invariants: the stage moves along these arrows only, anything else stops the process. A number (epoch)
// names the link: whoever waits takes it along and goes on only while it is still the one.
#pragma once

#include <string>

#include "sync_decision.h"

namespace gemel {

enum class Stage : std::uint8_t { off, down, greeting, refused, source, target, pairing, paired };

class Meeting {
 public:
  /// What the engine is told of it.
  struct Owner {
    virtual ~Owner() = default;
    virtual void met(const SyncDecision& decision, const std::string& evidence) = 0;
    virtual void in_sync() = 0;
    virtual void peer_lost(const std::string& reason) = 0;
    /// Row n1: this side's guest runs on an old copy.
    virtual void denied(const std::string& why) = 0;
  };

  Stage stage() const { return stage_; }
  bool is_up() const { return stage_ != Stage::off && stage_ != Stage::down; }
  /// The only way to another stage.
  void become(Stage next);
  std::uint64_t epoch() const { return epoch_; }

  /// The link is up; this side says `own`.
  void begin(wire::Hello own);
  /// The peer has said what it is. Both sides compute from the same two hellos in the same order.
  void hear(wire::Hello peer);
  /// The link is gone: what was agreed on it is void.
  void end();

  bool has_heard() const { return has_heard_; }
  const wire::Hello& own() const { return own_; }
  /// The peer as it last said of itself; a node name that is empty: never met.
  const wire::Hello& peer() const { return peer_; }
  const SyncDecision& decision() const { return decision_; }
  SessionNumber session() const { return session_; }
  /// Is this side the source?
  bool leads() const { return (decision_.source == Side::first) == own_is_first_; }
  /// R29: files were changed on both sides while the module was stopped, and both can compare before they
  /// call it a conflict.
  bool both_changed() const {
    const bool rest = own_.running == wire::Running::no && peer_.running == wire::Running::no;
    return stage_ == Stage::refused && decision_.kind == SyncKind::conflict && own_.changed &&
           peer_.changed && own_.generation == peer_.generation && own_.covers != 0 && peer_.covers != 0 &&
           rest;
  }
  /// The two met, and it is the peer's guest that must end (R14).
  bool denies_peer() const {
    return stage_ == Stage::refused && decision_.kind == SyncKind::deny && !leads();
  }

 private:
  Stage stage_ = Stage::off;
  std::uint64_t epoch_ = 0;
  wire::Hello own_, peer_;
  bool has_heard_ = false, own_is_first_ = false;
  SyncDecision decision_;
  SessionNumber session_ = 0;
};

}  // namespace gemel
