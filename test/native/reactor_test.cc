// SPDX-License-Identifier: Apache-2.0
// The reactor alone: time, threads, files, readiness.
#include "../../native/base/reactor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "check.h"

using namespace gemel;

namespace {

/// Opens, runs until `end()` is called or ten seconds are over, on this thread.
class Run {
 public:
  Run() { CHECK_EQ(reactor.open(), 0); }
  void until_end() {
    reactor.after(10 * kSecond, [this] {
      timed_out_ = true;
      reactor.stop();
    });
    reactor.run();
    CHECK(!timed_out_);
  }
  void end() { reactor.stop(); }
  Reactor reactor;

 private:
  bool timed_out_ = false;
};

int temporary_file() {
  std::array<char, 32> name{"/tmp/gemel-reactor-XXXXXX"};
  const int file = mkstemp(name.data());
  unlink(name.data());
  return file;
}

ConstBytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

TEST(timers_fire_in_order_and_not_when_cancelled) {
  Run run;
  std::string seen;
  run.reactor.after(20 * kMillisecond, [&] {
    seen += "c";
    run.end();
  });
  run.reactor.after(0, [&] { seen += "a"; });
  run.reactor.after(5 * kMillisecond, [&] { seen += "b"; });
  const auto never = run.reactor.after(10 * kMillisecond, [&] { seen += "x"; });
  run.reactor.cancel(never);
  run.until_end();
  CHECK_EQ(seen, "abc");
}

TEST(timer_set_for_now_by_a_timer_waits_for_the_next_turn) {
  Run run;
  int count = 0;
  std::function<void()> again = [&] {
    if (++count == 100) return run.end();
    run.reactor.after(0, again);
  };
  run.reactor.after(0, again);
  run.until_end();
  CHECK_EQ(count, 100);
}

TEST(posted_work_of_other_threads_runs_here_in_order) {
  Run run;
  std::vector<int> seen;
  std::thread other([&] {
    for (int number = 0; number < 1000; number++) {
      run.reactor.post([&seen, number] { seen.push_back(number); });
    }
    run.reactor.post([&] { run.end(); });
  });
  run.until_end();
  other.join();
  CHECK_EQ(seen.size(), 1000U);
  for (int number = 0; number < 1000; number++) CHECK_EQ(seen[static_cast<std::size_t>(number)], number);
}

TEST(blocking_work_runs_beside_and_answers_here) {
  Run run;
  int left = 20;
  for (int number = 0; number < 20; number++) {
    run.reactor.offload([number] { return number; },
                        [&, number](int result) {
                          CHECK_EQ(result, number);
                          CHECK(run.reactor.on_this_thread());
                          if (--left == 0) run.end();
                        });
  }
  run.until_end();
}

TEST(file_written_flushed_and_read_back) {
  Run run;
  const int file = temporary_file();
  std::array<std::byte, 5> back{};
  std::vector<int> results;
  run.reactor.fallocate(file, 0, 0, 8192, [&](int allocated) {
    results.push_back(allocated);
    run.reactor.write(file, bytes_of("hello"), 100, 0, [&](int written) {
      results.push_back(written);
      run.reactor.fsync(file, true, [&](int flushed) {
        results.push_back(flushed);
        run.reactor.read(file, back, 100, [&](int got) {
          results.push_back(got);
          run.end();
        });
      });
    });
  });
  run.until_end();
  CHECK(results == std::vector<int>({0, 5, 0, 5}));
  CHECK(static_cast<char>(back[4]) == 'o');
  close(file);
}

TEST(more_operations_than_the_ring_has_places) {
  Reactor reactor({16, 3 * kSecond, false});
  CHECK_EQ(reactor.open(), 0);
  const int file = temporary_file();
  int left = 1000;
  for (int number = 0; number < 1000; number++) {
    reactor.write(file, bytes_of("x"), static_cast<std::uint64_t>(number), 0, [&](int written) {
      CHECK_EQ(written, 1);
      if (--left == 0) reactor.stop();
    });
  }
  reactor.run();
  CHECK_EQ(lseek(file, 0, SEEK_END), 1000);
  close(file);
}

TEST(watch_reports_each_arrival_until_it_is_ended) {
  Run run;
  std::array<int, 2> pair{};
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
  int arrivals = 0;
  Reactor::WatchId watch = 0;
  const auto say = [&] { CHECK_EQ(write(pair[1], "x", 1), 1); };
  watch = run.reactor.watch(pair[0], POLLIN, [&](int events) {
    CHECK((events & POLLIN) != 0);
    std::array<char, 16> space{};
    CHECK_EQ(read(pair[0], space.data(), space.size()), 1);
    if (++arrivals < 50) return say();
    run.reactor.unwatch(watch);
    say();
    run.reactor.after(30 * kMillisecond, [&] { run.end(); });
  });
  say();
  run.until_end();
  CHECK_EQ(arrivals, 50);
  for (const int file : pair) close(file);
}

TEST(cancelled_receive_answers_before_its_socket_is_closed) {
  Run run;
  std::array<int, 2> pair{};
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  std::array<std::byte, 16> space{};
  int result = 1;
  run.reactor.recv(pair[0], space, [&](int got) {
    result = got;
    run.end();
  });
  run.reactor.after(20 * kMillisecond, [&] { run.reactor.cancel_all(pair[0]); });
  run.until_end();
  CHECK_EQ(result, -ECANCELED);
  for (const int file : pair) close(file);
}

TEST(gap_between_two_turns_is_reported) {
  Reactor reactor({64, 100 * kMillisecond, false});
  CHECK_EQ(reactor.open(), 0);
  Nanos seen = 0;
  reactor.on_gap([&](Nanos gap) {
    if (gap >= 300 * kMillisecond) seen = gap;
  });
  reactor.after(0, [] { usleep(300'000); });
  reactor.after(kMillisecond, [&] { reactor.after(kMillisecond, [&] { reactor.stop(); }); });
  reactor.run();
  CHECK(seen >= 300 * kMillisecond);
}
