// SPDX-License-Identifier: Apache-2.0
// Which file is which: durable identities (Fid) of everything below the module's root, and the descriptors
// that reach it.
//
// A Fid is kept with its file in the xattr trusted.gemel.file, together with the file's handle (inode number
// and generation, as the file system itself names it) and the copy's uuid: a file that was copied or restored
// carries a strange handle, is noticed, gets a new Fid and is reported as fresh (whole file dirty, compared
// by hash: R4, R29). Files are reached by handle, so no descriptor is needed per file (R35) and no path is
// walked twice; a few descriptors of idle files
// are kept open, the longest unused are closed.
//
// Invariants: every directory entry below the root has exactly one Node while the tree is mounted (nobody
// else reaches the underlying directory, R27); a Node that lost its last name stays while it is held; a busy
// or held Node keeps its descriptors.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../base/types.h"

namespace gemel {

using CopyUuid = std::array<std::uint8_t, 16>;

class TreeIndex {
 public:
  struct Node {
    Fid fid = kNoFid;
    std::uint64_t inode = 0;
    std::uint32_t type = 0;  ///< S_IFMT bits
    int handle_type = 0;
    std::string handle;
    int path = -1;      ///< O_PATH
    int buffered = -1;  ///< page cache; a directory's own descriptor
    int direct = -1;    ///< O_DIRECT
    bool direct_refused = false;
    bool gone = false;  ///< the last name is gone; the file lives until it is released
    unsigned held = 0;
    unsigned busy = 0;
    std::list<Node*>* listed = nullptr;  ///< among the idle or those in use; nullptr: has no descriptors
    std::list<Node*>::iterator place;
    bool in_use() const { return held > 0 || busy > 0; }
  };

  TreeIndex() = default;
  ~TreeIndex();
  TreeIndex(const TreeIndex&) = delete;
  TreeIndex& operator=(const TreeIndex&) = delete;

  /// Takes `root` (a descriptor of the underlying directory) and walks everything below it. 0 or -errno, with
  /// `why`.
  int open(int root, const CopyUuid& copy, std::function<std::uint64_t()> random, std::string& why);
  /// Takes the descriptors of a large file whose last name is gone: closing the last of them frees it.
  void on_large_removed(std::function<void(std::vector<int> files)> close) {
    close_elsewhere_ = std::move(close);
  }
  int root() const { return root_; }
  std::size_t size() const { return nodes_.size(); }
  /// Files that got a new identity at open: unknown to the peer under that name of theirs.
  const std::vector<Fid>& fresh() const { return fresh_; }

  Node* find(Fid fid);
  /// The node of an entry, by inode; adopted when it is not known yet. nullptr with `failure` set.
  Node* at(int directory, const char* name, int& failure);
  /// Gives the file at directory/name this identity (kNoFid: its own or a new one). nullptr with `failure`
  /// set.
  Node* adopt(int directory, const char* name, Fid wanted, int& failure);
  Fid by_inode(std::uint64_t inode) const;
  /// What tells this file from an earlier or later one with the same inode number: the file handle, hashed.
  static std::uint64_t generation(const Node& node);
  /// Forgets a node whose last name is gone, now or at its release.
  void remove(Node& node);
  /// An unused Fid.
  Fid fresh_fid();

  /// Descriptors, opened when needed: ≥ 0 or -errno. Of a file that is in use: valid until it no longer is.
  /// Of others: until limits::kDescriptorsKept more of them have been opened, far more than one change needs.
  int path(Node& node);
  int buffered(Node& node);
  /// -EINVAL where the file system has no direct I/O.
  int direct(Node& node);

  void hold(Node& node);
  void release(Node& node);
  void begin_io(Node& node);
  void end_io(Node& node);

 private:
  int walk(std::string& why);
  int walk_directory(Node& directory, std::vector<Fid>& below, std::string& why);
  int read_identity(int file, const Node& node, Fid& fid) const;
  int write_identity(int file, const Node& node) const;
  int reopen(Node& node, int flags);
  void relist(Node& node);
  void touch(Node& node);
  void settle(Node& node);
  static void close_all(Node& node);
  void close_removed(Node& node);

  int root_ = -1;
  std::uint64_t device_ = 0;
  CopyUuid copy_{};
  std::function<std::uint64_t()> random_;
  std::function<void(std::vector<int>)> close_elsewhere_;
  std::unordered_map<Fid, Node> nodes_;
  std::unordered_map<std::uint64_t, Fid> by_inode_;
  /// R49: nodes with descriptors, newest first. Only the idle ones are counted and closed: however many files
  /// are open, a change of names finds room for the descriptors of its own.
  std::list<Node*> idle_, in_use_;
  std::vector<Fid> fresh_;
};

/// "/proc/self/fd/N": the way to calls that take no O_PATH descriptor.
std::string proc_path(int file);

}  // namespace gemel
