// SPDX-License-Identifier: Apache-2.0
// The io_uring itself and its bookkeeping: which completion belongs to whom. Used by reactor.cc only.
//
// Operations and watches live in slots that are used again; a completion carries the slot's address, and for
// a watch its number, so that a completion of a watch that is gone meanwhile is recognised and dropped.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "types.h"

namespace gemel {

class Ring {
 public:
  using Done = std::function<void(int result)>;

  Ring() = default;
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// 0 or -errno. `plain` tells that this kernel lacks SINGLE_ISSUER and DEFER_TASKRUN.
  int open(unsigned entries, bool& plain);
  bool is_open() const { return is_open_; }

  /// A prepared-for-filling entry whose completion calls `done`; submitted with the next wait.
  template <class Prepare>
  void begin(Done done, Prepare prepare) {
    io_uring_sqe* entry = next_entry();
    prepare(entry);
    io_uring_sqe_set_data(entry, take_slot(std::move(done)));
  }

  std::uint64_t watch(int fd, unsigned events, Done ready);
  void unwatch(std::uint64_t watch);
  void cancel_all(int fd);

  /// Submits, waits at most `timeout` for one completion, without calling anything.
  void wait(Nanos timeout);
  /// Calls everything that has completed. Returns how many.
  unsigned deliver();

 private:
  struct Slot {
    Done done;
  };
  struct Watch {
    int fd;
    unsigned events;
    Done ready;
  };
  static constexpr std::uint64_t kWatchTag = 1ULL << 63;

  io_uring_sqe* next_entry();
  Slot* take_slot(Done done);
  void arm(std::uint64_t number, const Watch& watch);
  void finish(std::uint64_t data, int result, unsigned flags);
  void finish_watch(std::uint64_t number, int result, unsigned flags);

  io_uring ring_{};
  bool is_open_ = false;
  std::deque<Slot> slots_;  ///< a deque: addresses stay
  std::vector<Slot*> free_;
  /// Shared, since a watch may be given up in the middle of being called.
  std::unordered_map<std::uint64_t, std::shared_ptr<const Watch>> watches_;
  std::uint64_t next_watch_ = 1;
};

}  // namespace gemel
