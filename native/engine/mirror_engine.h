// SPDX-License-Identifier: Apache-2.0
// The replication engine of one module on one node: its stations put together, driven by the front end
// (FileService), the daemon (commands) and the link. Deciding happens in the stations; here is only who talks
// to whom, and time.
//
//   MirrorEngine engine(ports, config, on_event);
//   co_await engine.start();             reads the state beside the data, or says why it may not
//   engine.service()                     for the mount
//   co_await engine.command(…)           for the daemon
//   engine.host_slept(span)              the reactor saw a gap in CLOCK_BOOTTIME (R16)
#pragma once

#include "dispatch.h"
#include "roles.h"

namespace gemel {

class MirrorEngine final : private Reports, private Operations::Owner, private Meeting::Owner {
 public:
  MirrorEngine(Ports ports, EngineConfig config, std::function<void(const EngineEvent&)> on_event);
  ~MirrorEngine() override;
  MirrorEngine(const MirrorEngine&) = delete;
  MirrorEngine& operator=(const MirrorEngine&) = delete;

  /// Nothing: ready (also when the data is not there: then `status` says so and nothing may start).
  Task<Refusal> start();
  FileService& service() { return operations_; }
  Task<Refusal> command(Command order);
  void host_slept(Nanos span);
  /// The process is about to end, orderly or (in the simulator) not: nothing is heard or fired from here on.
  void die();
  /// The guest's process ended by itself.
  void guest_died();

  Status status() const;
  FiguresShown figures() const;
  const CopyRecord& record() const { return record_.now(); }
  const IoGate& gate() const { return gate_; }
  /// Owner, mode and times of the root as the mount shows them (R27).
  Task<int> remember_root(Attributes shown) { return record_.remember_root(shown); }

 private:
  // Reports
  void frozen(FreezeId freeze, FreezeReason reason) override;
  void thawed(FreezeId freeze, ThawBy by) override;
  void guest(GuestChange change, const std::string& why) override;
  void trouble(const Problem& problem) override;
  void changed() override;
  // Operations::Owner
  void peer_failed(int error, Fid fid, Range range) override;
  void compare_names_again() override { source_.compare_names_again(); }
  void local_failed(int error, Fid fid, std::uint64_t bytes) override;
  void flush_failed(int error, Fid fid) override;
  void lacks(int error, Fid fid, Range range) override;
  void repaired() override;
  void refused_write(Fid fid, int pid) override;
  Task<int> read_from_peer(Fid fid, std::uint64_t offset, Bytes into) override;
  // Meeting::Owner
  void met(const SyncDecision& decision, const std::string& evidence) override;
  void in_sync() override;
  void peer_lost(const std::string& reason) override;
  void denied(const std::string& why) override { roles_.kill_denied(why); }

  Task<Refusal> verify(command::Verify order);
  int open_tracking();
  int compare_facts_of_stop();
  void tick();
  void watch_for_stall(Nanos now);
  void checkpoint_when_due(Nanos now);
  void look_for_room(Nanos now);
  void repair_when_due(Nanos now);
  Task<void> repair();
  void peer_is_silent();
  Task<void> checkpoint();
  ReintegrationStatus reintegration_status() const;
  void show_link(Status& shown) const;
  void emit(EngineEvent event);

  Ports ports_;
  const EngineConfig config_;
  std::function<void(const EngineEvent&)> on_event_;
  // The stations, in the order in which they need each other.
  Figures figures_;
  Lacking lacking_;
  Turn turn_;
  RangeLocks locks_;
  Record record_;
  Tracking tracking_;
  Condemnation condemnation_;
  IoGate gate_;
  Session session_;
  Receiver receiver_;
  Bulk bulk_;
  Meeting meeting_;
  Cover cover_;
  ReintegrationTarget target_;
  Reintegration source_;
  Operations operations_;
  PeerLink link_;
  Pairing pairing_;
  Filling filling_;
  Handshake handshake_;
  Dispatch dispatch_;
  Roles roles_;
  Clock::TimerId tick_ = 0;
  bool changed_ = false, checkpointing_ = false, repairing_ = false, checkpoint_soon_ = false, dead_ = false;
  Nanos checkpointed_at_ = 0, told_reintegration_at_ = 0, looked_for_room_at_ = 0, repaired_at_ = 0;
  std::optional<Problem> state_problem_;
  std::optional<Status::DiskError> disk_error_;
  std::optional<std::uint64_t> disk_full_;
};

}  // namespace gemel
