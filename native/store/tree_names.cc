// SPDX-License-Identifier: Apache-2.0
// RealDisk's changes of names and attributes. Each answers 0 or -errno exactly as the file system does; a
// later step that fails after the first succeeded is undone, so that a refused change leaves nothing behind.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "../base/check.h"
#include "tree.h"

namespace gemel {

namespace {

constexpr std::uint32_t kModeBits = 07777;
constexpr std::uint32_t kSetIdBits = S_ISUID | S_ISGID;

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
         name.find('\0') == name.npos;
}

timespec to_timespec(const TimeSpec& time) {
  return {time.seconds, static_cast<long>(time.nanos)};
}

}  // namespace

int RealDisk::apply(NameChange& op) {
  switch (op.kind) {
    case NameKind::create:
    case NameKind::mkdir:
    case NameKind::symlink:
    case NameKind::mknod:
      return create(op);
    case NameKind::link:
      return link(op);
    case NameKind::unlink:
    case NameKind::rmdir:
      return remove(op);
    case NameKind::rename:
      return rename(op);
    case NameKind::set_attributes:
      return set_attributes(op);
    case NameKind::set_xattr:
    case NameKind::remove_xattr:
      return set_xattr(op);
  }
  return -EINVAL;
}

int RealDisk::create(NameChange& op) {
  const int at = directory(op.directory);
  if (at < 0) return at;
  if (!is_plain_name(op.name)) return -EINVAL;
  if (op.fid == kNoFid) op.fid = index_.fresh_fid();
  if (index_.find(op.fid) != nullptr) return -EEXIST;
  check(op.fid > kRootFid, "a new file has an identity of its own");
  const std::uint32_t mode = op.attributes.mode & kModeBits;
  if (const int result = make_entry(op, at, mode); result != 0) return result;
  const auto undo = [&](int failure) {
    unlinkat(at, op.name.c_str(), op.kind == NameKind::mkdir ? AT_REMOVEDIR : 0);
    return failure;
  };
  if (const int result = settle_owner(op, at, (mode & kSetIdBits) != 0); result != 0) return undo(result);
  int failure = 0;
  Node* node = index_.adopt(at, op.name.c_str(), op.fid, failure);
  if (node == nullptr) return undo(failure);
  if (const int result = set_times(*node, op); result != 0) return undo(result);
  return stat(op.fid, op.attributes);
}

int RealDisk::make_entry(const NameChange& op, int at, std::uint32_t mode) {
  const char* name = op.name.c_str();
  int result = -1;
  if (op.kind == NameKind::create) {
    result = openat(at, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
    if (result >= 0) result = close(result);
  } else if (op.kind == NameKind::mkdir) {
    result = mkdirat(at, name, mode);
  } else if (op.kind == NameKind::symlink) {
    result = symlinkat(op.value.c_str(), at, name);
  } else {
    result = mknodat(at, name, (op.attributes.mode & S_IFMT) | mode, op.attributes.rdev);
  }
  return result == 0 ? 0 : -errno;
}

/// The creator owns what it makes; the group comes from a set-group-id directory when it is made in one.
int RealDisk::settle_owner(const NameChange& op, int at, bool has_set_id) {
  struct stat parent {};
  if (fstat(at, &parent) != 0) return -errno;
  std::uint32_t parent_mode = parent.st_mode;
  if (op.directory == kRootFid && has_shown_root_) parent_mode = shown_root_.mode;
  const bool inherits = (parent_mode & S_ISGID) != 0;
  std::uint32_t group = inherits ? parent.st_gid : op.attributes.gid;
  if (inherits && op.directory == kRootFid && has_shown_root_) group = shown_root_.gid;
  const char* name = op.name.c_str();
  if (fchownat(at, name, op.attributes.uid, group, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
  const bool is_directory = op.kind == NameKind::mkdir;
  if (op.kind == NameKind::symlink || !(has_set_id || (is_directory && inherits))) return 0;
  // Changing the owner has taken these bits away.
  struct stat made {};
  if (fstatat(at, name, &made, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
  const std::uint32_t wanted = (op.attributes.mode & kSetIdBits) | (is_directory && inherits ? S_ISGID : 0U);
  return fchmodat(at, name, (made.st_mode & kModeBits) | wanted, 0) == 0 ? 0 : -errno;
}

int RealDisk::link(NameChange& op) {
  Node* node = index_.find(op.fid);
  const int at = directory(op.directory);
  if (node == nullptr) return -ESTALE;
  if (at < 0) return at;
  if (!is_plain_name(op.name)) return -EINVAL;
  const int file = index_.path(*node);
  if (file < 0) return file;
  if (linkat(AT_FDCWD, proc_path(file).c_str(), at, op.name.c_str(), AT_SYMLINK_FOLLOW) != 0) return -errno;
  return stat(op.fid, op.attributes);
}

int RealDisk::remove(NameChange& op) {
  const int at = directory(op.directory);
  if (at < 0) return at;
  if (!is_plain_name(op.name)) return -EINVAL;
  int failure = 0;
  Node* node = index_.at(at, op.name.c_str(), failure);
  if (node == nullptr) return failure;
  // Reached before its name is gone: a handle leads nowhere afterwards, and unlinkat(2) would free it at
  // once.
  (void)index_.path(*node);
  const bool is_directory = op.kind == NameKind::rmdir;
  if (unlinkat(at, op.name.c_str(), is_directory ? AT_REMOVEDIR : 0) != 0) return -errno;
  op.fid = op.replaced = node->fid;
  const int file = index_.path(*node);
  struct stat left {};
  if (file >= 0 && fstat(file, &left) == 0) fill(left, node->fid, op.attributes);
  lost_name(*node, is_directory);
  return 0;
}

void RealDisk::lost_name(Node& node, bool is_directory) {
  const int file = index_.path(node);
  struct stat left {};
  const bool has_names = file >= 0 && fstat(file, &left) == 0 && left.st_nlink > 0;
  if (is_directory || !has_names) index_.remove(node);
}

int RealDisk::rename(NameChange& op) {
  const int from = directory(op.directory);
  if (from < 0) return from;
  const int to = directory(op.directory2);
  if (to < 0) return to;
  if (!is_plain_name(op.name) || !is_plain_name(op.name2)) return -EINVAL;
  if ((op.flags & ~static_cast<unsigned>(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0) return -EINVAL;
  int failure = 0;
  Node* moved = index_.at(from, op.name.c_str(), failure);
  if (moved == nullptr) return failure;
  const Fid moved_fid = moved->fid;
  Node* target = index_.at(to, op.name2.c_str(), failure);
  // Reached before its name is gone: a handle leads nowhere afterwards.
  if (target != nullptr && index_.path(*target) < 0) target = nullptr;
  if (renameat2(from, op.name.c_str(), to, op.name2.c_str(), op.flags) != 0) return -errno;
  op.fid = moved_fid;
  const bool replaces = target != nullptr && target->fid != moved_fid && (op.flags & RENAME_EXCHANGE) == 0;
  op.replaced = replaces ? target->fid : kNoFid;
  if (replaces) lost_name(*target, target->type == S_IFDIR);
  return stat(moved_fid, op.attributes);
}

int RealDisk::set_attributes(NameChange& op) {
  Node* node = index_.find(op.fid);
  if (node == nullptr) return -ESTALE;
  int result = 0;
  if (op.fid == kRootFid && has_shown_root_) {
    if ((op.valid & kSetMode) != 0) shown_root_.mode = op.attributes.mode & kModeBits;
    if ((op.valid & kSetUid) != 0) shown_root_.uid = op.attributes.uid;
    if ((op.valid & kSetGid) != 0) shown_root_.gid = op.attributes.gid;
    result = set_times(*node, op);
  } else {
    result = set_attributes_of(*node, op);
  }
  if (result != 0) return result;
  result = stat(op.fid, op.attributes);
  if (result == 0 && op.fid == kRootFid && root_changed_) root_changed_(op.attributes);
  return result;
}

int RealDisk::set_attributes_of(Node& node, const NameChange& op) {
  const int file = index_.path(node);
  if (file < 0) return file;
  const auto wanted = [&](AttributeBit bit, std::uint32_t value) {
    return (op.valid & bit) != 0 ? value : static_cast<std::uint32_t>(-1);
  };
  if ((op.valid & kSetSize) != 0) {
    const int data = index_.buffered(node);
    if (data < 0) return data;
    if (ftruncate(data, static_cast<off_t>(op.attributes.size)) != 0) return -errno;
  }
  if ((op.valid & (kSetUid | kSetGid)) != 0) {
    const std::uint32_t owner = wanted(kSetUid, op.attributes.uid);
    const std::uint32_t group = wanted(kSetGid, op.attributes.gid);
    if (fchownat(file, "", owner, group, AT_EMPTY_PATH) != 0) return -errno;
  }
  // After the owner, whose change takes set-id bits away.
  if ((op.valid & kSetMode) != 0 && chmod(proc_path(file).c_str(), op.attributes.mode & kModeBits) != 0) {
    return -errno;
  }
  return set_times(node, op);
}

int RealDisk::set_times(Node& node, const NameChange& op) {
  if ((op.valid & (kSetAtime | kSetMtime)) == 0) return 0;
  const timespec unchanged{0, UTIME_OMIT};
  const timespec times[2] = {(op.valid & kSetAtime) != 0 ? to_timespec(op.attributes.atime) : unchanged,
                             (op.valid & kSetMtime) != 0 ? to_timespec(op.attributes.mtime) : unchanged};
  const int file = index_.path(node);
  if (file < 0) return file;
  return utimensat(AT_FDCWD, proc_path(file).c_str(), times, 0) == 0 ? 0 : -errno;
}

int RealDisk::set_xattr(NameChange& op) {
  if (op.name.starts_with(kOwnXattrPrefix)) return -EPERM;
  // R109: from a peer of before, whose mount took them: what is not kept cannot differ.
  if (op.name.starts_with(kHostXattrPrefix)) return stat(op.fid, op.attributes);
  // An access list on the root would open the underlying directory, which stays 0700 (R27).
  if (op.fid == kRootFid && has_shown_root_ && op.name == "system.posix_acl_access") return -EOPNOTSUPP;
  Node* node = index_.find(op.fid);
  if (node == nullptr) return -ESTALE;
  const int file = index_.path(*node);
  if (file < 0) return file;
  const std::string reached = proc_path(file);
  const int result = op.kind == NameKind::remove_xattr
                         ? removexattr(reached.c_str(), op.name.c_str())
                         : setxattr(reached.c_str(), op.name.c_str(), op.value.data(), op.value.size(),
                                    static_cast<int>(op.flags));
  return result == 0 ? stat(op.fid, op.attributes) : -errno;
}

}  // namespace gemel
