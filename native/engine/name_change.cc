// SPDX-License-Identifier: Apache-2.0
#include "name_change.h"

namespace gemel {

wire::Change to_wire(const NameChange& change) {
  const Attributes& to = change.attributes;
  wire::Change message;
  message.kind = change.kind;
  message.fid = change.fid;
  message.directory = change.directory;
  message.directory2 = change.directory2;
  message.name = change.name;
  message.name2 = change.name2;
  message.value = change.value;
  message.flags = change.flags;
  message.valid = change.valid;
  message.mode = to.mode;
  message.uid = to.uid;
  message.gid = to.gid;
  message.rdev = to.rdev;
  message.size = to.size;
  message.atime = to.atime.seconds;
  message.atime_nanos = to.atime.nanos;
  message.mtime = to.mtime.seconds;
  message.mtime_nanos = to.mtime.nanos;
  return message;
}

NameChange from_wire(const wire::Change& message) {
  NameChange change;
  change.kind = message.kind;
  change.fid = message.fid;
  change.directory = message.directory;
  change.directory2 = message.directory2;
  change.name = message.name;
  change.name2 = message.name2;
  change.value = message.value;
  change.flags = message.flags;
  change.valid = message.valid;
  Attributes& to = change.attributes;
  to.fid = message.fid;
  to.mode = message.mode;
  to.uid = message.uid;
  to.gid = message.gid;
  to.rdev = message.rdev;
  to.size = message.size;
  to.atime = {message.atime, message.atime_nanos};
  to.mtime = {message.mtime, message.mtime_nanos};
  return change;
}

void add_locks(Hold& hold, Disk& disk, const NameChange& change) {
  hold.add_file(change.directory);
  hold.add_file(change.directory2);
  hold.add_file(change.fid);
  Attributes other;
  const bool removes =
      change.kind == NameKind::unlink || change.kind == NameKind::rmdir || change.kind == NameKind::rename;
  if (removes && disk.lookup(change.directory, change.name, other) == 0) hold.add_file(other.fid);
  if (change.kind == NameKind::rename && disk.lookup(change.directory2, change.name2, other) == 0)
    hold.add_file(other.fid);
}

}  // namespace gemel
