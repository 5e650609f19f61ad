// SPDX-License-Identifier: Apache-2.0
#include "memory_guard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "limits.h"

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

int lock(std::uintptr_t begin, std::size_t bytes) {
  return mlock2(reinterpret_cast<void*>(begin), bytes, MLOCK_ONFAULT) != 0 ? errno : 0;
}

/// Which mappings are the engine's: everything that comes from a file (code, constants, data), the process's
/// heap, this thread's stack. What is anonymous otherwise may be V8's.
bool is_engines(const char* line, std::uintptr_t begin, std::uintptr_t end, std::uintptr_t stack) {
  if (begin <= stack && stack < end) return true;
  const char* path = std::strchr(line, '/');
  return path != nullptr || std::strstr(line, "[heap]") != nullptr;
}

/// Not mlockall: V8 gives back parts of its heap with madvise, which the kernel refuses for locked pages, and
/// V8 takes the refusal for the end of the world (it aborted within half a minute).
int lock_engine() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "re"),
                                                             std::fclose);
  if (!maps) return errno;
  const int here = 0;
  const auto stack = reinterpret_cast<std::uintptr_t>(&here);
  int failure = 0;
  char line[4096];
  while (std::fgets(line, sizeof line, maps.get()) != nullptr) {
    char* rest = nullptr;
    const std::uintptr_t begin = std::strtoul(line, &rest, 16);
    const std::uintptr_t end = std::strtoul(rest + 1, &rest, 16);
    // Not readable: a guard page, or space kept for later.
    if (rest[1] != 'r' || !is_engines(line, begin, end, stack)) continue;
    if (const int refused = lock(begin, end - begin); refused != 0) failure = refused;
  }
  // The allocator's arena of this thread: one aligned reservation, in which it grows.
  const std::unique_ptr<void, void (*)(void*)> probe(std::malloc(64), std::free);
  const auto arena = reinterpret_cast<std::uintptr_t>(probe.get()) & ~(limits::kArenaBytes - 1);
  // Of the main arena, which is the process's heap, there is no such reservation; that was locked above.
  lock(arena, limits::kArenaBytes);
  return failure;
}

std::string refused(const char* what, int failure) {
  return std::string(what) + " was refused: " + std::strerror(failure);
}

}  // namespace

std::vector<Finding> guard_memory() {
  std::vector<Finding> findings;
  if (const int failure = lock_engine(); failure != 0) {
    findings.push_back({"memory-lock", refused("Keeping the mirror process in memory", failure)});
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
