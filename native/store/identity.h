// SPDX-License-Identifier: Apache-2.0
// Do state and data belong together, and are they there at all? (R27)
//
// Three witnesses: the root's xattr trusted.gemel.copy, the superblock beside it, and the daemon's own
// memory, which lies on another file system. Root and superblock name each other and the file system.
// Whatever does not fit together is "data not there": never empty, never a source. Reading is one thing
// (read_witnesses), judging another (judge): the judgement is a pure function with a table test.
#pragma once

#include <optional>
#include <string>

#include "superblock.h"

namespace gemel {

/// What trusted.gemel.copy says.
struct RootMark {
  std::string module_uuid;
  std::string copy_uuid;
  std::string file_system;
  bool operator==(const RootMark&) const = default;
};

/// What the daemon's own record says of this node's copy (MirrorConfig.known).
enum class Known : std::uint8_t { never, set_aside, initialised };

struct Witnesses {
  std::string module_uuid;  ///< asked for by the configuration
  Known known = Known::never;
  std::string known_file_system;  ///< with `initialised`
  bool root_exists = false;
  bool root_is_mount_point = false;
  bool root_has_files = false;
  std::string file_system;       ///< UUID of what holds the root now; empty: it has none that lasts
  bool same_file_system = true;  ///< state directory and root
  std::optional<RootMark> mark;
  Superblock::Found superblock = Superblock::Found::none;
  CopyRecord record;  ///< with Found::valid
};

struct Judgement {
  enum class Kind : std::uint8_t {
    there,      ///< root, superblock and file system name each other
    empty,      ///< nothing was ever here: may be initialised as source or filled
    unknown,    ///< files without state: waits for a person
    not_there,  ///< data not there: nothing may start
    refused,    ///< cannot be used in this place (mount point, newer format, no lasting identity)
  } kind = Kind::not_there;
  char row = '?';    ///< of the table in identity.cc
  std::string code;  ///< stable, for the error registry
  std::string message;
  std::string next;  ///< what the operator should do
};
Judgement judge(const Witnesses& witnesses);

/// Looks at the root and at the state directory; opens `superblock` (null: there is no state directory). To
/// be asked before the root is mounted over. 0 or -errno.
int read_witnesses(const std::string& root, const std::string& state, Superblock* superblock, Witnesses& out);

struct FileSystemId {
  std::string uuid;  ///< empty when there is none that lasts
  std::string note;  ///< how it was found, or why not
};
/// FS_IOC_GETFSUUID, else /run/udev or /dev/disk/by-uuid of its device; tmpfs and the like have none.
FileSystemId file_system_id(int directory_fd);

std::optional<RootMark> read_root_mark(int directory_fd);
/// Writes trusted.gemel.copy. 0 or -errno.
int write_root_mark(int directory_fd, const RootMark& mark);
/// 36 characters, random.
std::string make_uuid(Clock& clock);

}  // namespace gemel
