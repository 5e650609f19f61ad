// SPDX-License-Identifier: Apache-2.0
#include "invalidator.h"

#include "fuse.h"

#include <cerrno>
#include <memory>

#include "../../base/check.h"

namespace gemel {

Invalidator::~Invalidator() {
  {
    const std::lock_guard guard(mutex_);
    is_closing_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Invalidator::drop(std::vector<Remembered> all, Nanos limit, std::function<void(int)> done) {
  check(limit > 0 && done, "a batch has an end, and somebody who waits for it");
  struct Waiting {
    std::function<void(int)> done;
    Clock::TimerId timer = 0;
  };
  const auto waiting = std::make_shared<Waiting>(Waiting{std::move(done)});
  const auto end = [this, waiting](int result) {
    if (!waiting->done) return;
    reactor_.cancel(waiting->timer);
    const auto once = std::exchange(waiting->done, nullptr);
    once(result);
  };
  waiting->timer = reactor_.after(limit, [end] { end(-ETIMEDOUT); });
  const std::lock_guard guard(mutex_);
  jobs_.push_back({std::move(all), [end] { end(0); }});
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  wake_.notify_one();
}

void Invalidator::work() {
  std::unique_lock guard(mutex_);
  for (;;) {
    wake_.wait(guard, [this] { return is_closing_ || !jobs_.empty(); });
    if (is_closing_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    guard.unlock();
    for (const Remembered& one : job.all) drop_one(one);
    reactor_.post(std::move(job.ended));
    guard.lock();
  }
}

/// What the kernel does not know (ENOENT) needs no dropping.
void Invalidator::drop_one(const Remembered& one) {
  if (one.name.empty()) {
    fuse_lowlevel_notify_inval_inode(session_, one.fid, 0, 0);
  } else {
    fuse_lowlevel_notify_inval_entry(session_, one.fid, one.name.data(), one.name.size());
  }
}

}  // namespace gemel
