// SPDX-License-Identifier: Apache-2.0
#include "tree_match.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "../base/limits.h"

namespace gemel {
namespace {

constexpr std::uint32_t kTypeBits = S_IFMT;

bool is_directory(std::uint32_t mode) {
  return (mode & kTypeBits) == S_IFDIR;
}

int describe_attributes(Disk& disk, const Attributes& seen, wire::TreeFile& out) {
  out.fid = seen.fid;
  out.mode = seen.mode;
  out.uid = seen.uid;
  out.gid = seen.gid;
  out.rdev = seen.rdev;
  out.size = (seen.mode & kTypeBits) == S_IFREG ? seen.size : 0;
  out.mtime = seen.mtime.seconds;
  out.mtime_nanos = seen.mtime.nanos;
  if ((seen.mode & kTypeBits) == S_IFLNK) {
    if (const int error = disk.read_link(seen.fid, out.link); error < 0) return error;
  }
  std::map<std::string, std::string> xattrs;
  if (const int error = read_xattrs(disk, seen.fid, xattrs); error != 0) return error;
  for (const auto& [name, value] : xattrs) {
    out.xattrs.push_back(name);
    out.xattrs.push_back(value);
  }
  return 0;
}

std::string aside_name(Fid fid) {
  char name[64];
  std::snprintf(name, sizeof name, ".gemel-aside-%016llx", static_cast<unsigned long long>(fid));
  return name;
}

}  // namespace

int read_xattrs(Disk& disk, Fid fid, std::map<std::string, std::string>& out) {
  std::string names;
  if (const int error = disk.list_xattr(fid, names); error < 0) return error == -EOPNOTSUPP ? 0 : error;
  for (std::size_t at = 0; at < names.size();) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    if (name.empty()) continue;
    std::string value;
    const int error = disk.get_xattr(fid, name, value);
    if (error >= 0) out[name] = value;
    // Removed between the two calls; whatever else it is, the attribute may be there.
    if (error < 0 && error != -ENODATA) return error;
  }
  return 0;
}

int describe(Disk& disk, Fid directory, const Entry& entry, wire::TreeFile& out) {
  Attributes seen;
  if (const int error = disk.lookup(directory, entry.name, seen); error != 0) return error;
  out.name = entry.name;
  return describe_attributes(disk, seen, out);
}

std::vector<wire::Change> split_off(wire::TreeFile& file) {
  std::vector<wire::Change> rest;
  while (encoded_size(file) > limits::kPartBytes && !file.xattrs.empty()) {
    wire::Change change;
    change.kind = NameKind::set_xattr;
    change.fid = file.fid;
    change.value = std::move(file.xattrs.back());
    file.xattrs.pop_back();
    change.name = std::move(file.xattrs.back());
    file.xattrs.pop_back();
    rest.push_back(std::move(change));
  }
  return rest;
}

int describe_root(Disk& disk, wire::TreeFile& out) {
  Attributes seen;
  if (const int error = disk.stat(kRootFid, seen); error != 0) return error;
  seen.fid = kRootFid;
  out.name = "root";
  return describe_attributes(disk, seen, out);
}

void TreeMatch::begin() {
  indexed_ = false;
  directories_.clear();
  seen_.clear();
  surplus_.clear();
  removed_.clear();
}

/// Where each directory is: a directory has one name only, so moving one means knowing it.
int TreeMatch::find_directories() {
  if (indexed_) return 0;
  std::vector<Fid> open{kRootFid};
  while (!open.empty()) {
    const Fid directory = open.back();
    open.pop_back();
    std::vector<Entry> entries;
    const int listed = disk_.list(directory, entries);
    if (listed != 0 && !Disk::is_absence(listed)) return listed;
    for (const Entry& entry : entries) {
      Attributes seen;
      const int error = disk_.lookup(directory, entry.name, seen);
      if (error != 0 && !Disk::is_absence(error)) return error;
      if (error != 0 || !is_directory(seen.mode)) continue;
      directories_[seen.fid] = {directory, entry.name};
      open.push_back(seen.fid);
    }
  }
  indexed_ = true;
  return 0;
}

int TreeMatch::match(const wire::TreeDirectory& part, std::vector<Fid>& created) {
  if (const int error = find_directories(); error != 0) return error;
  if (part.directory == kNoFid) {
    for (const wire::TreeFile& root : part.files) {
      if (const int error = match_attributes(root); error != 0) return error;
    }
    return 0;
  }
  auto& seen = seen_[part.directory];
  for (const wire::TreeFile& file : part.files) {
    seen.insert(file.name);
    if (const int error = match_file(part.directory, file, created); error != 0) return error;
  }
  std::vector<Entry> surplus;
  if (const int error = find_surplus(part, surplus); error != 0) return error;
  for (const Entry& entry : surplus) surplus_.push_back({{part.directory, entry.name}, entry.fid});
  return 0;
}

/// What the last part of a directory has not named.
int TreeMatch::find_surplus(const wire::TreeDirectory& part, std::vector<Entry>& surplus) {
  if (part.more) return 0;
  const auto& seen = seen_[part.directory];
  std::vector<Entry> entries;
  if (const int error = disk_.list(part.directory, entries); error != 0) return error;
  for (Entry& entry : entries) {
    if (seen.contains(entry.name)) continue;
    Attributes found;
    const int error = disk_.lookup(part.directory, entry.name, found);
    if (Disk::is_absence(error)) continue;
    if (error != 0) return error;
    entry.fid = found.fid;
    surplus.push_back(std::move(entry));
  }
  return 0;
}

int TreeMatch::match_file(Fid directory, const wire::TreeFile& file, std::vector<Fid>& created) {
  Attributes found;
  const int lookup = disk_.lookup(directory, file.name, found);
  if (lookup != 0 && lookup != -ENOENT) return lookup;
  bool is_there = lookup == 0;
  if (is_there && (found.fid != file.fid || (found.mode & kTypeBits) != (file.mode & kTypeBits))) {
    if (const int error = put_aside(directory, file.name, found.fid); error != 0) return error;
    is_there = false;
  }
  if (is_there && (file.mode & kTypeBits) == S_IFLNK) {
    std::string link;
    if (disk_.read_link(file.fid, link) < 0 || link != file.link) {
      if (const int error = remove(directory, file.name, file.fid, found.mode); error != 0) return error;
      is_there = false;
    }
  }
  if (!is_there) {
    if (const int error = bring(directory, file, created); error != 0) return error;
  }
  return match_attributes(file);
}

/// The name is free: the file is linked or moved here when this copy has it anywhere, else made.
int TreeMatch::bring(Fid directory, const wire::TreeFile& file, std::vector<Fid>& created) {
  Attributes known;
  // What cannot be seen may be there: a second file of that number would hide the first one's bytes.
  const int stat = disk_.stat(file.fid, known);
  if (stat != 0 && !Disk::is_absence(stat)) return stat;
  const bool has_it = stat == 0 && known.links > 0 && (known.mode & kTypeBits) == (file.mode & kTypeBits);
  NameChange change;
  if (has_it && is_directory(file.mode)) {
    const auto place = directories_.find(file.fid);
    if (place == directories_.end()) return -EIO;
    change.kind = NameKind::rename;
    change.directory = place->second.directory;
    change.name = place->second.name;
    change.directory2 = directory;
    change.name2 = file.name;
    place->second = {directory, file.name};
    return disk_.apply(change);
  }
  if (has_it) {
    change.kind = NameKind::link;
    change.fid = file.fid;
    change.directory = directory;
    change.name = file.name;
    return disk_.apply(change);
  }
  if (const int error = make(directory, file); error != 0) return error;
  if ((file.mode & kTypeBits) == S_IFREG) created.push_back(file.fid);
  return 0;
}

int TreeMatch::make(Fid directory, const wire::TreeFile& file) {
  NameChange change;
  change.fid = file.fid;
  change.directory = directory;
  change.name = file.name;
  change.attributes.fid = file.fid;
  change.attributes.mode = file.mode;
  change.attributes.uid = file.uid;
  change.attributes.gid = file.gid;
  change.attributes.rdev = file.rdev;
  switch (file.mode & kTypeBits) {
    case S_IFREG:
      change.kind = NameKind::create;
      break;
    case S_IFDIR:
      change.kind = NameKind::mkdir;
      directories_[file.fid] = {directory, file.name};
      break;
    case S_IFLNK:
      change.kind = NameKind::symlink;
      change.value = file.link;
      break;
    default:
      change.kind = NameKind::mknod;
  }
  return disk_.apply(change);
}

int TreeMatch::put_aside(Fid directory, const std::string& name, Fid fid) {
  NameChange change;
  change.kind = NameKind::rename;
  change.directory = directory;
  change.name = name;
  change.directory2 = directory;
  change.name2 = aside_name(fid);
  if (const int error = disk_.apply(change); error != 0) return error;
  surplus_.push_back({{directory, change.name2}, fid});
  if (const auto place = directories_.find(fid); place != directories_.end())
    place->second.name = change.name2;
  return 0;
}

int TreeMatch::match_attributes(const wire::TreeFile& file) {
  Attributes here;
  if (const int error = disk_.stat(file.fid, here); error != 0) return error;
  const bool is_link = (file.mode & kTypeBits) == S_IFLNK;
  NameChange change;
  change.kind = NameKind::set_attributes;
  change.fid = file.fid;
  if (here.uid != file.uid) change.valid |= kSetUid;
  if (here.gid != file.gid) change.valid |= kSetGid;
  // A change of the owner clears set-id bits: the mode is set with it.
  if (!is_link && (here.mode != file.mode || change.valid != 0)) change.valid |= kSetMode;
  if ((file.mode & kTypeBits) == S_IFREG && here.size != file.size) change.valid |= kSetSize;
  if (here.mtime != TimeSpec{file.mtime, file.mtime_nanos}) change.valid |= kSetMtime;
  change.attributes = here;
  change.attributes.mode = file.mode;
  change.attributes.uid = file.uid;
  change.attributes.gid = file.gid;
  change.attributes.size = file.size;
  change.attributes.mtime = {file.mtime, file.mtime_nanos};
  if (change.valid != 0) {
    if (const int error = disk_.apply(change); error != 0) return error;
  }
  return match_xattrs(file);
}

int TreeMatch::match_xattrs(const wire::TreeFile& file) {
  std::map<std::string, std::string> here;
  if (const int error = read_xattrs(disk_, file.fid, here); error != 0) return error;
  NameChange change;
  change.fid = file.fid;
  for (std::size_t at = 0; at + 1 < file.xattrs.size(); at += 2) {
    const std::string& name = file.xattrs[at];
    const auto known = here.find(name);
    const bool is_same = known != here.end() && known->second == file.xattrs[at + 1];
    if (known != here.end()) here.erase(known);
    if (is_same) continue;
    change.kind = NameKind::set_xattr;
    change.name = name;
    change.value = file.xattrs[at + 1];
    if (const int error = disk_.apply(change); error != 0) return error;
  }
  for (const auto& [name, value] : here) {
    change.kind = NameKind::remove_xattr;
    change.name = name;
    change.value.clear();
    if (const int error = disk_.apply(change); error != 0 && error != -ENODATA) return error;
  }
  return 0;
}

int TreeMatch::finish() {
  for (const Surplus& surplus : surplus_) {
    Attributes found;
    const int error = disk_.lookup(surplus.at.directory, surplus.at.name, found);
    if (error != 0 && !Disk::is_absence(error)) return error;
    // Moved away meanwhile, or another file by now: then it is not this one that is too many.
    if (error != 0 || found.fid != surplus.fid) continue;
    const int removed = remove(surplus.at.directory, surplus.at.name, found.fid, found.mode);
    if (removed != 0) return removed;
  }
  surplus_.clear();
  return 0;
}

int TreeMatch::remove(Fid directory, const std::string& name, Fid fid, std::uint32_t mode) {
  if (is_directory(mode)) {
    std::vector<Entry> entries;
    if (const int error = disk_.list(fid, entries); error != 0) return error;
    for (const Entry& entry : entries) {
      Attributes found;
      const int seen = disk_.lookup(fid, entry.name, found);
      if (Disk::is_absence(seen)) continue;
      if (seen != 0) return seen;
      if (const int error = remove(fid, entry.name, found.fid, found.mode); error != 0) return error;
    }
  }
  NameChange change;
  change.kind = is_directory(mode) ? NameKind::rmdir : NameKind::unlink;
  change.directory = directory;
  change.name = name;
  if (const int error = disk_.apply(change); error != 0) return error;
  Attributes left;
  if (Disk::is_absence(disk_.stat(fid, left))) removed_.push_back(fid);
  return 0;
}

}  // namespace gemel
