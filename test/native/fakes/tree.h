// SPDX-License-Identifier: Apache-2.0
// Names and attributes of a fake disk as a value: copied to remember what was stable, replayed after a crash.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../../native/base/env.h"

namespace gemel::fakes {

class FakeTree {
 public:
  struct Node {
    Attributes attributes;
    std::map<std::string, Fid> entries;
    std::string link;
    std::map<std::string, std::string> xattrs;
  };

  FakeTree() {
    Node& root = nodes_[kRootFid];
    root.attributes.fid = kRootFid;
    root.attributes.mode = S_IFDIR | 0755;
    root.attributes.links = 2;
  }

  const Node* node(Fid fid) const {
    const auto found = nodes_.find(fid);
    return found == nodes_.end() ? nullptr : &found->second;
  }
  int stat(Fid fid, Attributes& out) const {
    const Node* found = node(fid);
    if (found == nullptr) return -ESTALE;
    out = found->attributes;
    return 0;
  }
  int lookup(Fid directory, std::string_view name, Attributes& out) const {
    const Node* parent = node(directory);
    if (parent == nullptr) return -ESTALE;
    const auto entry = parent->entries.find(std::string(name));
    return entry == parent->entries.end() ? -ENOENT : stat(entry->second, out);
  }
  int list(Fid directory, std::vector<Entry>& out) const {
    const Node* parent = node(directory);
    if (parent == nullptr) return -ESTALE;
    out.clear();
    for (const auto& [name, fid] : parent->entries) {
      out.push_back({name, fid, (nodes_.at(fid).attributes.mode & S_IFMT) >> 12});
    }
    return 0;
  }
  int read_link(Fid fid, std::string& out) const {
    const Node* found = node(fid);
    if (found == nullptr) return -ESTALE;
    if (!S_ISLNK(found->attributes.mode)) return -EINVAL;
    out = found->link;
    return 0;
  }
  int get_xattr(Fid fid, const std::string& name, std::string& out) const {
    const Node* found = node(fid);
    if (found == nullptr) return -ESTALE;
    const auto value = found->xattrs.find(name);
    if (value == found->xattrs.end()) return -ENODATA;
    out = value->second;
    return 0;
  }
  int list_xattr(Fid fid, std::string& out) const {
    const Node* found = node(fid);
    if (found == nullptr) return -ESTALE;
    out.clear();
    for (const auto& [name, value] : found->xattrs) out += name + '\0';
    return 0;
  }

  int apply(NameChange& change, TimeSpec now) {
    change.replaced = kNoFid;
    switch (change.kind) {
      case NameKind::create:
      case NameKind::mkdir:
      case NameKind::symlink:
      case NameKind::mknod:
        return make(change, now);
      case NameKind::link:
        return link(change, now);
      case NameKind::unlink:
      case NameKind::rmdir:
        return remove(change, now);
      case NameKind::rename:
        return rename(change, now);
      case NameKind::set_attributes:
        return set_attributes(change, now);
      case NameKind::set_xattr:
      case NameKind::remove_xattr:
        return change_xattr(change, now);
    }
    return -EINVAL;
  }
  /// A write reached behind the end.
  void grow(Fid fid, std::uint64_t size) {
    const auto found = nodes_.find(fid);
    if (found == nodes_.end()) return;
    if (found->second.attributes.size < size) found->second.attributes.size = size;
  }
  /// Files that have lost their last name.
  std::vector<Fid> orphans() const {
    std::vector<Fid> all;
    for (const auto& [fid, node] : nodes_) {
      if (node.attributes.links == 0) all.push_back(fid);
    }
    return all;
  }
  void forget(Fid fid) { nodes_.erase(fid); }
  /// Every entry below the root, parents first, in the order of names.
  void walk(const std::function<void(const std::string& path, const Node& node)>& visit) const {
    walk_below(kRootFid, "", visit);
  }

 private:
  void walk_below(Fid directory, const std::string& path,
                  const std::function<void(const std::string&, const Node&)>& visit) const {
    for (const auto& [name, fid] : nodes_.at(directory).entries) {
      const Node& node = nodes_.at(fid);
      visit(path + "/" + name, node);
      if (S_ISDIR(node.attributes.mode)) walk_below(fid, path + "/" + name, visit);
    }
  }
  Node* directory(Fid fid) {
    const auto found = nodes_.find(fid);
    return found == nodes_.end() || !S_ISDIR(found->second.attributes.mode) ? nullptr : &found->second;
  }
  static void touch(Node& node, TimeSpec now) { node.attributes.mtime = node.attributes.ctime = now; }

  int make(NameChange& change, TimeSpec now) {
    Node* parent = directory(change.directory);
    if (parent == nullptr) return -ESTALE;
    if (parent->entries.contains(change.name)) return -EEXIST;
    if (change.fid == kNoFid || nodes_.contains(change.fid)) return -EINVAL;
    Node fresh;
    fresh.attributes = change.attributes;
    fresh.attributes.fid = change.fid;
    fresh.attributes.size = 0;
    fresh.attributes.links = 1;
    std::uint32_t type = change.attributes.mode & S_IFMT;
    if (change.kind == NameKind::create) type = S_IFREG;
    if (change.kind == NameKind::mkdir) type = S_IFDIR;
    if (change.kind == NameKind::symlink) type = S_IFLNK;
    fresh.attributes.mode = type | (change.attributes.mode & 07777U);
    if (type == S_IFDIR) {
      fresh.attributes.links = 2;
      parent->attributes.links++;
    }
    if (type == S_IFLNK) {
      fresh.link = change.value;
      fresh.attributes.size = change.value.size();
    }
    fresh.attributes.atime = now;
    touch(fresh, now);
    if ((change.valid & kSetMtime) != 0) fresh.attributes.mtime = change.attributes.mtime;
    touch(*parent, now);
    parent->entries[change.name] = change.fid;
    change.attributes = fresh.attributes;
    nodes_[change.fid] = std::move(fresh);
    return 0;
  }

  int link(NameChange& change, TimeSpec now) {
    Node* parent = directory(change.directory);
    const auto file = nodes_.find(change.fid);
    if (parent == nullptr || file == nodes_.end()) return -ESTALE;
    if (S_ISDIR(file->second.attributes.mode)) return -EPERM;
    if (!parent->entries.emplace(change.name, change.fid).second) return -EEXIST;
    file->second.attributes.links++;
    touch(*parent, now);
    change.attributes = file->second.attributes;
    return 0;
  }

  int remove(NameChange& change, TimeSpec now) {
    Node* parent = directory(change.directory);
    if (parent == nullptr) return -ESTALE;
    const auto entry = parent->entries.find(change.name);
    if (entry == parent->entries.end()) return -ENOENT;
    Node& file = nodes_.at(entry->second);
    const bool is_directory = S_ISDIR(file.attributes.mode);
    if (change.kind == NameKind::unlink && is_directory) return -EISDIR;
    if (change.kind == NameKind::rmdir && !is_directory) return -ENOTDIR;
    if (is_directory && !file.entries.empty()) return -ENOTEMPTY;
    change.fid = change.replaced = entry->second;
    parent->entries.erase(entry);
    lose_name(*parent, file);
    touch(*parent, now);
    change.attributes = file.attributes;
    return 0;
  }
  static void lose_name(Node& parent, Node& file) {
    if (S_ISDIR(file.attributes.mode)) {
      file.attributes.links = 0;
      parent.attributes.links--;
    } else {
      file.attributes.links--;
    }
  }

  int rename(NameChange& change, TimeSpec now) {
    Node* from = directory(change.directory);
    Node* to = directory(change.directory2);
    if (from == nullptr || to == nullptr) return -ESTALE;
    const auto entry = from->entries.find(change.name);
    if (entry == from->entries.end()) return -ENOENT;
    const Fid moved = entry->second;
    const auto over = to->entries.find(change.name2);
    change.fid = moved;
    if (over != to->entries.end()) {
      if (over->second == moved) return 0;
      if ((change.flags & RENAME_NOREPLACE) != 0) return -EEXIST;
      Node& lost = nodes_.at(over->second);
      if ((change.flags & RENAME_EXCHANGE) != 0) {
        std::swap(entry->second, over->second);
        change.attributes = nodes_.at(moved).attributes;
        return 0;
      }
      if (S_ISDIR(lost.attributes.mode) && !S_ISDIR(nodes_.at(moved).attributes.mode)) return -EISDIR;
      if (!S_ISDIR(lost.attributes.mode) && S_ISDIR(nodes_.at(moved).attributes.mode)) return -ENOTDIR;
      if (!lost.entries.empty()) return -ENOTEMPTY;
      change.replaced = over->second;
      lose_name(*to, lost);
    } else if ((change.flags & RENAME_EXCHANGE) != 0) {
      return -ENOENT;
    }
    from->entries.erase(entry);
    to->entries[change.name2] = moved;
    if (S_ISDIR(nodes_.at(moved).attributes.mode) && from != to) {
      from->attributes.links--;
      to->attributes.links++;
    }
    touch(*from, now);
    touch(*to, now);
    change.attributes = nodes_.at(moved).attributes;
    return 0;
  }

  int set_attributes(NameChange& change, TimeSpec now) {
    const auto found = nodes_.find(change.fid);
    if (found == nodes_.end()) return -ESTALE;
    Attributes& is = found->second.attributes;
    const Attributes& wanted = change.attributes;
    if ((change.valid & kSetMode) != 0) is.mode = (is.mode & S_IFMT) | (wanted.mode & 07777U);
    if ((change.valid & kSetUid) != 0) is.uid = wanted.uid;
    if ((change.valid & kSetGid) != 0) is.gid = wanted.gid;
    if ((change.valid & kSetSize) != 0) {
      is.size = wanted.size;
      is.mtime = now;
    }
    if ((change.valid & kSetAtime) != 0) is.atime = wanted.atime;
    if ((change.valid & kSetMtime) != 0) is.mtime = wanted.mtime;
    is.ctime = now;
    change.attributes = is;
    return 0;
  }

  int change_xattr(NameChange& change, TimeSpec now) {
    const auto found = nodes_.find(change.fid);
    if (found == nodes_.end()) return -ESTALE;
    if (change.kind == NameKind::set_xattr) {
      found->second.xattrs[change.name] = change.value;
    } else if (found->second.xattrs.erase(change.name) == 0) {
      return -ENODATA;
    }
    found->second.attributes.ctime = now;
    change.attributes = found->second.attributes;
    return 0;
  }

  std::map<Fid, Node> nodes_;
};

}  // namespace gemel::fakes
