// SPDX-License-Identifier: Apache-2.0
// Changes of names and attributes as values: the same NameChange is what FUSE asks for, what the namespace
// journal records, what the wire carries and what either copy applies. (R6, R9)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fields.h"
#include "types.h"

namespace gemel {

/// Extended attributes with this prefix are Gemel's own: hidden in the mount, never replicated (R27).
inline constexpr std::string_view kOwnXattrPrefix = "trusted.gemel.";
/// libvirt remembers there whom a disk belonged to before it was given to QEMU: a fact of one host, of no use
/// after a failover (R109). The mount does not have them, so libvirt remembers nothing and gives every file
/// to root at the VM's end, the same on each host.
inline constexpr std::string_view kHostXattrPrefix = "trusted.libvirt.";

struct TimeSpec {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;
  bool operator==(const TimeSpec&) const = default;
};

/// What stat(2) shows of a file. `mode` carries type and permission bits.
struct Attributes {
  Fid fid = kNoFid;
  std::uint32_t mode = 0;
  std::uint32_t links = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t rdev = 0;
  std::uint64_t size = 0;
  std::uint64_t blocks = 0;  ///< 512-byte units
  TimeSpec atime, mtime, ctime;
};

struct Entry {
  std::string name;
  Fid fid = kNoFid;
  std::uint32_t type = 0;  ///< DT_*
};

/// What statfs(2) shows of the file system that holds the copy.
struct Space {
  std::uint64_t block_bytes = 0, fragment_bytes = 0;
  std::uint64_t blocks = 0, free = 0, available = 0;  ///< fragments; available: to who is not root
  std::uint64_t files = 0, free_files = 0;
  std::uint64_t name_bytes_max = 0;
};

/// What tells whether somebody touched a file behind the module's back (R29).
struct FileFacts {
  Fid fid = kNoFid;
  std::uint64_t size = 0;
  TimeSpec mtime, ctime;
  std::uint64_t inode = 0;
  std::uint64_t inode_generation = 0;
  bool operator==(const FileFacts&) const = default;
  template <class V>
  void fields(V& v) {
    v(fid, size, mtime.seconds, mtime.nanos, ctime.seconds, ctime.nanos, inode, inode_generation);
  }
};

enum class NameKind : std::uint8_t {
  create = 1,  ///< regular file: directory, name, mode, uid, gid; fid is given by the caller
  mkdir = 2,
  symlink = 3,  ///< value = target
  mknod = 4,    ///< rdev
  link = 5,     ///< fid = existing file, directory, name
  unlink = 6,
  rmdir = 7,
  rename = 8,  ///< directory/name → directory2/name2, flags of renameat2
  set_attributes = 9,
  set_xattr = 10,  ///< name = attribute, value, flags of setxattr
  remove_xattr = 11,
};

template <>
struct EnumRange<NameKind> {
  static constexpr NameKind first = NameKind::create, last = NameKind::remove_xattr;
};

/// Does it make a file of its own, with a number that both nodes give it?
constexpr bool makes_file(NameKind kind) {
  return kind == NameKind::create || kind == NameKind::mkdir || kind == NameKind::symlink ||
         kind == NameKind::mknod;
}

/// Which fields are meant (bits of `valid`): of set_attributes any, of what makes a file its kSetMtime.
enum AttributeBit : std::uint32_t {
  kSetMode = 1U << 0,
  kSetUid = 1U << 1,
  kSetGid = 1U << 2,
  kSetSize = 1U << 3,
  kSetAtime = 1U << 4,
  kSetMtime = 1U << 5,
};

struct NameChange {
  NameKind kind = NameKind::create;
  Fid fid = kNoFid;        ///< the file concerned; for create/mkdir/symlink/mknod the new file's fid
  Fid directory = kNoFid;  ///< where `name` is
  Fid directory2 = kNoFid;
  std::string name;
  std::string name2;
  std::string value;  ///< symlink target, xattr value
  std::uint32_t flags = 0;
  std::uint32_t valid = 0;
  Attributes attributes;  ///< in: what to set; out: the file's attributes afterwards
  Fid replaced = kNoFid;  ///< out: rename over / unlink: the file that lost this name
};

}  // namespace gemel
