// SPDX-License-Identifier: Apache-2.0
// libfuse's table of functions: each takes the request apart and hands it on. Nothing is decided here.
#include <fcntl.h>

#include <ctime>

#include "../../base/limits.h"
#include "requests.h"

namespace gemel {

namespace {

TimeSpec to_time(const timespec& time) {
  return {time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)};
}

/// "Now" is settled here once, so that both copies get the same time.
TimeSpec present() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return to_time(now);
}

NameChange attribute_change(Fid fid, const struct stat& given, int which) {
  NameChange change;
  change.kind = NameKind::set_attributes;
  change.fid = fid;
  Attributes& to = change.attributes;
  const auto take = [&](int bit, AttributeBit valid) {
    if ((which & bit) != 0) change.valid |= valid;
    return (which & bit) != 0;
  };
  if (take(FUSE_SET_ATTR_MODE, kSetMode)) to.mode = given.st_mode;
  if (take(FUSE_SET_ATTR_UID, kSetUid)) to.uid = given.st_uid;
  if (take(FUSE_SET_ATTR_GID, kSetGid)) to.gid = given.st_gid;
  if (take(FUSE_SET_ATTR_SIZE, kSetSize)) to.size = static_cast<std::uint64_t>(given.st_size);
  if (take(FUSE_SET_ATTR_ATIME, kSetAtime)) to.atime = to_time(given.st_atim);
  if (take(FUSE_SET_ATTR_MTIME, kSetMtime)) to.mtime = to_time(given.st_mtim);
  const TimeSpec now = present();
  if (take(FUSE_SET_ATTR_ATIME_NOW, kSetAtime)) to.atime = now;
  if (take(FUSE_SET_ATTR_MTIME_NOW, kSetMtime)) to.mtime = now;
  return change;
}

}  // namespace

struct Handlers {
  static Requests& of(fuse_req_t request) { return *static_cast<Requests*>(fuse_req_userdata(request)); }

  static void init(void*, fuse_conn_info* connection) {
    connection->want &= ~static_cast<unsigned>(
        FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_ATOMIC_O_TRUNC |
        FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS |
        FUSE_CAP_IOCTL_DIR | FUSE_CAP_HANDLE_KILLPRIV);
    const unsigned wanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO | FUSE_CAP_POSIX_ACL |
                            FUSE_CAP_DONT_MASK | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_READDIRPLUS |
                            FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_EXPORT_SUPPORT;
    connection->want |= connection->capable & wanted;
    connection->max_write = kWriteBytesMax;
    connection->max_read = kWriteBytesMax;
    connection->max_readahead = kWriteBytesMax;
    // Deeper than any queue of a guest's disk; the device queue of each request class shares this bound.
    connection->max_background = limits::kBackground;
    connection->congestion_threshold = limits::kCongested;
    connection->time_gran = 1;
  }

  static void lookup(fuse_req_t r, fuse_ino_t directory, const char* name) {
    of(r).lookup(r, directory, name);
  }
  static void forget(fuse_req_t r, fuse_ino_t fid, std::uint64_t count) {
    of(r).forget(fid, count);
    fuse_reply_none(r);
  }
  static void forget_multi(fuse_req_t r, std::size_t count, fuse_forget_data* all) {
    for (std::size_t at = 0; at < count; at++) of(r).forget(all[at].ino, all[at].nlookup);
    fuse_reply_none(r);
  }
  static void getattr(fuse_req_t r, fuse_ino_t fid, fuse_file_info*) { of(r).get_attributes(r, fid); }
  static void setattr(fuse_req_t r, fuse_ino_t fid, struct stat* given, int which, fuse_file_info*) {
    Requests& self = of(r);
    const bool drops_set_id = (self.raw<fuse_setattr_in>().valid & FATTR_KILL_SUIDGID) != 0;
    spawn(self.set_attributes(r, attribute_change(fid, *given, which), drops_set_id));
  }
  static void readlink(fuse_req_t r, fuse_ino_t fid) { of(r).read_link(r, fid); }

  static void mknod(fuse_req_t r, fuse_ino_t directory, const char* name, mode_t mode, dev_t device) {
    Requests& self = of(r);
    NameChange change =
        self.named(r, S_ISREG(mode) ? NameKind::create : NameKind::mknod, directory, name, mode);
    change.attributes.rdev = device;
    spawn(self.make(r, std::move(change)));
  }
  static void mkdir(fuse_req_t r, fuse_ino_t directory, const char* name, mode_t mode) {
    Requests& self = of(r);
    spawn(self.make(r, self.named(r, NameKind::mkdir, directory, name, S_IFDIR | mode)));
  }
  static void symlink(fuse_req_t r, const char* target, fuse_ino_t directory, const char* name) {
    Requests& self = of(r);
    NameChange change = self.named(r, NameKind::symlink, directory, name, S_IFLNK | 0777);
    change.value = target;
    spawn(self.make(r, std::move(change)));
  }
  static void link(fuse_req_t r, fuse_ino_t fid, fuse_ino_t directory, const char* name) {
    NameChange change;
    change.kind = NameKind::link;
    change.fid = fid;
    change.directory = directory;
    change.name = name;
    spawn(of(r).make(r, std::move(change)));
  }
  static void unlink(fuse_req_t r, fuse_ino_t directory, const char* name) {
    remove(r, NameKind::unlink, directory, name);
  }
  static void rmdir(fuse_req_t r, fuse_ino_t directory, const char* name) {
    remove(r, NameKind::rmdir, directory, name);
  }
  static void remove(fuse_req_t r, NameKind kind, fuse_ino_t directory, const char* name) {
    NameChange change;
    change.kind = kind;
    change.directory = directory;
    change.name = name;
    spawn(of(r).take_name(r, std::move(change)));
  }
  static void rename(fuse_req_t r, fuse_ino_t directory, const char* name, fuse_ino_t directory2,
                     const char* name2, unsigned flags) {
    NameChange change;
    change.kind = NameKind::rename;
    change.directory = directory;
    change.name = name;
    change.directory2 = directory2;
    change.name2 = name2;
    change.flags = flags;
    spawn(of(r).take_name(r, std::move(change)));
  }

  static void open(fuse_req_t r, fuse_ino_t fid, fuse_file_info* file) { of(r).open(r, fid, file->flags); }
  static void create(fuse_req_t r, fuse_ino_t directory, const char* name, mode_t mode,
                     fuse_file_info* file) {
    Requests& self = of(r);
    spawn(self.create(r, self.named(r, NameKind::create, directory, name, mode), file->flags));
  }
  static void release(fuse_req_t r, fuse_ino_t fid, fuse_file_info* file) {
    of(r).release(r, fid, file->flags);
  }
  static void read(fuse_req_t r, fuse_ino_t fid, std::size_t size, off_t offset, fuse_file_info* file) {
    spawn(of(r).read(r, fid, static_cast<std::uint64_t>(offset), size, file->flags));
  }
  static void write(fuse_req_t r, fuse_ino_t fid, const char* data, std::size_t size, off_t offset,
                    fuse_file_info* file) {
    Requests& self = of(r);
    const bool drops_set_id = (self.raw<fuse_write_in>().write_flags & FUSE_WRITE_KILL_SUIDGID) != 0;
    const ConstBytes bytes(reinterpret_cast<const std::byte*>(data), size);
    spawn(self.write(r, fid, static_cast<std::uint64_t>(offset), bytes, file->flags, drops_set_id));
  }
  /// close(2): every write has been answered already, so there is nothing left to say. Never ENOSYS (R12).
  static void flush(fuse_req_t r, fuse_ino_t, fuse_file_info*) { fuse_reply_err(r, 0); }
  static void fsync(fuse_req_t r, fuse_ino_t fid, int data_only, fuse_file_info*) {
    spawn(of(r).flush(r, fid, data_only != 0));
  }
  static void fallocate(fuse_req_t r, fuse_ino_t fid, int mode, off_t offset, off_t length, fuse_file_info*) {
    spawn(of(r).allocate(r, fid, mode, offset, length));
  }
  static void lseek(fuse_req_t r, fuse_ino_t fid, off_t offset, int whence, fuse_file_info*) {
    of(r).seek(r, fid, offset, whence);
  }

  static void opendir(fuse_req_t r, fuse_ino_t fid, fuse_file_info* file) {
    of(r).open_directory(r, fid, file);
  }
  static void readdir(fuse_req_t r, fuse_ino_t fid, std::size_t size, off_t offset, fuse_file_info* file) {
    of(r).read_directory(r, fid, size, offset, file->fh, false);
  }
  static void readdirplus(fuse_req_t r, fuse_ino_t fid, std::size_t size, off_t offset,
                          fuse_file_info* file) {
    of(r).read_directory(r, fid, size, offset, file->fh, true);
  }
  static void releasedir(fuse_req_t r, fuse_ino_t fid, fuse_file_info* file) {
    of(r).release_directory(r, fid, file->fh);
  }
  static void statfs(fuse_req_t r, fuse_ino_t) { of(r).statistics(r); }

  static void setxattr(fuse_req_t r, fuse_ino_t fid, const char* name, const char* value, std::size_t size,
                       int flags) {
    NameChange change;
    change.kind = NameKind::set_xattr;
    change.fid = fid;
    change.name = name;
    change.value.assign(value, size);
    change.flags = static_cast<std::uint32_t>(flags);
    Requests& self = of(r);
    spawn(self.set_xattr(r, std::move(change), self.device().drops_set_group()));
  }
  static void getxattr(fuse_req_t r, fuse_ino_t fid, const char* name, std::size_t size) {
    of(r).get_xattr(r, fid, name, size);
  }
  static void listxattr(fuse_req_t r, fuse_ino_t fid, std::size_t size) { of(r).list_xattr(r, fid, size); }
  static void removexattr(fuse_req_t r, fuse_ino_t fid, const char* name) {
    NameChange change;
    change.kind = NameKind::remove_xattr;
    change.fid = fid;
    change.name = name;
    spawn(of(r).set_xattr(r, std::move(change), false));
  }

  static fuse_lowlevel_ops table() {
    fuse_lowlevel_ops all{};
    all.init = init, all.lookup = lookup, all.forget = forget, all.forget_multi = forget_multi;
    all.getattr = getattr, all.setattr = setattr, all.readlink = readlink;
    all.mknod = mknod, all.mkdir = mkdir, all.symlink = symlink, all.link = link;
    all.unlink = unlink, all.rmdir = rmdir, all.rename = rename;
    all.open = open, all.create = create, all.release = release;
    all.read = read, all.write = write, all.flush = flush, all.fsync = fsync;
    all.fallocate = fallocate, all.lseek = lseek;
    all.opendir = opendir, all.readdir = readdir, all.readdirplus = readdirplus, all.releasedir = releasedir;
    all.fsyncdir = fsync, all.statfs = statfs;
    all.setxattr = setxattr, all.getxattr = getxattr, all.listxattr = listxattr,
    all.removexattr = removexattr;
    return all;
  }
};

const fuse_lowlevel_ops& Requests::operations() {
  static const fuse_lowlevel_ops table = Handlers::table();
  return table;
}

}  // namespace gemel
