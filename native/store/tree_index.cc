// SPDX-License-Identifier: Apache-2.0
#include "tree_index.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "../base/check.h"
#include "../base/limits.h"

namespace gemel {

namespace {

constexpr const char* kIdentityName = "trusted.gemel.file";
/// Version of the identity's shape (R30): "GMF" and a digit.
constexpr std::array<char, 4> kIdentityMagic = {'G', 'M', 'F', '1'};

struct HandleSpace {
  alignas(file_handle) std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> bytes;
  file_handle* get() { return reinterpret_cast<file_handle*>(bytes.data()); }
};

int read_handle(int file, TreeIndex::Node& node) {
  HandleSpace space{};
  space.get()->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (name_to_handle_at(file, "", space.get(), &mount, AT_EMPTY_PATH) != 0) return -errno;
  node.handle_type = space.get()->handle_type;
  node.handle.assign(reinterpret_cast<const char*>(space.get()->f_handle), space.get()->handle_bytes);
  return 0;
}

int open_handle(int mount, const TreeIndex::Node& node) {
  HandleSpace space{};
  space.get()->handle_bytes = static_cast<unsigned>(node.handle.size());
  space.get()->handle_type = node.handle_type;
  std::memcpy(space.get()->f_handle, node.handle.data(), node.handle.size());
  const int file = open_by_handle_at(mount, space.get(), O_PATH | O_CLOEXEC | O_NOFOLLOW);
  return file < 0 ? -errno : file;
}

/// What the xattr holds beside the Fid: everything by which a copied or restored file differs.
std::string identity_of(const TreeIndex::Node& node, const CopyUuid& copy, Fid fid) {
  std::string value(kIdentityMagic.begin(), kIdentityMagic.end());
  value.append(reinterpret_cast<const char*>(&fid), sizeof fid);
  value.append(reinterpret_cast<const char*>(copy.data()), copy.size());
  value.append(reinterpret_cast<const char*>(&node.inode), sizeof node.inode);
  value.append(reinterpret_cast<const char*>(&node.handle_type), sizeof node.handle_type);
  value.append(node.handle);
  return value;
}

constexpr std::size_t kFidAt = kIdentityMagic.size();

}  // namespace

std::string proc_path(int file) {
  return "/proc/self/fd/" + std::to_string(file);
}

TreeIndex::~TreeIndex() {
  for (auto& [fid, node] : nodes_) close_all(node);
  if (root_ >= 0) close(root_);
}

int TreeIndex::open(int root, const CopyUuid& copy, std::function<std::uint64_t()> random, std::string& why) {
  check(root_ < 0 && nodes_.empty(), "a tree is opened once");
  root_ = root;
  copy_ = copy;
  random_ = std::move(random);
  struct stat shown {};
  if (fstat(root_, &shown) != 0) return -errno;
  device_ = shown.st_dev;
  Node node;
  node.fid = kRootFid;
  node.inode = shown.st_ino;
  node.type = S_IFDIR;
  if (const int failure = read_handle(root_, node); failure != 0) {
    why = "this file system cannot name files by handle";
    return failure;
  }
  by_inode_[node.inode] = kRootFid;
  nodes_.emplace(kRootFid, std::move(node));
  return walk(why);
}

int TreeIndex::walk(std::string& why) {
  std::vector<Fid> directories = {kRootFid};
  while (!directories.empty()) {
    const Fid next = directories.back();
    directories.pop_back();
    const int failure = walk_directory(nodes_.at(next), directories, why);
    if (failure != 0) return failure;
  }
  return 0;
}

int TreeIndex::walk_directory(Node& directory, std::vector<Fid>& below, std::string& why) {
  const int file = buffered(directory);
  if (file < 0) return file;
  // A descriptor of its own position, and one that is not closed under the loop.
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(
      fdopendir(openat(file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), closedir);
  if (!stream) return -errno;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    int failure = 0;
    Node* node = at(dirfd(stream.get()), entry->d_name, failure);
    if (node == nullptr) {
      why = failure == -EXDEV
                ? "another file system is mounted at \"" + std::string(name) + "\" inside the directory"
                : "\"" + std::string(name) + "\" cannot be identified: " + std::strerror(-failure);
      return failure;
    }
    if (nodes_.size() > limits::kFiles) {
      why = "the directory holds more files than one module may";
      return -EMFILE;
    }
    if (node->type == S_IFDIR) below.push_back(node->fid);
  }
  return 0;
}

TreeIndex::Node* TreeIndex::find(Fid fid) {
  const auto found = nodes_.find(fid);
  return found == nodes_.end() ? nullptr : &found->second;
}

Fid TreeIndex::by_inode(std::uint64_t inode) const {
  const auto found = by_inode_.find(inode);
  return found == by_inode_.end() ? kNoFid : found->second;
}

std::uint64_t TreeIndex::generation(const Node& node) {
  // FNV-1a: kept on disk, so it must be the same in every build.
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : node.handle) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  }
  return hash;
}

TreeIndex::Node* TreeIndex::at(int directory, const char* name, int& failure) {
  struct stat shown {};
  if (fstatat(directory, name, &shown, AT_SYMLINK_NOFOLLOW) != 0) {
    failure = -errno;
    return nullptr;
  }
  if (shown.st_dev == device_) {
    if (const Fid fid = by_inode(shown.st_ino); fid != kNoFid) return find(fid);
  }
  return adopt(directory, name, kNoFid, failure);
}

TreeIndex::Node* TreeIndex::adopt(int directory, const char* name, Fid wanted, int& failure) {
  Node node;
  node.path = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (node.path < 0) {
    failure = -errno;
    return nullptr;
  }
  const auto give_up = [&](int why) -> Node* {
    close(node.path);
    failure = why;
    return nullptr;
  };
  struct statx shown {};
  if (statx(node.path, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &shown) != 0) return give_up(-errno);
  struct stat plain {};
  if (fstat(node.path, &plain) != 0) return give_up(-errno);
  if (plain.st_dev != device_ || (shown.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) return give_up(-EXDEV);
  node.inode = plain.st_ino;
  node.type = plain.st_mode & S_IFMT;
  if (const int result = read_handle(node.path, node); result != 0) return give_up(result);
  Fid known = kNoFid;
  if (const int result = read_identity(node.path, node, known); result != 0) return give_up(result);
  if (wanted == kNoFid && known != kNoFid && find(known) == nullptr) {
    node.fid = known;
  } else {
    node.fid = wanted != kNoFid ? wanted : fresh_fid();
    if (const int result = write_identity(node.path, node); result != 0) return give_up(result);
    if (wanted == kNoFid) fresh_.push_back(node.fid);
  }
  check(node.fid > kRootFid && find(node.fid) == nullptr, "an identity belongs to one file");
  by_inode_[node.inode] = node.fid;
  Node& kept = nodes_.emplace(node.fid, std::move(node)).first->second;
  touch(kept);
  return &kept;
}

int TreeIndex::read_identity(int file, const Node& node, Fid& fid) const {
  std::array<char, 256> space{};
  const auto length = getxattr(proc_path(file).c_str(), kIdentityName, space.data(), space.size());
  if (length < 0) return errno == ENODATA || errno == ERANGE ? 0 : -errno;
  const std::string_view value(space.data(), static_cast<std::size_t>(length));
  if (value.size() < kFidAt + sizeof fid) return 0;
  Fid said = kNoFid;
  std::memcpy(&said, value.data() + kFidAt, sizeof said);
  if (said > kRootFid && value == identity_of(node, copy_, said)) fid = said;
  return 0;
}

int TreeIndex::write_identity(int file, const Node& node) const {
  const std::string value = identity_of(node, copy_, node.fid);
  const int result = setxattr(proc_path(file).c_str(), kIdentityName, value.data(), value.size(), 0);
  return result == 0 ? 0 : -errno;
}

Fid TreeIndex::fresh_fid() {
  for (;;) {
    const Fid fid = random_();
    if (fid > kRootFid && find(fid) == nullptr) return fid;
  }
}

int TreeIndex::path(Node& node) {
  if (node.fid == kRootFid) return root_;
  if (node.path < 0) {
    const int file = open_handle(root_, node);
    if (file < 0) return file;
    node.path = file;
  }
  touch(node);
  return node.path;
}

int TreeIndex::reopen(Node& node, int flags) {
  const int reached = path(node);
  if (reached < 0) return reached;
  const int file = ::open(proc_path(reached).c_str(), flags | O_CLOEXEC);
  return file < 0 ? -errno : file;
}

int TreeIndex::buffered(Node& node) {
  if (node.buffered < 0) {
    if (node.type != S_IFREG && node.type != S_IFDIR) return -EINVAL;
    int file = node.type == S_IFDIR ? reopen(node, O_RDONLY | O_DIRECTORY) : reopen(node, O_RDWR);
    // An immutable file can still be read.
    if (file == -EPERM && node.type == S_IFREG) file = reopen(node, O_RDONLY);
    if (file < 0) return file;
    node.buffered = file;
  }
  touch(node);
  return node.buffered;
}

int TreeIndex::direct(Node& node) {
  if (node.direct_refused || node.type != S_IFREG) return -EINVAL;
  if (node.direct < 0) {
    int file = reopen(node, O_RDWR | O_DIRECT);
    if (file == -EPERM) file = reopen(node, O_RDONLY | O_DIRECT);
    node.direct_refused = file == -EINVAL;
    if (file < 0) return file;
    node.direct = file;
  }
  touch(node);
  return node.direct;
}

void TreeIndex::hold(Node& node) {
  node.held++;
  relist(node);
}

void TreeIndex::release(Node& node) {
  check(node.held > 0, "a file is released as often as it was held");
  node.held--;
  settle(node);
}

void TreeIndex::begin_io(Node& node) {
  node.busy++;
  relist(node);
}

void TreeIndex::end_io(Node& node) {
  check(node.busy > 0, "an I/O ends as often as it began");
  node.busy--;
  settle(node);
}

void TreeIndex::settle(Node& node) {
  if (node.in_use()) return;
  if (node.gone) return remove(node);
  relist(node);
}

void TreeIndex::remove(Node& node) {
  check(node.fid != kRootFid, "the root has no name to lose");
  node.gone = true;
  if (node.in_use()) return;
  if (node.listed != nullptr) node.listed->erase(node.place);
  close_removed(node);
  const Fid fid = node.fid;
  check(find(fid) == &node, "a node that goes is the one that its identity names");
  // The number of a freed inode is used again: it may already name another file.
  if (const auto found = by_inode_.find(node.inode); found != by_inode_.end() && found->second == fid) {
    by_inode_.erase(found);
  }
  nodes_.erase(fid);
}

/// A node with descriptors moves to where it belongs now. Allocates nothing (R34).
void TreeIndex::relist(Node& node) {
  if (node.listed != nullptr) touch(node);
}

void TreeIndex::touch(Node& node) {
  std::list<Node*>& belongs = node.in_use() ? in_use_ : idle_;
  if (node.listed == &belongs && node.place == belongs.begin()) return;
  if (node.listed != nullptr) {
    belongs.splice(belongs.begin(), *node.listed, node.place);
  } else {
    belongs.push_front(&node);
    node.place = belongs.begin();
  }
  node.listed = &belongs;
  while (idle_.size() > limits::kDescriptorsKept) {
    Node& oldest = *idle_.back();
    check(oldest.listed == &idle_ && !oldest.in_use(), "only what is idle is closed");
    close_all(oldest);
    idle_.pop_back();
    oldest.listed = nullptr;
  }
}

void TreeIndex::close_removed(Node& node) {
  struct stat left {};
  const bool is_large = close_elsewhere_ && node.type == S_IFREG && node.path >= 0 &&
                        fstat(node.path, &left) == 0 && left.st_nlink == 0 &&
                        static_cast<std::uint64_t>(left.st_blocks) * 512 > limits::kFreedElsewhereBytes;
  if (!is_large) return close_all(node);
  std::vector<int> files;
  for (int* file : {&node.path, &node.buffered, &node.direct}) {
    if (*file >= 0) files.push_back(*file);
    *file = -1;
  }
  close_elsewhere_(std::move(files));
}

void TreeIndex::close_all(Node& node) {
  for (int* file : {&node.path, &node.buffered, &node.direct}) {
    if (*file >= 0) close(*file);
    *file = -1;
  }
}

}  // namespace gemel
