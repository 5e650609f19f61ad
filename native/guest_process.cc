// SPDX-License-Identifier: Apache-2.0
#include "guest_process.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/check.h"

namespace gemel {

std::string start_time_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name in brackets may hold anything: count fields after its end, where field 3 begins.
  const auto end = text.rfind(')');
  if (end == text.npos) return {};
  std::istringstream fields(text.substr(end + 1));
  std::string field;
  for (int number = 3; number <= 22; number++) fields >> field;
  return fields ? field : std::string();
}

int GuestProcess::attach(int pid, const std::string& start_time) {
  detach();
  const long descriptor = syscall(SYS_pidfd_open, pid, 0);
  if (descriptor < 0) return -errno;
  if (start_time_of(pid) != start_time) {
    close(static_cast<int>(descriptor));
    return -ESRCH;
  }
  descriptor_ = static_cast<int>(descriptor);
  pid_ = pid;
  is_dead_ = is_paused_ = false;
  dead_.clear();
  watch_ = reactor_.watch(descriptor_, POLLIN, [this](int) { died(); });
  return 0;
}

void GuestProcess::detach() {
  if (watch_ != 0) reactor_.unwatch(watch_);
  watch_ = 0;
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  pid_ = 0;
}

/// The pidfd becomes readable when the process with all its threads has ended: a main thread that is a zombie
/// while another still waits for an answer in D state does not count as dead.
bool GuestProcess::alive() {
  if (descriptor_ < 0 || is_dead_) return false;
  pollfd asked{descriptor_, POLLIN, 0};
  return poll(&asked, 1, 0) == 0;
}

int GuestProcess::send(int signal) const {
  if (descriptor_ < 0) return -ESRCH;
  return syscall(SYS_pidfd_send_signal, descriptor_, signal, nullptr, 0) == 0 ? 0 : -errno;
}

int GuestProcess::pause() {
  const int result = send(SIGSTOP);
  is_paused_ = is_paused_ || result == 0;
  return result;
}

int GuestProcess::resume() {
  const int result = send(SIGCONT);
  is_paused_ = is_paused_ && result != 0;
  return result;
}

int GuestProcess::kill() {
  return send(SIGKILL);
}

const char* GuestProcess::state() {
  if (!attached()) return "none";
  if (!alive()) return "dead";
  return is_paused_ ? "paused" : "running";
}

void GuestProcess::on_death(std::function<void()> dead) {
  if (is_dead_) return reactor_.defer(std::move(dead));
  dead_.push_back(std::move(dead));
}

void GuestProcess::died() {
  if (is_dead_ || alive()) return;
  check(descriptor_ >= 0, "a process dies that is attached (R14)");
  is_dead_ = true;
  if (watch_ != 0) reactor_.unwatch(watch_);
  watch_ = 0;
  for (auto& told : std::exchange(dead_, {})) told();
}

}  // namespace gemel
