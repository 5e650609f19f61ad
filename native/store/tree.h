// SPDX-License-Identifier: Apache-2.0
// RealDisk: one copy's files in a directory of a local file system, reached by Fid (Disk of env.h).
//
// Data goes by io_uring: aligned requests with O_DIRECT, others through the page cache. Names and attributes
// are synchronous calls. Short transfers are finished here; an error after a part counts as an error. The
// process works as root: owners are set explicitly, the umask of this thread is 0. The root itself is 0700
// for root on the disk; what the mount shows of it (owner, mode, times) is handed in and kept elsewhere
// (R27).
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../base/env.h"
#include "../base/reactor.h"
#include "tree_index.h"

namespace gemel {

class RealDisk final : public Disk {
 public:
  explicit RealDisk(Reactor& reactor);
  ~RealDisk() override;

  /// Takes the descriptor of the underlying directory. On the reactor's thread. 0 or -errno with `why`.
  int open(int root, const CopyUuid& copy, std::string& why);
  const std::vector<Fid>& fresh() const { return index_.fresh(); }
  int root() const { return index_.root(); }
  /// What the mount shows of the root instead of 0700 root; `changed` is called when someone changes it
  /// through the mount, before the change counts as done (R27).
  void show_root_as(const Attributes& shown, std::function<void(const Attributes&)> changed);

  void submit(DiskRequest& request) override;
  std::uint32_t alignment() const override { return alignment_; }
  int apply(NameChange& op) override;
  int stat(Fid fid, Attributes& out) override;
  int lookup(Fid directory, std::string_view name, Attributes& out) override;
  int list(Fid directory, std::vector<Entry>& out) override;
  int read_link(Fid fid, std::string& out) override;
  int get_xattr(Fid fid, const std::string& name, std::string& out) override;
  int list_xattr(Fid fid, std::string& out) override;
  int next_data(Fid fid, std::uint64_t from, std::uint64_t& start, std::uint64_t& end) override;
  int facts(Fid fid, FileFacts& out) override;
  int space(Space& out) override;
  int hold(Fid fid) override;
  void release(Fid fid) override;

 private:
  using Node = TreeIndex::Node;
  struct Transfer;

  // data (tree.cc)
  void transfer(DiskRequest& request, Node& node);
  void step(Transfer& transfer);
  void stepped(Transfer& transfer, int result);
  void finish(Transfer& transfer, int result);
  bool is_aligned(const DiskRequest& request) const;
  void fail_later(DiskRequest& request, int failure);

  // names (tree_names.cc)
  int create(NameChange& op);
  int make_entry(const NameChange& op, int directory, std::uint32_t mode);
  int settle_owner(const NameChange& op, int directory, bool is_set_group);
  int link(NameChange& op);
  int remove(NameChange& op);
  int rename(NameChange& op);
  void lost_name(Node& node, bool is_directory);
  int set_attributes(NameChange& op);
  int set_attributes_of(Node& node, const NameChange& op);
  int set_times(Node& node, const NameChange& op);
  int set_xattr(NameChange& op);
  int directory(Fid fid);
  int above(int directory, Attributes& out);
  void fill(const struct stat& from, Fid fid, Attributes& out) const;

  Reactor& reactor_;
  TreeIndex index_;
  std::uint32_t alignment_ = 4096;
  std::uint32_t memory_alignment_ = 4096;
  bool has_shown_root_ = false;
  Attributes shown_root_;
  std::function<void(const Attributes&)> root_changed_;
  std::vector<Transfer*> free_transfers_;
  std::vector<std::unique_ptr<Transfer>> transfers_;
};

}  // namespace gemel
