// SPDX-License-Identifier: Apache-2.0
// Names and attributes of two copies compared, and nothing changed (R121).
#include <sys/stat.h>

#include <cerrno>

#include "../base/limits.h"
#include "tree_match.h"

namespace gemel {

int TreeMatch::compare(const wire::TreeDirectory& part, std::vector<std::string>& differing) {
  auto& seen = seen_[part.directory];
  for (const wire::TreeFile& file : part.files) {
    std::string what;
    if (const int error = compare_file(part.directory, file, what); error != 0) return error;
    seen.insert(file.name);
    if (what.empty()) continue;
    differing.push_back(file.name);
    differing.push_back(std::move(what));
  }
  if (part.directory == kNoFid) return 0;
  std::vector<Entry> surplus;
  if (const int error = find_surplus(part, surplus); error != 0) return error;
  for (const Entry& entry : surplus) {
    differing.push_back(entry.name);
    differing.emplace_back("it is on one side only");
  }
  return 0;
}

/// `what` stays empty where it is equal. The root has no name: it is described in directory kNoFid.
int TreeMatch::compare_file(Fid directory, const wire::TreeFile& file, std::string& what) {
  Attributes here;
  const int found =
      directory == kNoFid ? disk_.stat(file.fid, here) : disk_.lookup(directory, file.name, here);
  if (Disk::is_absence(found)) what = "it is on one side only";
  if (found != 0) return Disk::is_absence(found) ? 0 : found;
  const bool is_regular = S_ISREG(file.mode);
  if (directory != kNoFid && here.fid != file.fid) {
    what = "it is another file";
  } else if (here.mode != file.mode || here.rdev != file.rdev) {
    what = "type or mode";
  } else if (here.uid != file.uid || here.gid != file.gid) {
    what = "owner or group";
  } else if (is_regular && here.size != file.size) {
    what = "length: " + std::to_string(file.size) + " and " + std::to_string(here.size) + " bytes";
  } else if (S_ISLNK(file.mode)) {
    std::string link;
    if (const int error = disk_.read_link(file.fid, link); error < 0) return error;
    if (link != file.link) what = "target of the link";
  }
  return what.empty() ? compare_xattrs(file, what) : 0;
}

int TreeMatch::compare_xattrs(const wire::TreeFile& file, std::string& what) {
  std::map<std::string, std::string> here;
  if (const int error = read_xattrs(disk_, file.fid, here); error != 0) return error;
  for (std::size_t at = 0; at + 1 < file.xattrs.size(); at += 2) {
    const auto known = here.find(file.xattrs[at]);
    if (known == here.end() || known->second != file.xattrs[at + 1]) what = "attribute " + file.xattrs[at];
    if (known != here.end()) here.erase(known);
  }
  // Of a file with more than a part has room for not all are told (R47).
  const bool are_all_told = encoded_size(file) < limits::kPartBytes / 2;
  if (are_all_told && !here.empty()) what = "attribute " + here.begin()->first;
  return 0;
}

}  // namespace gemel
