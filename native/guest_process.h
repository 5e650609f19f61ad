// SPDX-License-Identifier: Apache-2.0
// The VM's process, held by its pidfd: paused, resumed and killed by the mirror process itself, with or
// without a daemon (R14, R15, R16). A pid alone could be another process tomorrow: the start time is compared
// once the pidfd is held, and from then on the descriptor means that process and no other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/reactor.h"
#include "engine/engine.h"

namespace gemel {

class GuestProcess final : public Guest {
 public:
  explicit GuestProcess(Reactor& reactor) : reactor_(reactor) {}
  ~GuestProcess() override { detach(); }
  GuestProcess(const GuestProcess&) = delete;
  GuestProcess& operator=(const GuestProcess&) = delete;

  /// `start_time`: field 22 of /proc/PID/stat. 0 or -errno (-ESRCH: gone, or another process by now).
  int attach(int pid, const std::string& start_time);
  void detach();
  int pid() const { return pid_; }
  /// "none", "running", "paused", "dead": as the status says it.
  const char* state();

  bool attached() const override { return descriptor_ >= 0; }
  bool alive() override;
  int pause() override;
  int resume() override;
  int kill() override;
  void on_death(std::function<void()> dead) override;

 private:
  int send(int signal) const;
  void died();

  Reactor& reactor_;
  int descriptor_ = -1;
  int pid_ = 0;
  Reactor::WatchId watch_ = 0;
  bool is_dead_ = false;
  bool is_paused_ = false;
  std::vector<std::function<void()>> dead_;  ///< each is called once
};

/// Field 22 of /proc/PID/stat, empty when there is no such process.
std::string start_time_of(int pid);

}  // namespace gemel
