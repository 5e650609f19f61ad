// SPDX-License-Identifier: Apache-2.0
#include "reactor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "check.h"
#include "limits.h"
#include "memory_guard.h"
#include "ring.h"
#include "timers.h"

namespace gemel {

namespace {

Nanos boot_time() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

/// Threads for blocking calls, made when needed. Jobs are few: their lock is no part of a write's way.
class Helpers {
 public:
  ~Helpers() {
    {
      const std::lock_guard guard(mutex_);
      is_closing_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void add(std::function<void()> job) {
    const std::lock_guard guard(mutex_);
    jobs_.push_back(std::move(job));
    if (idle_ < jobs_.size() && threads_.size() < limits::kHelpers) threads_.emplace_back([this] { work(); });
    wake_.notify_one();
  }

 private:
  void work() {
    std::unique_lock guard(mutex_);
    for (;;) {
      idle_++;
      wake_.wait(guard, [this] { return is_closing_ || !jobs_.empty(); });
      idle_--;
      if (jobs_.empty()) return;
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      guard.unlock();
      job();
      guard.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool is_closing_ = false;
};

}  // namespace

struct Reactor::State {
  explicit State(Options given) : options(given), bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    check(bell >= 0, "an eventfd");
  }
  ~State() { close(bell); }

  void ring_bell() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(bell, &one, sizeof one);
  }
  void take_posted();
  void run_deferred();
  void turn();

  Options options;
  int bell;
  std::vector<Finding> findings;
  std::function<void(Nanos)> gap;
  Nanos last_turn = 0;

  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  std::vector<std::function<void()>> taken;
  std::vector<std::function<void()>> deferred;
  std::vector<std::function<void()>> running;

  std::atomic<bool> is_stopping{false};
  std::atomic<std::thread::id> owner{};
  Ring ring;
  Timers timers;
  std::thread thread;
  Helpers helpers;  ///< last: its threads end before anything that their results are posted to
};

void Reactor::State::take_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(bell, &count, sizeof count);
  {
    const std::lock_guard guard(mutex);
    taken.swap(posted);
  }
  for (auto& work : taken) work();
  taken.clear();
}

void Reactor::State::run_deferred() {
  running.swap(deferred);
  for (auto& work : running) work();
  running.clear();
}

void Reactor::State::turn() {
  check(running.empty() && taken.empty(), "one turn at a time");
  run_deferred();
  const Nanos before = boot_time();
  const Nanos until = std::min(timers.next(before + limits::kTurn), before + limits::kTurn);
  ring.wait(deferred.empty() ? std::max<Nanos>(until - before, 0) : 0);
  const Nanos now = boot_time();
  const Nanos distance = now - last_turn;
  check(distance >= 0, "CLOCK_BOOTTIME goes forwards");
  last_turn = now;
  if (distance > options.gap_limit && gap) gap(distance);
  ring.deliver();
  timers.fire(now);
}

Reactor::Reactor() : Reactor(Options{}) {}
Reactor::Reactor(Options options) : state_(std::make_unique<State>(options)) {}

Reactor::~Reactor() {
  stop();
  join();
}

int Reactor::open() {
  check(!state_->ring.is_open(), "a reactor is opened once");
  state_->owner = std::this_thread::get_id();
  if (state_->options.protect_from_memory) state_->findings = guard_memory();
  bool is_plain = false;
  const int result = state_->ring.open(state_->options.entries, is_plain);
  if (result < 0) {
    const char* hint = result == -EPERM ? " (is kernel.io_uring_disabled set?)" : "";
    state_->findings.push_back(
        {"io-uring", std::string("io_uring cannot be used: ") + std::strerror(-result) + hint});
    return result;
  }
  if (is_plain) {
    state_->findings.push_back(
        {"io-uring-flags",
         "This kernel lacks SINGLE_ISSUER and DEFER_TASKRUN (6.1): writes take a little longer"});
  }
  state_->ring.watch(state_->bell, POLLIN, [this](int) { state_->take_posted(); });
  state_->last_turn = boot_time();
  return 0;
}

void Reactor::run() {
  check(state_->ring.is_open() && on_this_thread(), "run() on the thread that called open()");
  state_->last_turn = boot_time();
  while (!state_->is_stopping.exchange(false)) state_->turn();
}

int Reactor::start() {
  check(!state_->thread.joinable(), "a reactor has one thread");
  std::promise<int> opened;
  auto result = opened.get_future();
  state_->thread = std::thread([this, &opened] {
    const int outcome = open();
    opened.set_value(outcome);
    if (outcome == 0) run();
  });
  return result.get();
}

void Reactor::stop() {
  state_->is_stopping = true;
  state_->ring_bell();
}

void Reactor::join() {
  if (state_->thread.joinable()) state_->thread.join();
}

bool Reactor::on_this_thread() const {
  return state_->owner.load() == std::this_thread::get_id();
}
const std::vector<Finding>& Reactor::findings() const {
  return state_->findings;
}
void Reactor::on_gap(std::function<void(Nanos)> gap) {
  check(!state_->gap, "a gap is told to one (R16)");
  state_->gap = std::move(gap);
}

Nanos Reactor::now() {
  return boot_time();
}
std::int64_t Reactor::calendar_seconds() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec;
}
Clock::TimerId Reactor::after(Nanos delay, std::function<void()> fire) {
  return state_->timers.set(boot_time() + delay, std::move(fire));
}
void Reactor::cancel(TimerId timer) {
  state_->timers.cancel(timer);
}

std::uint64_t Reactor::random() {
  std::uint64_t bits = 0;
  check(getrandom(&bits, sizeof bits, 0) == sizeof bits, "random bits from the kernel");
  return bits;
}

void Reactor::post(std::function<void()> work) {
  bool was_empty = false;
  {
    const std::lock_guard guard(state_->mutex);
    was_empty = state_->posted.empty();
    state_->posted.push_back(std::move(work));
  }
  if (was_empty) state_->ring_bell();
}

void Reactor::defer(std::function<void()> work) {
  state_->deferred.push_back(std::move(work));
}

void Reactor::offload(std::function<int()> work, Done done) {
  state_->helpers.add([this, work = std::move(work), done = std::move(done)]() mutable {
    const int result = work();
    post([done = std::move(done), result] { done(result); });
  });
}

void Reactor::read(int fd, Bytes into, std::uint64_t offset, Done done) {
  state_->ring.begin(std::move(done), [&](io_uring_sqe* entry) {
    io_uring_prep_read(entry, fd, into.data(), static_cast<unsigned>(into.size()), offset);
  });
}

void Reactor::write(int fd, ConstBytes from, std::uint64_t offset, int flags, Done done) {
  state_->ring.begin(std::move(done), [&](io_uring_sqe* entry) {
    io_uring_prep_write(entry, fd, from.data(), static_cast<unsigned>(from.size()), offset);
    entry->rw_flags = flags;
  });
}

void Reactor::fsync(int fd, bool data_only, Done done) {
  state_->ring.begin(std::move(done), [&](io_uring_sqe* entry) {
    io_uring_prep_fsync(entry, fd, data_only ? IORING_FSYNC_DATASYNC : 0);
  });
}

void Reactor::fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t length, Done done) {
  state_->ring.begin(std::move(done), [&](io_uring_sqe* entry) {
    io_uring_prep_fallocate(entry, fd, mode, static_cast<off_t>(offset), static_cast<off_t>(length));
  });
}

void Reactor::accept(int fd, Done done) {
  state_->ring.begin(std::move(done), [&](io_uring_sqe* entry) {
    io_uring_prep_accept(entry, fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  });
}

void Reactor::connect(int fd, const sockaddr* address, socklen_t length, Done done) {
  state_->ring.begin(std::move(done),
                     [&](io_uring_sqe* entry) { io_uring_prep_connect(entry, fd, address, length); });
}

void Reactor::recv(int fd, Bytes into, Done done) {
  state_->ring.begin(std::move(done), [&](io_uring_sqe* entry) {
    io_uring_prep_recv(entry, fd, into.data(), into.size(), 0);
  });
}

void Reactor::send(int fd, ConstBytes from, Done done) {
  state_->ring.begin(std::move(done), [&](io_uring_sqe* entry) {
    io_uring_prep_send(entry, fd, from.data(), from.size(), MSG_NOSIGNAL);
  });
}

Reactor::WatchId Reactor::watch(int fd, unsigned events, Done ready) {
  return state_->ring.watch(fd, events, std::move(ready));
}
void Reactor::unwatch(WatchId watch) {
  state_->ring.unwatch(watch);
}
void Reactor::cancel_all(int fd) {
  state_->ring.cancel_all(fd);
}

}  // namespace gemel
