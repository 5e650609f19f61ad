// SPDX-License-Identifier: Apache-2.0
// Order between operations that touch the same bytes (R5, R6, R7). Two overlapping writes in flight have no
// order of their own, so the copies would diverge: who comes first goes first, on both nodes.
//
//   Hold hold(locks);           in the operation's own frame: nothing is allocated for a single range (R34)
//   hold.add(fid, offset, length, Mode::write, direct);
//   co_await hold.taken();      released when `hold` goes
//
// Invariants:
//  - Ranges are rounded out to blocks (the larger direct-I/O alignment of both nodes) before overlap is
//    tested (R5).
//  - All ranges of one Hold join their queues in the same moment, so arrival is one total order and nobody
//    waits in a circle; among conflicting ranges it is first come, first served.
//  - Buffered and direct I/O on one file are never granted together, not even two reads (R5).
//  - `peek` waits only for that last rule: reading does not change what the copies hold.
#pragma once

#include <array>
#include <coroutine>
#include <limits>
#include <unordered_map>
#include <vector>

#include "../base/check.h"
#include "../base/types.h"

namespace gemel {

class RangeLocks;

class Hold {
 public:
  enum class Mode : std::uint8_t {
    peek,   ///< reads without order: a guest's read, a hash
    read,   ///< keeps writers out: a region from its read to the target's acknowledgement (R7)
    write,  ///< alone
  };
  static constexpr std::uint64_t kToEnd = std::numeric_limits<std::uint64_t>::max();

  explicit Hold(RangeLocks& locks) : locks_(&locks) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { release(); }

  /// Before `taken`. `direct`: aligned I/O; buffered and direct exclude each other on the whole file.
  void add(Fid fid, std::uint64_t offset, std::uint64_t length, Mode mode, bool direct);
  /// The whole file, whatever its I/O (names and attributes, R6).
  void add_file(Fid fid);
  /// Joins the queues now (order is fixed from here on), waits until everything is granted.
  auto taken() {
    struct Awaiter {
      Hold& hold;
      bool await_ready() { return hold.join(); }
      void await_suspend(std::coroutine_handle<> waiter) { hold.waiter_ = waiter; }
      void await_resume() {}
    };
    return Awaiter{*this};
  }
  void release();

 private:
  friend class RangeLocks;
  enum class Way : std::uint8_t { direct, buffered, either };
  struct Claim {
    Hold* hold = nullptr;
    Fid fid = kNoFid;
    std::uint64_t start = 0, end = 0;  ///< rounded out, end exclusive
    Mode mode = Mode::peek;
    Way way = Way::direct;
    bool granted = false;
    Claim* next = nullptr;
    Claim* previous = nullptr;
  };
  bool join();
  void append(const Claim& claim);
  Claim& claim(std::size_t index) { return index < few_.size() ? few_[index] : many_[index - few_.size()]; }

  RangeLocks* locks_;
  std::coroutine_handle<> waiter_;
  std::array<Claim, 2> few_;  ///< an operation on data needs one
  std::vector<Claim> many_;
  std::size_t count_ = 0, waiting_ = 0;
  bool joined_ = false;
};

class RangeLocks {
 public:
  explicit RangeLocks(std::uint64_t block = kBlockBytes) : block_(block) {
    check(block > 0, "a block has bytes");
  }
  /// The larger alignment of both nodes, from the handshake; never smaller than before while something is
  /// held.
  void set_block(std::uint64_t block) { block_ = block > block_ ? block : block_; }
  std::uint64_t block() const { return block_; }
  bool idle() const { return held_ == 0; }
  std::size_t held() const { return held_; }

 private:
  friend class Hold;
  struct Queue {
    Hold::Claim* head = nullptr;
    Hold::Claim* tail = nullptr;
  };
  bool join(Hold::Claim& claim);
  void leave(Hold::Claim& claim, std::vector<Hold*>& ready);
  void grant_followers(Hold::Claim* from, std::vector<Hold*>& ready);

  std::uint64_t block_;
  std::size_t held_ = 0;
  std::unordered_map<Fid, Queue> queues_;
  std::vector<std::vector<Hold*>> spare_;
};

}  // namespace gemel
