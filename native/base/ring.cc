// SPDX-License-Identifier: Apache-2.0
#include "ring.h"

#include <poll.h>

#include <cerrno>

#include "check.h"

namespace gemel {

Ring::~Ring() {
  if (is_open_) io_uring_queue_exit(&ring_);
}

int Ring::open(unsigned entries, bool& plain) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  params.cq_entries = entries * 4;
  plain = false;
  int result = io_uring_queue_init_params(entries, &ring_, &params);
  if (result == -EINVAL) {
    plain = true;
    params = {};
    params.flags = IORING_SETUP_CQSIZE;
    params.cq_entries = entries * 4;
    result = io_uring_queue_init_params(entries, &ring_, &params);
  }
  is_open_ = result == 0;
  // The queue of completions never overflows unseen: the kernel keeps what does not fit, and says so.
  check(!is_open_ || (ring_.features & IORING_FEAT_NODROP) != 0, "this kernel drops no completion");
  return result;
}

io_uring_sqe* Ring::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry == nullptr) {
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  check(entry != nullptr, "the ring takes an entry after a submit");
  return entry;
}

Ring::Slot* Ring::take_slot(Done done) {
  if (free_.empty()) {
    slots_.push_back({std::move(done)});
    return &slots_.back();
  }
  Slot* slot = free_.back();
  free_.pop_back();
  check(!slot->done, "a slot that is free belongs to nobody");
  slot->done = std::move(done);
  return slot;
}

void Ring::arm(std::uint64_t number, const Watch& watch) {
  io_uring_sqe* entry = next_entry();
  io_uring_prep_poll_multishot(entry, watch.fd, watch.events);
  io_uring_sqe_set_data64(entry, kWatchTag | number);
}

std::uint64_t Ring::watch(int fd, unsigned events, Done ready) {
  check(fd >= 0 && ready, "a watch has a descriptor and somebody to tell");
  const std::uint64_t number = next_watch_++;
  const auto watch = std::make_shared<const Watch>(Watch{fd, events, std::move(ready)});
  watches_.emplace(number, watch);
  arm(number, *watch);
  return number;
}

void Ring::unwatch(std::uint64_t watch) {
  if (watches_.erase(watch) == 0) return;
  io_uring_sqe* entry = next_entry();
  io_uring_prep_poll_remove(entry, kWatchTag | watch);
  io_uring_sqe_set_data64(entry, 0);
}

void Ring::cancel_all(int fd) {
  check(fd >= 0, "operations are cancelled before their descriptor is closed");
  io_uring_sqe* entry = next_entry();
  io_uring_prep_cancel_fd(entry, fd, IORING_ASYNC_CANCEL_ALL);
  io_uring_sqe_set_data64(entry, 0);
  // Submitted now: the caller may close the descriptor right after this.
  io_uring_submit(&ring_);
}

void Ring::wait(Nanos timeout) {
  check(is_open_ && timeout >= 0, "an open ring is waited for, forwards in time");
  __kernel_timespec limit{timeout / kSecond, timeout % kSecond};
  io_uring_cqe* first = nullptr;
  const int result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
  check(result >= 0 || result == -ETIME || result == -EINTR || result == -EBUSY || result == -EAGAIN,
        "the ring can be waited for");
}

unsigned Ring::deliver() {
  unsigned count = 0;
  io_uring_cqe* completion = nullptr;
  // Bounded by what a full queue holds, so that timers and posted work get their turn.
  while (count < ring_.cq.ring_entries && io_uring_peek_cqe(&ring_, &completion) == 0) {
    const std::uint64_t data = completion->user_data;
    const int result = completion->res;
    const unsigned flags = completion->flags;
    io_uring_cqe_seen(&ring_, completion);
    count++;
    if (data != 0) finish(data, result, flags);
  }
  return count;
}

void Ring::finish(std::uint64_t data, int result, unsigned flags) {
  if ((data & kWatchTag) != 0) {
    finish_watch(data & ~kWatchTag, result, flags);
    return;
  }
  Slot* slot = reinterpret_cast<Slot*>(data);
  check(static_cast<bool>(slot->done), "an operation completes once");
  Done done = std::move(slot->done);
  slot->done = nullptr;
  free_.push_back(slot);
  done(result);
}

void Ring::finish_watch(std::uint64_t number, int result, unsigned flags) {
  const auto found = watches_.find(number);
  if (found == watches_.end()) return;
  const bool has_ended = (flags & IORING_CQE_F_MORE) == 0;
  const std::shared_ptr<const Watch> watch = found->second;  // it may unwatch itself
  if (result < 0 && result != -ECANCELED) {
    watches_.erase(found);
    watch->ready(result);
    return;
  }
  if (has_ended) arm(number, *watch);
  if (result >= 0) watch->ready(result);
}

}  // namespace gemel
