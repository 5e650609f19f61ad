// SPDX-License-Identifier: Apache-2.0
#include "memory_guard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

namespace gemel {

namespace {

int set_oom_score() {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  constexpr std::string_view kNever = "-1000";
  const int failure = ::write(file, kNever.data(), kNever.size()) < 0 ? errno : 0;
  close(file);
  return failure;
}

std::string refused(const char* what, int failure) {
  return std::string(what) + " was refused: " + std::strerror(failure);
}

}  // namespace

std::vector<Finding> guard_memory() {
  std::vector<Finding> findings;
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    findings.push_back({"mlockall", refused("Keeping the mirror process in memory", errno)});
  }
  if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) != 0) {
    findings.push_back(
        {"io-flusher", refused("Marking the mirror's thread as one that cleans pages", errno)});
  }
  if (const int failure = set_oom_score(); failure != 0) {
    findings.push_back({"oom-score", refused("Keeping the out-of-memory killer away", failure)});
  }
  return findings;
}

}  // namespace gemel
