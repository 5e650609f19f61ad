// SPDX-License-Identifier: Apache-2.0
#include "requests.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../../base/check.h"
#include "../../base/limits.h"

namespace gemel {

namespace {

constexpr int kSyncBits = O_DSYNC | (O_SYNC & ~O_DSYNC);

bool opens_for_writing(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

/// QEMU tries ever larger reads and takes the first that works for the disk's block: if one byte can be read,
/// it takes a page, and each 512-byte write of a guest becomes a read and a write of that.
bool is_odd_direct(int flags, std::uint64_t offset, std::size_t size) {
  return (flags & O_DIRECT) != 0 && (offset | size) % limits::kDirectBytes != 0;
}

timespec to_timespec(const TimeSpec& time) {
  return {time.seconds, static_cast<long>(time.nanos)};
}

fuse_attr to_kernel(const Attributes& from) {
  fuse_attr to{};
  to.ino = from.fid;
  to.size = from.size;
  to.blocks = from.blocks;
  to.atime = static_cast<std::uint64_t>(from.atime.seconds), to.atimensec = from.atime.nanos;
  to.mtime = static_cast<std::uint64_t>(from.mtime.seconds), to.mtimensec = from.mtime.nanos;
  to.ctime = static_cast<std::uint64_t>(from.ctime.seconds), to.ctimensec = from.ctime.nanos;
  to.mode = from.mode;
  to.nlink = from.links;
  to.uid = from.uid;
  to.gid = from.gid;
  to.rdev = static_cast<std::uint32_t>(from.rdev);
  to.blksize = kPageBytes;
  return to;
}

}  // namespace

/// Lives as long as a request that may wait is under way.
struct Requests::Answer {
  explicit Answer(Requests& requests) : of(requests) { of.under_way_++; }
  ~Answer() {
    check(of.under_way_ > 0, "a request is answered once");
    if (of.under_way_-- == limits::kRequests) of.room_();
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  Requests& of;
};

struct stat to_stat(const Attributes& from) {
  struct stat to {};
  to.st_ino = from.fid;
  to.st_mode = from.mode;
  to.st_nlink = from.links;
  to.st_uid = from.uid;
  to.st_gid = from.gid;
  to.st_rdev = from.rdev;
  to.st_size = static_cast<off_t>(from.size);
  to.st_blocks = static_cast<blkcnt_t>(from.blocks);
  to.st_blksize = kPageBytes;
  to.st_atim = to_timespec(from.atime);
  to.st_mtim = to_timespec(from.mtime);
  to.st_ctim = to_timespec(from.ctime);
  return to;
}

double Requests::timeout() const {
  return service_.writable() ? limits::kRememberSeconds : 0.0;
}

fuse_entry_param Requests::entry_of(const Attributes& attributes) {
  check(attributes.fid != kNoFid, "what the kernel is told of has an identity (R35)");
  fuse_entry_param entry{};
  entry.ino = attributes.fid;
  entry.attr = to_stat(attributes);
  entry.attr_timeout = entry.entry_timeout = timeout();
  remembered_[attributes.fid]++;
  return entry;
}

// ---- questions

void Requests::lookup(fuse_req_t request, Fid directory, const char* name) {
  Attributes found;
  // "." asks for a file by its number alone: what open_by_handle_at(2) and an NFS server do.
  const bool is_itself = std::string_view(name) == ".";
  const int failure =
      is_itself ? service_.attributes(directory, found) : service_.lookup(directory, name, found);
  if (failure != 0) {
    fuse_reply_err(request, -failure);
    return;
  }
  const fuse_entry_param entry = entry_of(found);
  fuse_reply_entry(request, &entry);
}

void Requests::forget(Fid fid, std::uint64_t count) {
  const auto found = remembered_.find(fid);
  if (found == remembered_.end()) return;
  found->second -= std::min(found->second, count);
  if (found->second > 0) return;
  remembered_.erase(found);
  if (nameless_.erase(fid) > 0) service_.release(fid);
}

void Requests::get_attributes(fuse_req_t request, Fid fid) {
  Attributes found;
  const int failure = service_.attributes(fid, found);
  if (failure != 0) {
    fuse_reply_err(request, -failure);
    return;
  }
  const struct stat shown = to_stat(found);
  fuse_reply_attr(request, &shown, timeout());
}

void Requests::read_link(fuse_req_t request, Fid fid) {
  std::string target;
  const int failure = service_.read_link(fid, target);
  if (failure != 0) {
    fuse_reply_err(request, -failure);
  } else {
    fuse_reply_readlink(request, target.c_str());
  }
}

bool Requests::refuse(fuse_req_t request, Fid fid) {
  if (service_.writable()) return false;
  service_.refused_write(fid, fuse_req_ctx(request)->pid);
  return true;
}

/// O_DIRECT goes straight through, several writes at once, where the kernel keeps that coherent with its page
/// cache; before Linux 6.6 it does so only for files that are opened like any other. Others go through the
/// page cache, write-through. On the secondary nothing may stay in it (R26).
std::uint32_t open_flags(int flags, bool is_writable, bool is_direct_coherent) {
  const bool is_direct = !is_writable || ((flags & O_DIRECT) != 0 && is_direct_coherent);
  return is_direct ? FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES : 0;
}

fuse_open_out Requests::opened(Fid fid, int flags) const {
  fuse_open_out out{};
  out.fh = fid;
  out.open_flags = open_flags(flags, service_.writable(), device_.is_direct_coherent());
  return out;
}

void Requests::count_open(Fid, int flags) {
  open_files_++;
  if (opens_for_writing(flags)) open_for_writing_++;
}

void Requests::count_release(Fid fid, int flags) {
  check(open_files_ > 0, "a file is released as often as it was opened");
  check(!opens_for_writing(flags) || open_for_writing_ > 0, "a writer is released as often as it was opened");
  open_files_--;
  if (opens_for_writing(flags)) open_for_writing_--;
  service_.release(fid);
}

void Requests::open(fuse_req_t request, Fid fid, int flags) {
  if (opens_for_writing(flags) && refuse(request, fid)) {
    fuse_reply_err(request, EROFS);
    return;
  }
  const int failure = service_.hold(fid);
  if (failure != 0) {
    fuse_reply_err(request, -failure);
    return;
  }
  count_open(fid, flags);
  const fuse_open_out out = opened(fid, flags);
  // The caller was interrupted and will never release it.
  if (fuse_reply_buf(request, reinterpret_cast<const char*>(&out), sizeof out) == -ENOENT)
    count_release(fid, flags);
}

void Requests::release(fuse_req_t request, Fid fid, int flags) {
  count_release(fid, flags);
  fuse_reply_err(request, 0);
}

void Requests::open_directory(fuse_req_t request, Fid fid, fuse_file_info* file) {
  if (const int failure = service_.hold(fid); failure != 0) {
    fuse_reply_err(request, -failure);
    return;
  }
  file->fh = directories_.open();
  if (fuse_reply_open(request, file) != -ENOENT) return;
  directories_.close(file->fh);
  service_.release(fid);
}

void Requests::release_directory(fuse_req_t request, Fid fid, std::uint64_t handle) {
  directories_.close(handle);
  service_.release(fid);
  fuse_reply_err(request, 0);
}

void Requests::read_directory(fuse_req_t request, Fid fid, std::size_t size, off_t offset,
                              std::uint64_t handle, bool plus) {
  int failure = 0;
  const auto* entries = directories_.picture(handle, fid, offset == 0, failure);
  if (entries == nullptr) {
    fuse_reply_err(request, -failure);
    return;
  }
  Buffer space = buffers_.take(std::min(size, BufferPool::kLarge));
  char* const start = reinterpret_cast<char*>(space.data());
  const std::size_t room = std::min(size, space.size());
  std::size_t used = 0;
  // The two first places are "." and "..".
  for (std::size_t at = static_cast<std::size_t>(offset); at < entries->size() + 2; at++) {
    const bool is_dot = at < 2;
    const char* name = at == 0 ? "." : at == 1 ? ".." : (*entries)[at - 2].name.c_str();
    Attributes shown;
    shown.fid = at == 0 ? fid : is_dot ? kRootFid : (*entries)[at - 2].fid;
    shown.mode = is_dot ? static_cast<std::uint32_t>(S_IFDIR) : DTTOIF((*entries)[at - 2].type);
    const bool is_known = plus && !is_dot && service_.attributes(shown.fid, shown) == 0;
    const auto next = static_cast<off_t>(at + 1);
    std::size_t length = 0;
    if (plus) {
      fuse_entry_param entry{};
      entry.attr = to_stat(shown);
      if (is_known) entry.ino = shown.fid, entry.attr_timeout = entry.entry_timeout = timeout();
      length = fuse_add_direntry_plus(request, start + used, room - used, name, &entry, next);
      if (is_known && length <= room - used) remembered_[shown.fid]++;
    } else {
      const struct stat attributes = to_stat(shown);
      length = fuse_add_direntry(request, start + used, room - used, name, &attributes, next);
    }
    if (length > room - used) break;
    used += length;
  }
  check(used <= room, "a listing fits into what was asked for");
  fuse_reply_buf(request, start, used);
}

void Requests::get_xattr(fuse_req_t request, Fid fid, const char* name, std::size_t size) {
  std::string value;
  const int failure = service_.get_xattr(fid, name, value);
  if (failure != 0) {
    fuse_reply_err(request, -failure);
  } else if (size == 0) {
    fuse_reply_xattr(request, value.size());
  } else if (value.size() > size) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

void Requests::list_xattr(fuse_req_t request, Fid fid, std::size_t size) {
  std::string names;
  const int failure = service_.list_xattr(fid, names);
  if (failure != 0) {
    fuse_reply_err(request, -failure);
  } else if (size == 0) {
    fuse_reply_xattr(request, names.size());
  } else if (names.size() > size) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, names.data(), names.size());
  }
}

void Requests::statistics(fuse_req_t request) {
  Space now;
  if (const int failure = service_.space(now); failure != 0) {
    fuse_reply_err(request, -failure);
    return;
  }
  struct statvfs shown {};
  shown.f_bsize = now.block_bytes;
  shown.f_frsize = now.fragment_bytes;
  shown.f_blocks = now.blocks;
  shown.f_bfree = now.free;
  shown.f_bavail = now.available;
  shown.f_files = now.files;
  shown.f_ffree = now.free_files;
  shown.f_namemax = now.name_bytes_max;
  fuse_reply_statfs(request, &shown);
}

void Requests::seek(fuse_req_t request, Fid fid, off_t offset, int whence) {
  Attributes shown;
  const int failure = service_.attributes(fid, shown);
  if (failure != 0 || (whence != SEEK_DATA && whence != SEEK_HOLE)) {
    fuse_reply_err(request, failure != 0 ? -failure : EINVAL);
    return;
  }
  const auto from = static_cast<std::uint64_t>(offset);
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  const int found = from < shown.size ? service_.next_data(fid, from, start, end) : 0;
  if (found < 0) {
    fuse_reply_err(request, -found);
    return;
  }
  const bool has_data = found > 0;
  if (from >= shown.size || (whence == SEEK_DATA && !has_data)) {
    fuse_reply_err(request, ENXIO);
  } else if (whence == SEEK_DATA) {
    fuse_reply_lseek(request, static_cast<off_t>(std::max(start, from)));
  } else {
    const bool is_in_hole = !has_data || start > from;
    fuse_reply_lseek(request, is_in_hole ? offset : static_cast<off_t>(end));
  }
}

// ---- what may wait

Task<> Requests::read(fuse_req_t request, Fid fid, std::uint64_t offset, std::size_t size, int flags) {
  const Answer answer(*this);
  if (is_odd_direct(flags, offset, size)) {
    Attributes now;
    const bool is_behind = service_.attributes(fid, now) == 0 && offset >= now.size;
    if (is_behind) {
      fuse_reply_buf(request, nullptr, 0);
    } else {
      fuse_reply_err(request, EINVAL);
    }
    co_return;
  }
  const Buffer space = buffers_.take(std::min<std::size_t>(size, kWriteBytesMax));
  const Bytes into = space.first(std::min<std::size_t>(size, kWriteBytesMax));
  const int result = co_await service_.read(fid, offset, into);
  if (result < 0) {
    fuse_reply_err(request, -result);
  } else {
    check(static_cast<std::size_t>(result) <= into.size(), "no more is read than was asked for");
    fuse_reply_buf(request, reinterpret_cast<const char*>(into.data()), static_cast<std::size_t>(result));
  }
}

Task<> Requests::write(fuse_req_t request, Fid fid, std::uint64_t offset, ConstBytes data, int flags,
                       bool drops_set_id) {
  const Answer answer(*this);
  const Buffer kept = take_back();
  if (is_odd_direct(flags, offset, data.size())) {
    fuse_reply_err(request, EINVAL);
    co_return;
  }
  if (drops_set_id) {
    const int failure = co_await drop_set_id(fid, S_ISUID | S_ISGID);
    if (failure != 0) {
      fuse_reply_err(request, -failure);
      co_return;
    }
  }
  // R12: no FSYNC follows a write with these flags.
  const bool sync = (flags & kSyncBits) != 0;
  const int result = co_await service_.write(fid, offset, data, sync);
  if (result < 0) {
    fuse_reply_err(request, -result);
  } else {
    fuse_reply_write(request, static_cast<std::size_t>(result));
  }
}

/// Somebody without the privilege takes these of the set-id bits away, on both copies. True when there is
/// something to take.
bool Requests::without_set_id(Fid fid, std::uint32_t bits, NameChange& change) {
  Attributes shown;
  if (service_.attributes(fid, shown) != 0) return false;
  // Without group execution the bit means mandatory locking and stays when the file is written to.
  if ((bits & S_ISUID) != 0 && (shown.mode & S_IXGRP) == 0) bits &= ~static_cast<std::uint32_t>(S_ISGID);
  const std::uint32_t mode = shown.mode & ~bits;
  if (mode == shown.mode) return false;
  change.kind = NameKind::set_attributes;
  change.fid = fid;
  change.valid |= kSetMode;
  change.attributes.mode = mode;
  return true;
}

/// R45: the kernel hears of it before the caller of the write does: what it remembers would be in force for
/// as long as it may remember, and a program that anybody may overwrite would run as its owner for that long.
Task<int> Requests::drop_set_id(Fid fid, std::uint32_t bits) {
  NameChange change;
  if (!without_set_id(fid, bits, change)) co_return 0;
  const int result = co_await service_.apply(change);
  device_.forget_attributes(fid);
  co_return result;
}

Task<> Requests::flush(fuse_req_t request, Fid fid, bool data_only) {
  const Answer answer(*this);
  // Nothing of ours can be dirty on the secondary; a reader's fsync is no change.
  const int result = service_.writable() ? co_await service_.flush(fid, data_only) : 0;
  fuse_reply_err(request, -result);
}

Task<> Requests::allocate(fuse_req_t request, Fid fid, int mode, off_t offset, off_t length) {
  const Answer answer(*this);
  const auto from = static_cast<std::uint64_t>(offset);
  int result = 0;
  // The kernel says of writes and cuts whether the caller may keep these bits, but not here.
  if (fuse_req_ctx(request)->uid != 0 && service_.writable())
    result = co_await drop_set_id(fid, S_ISUID | S_ISGID);
  if (result == 0) result = co_await service_.allocate(fid, mode, from, static_cast<std::uint64_t>(length));
  fuse_reply_err(request, -result);
}

Task<int> Requests::apply(fuse_req_t request, NameChange& change) {
  if (refuse(request, change.fid != kNoFid ? change.fid : change.directory)) co_return -EROFS;
  const int result = co_await service_.apply(change);
  co_return result;
}

Task<> Requests::set_attributes(fuse_req_t request, NameChange change, bool drops_set_id) {
  const Answer answer(*this);
  if (drops_set_id && (change.valid & kSetMode) == 0) without_set_id(change.fid, S_ISUID | S_ISGID, change);
  const int result = co_await apply(request, change);
  if (result != 0) {
    fuse_reply_err(request, -result);
    co_return;
  }
  const struct stat shown = to_stat(change.attributes);
  fuse_reply_attr(request, &shown, timeout());
}

NameChange Requests::named(fuse_req_t request, NameKind kind, Fid directory, const char* name, mode_t mode) {
  const fuse_ctx* caller = fuse_req_ctx(request);
  NameChange change;
  change.kind = kind;
  change.directory = directory;
  change.name = name;
  change.attributes.uid = caller->uid;
  change.attributes.gid = caller->gid;
  // FUSE_DONT_MASK: a default access list of the directory stands in for the umask.
  std::string list;
  const bool has_default = service_.get_xattr(directory, "system.posix_acl_default", list) == 0;
  const bool is_masked = kind != NameKind::symlink && !has_default;
  change.attributes.mode = is_masked ? mode & ~caller->umask : mode;
  return change;
}

Task<> Requests::make(fuse_req_t request, NameChange change) {
  const Answer answer(*this);
  const int result = co_await apply(request, change);
  if (result != 0) {
    fuse_reply_err(request, -result);
    co_return;
  }
  const fuse_entry_param entry = entry_of(change.attributes);
  fuse_reply_entry(request, &entry);
}

Task<> Requests::create(fuse_req_t request, NameChange change, int flags) {
  const Answer answer(*this);
  int result = co_await apply(request, change);
  // Somebody else was faster, and that is no error without O_EXCL.
  if (result == -EEXIST && (flags & O_EXCL) == 0) {
    result = service_.lookup(change.directory, change.name, change.attributes);
  }
  if (result == 0) result = service_.hold(change.attributes.fid);
  if (result != 0) {
    fuse_reply_err(request, -result);
    co_return;
  }
  const Fid fid = change.attributes.fid;
  count_open(fid, flags);
  remembered_[fid]++;
  struct {
    fuse_entry_out entry;
    fuse_open_out open;
  } out{};
  out.entry.nodeid = fid;
  out.entry.entry_valid = out.entry.attr_valid = static_cast<std::uint64_t>(timeout());
  out.entry.attr = to_kernel(change.attributes);
  out.open = opened(fid, flags);
  if (fuse_reply_buf(request, reinterpret_cast<const char*>(&out), sizeof out) == -ENOENT)
    count_release(fid, flags);
}

Task<> Requests::change(fuse_req_t request, NameChange change) {
  const Answer answer(*this);
  const int result = co_await apply(request, change);
  fuse_reply_err(request, -result);
}

/// The file that this change takes a name from, if the kernel knows it.
Fid Requests::loses_name(const NameChange& change) {
  const bool is_rename = change.kind == NameKind::rename;
  Attributes found;
  const int failure = service_.lookup(is_rename ? change.directory2 : change.directory,
                                      is_rename ? change.name2 : change.name, found);
  return failure == 0 && remembered_.contains(found.fid) ? found.fid : kNoFid;
}

/// Held already. What has lost its last name and is a working directory or open by its path alone is asked
/// for like any other, until the kernel forgets it.
void Requests::keep_while_remembered(Fid fid) {
  Attributes left;
  const bool is_nameless = service_.attributes(fid, left) == 0 && left.links == 0;
  const bool is_kept = is_nameless && remembered_.contains(fid) && nameless_.insert(fid).second;
  if (!is_kept) service_.release(fid);
}

Task<> Requests::take_name(fuse_req_t request, NameChange change) {
  const Answer answer(*this);
  const Fid losing = loses_name(change);
  const bool is_held = losing != kNoFid && service_.hold(losing) == 0;
  const int result = co_await apply(request, change);
  if (is_held) keep_while_remembered(losing);
  fuse_reply_err(request, -result);
}

Task<> Requests::set_xattr(fuse_req_t request, NameChange change, bool drops_set_group) {
  const Answer answer(*this);
  // R109
  if (change.name.starts_with(kHostXattrPrefix)) {
    fuse_reply_err(request, EOPNOTSUPP);
    co_return;
  }
  int result = co_await apply(request, change);
  if (result == 0 && drops_set_group) result = co_await drop_set_id(change.fid, S_ISGID);
  fuse_reply_err(request, -result);
}

}  // namespace gemel
