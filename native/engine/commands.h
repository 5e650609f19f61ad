// SPDX-License-Identifier: Apache-2.0
// The words between the daemon and the engine as values; the same as in native/index.ts, field by field.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "../store/superblock.h"
#include "figures.h"
#include "ports.h"

namespace gemel {

namespace command {
struct SwitchLink {
  bool on = false;
};
struct Initialise {
  bool as_source = false;
};
struct Promote {
  /// Alone on this basis, with a new generation; none: the peer follows in this session.
  AloneBasis alone = AloneBasis::none;
  /// The right that it brings is not taken after this instant: what it rests on may be over (R16).
  std::optional<Nanos> until = std::nullopt;
};
struct Demote {
  Nanos timeout = 0;
};
struct Grant {
  FreezeId freeze;
  AloneBasis basis = AloneBasis::none;
  std::optional<Nanos> until = std::nullopt;
};
struct Deny {
  FreezeId freeze;
  std::string why;
};
struct Word {
  Generation generation = 0;
};
struct GiveUp {
  Generation generation = 0;
};
struct LeftAlone {
  AloneBasis basis = AloneBasis::goodbye;
  Generation generation = 0;
  SessionNumber session = 0;
};
struct Verify {
  bool repair = false;
};
struct ReintegrationCap {
  std::uint64_t bytes_per_second = 0;
};
struct SettleConflict {
  bool keep_this = false;
};
/// Orderly end: demoted before; flushed, clean record and file facts written (R29).
struct Close {};
}  // namespace command

/// attach-guest, detach-guest, read-file, write-file and list-files are control's business: they need no
/// engine state.
using Command =
    std::variant<command::SwitchLink, command::Initialise, command::Promote, command::Demote, command::Grant,
                 command::Deny, command::Word, command::GiveUp, command::LeftAlone, command::Verify,
                 command::ReintegrationCap, command::SettleConflict, command::Close>;

/// Nothing: done. Else why not.
using Refusal = std::optional<Problem>;

enum class CurrencyKind : std::uint8_t { session, handshake, record, none };

struct ReintegrationStatus {
  std::string kind;       ///< first-copy, tracked, by-hash, verify
  std::string direction;  ///< source, target
  std::uint64_t bytes_total = 0, bytes_done = 0, bytes_sent = 0, bytes_hashed = 0, bytes_per_second = 0;
  std::optional<std::uint64_t> eta_seconds;
  int pass = 0;
};

struct Status {
  bool is_primary = false;
  CopyState copy = CopyState::absent;
  std::optional<Problem> data_problem;
  Generation generation = 0;
  std::vector<Generation> history;
  SessionNumber session = 0;
  Right right = Right::none;
  AloneBasis basis = AloneBasis::none;
  CurrencyKind currency = CurrencyKind::none;
  std::string not_current_why;
  std::string link;  ///< off, down, handshake, paired, refused
  std::string link_row, link_reason, link_outcome;
  bool peer_up_to_date = false;
  bool in_sync = false;
  struct Freeze {
    FreezeId id;
    FreezeReason reason = FreezeReason::link_lost;
    Nanos age = 0;
    bool guest_paused = false;
  };
  std::optional<Freeze> freeze;
  Nanos peer_kept_out = 0;
  std::optional<ReintegrationStatus> reintegration;
  VerifyRecord verified;
  std::optional<std::uint64_t> disk_full_needed;
  struct DiskError {
    int error = 0;
    Fid fid = kNoFid;
  };
  std::optional<DiskError> disk_error;
  std::uint64_t bytes_free = 0;
};

struct FiguresShown {
  Figures figures;
  std::uint64_t dirty_bytes = 0, hot_extents = 0;
  Nanos guest_pause_longest = 0;
};

namespace event {
struct StatusChanged {};
struct Frozen {
  FreezeId freeze;
  FreezeReason reason;
};
struct Thawed {
  FreezeId freeze;
  ThawBy by;
};
struct GuestChanged {
  GuestChange change;
  std::string why;
};
struct Met {
  std::string row, outcome, evidence;
};
struct InSync {};
struct PeerLost {
  std::string reason;
};
struct ReintegrationMoved {
  ReintegrationStatus reintegration;
};
struct Verified {
  std::uint64_t differing = 0, repaired = 0;
};
struct RefusedWrite {
  Fid fid = kNoFid;
  int pid = 0;
};
struct Trouble {
  Problem problem;
};
}  // namespace event

using EngineEvent = std::variant<event::StatusChanged, event::Frozen, event::Thawed, event::GuestChanged,
                                 event::Met, event::InSync, event::PeerLost, event::ReintegrationMoved,
                                 event::Verified, event::RefusedWrite, event::Trouble>;

/// One JSON object each, in the shape of native/index.ts (MirrorEvent, MirrorStatus, MirrorFigures). Control
/// adds what only it knows (module, node, pid, mount): `extra` is put in as it is, and ends with a comma or
/// is empty.
std::string to_json(const Status& status, const std::string& extra);
std::string to_json(const FiguresShown& figures);
/// Nothing for StatusChanged: control asks for the status.
std::string to_json(const EngineEvent& event);
std::string quoted(const std::string& text);

}  // namespace gemel
