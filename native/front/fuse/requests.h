// SPDX-License-Identifier: Apache-2.0
// One function per request of the kernel: turns it into calls of the engine's FileService and answers. A
// request that may wait (data, flush, changes) is a coroutine; a question (lookup, attributes, listing) is
// answered at once, also while the module is frozen (R13).
//
// Identities: nodeid, st_ino and file handle are the Fid, durable and the same on both nodes; never an
// address (R35). So FORGET needs no bookkeeping but the set of what the kernel may remember, for R26.
//
// Deliberately absent, so that the kernel or the caller goes another way and nothing is done to one copy only
// (R12):
//   odd direct I/O    EINVAL, as a disk's file system: QEMU takes the least that works for a disk's block
//   setlk, flock      the kernel keeps locks itself (docs/rules.md)
//   ioctl             ENOTTY, among them reflink
//   copy_file_range   the kernel falls back to reading and writing
//   tmpfile, poll     EOPNOTSUPP; always ready
#pragma once

#include <sys/stat.h>

#include <cstring>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "../../base/buffers.h"
#include "../../base/check.h"
#include "../../base/limits.h"
#include "../../base/task.h"
#include "../../engine/engine.h"
#include "device.h"
#include "directories.h"
#include "fuse.h"

namespace gemel {

class Requests {
 public:
  Requests(FileService& service, FuseDevice& device)
      : service_(service), device_(device), directories_(service) {}
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  static const fuse_lowlevel_ops& operations();
  FuseDevice& device() { return device_; }

  BufferPool& buffers() { return buffers_; }
  /// The request about to be parsed lies in this buffer from `at` on; a write keeps it until its end.
  void arrives(Buffer buffer, std::size_t at) {
    check(!arrived_ && buffer, "one request is parsed at a time");
    arrived_ = std::move(buffer);
    arrived_at_ = at;
  }
  /// The kernel's own structure behind the header, for fields that libfuse hides.
  template <class T>
  T raw() const {
    T fields{};
    check(arrived_at_ + sizeof(fuse_in_header) + sizeof fields <= arrived_.size(),
          "a request lies in its buffer");
    std::memcpy(&fields, arrived_.data() + arrived_at_ + sizeof(fuse_in_header), sizeof fields);
    return fields;
  }
  /// The buffer of the request just parsed, when nobody kept it.
  Buffer take_back() { return std::move(arrived_); }

  std::size_t open_for_writing() const { return open_for_writing_; }
  std::size_t open_files() const { return open_files_; }
  bool has_room() const { return under_way_ < limits::kRequests; }
  /// Called when there is room again after there was none.
  void on_room(std::function<void()> room) { room_ = std::move(room); }
  /// Inodes that the kernel may remember.
  const std::unordered_map<Fid, std::uint64_t>& remembered() const { return remembered_; }

 private:
  struct Answer;  // counts requests under way (requests.cc)
  friend struct Handlers;

  // questions
  void lookup(fuse_req_t request, Fid directory, const char* name);
  void forget(Fid fid, std::uint64_t count);
  void get_attributes(fuse_req_t request, Fid fid);
  void read_link(fuse_req_t request, Fid fid);
  void open(fuse_req_t request, Fid fid, int flags);
  void open_directory(fuse_req_t request, Fid fid, fuse_file_info* file);
  void release_directory(fuse_req_t request, Fid fid, std::uint64_t handle);
  void release(fuse_req_t request, Fid fid, int flags);
  void read_directory(fuse_req_t request, Fid fid, std::size_t size, off_t offset, std::uint64_t handle,
                      bool plus);
  void get_xattr(fuse_req_t request, Fid fid, const char* name, std::size_t size);
  void list_xattr(fuse_req_t request, Fid fid, std::size_t size);
  void statistics(fuse_req_t request);
  void seek(fuse_req_t request, Fid fid, off_t offset, int whence);

  // what may wait
  Task<> read(fuse_req_t request, Fid fid, std::uint64_t offset, std::size_t size, int flags);
  Task<> write(fuse_req_t request, Fid fid, std::uint64_t offset, ConstBytes data, int flags,
               bool drops_set_id);
  Task<> flush(fuse_req_t request, Fid fid, bool data_only);
  Task<> allocate(fuse_req_t request, Fid fid, int mode, off_t offset, off_t length);
  Task<> set_attributes(fuse_req_t request, NameChange change, bool drops_set_id);
  Task<> make(fuse_req_t request, NameChange change);
  Task<> create(fuse_req_t request, NameChange change, int flags);
  Task<> change(fuse_req_t request, NameChange change);
  Task<> take_name(fuse_req_t request, NameChange change);
  Task<> set_xattr(fuse_req_t request, NameChange change, bool drops_set_group);

  Task<int> apply(fuse_req_t request, NameChange& change);
  Task<int> drop_set_id(Fid fid, std::uint32_t bits);
  bool without_set_id(Fid fid, std::uint32_t bits, NameChange& change);
  Fid loses_name(const NameChange& change);
  void keep_while_remembered(Fid fid);
  NameChange named(fuse_req_t request, NameKind kind, Fid directory, const char* name, mode_t mode);
  bool refuse(fuse_req_t request, Fid fid);
  double timeout() const;
  fuse_entry_param entry_of(const Attributes& attributes);
  fuse_open_out opened(Fid fid, int flags) const;
  void count_open(Fid fid, int flags);
  void count_release(Fid fid, int flags);

  FileService& service_;
  FuseDevice& device_;
  BufferPool buffers_;
  Buffer arrived_;
  std::size_t arrived_at_ = 0;
  Directories directories_;
  std::unordered_map<Fid, std::uint64_t> remembered_;
  /// Without a name, and still known to the kernel: a working directory, a descriptor that only names a file.
  std::unordered_set<Fid> nameless_;
  std::size_t open_for_writing_ = 0;
  std::size_t open_files_ = 0;
  std::size_t under_way_ = 0;
  std::function<void()> room_;
};

struct stat to_stat(const Attributes& attributes);
/// How a file is opened: FOPEN_* of the protocol.
std::uint32_t open_flags(int flags, bool is_writable, bool is_direct_coherent);

}  // namespace gemel
