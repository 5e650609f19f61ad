// SPDX-License-Identifier: Apache-2.0
#include "range_locks.h"

#include <algorithm>
#include <utility>

#include "../base/check.h"
#include "../base/limits.h"

namespace gemel {

void Hold::add(Fid fid, std::uint64_t offset, std::uint64_t length, Mode mode, bool direct) {
  const std::uint64_t block = locks_->block();
  Claim claim;
  claim.fid = fid;
  claim.start = offset / block * block;
  const std::uint64_t room = kToEnd - offset;
  const std::uint64_t end = length >= room ? kToEnd : offset + length;
  claim.end = end > kToEnd - block ? kToEnd : (end + block - 1) / block * block;
  check(claim.start <= offset && claim.start <= claim.end, "a range is rounded outwards (R5)");
  claim.mode = mode;
  claim.way = direct ? Way::direct : Way::buffered;
  append(claim);
}

void Hold::add_file(Fid fid) {
  if (fid == kNoFid) return;
  for (std::size_t index = 0; index < count_; index++) {
    Claim& known = claim(index);
    if (known.fid == fid && known.way == Way::either) return;
  }
  Claim claim;
  claim.fid = fid;
  claim.end = kToEnd;
  claim.mode = Mode::write;
  claim.way = Way::either;
  append(claim);
}

void Hold::append(const Claim& claim) {
  check(!joined_, "a hold is complete before it is taken");
  if (count_ < few_.size()) {
    few_[count_] = claim;
  } else {
    many_.push_back(claim);
  }
  count_++;
}

bool Hold::join() {
  check(!joined_, "a hold is taken once");
  joined_ = true;
  waiting_ = 0;
  for (std::size_t index = 0; index < count_; index++) {
    claim(index).hold = this;
    if (!locks_->join(claim(index))) waiting_++;
  }
  locks_->held_++;
  return waiting_ == 0;
}

void Hold::release() {
  if (!joined_) return;
  joined_ = false;
  RangeLocks& locks = *locks_;
  check(waiting_ == 0, "who waits for a range does not let go of it");
  check(locks.held_ > 0, "a hold is released once");
  locks.held_--;
  std::vector<Hold*> ready;
  if (!locks.spare_.empty()) {
    ready = std::move(locks.spare_.back());
    locks.spare_.pop_back();
  }
  for (std::size_t index = 0; index < count_; index++) locks.leave(claim(index), ready);
  count_ = 0;
  many_.clear();
  // This hold may lie in a frame that goes now: nothing of it is used below.
  for (std::size_t index = 0; index < ready.size(); index++) {
    check(ready[index]->waiting_ == 0 && ready[index]->waiter_,
          "who goes on has everything that it waited for");
    std::exchange(ready[index]->waiter_, {}).resume();
  }
  ready.clear();
  locks.spare_.push_back(std::move(ready));
}

namespace {

template <class Claim>
bool conflicts(const Claim& a, const Claim& b) {
  using Mode = Hold::Mode;
  if (a.way != b.way) return true;  // direct, buffered and whole-file ones exclude each other on the file
  if (a.start >= b.end || b.start >= a.end) return false;
  if (a.mode == Mode::write) return b.mode != Mode::peek || a.way != decltype(a.way)::direct;
  if (b.mode == Mode::write) return a.mode != Mode::peek || a.way != decltype(a.way)::direct;
  return false;
}

}  // namespace

bool RangeLocks::join(Hold::Claim& claim) {
  Queue& queue = queues_[claim.fid];
  claim.granted = true;
  for (Hold::Claim* earlier = queue.head; earlier != nullptr && claim.granted; earlier = earlier->next) {
    if (earlier->hold != claim.hold && conflicts(*earlier, claim)) claim.granted = false;
  }
  claim.previous = queue.tail;
  claim.next = nullptr;
  (queue.tail != nullptr ? queue.tail->next : queue.head) = &claim;
  queue.tail = &claim;
  return claim.granted;
}

void RangeLocks::leave(Hold::Claim& claim, std::vector<Hold*>& ready) {
  Queue& queue = queues_.at(claim.fid);
  check(queue.head != nullptr && queue.tail != nullptr, "a claim leaves the queue that it is in");
  (claim.previous != nullptr ? claim.previous->next : queue.head) = claim.next;
  (claim.next != nullptr ? claim.next->previous : queue.tail) = claim.previous;
  grant_followers(queue.head, ready);
  if (queue.head == nullptr && queues_.size() > limits::kLockQueuesKept) queues_.erase(claim.fid);
}

void RangeLocks::grant_followers(Hold::Claim* from, std::vector<Hold*>& ready) {
  for (Hold::Claim* claim = from; claim != nullptr; claim = claim->next) {
    if (claim->granted) continue;
    bool free = true;
    for (Hold::Claim* earlier = from; earlier != claim && free; earlier = earlier->next)
      free = earlier->hold == claim->hold || !conflicts(*earlier, *claim);
    if (!free) continue;
    claim->granted = true;
    check(claim->hold->waiting_ > 0, "a claim is granted once");
    if (--claim->hold->waiting_ == 0) ready.push_back(claim->hold);
  }
}

}  // namespace gemel
