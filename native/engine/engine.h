// SPDX-License-Identifier: Apache-2.0
// The engine as its neighbours see it: front ends (front/) ask for I/O, control (control/) gives commands
// and hears events. What happens in between is in the stations of this folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../base/env.h"
#include "../base/task.h"

namespace gemel {

/// What a front end may ask. Every call may wait: for an overlapping operation, for the peer, for a frozen
/// module. Results are bytes or 0, or -errno. On a secondary every change answers -EROFS.
class FileService {
 public:
  virtual ~FileService() = default;
  virtual Task<int> read(Fid fid, std::uint64_t offset, Bytes into) = 0;
  /// `data` stays valid until the task ends. `sync`: write plus flush before the reply (R12).
  virtual Task<int> write(Fid fid, std::uint64_t offset, ConstBytes data, bool sync) = 0;
  virtual Task<int> flush(Fid fid, bool data_only) = 0;
  virtual Task<int> allocate(Fid fid, int mode, std::uint64_t offset, std::uint64_t length) = 0;
  /// Names and attributes (R6, R9); fills `change.attributes`, `change.fid`. Truncation is set_attributes
  /// with kSetSize.
  virtual Task<int> apply(NameChange& change) = 0;
  virtual bool writable() const = 0;
  /// Unit in which overlap is tested (R5): what is aligned to it goes straight to both disks.
  virtual std::uint32_t block_bytes() const = 0;

  // ---- questions: answered at once from this node's copy, also while frozen (R13). 0 or -errno; a Fid that
  // does not exist: -ESTALE
  virtual int attributes(Fid fid, Attributes& out) = 0;
  virtual int lookup(Fid directory, std::string_view name, Attributes& out) = 0;
  /// Every entry of a directory ("." and ".." excluded), in a stable order.
  virtual int list(Fid directory, std::vector<Entry>& out) = 0;
  virtual int read_link(Fid fid, std::string& out) = 0;
  virtual int get_xattr(Fid fid, const std::string& name, std::string& out) = 0;
  virtual int list_xattr(Fid fid, std::string& out) = 0;
  /// Next range that holds data at or after `from`: 1; 0 when there is none up to the end of the file;
  /// -errno.
  virtual int next_data(Fid fid, std::uint64_t from, std::uint64_t& start, std::uint64_t& end) = 0;
  virtual int space(Space& out) = 0;

  // ---- open files
  /// Keeps the file's data reachable, also after its last name is gone, until as many releases as holds.
  virtual int hold(Fid fid) = 0;
  virtual void release(Fid fid) = 0;
  /// A write was refused because this node is secondary: for the log line with the pid.
  virtual void refused_write(Fid fid, int pid) = 0;
};

/// What the engine asks of the front end.
class FrontEnd {
 public:
  virtual ~FrontEnd() = default;
  /// Kernel caches of the whole mount are dropped by a thread of its own, with a time limit; `done` from the
  /// reactor (R26).
  virtual void invalidate_all(std::function<void(int)> done) = 0;
  /// One file's kernel cache (a change applied on the secondary).
  virtual void invalidate(Fid fid) = 0;
  /// Descriptors open for writing in the mount now (demotion waits for 0, R26).
  virtual std::size_t open_for_writing() const = 0;
};

/// The guest's process, killed or paused by the mirror process itself, daemon or not (R14, R15, R16).
class Guest {
 public:
  virtual ~Guest() = default;
  virtual bool attached() const = 0;
  virtual bool alive() = 0;
  virtual int pause() = 0;   ///< SIGSTOP
  virtual int resume() = 0;  ///< SIGCONT
  virtual int kill() = 0;    ///< SIGKILL
  /// Called once, from the reactor, when the process is verified dead (pidfd readable).
  virtual void on_death(std::function<void()> dead) = 0;
};

}  // namespace gemel
