// SPDX-License-Identifier: Apache-2.0
// What the engine may ask of the world: Clock, Disk (files and names), Volume (the state beside the data),
// Link. Everything that decides takes these and never touches the system, so the simulator can run the same
// code on a disk that forgets what was not flushed and on a link that loses what was in flight. One thread,
// no locks.
#pragma once

#include <cerrno>
#include <coroutine>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "buffers.h"
#include "check.h"
#include "names.h"
#include "types.h"

namespace gemel {

/// One asynchronous I/O that a coroutine waits for: `start(done)` begins it; `done(result)` is called later,
/// exactly once, from the reactor: bytes or 0, or -errno.
class IoAwait {
 public:
  virtual ~IoAwait() = default;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    start();
  }
  int await_resume() const noexcept { return result_; }
  /// Called by the implementation when the I/O has ended.
  void complete(int result) {
    check(static_cast<bool>(waiter_), "an I/O ends after it was begun, and once");
    result_ = result;
    std::exchange(waiter_, {}).resume();
  }

 protected:
  virtual void start() = 0;

 private:
  std::coroutine_handle<> waiter_;
  int result_ = 0;
};

class Clock {
 public:
  using TimerId = std::uint64_t;
  virtual ~Clock() = default;
  /// CLOCK_BOOTTIME.
  virtual Nanos now() = 0;
  /// Seconds since 1970 by this host's calendar: recorded and shown to people, never decided on.
  virtual std::int64_t calendar_seconds() = 0;
  /// Calls `fire` once, not before now() + delay.
  virtual TimerId after(Nanos delay, std::function<void()> fire) = 0;
  virtual void cancel(TimerId timer) = 0;
  /// Fresh random bits (fids, generations); seeded in the simulator.
  virtual std::uint64_t random() = 0;
};

/// Request block of a data I/O. Lives in the awaiting coroutine's frame; the Disk implementation fills `ring`
/// as it likes.
struct DiskRequest {
  enum class Kind { read, write, flush, flush_volume, allocate };
  Kind kind;
  Fid fid;
  std::uint64_t offset;
  std::byte* data;
  std::uint32_t length;
  int mode;             ///< allocate: fallocate(2) mode; flush: 1 = data only
  std::uint64_t range;  ///< allocate: length in bytes (may exceed 4 GiB)
  std::function<void(int)> done;
};

/// The data of one copy: the files below the module's root, by Fid. Aligned requests go O_DIRECT, others
/// through the page cache and (R5) the engine never has both in flight on one file. Short writes are finished
/// by the Disk.
class Disk {
 public:
  virtual ~Disk() = default;
  /// Starts a data I/O; `request.done` is called later from the reactor. The request must stay valid until
  /// then.
  virtual void submit(DiskRequest& request) = 0;
  /// Alignment for direct I/O of this copy (statx STATX_DIOALIGN, 4096 where not reported).
  virtual std::uint32_t alignment() const = 0;

  // Names: synchronous, microseconds on a local file system. A Fid that does not exist answers -ESTALE.
  /// Applies one change of names or attributes. On success `op.fid` and `op.attributes` are filled in.
  virtual int apply(NameChange& op) = 0;
  /// What a question of a Fid or a name answers when there is none: anything else is an error, and no absence
  /// (R43).
  static bool is_absence(int result) { return result == -ESTALE || result == -ENOENT; }
  virtual int stat(Fid fid, Attributes& out) = 0;
  virtual int lookup(Fid directory, std::string_view name, Attributes& out) = 0;
  /// Every entry of a directory ("." and ".." excluded), in a stable order.
  virtual int list(Fid directory, std::vector<Entry>& out) = 0;
  virtual int read_link(Fid fid, std::string& out) = 0;
  /// Extended attributes, without Gemel's own (R27) and a host's own (R109). Names separated by NUL in
  /// `list_xattr`.
  virtual int get_xattr(Fid fid, const std::string& name, std::string& out) = 0;
  virtual int list_xattr(Fid fid, std::string& out) = 0;
  /// Next range that holds data at or after `from` (SEEK_DATA/SEEK_HOLE): 1; 0 when there is none
  /// up to the end of the file; -errno when that cannot be told, which is never the same (R43).
  virtual int next_data(Fid fid, std::uint64_t from, std::uint64_t& start, std::uint64_t& end) = 0;
  /// What a clean stop records of a file (R29). Disks without inode numbers leave them 0.
  virtual int facts(Fid fid, FileFacts& out) {
    Attributes seen;
    if (const int error = stat(fid, seen); error != 0) return error;
    out = {fid, seen.size, seen.mtime, seen.ctime, 0, 0};
    return 0;
  }
  virtual int space(Space& out) = 0;
  /// Free bytes for the engine on the volume; 0 when that cannot be told.
  std::uint64_t free_bytes() {
    Space now;
    return space(now) == 0 ? now.available * now.fragment_bytes : 0;
  }
  /// Keeps the file's data reachable while it is open in the mount, also after its last name is gone.
  virtual int hold(Fid fid) = 0;
  virtual void release(Fid fid) = 0;
};

/// Awaitable forms of Disk::submit.
class DiskAwait final : public IoAwait {
 public:
  DiskAwait(Disk& disk, DiskRequest request) : disk_(disk), request_(std::move(request)) {}

 protected:
  void start() override {
    request_.done = [this](int result) { complete(result); };
    disk_.submit(request_);
  }

 private:
  Disk& disk_;
  DiskRequest request_;
};

inline DiskAwait disk_read(Disk& disk, Fid fid, std::uint64_t offset, Bytes into) {
  return {
      disk,
      {DiskRequest::Kind::read, fid, offset, into.data(), static_cast<std::uint32_t>(into.size()), 0, 0, {}}};
}
inline DiskAwait disk_write(Disk& disk, Fid fid, std::uint64_t offset, ConstBytes from) {
  return {disk,
          {DiskRequest::Kind::write,
           fid,
           offset,
           const_cast<std::byte*>(from.data()),
           static_cast<std::uint32_t>(from.size()),
           0,
           0,
           {}}};
}
inline DiskAwait disk_flush(Disk& disk, Fid fid, bool data_only) {
  return {disk, {DiskRequest::Kind::flush, fid, 0, nullptr, 0, data_only ? 1 : 0, 0, {}}};
}
/// Everything of the volume: data, names, and the state beside the data (syncfs).
inline DiskAwait disk_flush_volume(Disk& disk) {
  return {disk, {DiskRequest::Kind::flush_volume, kNoFid, 0, nullptr, 0, 0, 0, {}}};
}
inline DiskAwait disk_allocate(Disk& disk, Fid fid, int mode, std::uint64_t offset, std::uint64_t length) {
  return {disk, {DiskRequest::Kind::allocate, fid, offset, nullptr, 0, mode, length, {}}};
}

/// A state file beside the data (superblock, activity log, bitmap, journal): preallocated, 4 KiB aligned,
/// O_DIRECT.
class StateFile {
 public:
  virtual ~StateFile() = default;
  virtual std::uint64_t size() const = 0;
  /// Aligned blocks; `durable` = O_DSYNC semantics: on stable storage when done is called.
  virtual void write(std::uint64_t offset, ConstBytes data, bool durable, std::function<void(int)> done) = 0;
  virtual int read_now(std::uint64_t offset, Bytes into) = 0;
};

/// The sibling directory that holds a copy's state (R27).
class Volume {
 public:
  virtual ~Volume() = default;
  /// Opens or creates (zeroed, preallocated to `size`, durable with its directory entry); nullptr with errno
  /// set.
  virtual std::unique_ptr<StateFile> open(const std::string& name, std::uint64_t size) = 0;
  virtual bool exists(const std::string& name) = 0;
  virtual int remove(const std::string& name) = 0;
  virtual std::vector<std::string> names() = 0;
};

/// Data that arrived: page-aligned (so that it goes to the disk by O_DIRECT without a copy), given back to
/// its pool when the owner lets go. Move-only.
class PooledBytes {
 public:
  PooledBytes() = default;
  PooledBytes(Buffer buffer, std::size_t used) : buffer_(std::move(buffer)), used_(used) {
    check(used_ <= buffer_.size(), "what arrived lies within its buffer");
  }
  PooledBytes(PooledBytes&& other) noexcept
      : buffer_(std::move(other.buffer_)), used_(std::exchange(other.used_, 0)) {}
  PooledBytes& operator=(PooledBytes&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    used_ = std::exchange(other.used_, 0);
    return *this;
  }
  void reset() { *this = PooledBytes(); }
  Bytes bytes() const { return buffer_.first(used_); }
  std::size_t size() const { return used_; }
  bool empty() const { return used_ == 0; }

 private:
  Buffer buffer_;
  std::size_t used_ = 0;
};

/// One data link to the peer's engine: two TLS connections, `hot` (operations, acknowledgements, liveness)
/// and `bulk` (reintegration, verify, reads served by the peer), so that acknowledgements never wait behind
/// bulk data. The link delivers whole checked frames in order per channel, or reports its loss, once.
class Link {
 public:
  enum class Channel : std::uint8_t { hot = 0, bulk = 1 };
  /// A frame as it arrived. `message` is valid during the call only; `data` may be moved out and kept.
  struct Frame {
    Channel channel = Channel::hot;
    std::uint8_t type = 0;
    Sequence sequence = 0;
    Sequence settled = 0;  ///< every sequence <= this one is settled at the sender
    ConstBytes message;
    PooledBytes data;
  };
  struct Listener {
    virtual ~Listener() = default;
    virtual void link_up() = 0;
    virtual void frame(Frame& frame) = 0;
    virtual void link_lost(const std::string& reason) = 0;
  };
  virtual ~Link() = default;
  virtual void listen_to(Listener* listener) = 0;
  virtual bool up() const = 0;
  /// Queues one frame: `message` and `data` (may be empty) are copied or encrypted before it returns. Small
  /// frames of one turn leave in one record. Returns false when the link is down.
  virtual bool send(Channel channel, std::uint8_t type, Sequence sequence, Sequence settled,
                    ConstBytes message, ConstBytes data) = 0;
  /// Bytes queued but not yet handed to the kernel: the throttle's input.
  virtual std::uint64_t queued(Channel channel) const = 0;
  /// Closes both connections now; frames received but not delivered are delivered first (R25). link_lost is
  /// not called for a close that this side asked for.
  virtual void close(const std::string& reason) = 0;
  /// Allows or forbids (re)connecting. Off also closes, as above.
  virtual void enable(bool on) = 0;
};

}  // namespace gemel
