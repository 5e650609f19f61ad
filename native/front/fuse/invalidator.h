// SPDX-License-Identifier: Apache-2.0
// Drops the kernel's caches of the mount, on a thread of its own (R26): the kernel may answer an invalidation
// only after the mount has answered a lookup, so the reactor must never wait for one.
//
// Jobs run in order. A batch has a time limit that the reactor watches: its `done` is called once, with 0 or
// with -ETIMEDOUT, and the thread goes on with what it hangs in.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../../base/reactor.h"

struct fuse_session;

namespace gemel {

/// An entry whose name the kernel may remember, or (empty name) an inode with its data and attributes.
struct Remembered {
  Fid fid = kNoFid;
  std::string name;
};

class Invalidator {
 public:
  Invalidator(Reactor& reactor, fuse_session* session) : reactor_(reactor), session_(session) {}
  /// Joins the thread: only after the unmount, when nothing can hang any more.
  ~Invalidator();
  Invalidator(const Invalidator&) = delete;
  Invalidator& operator=(const Invalidator&) = delete;

  void drop(std::vector<Remembered> all, Nanos limit, std::function<void(int)> done);

 private:
  struct Job {
    std::vector<Remembered> all;
    std::function<void()> ended;  ///< posted to the reactor
  };
  void work();
  void drop_one(const Remembered& one);

  Reactor& reactor_;
  fuse_session* session_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace gemel
