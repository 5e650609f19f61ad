// SPDX-License-Identifier: Apache-2.0
// The one thread on which a mirror process works: an io_uring, timers, and a door for other threads.
//
// A turn is: submit what was queued and wait, take every completion, run what is due. Everything but post(),
// offload()'s work, stop() and start()/join() happens on this thread; the queue behind post() holds the only
// lock of the data plane. Completions are called from the turn, never from inside the call that began the
// operation, so callers need not be re-entrant. Whatever memory an operation names (buffer, address) stays
// valid until its `done` is called.
//
// Invariants: `done` is called exactly once per operation, with its result or -errno; nothing is called after
// run() returned. Time is CLOCK_BOOTTIME. Two turns are never further apart than limits::kTurn unless
// this process or its host did not run: a larger distance than `Options::gap_limit` is reported first of all
// in its turn (R16).
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env.h"
#include "limits.h"
#include "types.h"

namespace gemel {

/// Something that the kernel refused and that an operator should know (R34): never a reason to fail the
/// start.
struct Finding {
  std::string code;     ///< "memory-lock", "io-flusher", "oom-score", "io-uring-flags"
  std::string message;  ///< what was refused, in words
};

class Reactor final : public Clock {
 public:
  using Done = std::function<void(int result)>;

  struct Options {
    unsigned entries = limits::kRingEntries;  ///< submission queue; completions get four times as many
    Nanos gap_limit = limits::kGap;           ///< T_link (R16)
    /// R34: the engine's memory locked, PR_SET_IO_FLUSHER, oom_score_adj (memory_guard.h); off in unit tests.
    bool protect_from_memory = false;
  };

  Reactor();
  explicit Reactor(Options options);
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // ---- life: either open() and run() on the caller's own thread, or start() and join()
  /// Creates the ring; the calling thread is the reactor's from now on. 0 or -errno (with a finding that says
  /// why).
  int open();
  /// Turns until stop(); may be called again.
  void run();
  /// A thread of its own that opens and runs; returns open()'s result.
  int start();
  /// Ends run() after the turn that it is in. Any thread.
  void stop();
  /// Waits for the thread of start().
  void join();
  bool on_this_thread() const;
  const std::vector<Finding>& findings() const;
  /// `gap`: how long this process did not run (R16).
  void on_gap(std::function<void(Nanos gap)> gap);

  // ---- Clock
  Nanos now() override;
  std::int64_t calendar_seconds() override;
  TimerId after(Nanos delay, std::function<void()> fire) override;
  void cancel(TimerId timer) override;
  std::uint64_t random() override;

  // ---- work
  /// Any thread: runs `work` in a turn of the reactor.
  void post(std::function<void()> work);
  /// Runs `work` at the end of this turn, before the ring is submitted: to gather many small things into one.
  void defer(std::function<void()> work);
  /// Runs blocking `work` on a helper thread, `done(result of work)` here. For what the ring cannot do
  /// (syncfs).
  void offload(std::function<int()> work, Done done);

  // ---- files
  void read(int fd, Bytes into, std::uint64_t offset, Done done);
  /// `flags`: RWF_*.
  void write(int fd, ConstBytes from, std::uint64_t offset, int flags, Done done);
  void fsync(int fd, bool data_only, Done done);
  void fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t length, Done done);

  // ---- sockets (results as accept(2): the new descriptor, non-blocking; recv(2), send(2))
  void accept(int fd, Done done);
  void connect(int fd, const sockaddr* address, socklen_t length, Done done);
  void recv(int fd, Bytes into, Done done);
  void send(int fd, ConstBytes from, Done done);

  // ---- readiness
  using WatchId = std::uint64_t;
  /// Calls `ready(events or -errno)` each time the descriptor becomes ready (multishot poll): then read it
  /// without blocking until EAGAIN. Stays until unwatch() or an error (result < 0 or POLLERR | POLLHUP alone
  /// repeats not).
  WatchId watch(int fd, unsigned events, Done ready);
  /// After this `ready` is never called again, also when a completion was already under way.
  void unwatch(WatchId watch);
  /// Asks the ring to end every operation on this descriptor; each still calls its `done` (with -ECANCELED).
  /// To be called before close(2): an operation in flight keeps the file open otherwise.
  void cancel_all(int fd);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gemel
