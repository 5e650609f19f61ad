// SPDX-License-Identifier: Apache-2.0
// What the engine says of itself, and how that looks as JSON (native/index.ts holds the shapes).
#include <cstdio>
#include <ctime>

#include "mirror_engine.h"

namespace gemel {

using Phase = Session::Phase;

// ---- values

Status MirrorEngine::status() const {
  const CopyRecord& record = record_.now();
  Status shown;
  shown.is_primary = gate_.is_primary();
  shown.copy = record.copy;
  switch (config_.data.kind) {
    case Judgement::Kind::not_there:
    case Judgement::Kind::refused:
      shown.copy = CopyState::absent;
      shown.data_problem = Problem{config_.data.code, config_.data.message, config_.data.next};
      break;
    case Judgement::Kind::unknown:
      if (record.generation == 0) shown.copy = CopyState::unknown;
      break;
    case Judgement::Kind::there:
    case Judgement::Kind::empty:
      break;
  }
  if (state_problem_) shown.data_problem = state_problem_;
  shown.generation = record.generation;
  shown.history = record.history;
  shown.session = record.session;
  shown.right = record.right;
  shown.basis = record.basis;
  shown.currency = roles_.currency(shown.not_current_why);
  shown.in_sync = session_.phase() == Phase::in_sync && meeting_.stage() == Stage::paired;
  show_link(shown);
  if (gate_.is_frozen())
    shown.freeze =
        Status::Freeze{gate_.freeze_id(), gate_.freeze_reason(), gate_.frozen_for(), gate_.guest_is_paused()};
  shown.peer_kept_out = link_.kept_out();
  if (source_.is_running() || meeting_.stage() == Stage::target) shown.reintegration = reintegration_status();
  shown.verified = record.verified;
  shown.disk_full_needed = disk_full_;
  shown.disk_error = disk_error_;
  shown.bytes_free = ports_.disk.free_bytes();
  return shown;
}

void MirrorEngine::show_link(Status& shown) const {
  const SyncDecision& decision = meeting_.decision();
  shown.link_row = decision.row;
  switch (meeting_.stage()) {
    case Stage::off:
      shown.link = "off";
      break;
    case Stage::down:
      shown.link = "down";
      shown.link_reason = link_.down_reason();
      break;
    case Stage::greeting:
    case Stage::pairing:
      shown.link = "handshake";
      break;
    case Stage::refused:
      if (meeting_.denies_peer()) {
        shown.link = "down";
        shown.link_reason = "the other side is denied";
        break;
      }
      shown.link = "refused";
      shown.link_outcome = word_of(decision.kind);
      shown.link_reason = decision.reason;
      break;
    case Stage::source:
    case Stage::target:
      shown.link = "paired";
      break;
    case Stage::paired:
      shown.link = "paired";
      shown.peer_up_to_date = true;
      break;
  }
}

ReintegrationStatus MirrorEngine::reintegration_status() const {
  const ReintegrationProgress& now = source_.progress();
  ReintegrationStatus shown;
  if (meeting_.stage() == Stage::target) {
    shown.direction = "target";
    shown.bytes_sent = target_.bytes_received();
  } else {
    shown.direction = "source";
    shown.bytes_total = now.bytes_total;
    shown.bytes_done = now.bytes_done;
    shown.bytes_sent = now.bytes_sent;
    shown.bytes_hashed = now.bytes_hashed;
    shown.pass = now.pass;
    const Nanos took = ports_.clock.now() - now.begun;
    if (took > kSecond) {
      const auto seconds = static_cast<std::uint64_t>(took / kSecond);
      shown.bytes_per_second = now.bytes_done / seconds;
      // Honest only once something has been done in this pass.
      if (shown.bytes_per_second > 0 && now.bytes_total >= now.bytes_done)
        shown.eta_seconds = (now.bytes_total - now.bytes_done) / shown.bytes_per_second;
    }
  }
  if (source_.is_verifying()) {
    shown.kind = "verify";
  } else {
    switch (meeting_.decision().scope) {
      case Scope::tracked:
        shown.kind = "tracked";
        break;
      case Scope::by_hash:
        shown.kind = "by-hash";
        break;
      case Scope::everything:
        shown.kind = "first-copy";
        break;
    }
  }
  return shown;
}

FiguresShown MirrorEngine::figures() const {
  return {figures_, tracking_.dirty_bytes(), tracking_.hot_extents(), gate_.longest_pause()};
}

// ---- JSON

namespace {

std::string hex(Generation generation) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(generation));
  return quoted(text);
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}
std::string truth(bool value) {
  return value ? "true" : "false";
}
std::string millis(Nanos span) {
  return std::to_string(span / kMillisecond);
}

const char* word(CopyState copy) {
  switch (copy) {
    case CopyState::absent:
      return "absent";
    case CopyState::empty:
      return "empty";
    case CopyState::unknown:
      return "unknown";
    case CopyState::inconsistent:
      return "inconsistent";
    case CopyState::consistent:
      return "consistent";
  }
  return "";
}
const char* word(Right right) {
  switch (right) {
    case Right::none:
      return "none";
    case Right::paired:
      return "paired";
    case Right::alone:
      return "alone";
    case Right::outdated:
      return "outdated";
    case Right::gave_up:
      return "gave-up";
  }
  return "";
}
/// A lone run that began with a handshake goes on with what proved it then: the peer itself said that it is
/// behind.
const char* word(AloneBasis basis) {
  switch (basis) {
    case AloneBasis::word:
    case AloneBasis::handshake:
      return "word";
    case AloneBasis::goodbye:
      return "goodbye";
    case AloneBasis::silence:
      return "silence";
    case AloneBasis::lease:
    case AloneBasis::fence:
      return "lease";
    case AloneBasis::forced:
      return "forced";
    case AloneBasis::first:
    case AloneBasis::none:
      return "first";
  }
  return "";
}
const char* word(FreezeReason reason) {
  switch (reason) {
    case FreezeReason::link_lost:
      return "link-lost";
    case FreezeReason::stalled:
      return "stalled";
    case FreezeReason::host_slept:
      return "host-slept";
  }
  return "";
}
const char* word(ThawBy by) {
  switch (by) {
    case ThawBy::peer:
      return "peer";
    case ThawBy::grant:
      return "grant";
    case ThawBy::deny:
      return "deny";
  }
  return "";
}
const char* word(GuestChange change) {
  switch (change) {
    case GuestChange::paused:
      return "paused";
    case GuestChange::resumed:
      return "resumed";
    case GuestChange::killed:
      return "killed";
    case GuestChange::dead:
      return "dead";
  }
  return "";
}

std::string freeze_json(FreezeId freeze) {
  return "\"session\":" + number(freeze.session) + ",\"counter\":" + number(freeze.counter);
}
std::string problem_json(const Problem& problem) {
  return "{\"code\":" + quoted(problem.code) + ",\"message\":" + quoted(problem.message) +
         ",\"next\":" + quoted(problem.next) + "}";
}
std::string reintegration_json(const ReintegrationStatus& reintegration) {
  std::string text = "{\"kind\":" + quoted(reintegration.kind) +
                     ",\"direction\":" + quoted(reintegration.direction) +
                     ",\"bytesTotal\":" + number(reintegration.bytes_total) +
                     ",\"bytesDone\":" + number(reintegration.bytes_done) +
                     ",\"bytesSent\":" + number(reintegration.bytes_sent) +
                     ",\"bytesHashed\":" + number(reintegration.bytes_hashed) +
                     ",\"bytesPerSecond\":" + number(reintegration.bytes_per_second) +
                     ",\"pass\":" + std::to_string(reintegration.pass);
  if (reintegration.eta_seconds) text += ",\"etaSeconds\":" + number(*reintegration.eta_seconds);
  return text + "}";
}

std::string current_json(const Status& status) {
  switch (status.currency) {
    case CurrencyKind::session:
      return "{\"kind\":\"session\",\"session\":" + number(status.session) + "}";
    case CurrencyKind::handshake:
      return "{\"kind\":\"handshake\"}";
    case CurrencyKind::record:
      return "{\"kind\":\"record\",\"basis\":" + quoted(word(status.basis)) + "}";
    case CurrencyKind::none:
      return "{\"kind\":\"none\",\"why\":" + quoted(status.not_current_why) + "}";
  }
  return "";
}

std::string link_json(const Status& status) {
  std::string text = "{\"kind\":" + quoted(status.link);
  if (status.link == "down") text += ",\"reason\":" + quoted(status.link_reason);
  if (status.link == "paired")
    text += ",\"row\":" + quoted(status.link_row) + ",\"peerUpToDate\":" + truth(status.peer_up_to_date);
  if (status.link == "refused")
    text += ",\"row\":" + quoted(status.link_row) + ",\"outcome\":" + quoted(status.link_outcome) +
            ",\"message\":" + quoted(status.link_reason);
  return text + "}";
}

std::string counts_json(const Histogram& histogram) {
  std::string text = "[";
  for (const std::uint64_t count : histogram.counts) text += (text.size() > 1 ? "," : "") + number(count);
  return text + "]";
}

}  // namespace

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string to_json(const Status& status, const std::string& extra) {
  std::string text = "{" + extra + "\"role\":" + quoted(status.is_primary ? "primary" : "secondary") +
                     ",\"copy\":" + quoted(word(status.copy)) + ",\"generation\":" + hex(status.generation) +
                     ",\"history\":[";
  for (std::size_t index = 0; index < status.history.size(); index++)
    text += (index > 0 ? "," : "") + hex(status.history[index]);
  text += "],\"session\":" + number(status.session) + ",\"right\":" + quoted(word(status.right)) +
          ",\"current\":" + current_json(status) + ",\"link\":" + link_json(status) +
          ",\"inSync\":" + truth(status.in_sync);
  if (status.data_problem) text += ",\"dataProblem\":" + problem_json(*status.data_problem);
  if (status.freeze)
    text += ",\"freeze\":{" + freeze_json(status.freeze->id) +
            ",\"reason\":" + quoted(word(status.freeze->reason)) +
            ",\"ageMs\":" + millis(status.freeze->age) +
            ",\"guestPaused\":" + truth(status.freeze->guest_paused) + "}";
  if (status.peer_kept_out > 0) text += ",\"peerKeptOutMs\":" + millis(status.peer_kept_out);
  if (status.reintegration) text += ",\"resync\":" + reintegration_json(*status.reintegration);
  if (status.verified.at != 0) {
    char at[32];
    const std::time_t seconds = status.verified.at;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &utc);
    text += ",\"lastVerify\":{\"at\":" + quoted(at) +
            ",\"differingBytes\":" + number(status.verified.differing) +
            ",\"repairedBytes\":" + number(status.verified.repaired) + "}";
  }
  if (status.disk_full_needed)
    text += ",\"diskFull\":{\"neededBytes\":" + number(*status.disk_full_needed) + "}";
  if (status.disk_error)
    text += ",\"diskError\":{\"errno\":" + std::to_string(status.disk_error->error) +
            ",\"file\":" + hex(status.disk_error->fid) + "}";
  return text + ",\"bytesFree\":" + number(status.bytes_free) + "}";
}

std::string to_json(const FiguresShown& shown) {
  const Figures& figures = shown.figures;
  return "{\"writeLatency\":{\"whole\":" + counts_json(figures.whole) +
         ",\"local\":" + counts_json(figures.local) + ",\"peer\":" + counts_json(figures.peer) +
         "},\"writes\":" + number(figures.writes) + ",\"reads\":" + number(figures.reads) +
         ",\"flushes\":" + number(figures.flushes) + ",\"bytesWritten\":" + number(figures.bytes_written) +
         ",\"bytesRead\":" + number(figures.bytes_read) + ",\"inFlight\":" + number(figures.in_flight) +
         ",\"dirtyBytes\":" + number(shown.dirty_bytes) + ",\"hotExtents\":" + number(shown.hot_extents) +
         ",\"resyncBytesSent\":" + number(figures.reintegration_bytes_sent) +
         ",\"resyncBytesHashed\":" + number(figures.reintegration_bytes_hashed) +
         ",\"resyncBytesDiffering\":" + number(figures.reintegration_bytes_differing) +
         ",\"resyncBytesHot\":" + number(figures.reintegration_bytes_hot) +
         ",\"guestPauseMaxMs\":" + millis(shown.guest_pause_longest) + "}";
}

std::string to_json(const EngineEvent& happened) {
  struct Text {
    std::string operator()(const event::StatusChanged&) const { return ""; }
    std::string operator()(const event::Frozen& e) const {
      return "{\"event\":\"frozen\",\"freeze\":{" + freeze_json(e.freeze) +
             "},\"reason\":" + quoted(word(e.reason)) + "}";
    }
    std::string operator()(const event::Thawed& e) const {
      return "{\"event\":\"thawed\",\"freeze\":{" + freeze_json(e.freeze) + "},\"by\":" + quoted(word(e.by)) +
             "}";
    }
    std::string operator()(const event::GuestChanged& e) const {
      return "{\"event\":\"guest\",\"state\":" + quoted(word(e.change)) + ",\"why\":" + quoted(e.why) + "}";
    }
    std::string operator()(const event::Met& e) const {
      return "{\"event\":\"handshake\",\"row\":" + quoted(e.row) + ",\"outcome\":" + quoted(e.outcome) +
             ",\"evidence\":" + quoted(e.evidence) + "}";
    }
    std::string operator()(const event::InSync&) const { return "{\"event\":\"in-sync\"}"; }
    std::string operator()(const event::PeerLost& e) const {
      return "{\"event\":\"peer-lost\",\"reason\":" + quoted(e.reason) + "}";
    }
    std::string operator()(const event::ReintegrationMoved& e) const {
      return "{\"event\":\"resync\",\"resync\":" + reintegration_json(e.reintegration) + "}";
    }
    std::string operator()(const event::Verified& e) const {
      return "{\"event\":\"verified\",\"differingBytes\":" + number(e.differing) +
             ",\"repairedBytes\":" + number(e.repaired) + "}";
    }
    /// Control knows the program's name and adds it.
    std::string operator()(const event::RefusedWrite& e) const {
      return "{\"event\":\"refused-write\",\"pid\":" + std::to_string(e.pid) + "}";
    }
    std::string operator()(const event::Trouble& e) const {
      return "{\"event\":\"trouble\",\"code\":" + quoted(e.problem.code) +
             ",\"message\":" + quoted(e.problem.message) + ",\"next\":" + quoted(e.problem.next) + "}";
    }
  };
  return std::visit(Text{}, happened);
}

}  // namespace gemel
