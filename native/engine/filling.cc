// SPDX-License-Identifier: Apache-2.0
#include "filling.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "../base/check.h"
#include "../base/limits.h"

namespace gemel {

using Phase = Session::Phase;

void Filling::link_lost() {
  target_.end();
  source_.link_lost();
}

// ---- source

Task<void> Filling::lead(std::uint64_t epoch) {
  const bool prepared = co_await prepare_source(epoch);
  if (!prepared || epoch != meeting_.epoch()) co_return;
  check(session_.phase() == Phase::filling, "a peer that is filled hears every write");
  const Generation generation = record_.now().generation;
  const Reintegration::Ended ended = co_await source_.fill(generation);
  if (epoch != meeting_.epoch()) co_return;
  switch (ended) {
    case Reintegration::Ended::equal:
      co_await finish(epoch);
      break;
    case Reintegration::Ended::target_failed:
      cannot(source_.target_error());
      break;
    case Reintegration::Ended::interrupted:
      stand_back();
      break;
  }
}

/// The link holds and this side's own disk does not, or an answer did not come: tried again after a while.
void Filling::stand_back() {
  if (const int error = source_.source_error(); error != 0)
    reports_.trouble({"disk-error",
                      std::string("The disk of this node failed while the other copy was filled from it: ") +
                          std::strerror(-error) + ".",
                      "Repair the disk here; it is tried again every 10 seconds."});
  link_.keep_out(limits::kRetryFill);
}

void Filling::cannot(int error) {
  reports_.trouble({error == -ENOSPC ? "peer-disk-full" : "peer-disk-error",
                    std::string("The other copy cannot be filled: ") + std::strerror(-error) + ".",
                    "Make room or repair the disk there; it is tried again every 10 seconds."});
  link_.keep_out(limits::kRetryFill);
}

Task<bool> Filling::prepare_source(std::uint64_t epoch) {
  const auto held = co_await turn_.begin();
  if (epoch != meeting_.epoch()) co_return false;
  // What this side has and the other may lack is durable before anything else happens (R3).
  tracking_.set_alone(true);
  tracking_.mark_since_checkpoint();
  int marked = meeting_.decision().scope == Scope::tracked ? 0 : mark_everything(kRootFid);
  if (marked == 0) marked = co_await tracking_.persist();
  // R10: that the other copy is not current is recorded here, with a generation that it does not have.
  co_await condemnation_.written();
  const int written =
      marked != 0 ? marked : co_await record_.become_alone(AloneBasis::handshake, meeting_.session());
  if (written == 0) condemnation_.lift();
  if (epoch != meeting_.epoch()) co_return false;
  if (written != 0) {
    link_.keep_out(limits::kRetryFill);
    co_return false;
  }
  session_.end();
  co_return co_await prepare_target(epoch);
}

Task<bool> Filling::prepare_target(std::uint64_t epoch) {
  const bool is_by_hash = meeting_.decision().scope != Scope::tracked;
  const wire::ReintegrationBegin begin{record_.now().generation, 0, is_by_hash, false};
  source_.peer_marks().clear();
  const auto ready = co_await bulk_.ask<wire::Tracked>(begin);
  if (epoch != meeting_.epoch()) co_return false;
  if (!ready || ready->result != 0) {
    cannot(ready ? ready->result : -EPROTO);
    co_return false;
  }
  // R111: it has durably become less than this copy. Until then it might have been started as current.
  gate_.thaw(ThawBy::peer);
  merge(*ready.message);
  const int persisted = co_await tracking_.persist();
  if (epoch != meeting_.epoch()) co_return false;
  if (persisted != 0) {
    link_.drop("the record of what differs could not be written");
    co_return false;
  }
  session_.begin(meeting_.session(), Phase::filling);
  tracking_.set_alone(false);
  reports_.changed();
  co_return true;
}

/// P5: nothing is known of what differs: every file is compared.
int Filling::mark_everything(Fid directory) {
  std::vector<Entry> entries;
  const int listed = ports_.disk.list(directory, entries);
  if (listed != 0) return Disk::is_absence(listed) ? 0 : listed;
  for (const Entry& entry : entries) {
    Attributes file;
    const int seen = ports_.disk.stat(entry.fid, file);
    if (Disk::is_absence(seen)) continue;
    if (seen != 0) return seen;
    if (S_ISDIR(file.mode)) {
      if (const int below = mark_everything(entry.fid); below != 0) return below;
    }
    if (S_ISREG(file.mode)) tracking_.mark_whole(entry.fid);
  }
  return 0;
}

void Filling::merge(const wire::Tracked& tracked) {
  if (meeting_.stage() != Stage::source) return link_.violated("tracking that nobody asked for");
  if (tracked.fid == kNoFid) return;
  // Both sides' marks are one set from here on; the figures tell them apart.
  PeerMarks& theirs = source_.peer_marks();
  const Bitmap* own = tracking_.bitmaps().find(tracked.fid);
  if (tracked.whole) {
    theirs.add_whole(own, tracked.fid);
    tracking_.mark_whole(tracked.fid);
  }
  for (std::size_t at = 0; at + 1 < tracked.ranges.size(); at += 2) {
    const Range range{tracked.ranges[at], tracked.ranges[at + 1]};
    if (range.length == 0 || range.offset > limits::kEverything || range.length > limits::kEverything)
      continue;
    theirs.add(tracking_.bitmaps().find(tracked.fid), tracked.fid, range);
    tracking_.mark(tracked.fid, range);
  }
}

Task<void> Filling::finish(std::uint64_t epoch) {
  const auto held = co_await turn_.begin();
  if (epoch != meeting_.epoch()) co_return;
  co_await pairing_.end_filling(epoch);
}

void Filling::peer_lost() {
  tracking_.set_alone(true);
  spawn(mark_lost());
}

/// R3, R10: what the peer lacks is marked, durably, and operations go on alone.
Task<void> Filling::mark_lost() {
  tracking_.set_alone(true);
  tracking_.mark_since_checkpoint();
  const int result = co_await tracking_.persist();
  (void)result;  // reported by the tracking; the extents are in the durable log in any case
  session_.end();
}

Task<void> Filling::compare(std::uint64_t epoch) {
  const wire::ReintegrationBegin begin{record_.now().generation, 0, true, true};
  const auto ready = co_await bulk_.ask<wire::Tracked>(begin);
  if (!ready || epoch != meeting_.epoch()) co_return;
  const Reintegration::Ended ended = co_await source_.verify(/*repair=*/false);
  const bool equal = ended == Reintegration::Ended::equal && source_.progress().bytes_differing == 0;
  if (!equal || epoch != meeting_.epoch()) co_return;
  // The next meeting finds what is marked on either side equal, file by file.
  tracking_.note_changed_while_stopped(false);
  link_.drop("what was changed on both sides is equal");
}

// ---- target

void Filling::begun(Link::Frame& frame) {
  auto begin = wire::decode<wire::ReintegrationBegin>(frame.message);
  if (!begin) return link_.violated(begin.reason());
  if (begin->verify) {
    const bool is_comparison = meeting_.both_changed();
    if (session_.phase() != Phase::in_sync && !is_comparison)
      return link_.violated("a verify without a session");
    target_.begin_pass(!is_comparison);
    bulk_.answer(bulk_.asked(frame), wire::Tracked{});
    return;
  }
  if (meeting_.stage() != Stage::target || gate_.is_primary())
    return link_.violated("this side is not to be filled");
  if (begin->pass > 0) {
    target_.begin_pass(true);
    tell_failed(bulk_.asked(frame));
    bulk_.answer(bulk_.asked(frame), wire::Tracked{});
    return;
  }
  spawn(follow(meeting_.epoch(), bulk_.asked(frame), *begin));
}

Task<void> Filling::follow(std::uint64_t epoch, Bulk::Asked asked, wire::ReintegrationBegin begin) {
  const auto held = co_await turn_.begin();
  if (epoch != meeting_.epoch()) co_return;
  session_.end();
  wire::Tracked done;
  // What was being written of a condemnation must not come after this record.
  co_await condemnation_.written();
  // Also when the process that saw the failure is gone: what its host shows may still not be on the disk.
  // Where everything is compared, what this side has marked.
  target_.distrust(condemnation_.is_in_force() || record_.now().suspect, begin.by_hash);
  done.result = co_await record_.become_filling(begin.source, meeting_.session());
  if (done.result == 0) {
    condemnation_.lift();
    source_.forget_lacking();
  }
  if (epoch != meeting_.epoch()) co_return;
  if (done.result == 0) {
    receiver_.begin(meeting_.session(), true);
    target_.begin_pass(true);
    tell_tracking(asked);
  }
  bulk_.answer(asked, done);
  reports_.changed();
}

/// R41: what failed here in the last pass is dirty in the next one, whatever the source has heard of it.
void Filling::tell_failed(Bulk::Asked asked) {
  for (const Receiver::Failed& failed : receiver_.failed()) {
    if (failed.range.length == 0) continue;
    wire::Tracked part;
    part.fid = failed.fid;
    part.more = true;
    part.whole = failed.range.length == kWholeFile;
    if (!part.whole) part.ranges = {failed.range.offset, failed.range.length};
    bulk_.answer(asked, part);
  }
  receiver_.forgive();
}

/// Both sides' union is dirty: what this side wrote and the source never heard of must be overwritten, too.
void Filling::tell_tracking(Bulk::Asked asked) {
  for (const Fid fid : tracking_.bitmaps().fids()) {
    const Bitmap* bitmap = tracking_.bitmaps().find(fid);
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
      bulk_.answer(asked, part);
      part.ranges.clear();
    }
    bulk_.answer(asked, part);
  }
}

}  // namespace gemel
