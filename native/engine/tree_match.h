// SPDX-License-Identifier: Apache-2.0
// The names of two copies: the source describes its directories, the target makes its own equal (names,
// types, attributes, xattrs, hard links), whatever happened to them meanwhile.
//
// A file is recognised by its identity (Fid), not by its name: renamed and moved ones keep their content and
// are not copied again. Names that are too many go last (`finish`), because a file may yet be linked from
// elsewhere.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "../wire/messages.h"
#include "ports.h"

namespace gemel {

/// Describes one entry; -errno when it cannot be read.
int describe(Disk& disk, Fid directory, const Entry& entry, wire::TreeFile& out);
/// Extended attributes by name. 0 or -errno; a file system without any has none.
int read_xattrs(Disk& disk, Fid fid, std::map<std::string, std::string>& out);
/// R47: takes what no message has room for out of the description of one file: its last extended attributes,
/// as changes of their own that follow the part.
std::vector<wire::Change> split_off(wire::TreeFile& file);
/// The root has no name in any directory: it is described under this one, in directory kNoFid.
int describe_root(Disk& disk, wire::TreeFile& out);

class TreeMatch {
 public:
  explicit TreeMatch(Disk& disk) : disk_(disk) {}
  /// Forgets what it knows; the next directories belong to a new comparison.
  void begin();
  /// Makes this part of a directory equal. `created`: regular files that were made here (dirty as a whole,
  /// R4). 0 or -errno.
  int match(const wire::TreeDirectory& part, std::vector<Fid>& created);
  /// Says what of this part is not equal here, and changes nothing: name, what about it, name, what … Times
  /// are left out: each side's file system gives its own until the next checkpoint. 0 or -errno.
  int compare(const wire::TreeDirectory& part, std::vector<std::string>& differing);
  /// Removes what the source does not have.
  int finish();
  /// Files that were removed.
  const std::vector<Fid>& removed() const { return removed_; }

 private:
  struct Place {
    Fid directory;
    std::string name;
  };
  struct Surplus {
    Place at;
    Fid fid;
  };
  int match_file(Fid directory, const wire::TreeFile& file, std::vector<Fid>& created);
  int bring(Fid directory, const wire::TreeFile& file, std::vector<Fid>& created);
  int make(Fid directory, const wire::TreeFile& file);
  int put_aside(Fid directory, const std::string& name, Fid fid);
  int match_attributes(const wire::TreeFile& file);
  int match_xattrs(const wire::TreeFile& file);
  int compare_file(Fid directory, const wire::TreeFile& file, std::string& what);
  int compare_xattrs(const wire::TreeFile& file, std::string& what);
  int find_surplus(const wire::TreeDirectory& part, std::vector<Entry>& surplus);
  int remove(Fid directory, const std::string& name, Fid fid, std::uint32_t mode);
  int find_directories();

  Disk& disk_;
  bool indexed_ = false;
  std::map<Fid, Place> directories_;
  std::map<Fid, std::set<std::string>> seen_;
  std::vector<Surplus> surplus_;
  std::vector<Fid> removed_;
};

}  // namespace gemel
