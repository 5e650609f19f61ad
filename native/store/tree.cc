// SPDX-License-Identifier: Apache-2.0
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../base/check.h"

namespace gemel {

/// One data I/O under way. Pooled: a write allocates nothing (R34).
struct RealDisk::Transfer {
  RealDisk* disk;
  DiskRequest* request;
  Node* node;
  int file;
  bool is_direct;
  std::uint32_t moved;
};

namespace {

/// STATX_DIOALIGN of newer headers (Linux 6.1); the fields lie in what older headers call spare.
constexpr unsigned kStatxDirectAlign = 0x2000;
struct StatxDirect {
  std::uint32_t memory_align;
  std::uint32_t offset_align;
};
constexpr std::size_t kStatxDirectAt = 0x98;

bool read_direct_alignment(int file, StatxDirect& out) {
  struct statx shown {};
  static_assert(sizeof shown >= kStatxDirectAt + sizeof out);
  if (statx(file, "", AT_EMPTY_PATH, kStatxDirectAlign, &shown) != 0) return false;
  if ((shown.stx_mask & kStatxDirectAlign) == 0) return false;
  std::memcpy(&out, reinterpret_cast<const char*>(&shown) + kStatxDirectAt, sizeof out);
  return out.memory_align != 0 && out.offset_align != 0;
}

/// Any regular file of the copy tells; an empty copy is asked by a file without a name.
bool probe_alignment(int root, StatxDirect& out) {
  const int file = openat(root, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_known = read_direct_alignment(file, out);
  close(file);
  return is_known;
}

}  // namespace

RealDisk::RealDisk(Reactor& reactor) : reactor_(reactor) {
  index_.on_large_removed([this](std::vector<int> files) {
    const auto close_each = [files = std::move(files)] {
      for (const int file : files) close(file);
      return 0;
    };
    reactor_.offload(close_each, [](int) {});
  });
}
RealDisk::~RealDisk() = default;

int RealDisk::open(int root, const CopyUuid& copy, std::string& why) {
  // The umask belongs to the whole process unless this thread gets a file-system context of its own.
  if (unshare(CLONE_FS) != 0) return -errno;
  umask(0);
  StatxDirect direct{};
  if (probe_alignment(root, direct)) {
    alignment_ = direct.offset_align;
    memory_alignment_ = direct.memory_align;
  }
  return index_.open(
      root, copy, [this] { return reactor_.random(); }, why);
}

void RealDisk::show_root_as(const Attributes& shown, std::function<void(const Attributes&)> changed) {
  has_shown_root_ = true;
  shown_root_ = shown;
  root_changed_ = std::move(changed);
}

// ---- data

void RealDisk::submit(DiskRequest& request) {
  if (request.kind == DiskRequest::Kind::flush_volume) {
    const int root = index_.root();
    reactor_.offload([root] { return syncfs(root) == 0 ? 0 : -errno; }, request.done);
    return;
  }
  Node* node = index_.find(request.fid);
  if (node == nullptr) {
    fail_later(request, -ESTALE);
    return;
  }
  transfer(request, *node);
}

void RealDisk::fail_later(DiskRequest& request, int failure) {
  check(failure < 0, "a request that is not begun has failed");
  reactor_.defer([done = &request.done, failure] { (*done)(failure); });
}

bool RealDisk::is_aligned(const DiskRequest& request) const {
  return (request.offset | request.length) % alignment_ == 0 &&
         reinterpret_cast<std::uintptr_t>(request.data) % memory_alignment_ == 0;
}

void RealDisk::transfer(DiskRequest& request, Node& node) {
  using Kind = DiskRequest::Kind;
  check(request.kind != Kind::flush_volume && request.fid == node.fid, "a transfer is of one file");
  const bool is_data = request.kind == Kind::read || request.kind == Kind::write;
  int file = is_data && is_aligned(request) ? index_.direct(node) : -EINVAL;
  const bool is_direct = file >= 0;
  if (file == -EINVAL) file = index_.buffered(node);
  if (file < 0) {
    fail_later(request, file);
    return;
  }
  if (free_transfers_.empty()) {
    transfers_.push_back(std::make_unique<Transfer>());
    free_transfers_.push_back(transfers_.back().get());
  }
  Transfer& started = *free_transfers_.back();
  free_transfers_.pop_back();
  check(static_cast<bool>(request.done), "somebody waits for an I/O");
  check(transfers_.size() > free_transfers_.size(), "this transfer is nobody else's");
  started = {this, &request, &node, file, is_direct, 0};
  index_.begin_io(node);
  step(started);
}

void RealDisk::step(Transfer& transfer) {
  const DiskRequest& request = *transfer.request;
  const auto done = [moving = &transfer](int result) { moving->disk->stepped(*moving, result); };
  const Bytes rest = Bytes(request.data, request.length).subspan(transfer.moved);
  switch (request.kind) {
    case DiskRequest::Kind::read:
      reactor_.read(transfer.file, rest, request.offset + transfer.moved, done);
      return;
    case DiskRequest::Kind::write:
      reactor_.write(transfer.file, rest, request.offset + transfer.moved, 0, done);
      return;
    case DiskRequest::Kind::flush:
      reactor_.fsync(transfer.file, request.mode == 1, done);
      return;
    case DiskRequest::Kind::allocate:
      reactor_.fallocate(transfer.file, request.mode, request.offset, request.range, done);
      return;
    case DiskRequest::Kind::flush_volume:
      break;
  }
  check(false, "a volume-wide flush is no transfer of a file");
}

void RealDisk::stepped(Transfer& transfer, int result) {
  const DiskRequest& request = *transfer.request;
  if (result == -EINTR || result == -EAGAIN) return step(transfer);
  const bool is_read = request.kind == DiskRequest::Kind::read;
  if (result < 0 || !(is_read || request.kind == DiskRequest::Kind::write)) return finish(transfer, result);
  check(static_cast<std::uint32_t>(result) <= request.length - transfer.moved,
        "no I/O moves more than asked");
  transfer.moved += static_cast<std::uint32_t>(result);
  const bool is_whole = transfer.moved == request.length;
  // A direct transfer that stops between two blocks has met the end of the file.
  const bool is_end = result == 0 || (transfer.is_direct && transfer.moved % alignment_ != 0);
  if (!is_whole && !is_end) return step(transfer);
  if (!is_whole && !is_read) return finish(transfer, -EIO);
  finish(transfer, static_cast<int>(transfer.moved));
}

void RealDisk::finish(Transfer& transfer, int result) {
  DiskRequest& request = *transfer.request;
  index_.end_io(*transfer.node);
  free_transfers_.push_back(&transfer);
  check(free_transfers_.size() <= transfers_.size(), "a transfer ends once");
  // Moved out first: the request lives in the frame of the coroutine that this resumes, and may be gone after
  // it.
  const auto done = std::move(request.done);
  done(result);
}

int RealDisk::hold(Fid fid) {
  Node* node = index_.find(fid);
  if (node == nullptr) return -ESTALE;
  // Open now: after the last name is gone a handle leads nowhere.
  const int reached = index_.path(*node);
  if (reached < 0) return reached;
  index_.hold(*node);
  return 0;
}

void RealDisk::release(Fid fid) {
  Node* node = index_.find(fid);
  if (node != nullptr) index_.release(*node);
}

/// R43: only "there is none" is none.
int RealDisk::next_data(Fid fid, std::uint64_t from, std::uint64_t& start, std::uint64_t& end) {
  Node* node = index_.find(fid);
  const int file = node == nullptr ? -ESTALE : index_.buffered(*node);
  if (file < 0) return file;
  const off_t data = lseek(file, static_cast<off_t>(from), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? 0 : -errno;
  const off_t hole = lseek(file, data, SEEK_HOLE);
  // Cut between the two questions.
  if (hole < 0) return errno == ENXIO ? 0 : -errno;
  // Equal when it was punched between the two questions.
  check(data >= static_cast<off_t>(from) && hole >= data, "data lies where it was looked for");
  start = static_cast<std::uint64_t>(data);
  end = static_cast<std::uint64_t>(hole);
  return 1;
}

int RealDisk::space(Space& out) {
  struct statvfs shown {};
  if (fstatvfs(index_.root(), &shown) != 0) return -errno;
  out = {shown.f_bsize,  shown.f_frsize, shown.f_blocks, shown.f_bfree,
         shown.f_bavail, shown.f_files,  shown.f_ffree,  shown.f_namemax};
  return 0;
}

// ---- questions

void RealDisk::fill(const struct stat& from, Fid fid, Attributes& out) const {
  out.fid = fid;
  out.mode = from.st_mode;
  out.links = static_cast<std::uint32_t>(from.st_nlink);
  out.uid = from.st_uid;
  out.gid = from.st_gid;
  out.rdev = from.st_rdev;
  out.size = static_cast<std::uint64_t>(from.st_size);
  out.blocks = static_cast<std::uint64_t>(from.st_blocks);
  const auto time = [](const timespec& t) {
    return TimeSpec{t.tv_sec, static_cast<std::uint32_t>(t.tv_nsec)};
  };
  out.atime = time(from.st_atim);
  out.mtime = time(from.st_mtim);
  out.ctime = time(from.st_ctim);
  if (fid == kRootFid && has_shown_root_) {
    out.mode = S_IFDIR | (shown_root_.mode & 07777U);
    out.uid = shown_root_.uid;
    out.gid = shown_root_.gid;
  }
}

int RealDisk::stat(Fid fid, Attributes& out) {
  Node* node = index_.find(fid);
  if (node == nullptr) return -ESTALE;
  const int file = index_.path(*node);
  if (file < 0) return file;
  struct stat shown {};
  if (fstat(file, &shown) != 0) return -errno;
  fill(shown, fid, out);
  return 0;
}

int RealDisk::facts(Fid fid, FileFacts& out) {
  Attributes seen;
  if (const int failure = stat(fid, seen); failure != 0) return failure;
  const Node& node = *index_.find(fid);
  out = {fid, seen.size, seen.mtime, seen.ctime, node.inode, index_.generation(node)};
  return 0;
}

int RealDisk::directory(Fid fid) {
  Node* node = index_.find(fid);
  if (node == nullptr) return -ESTALE;
  if (node->type != S_IFDIR) return -ENOTDIR;
  return index_.path(*node);
}

int RealDisk::lookup(Fid directory_fid, std::string_view name, Attributes& out) {
  const int at = directory(directory_fid);
  if (at < 0) return at;
  if (name == "..") return above(at, out);
  if (name.empty() || name == "." || name.find('/') != name.npos) return -EINVAL;
  int failure = 0;
  Node* node = index_.at(at, std::string(name).c_str(), failure);
  return node == nullptr ? failure : stat(node->fid, out);
}

namespace {

/// It could not be looked at: nothing is known of it.
bool is_out_of_means(int failure) {
  return failure == -EIO || failure == -EMFILE || failure == -ENFILE || failure == -ENOMEM;
}

}  // namespace

/// The directory that a directory lies in; the root's is itself.
int RealDisk::above(int directory, Attributes& out) {
  if (directory == index_.root()) return stat(kRootFid, out);
  struct stat shown {};
  if (fstatat(directory, "..", &shown, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
  const Fid fid = index_.by_inode(shown.st_ino);
  return fid == kNoFid ? -ESTALE : stat(fid, out);
}

int RealDisk::list(Fid fid, std::vector<Entry>& out) {
  const int at = directory(fid);
  if (at < 0) return at;
  const int file = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return -errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(file), closedir);
  if (!stream) return -errno;
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(stream.get());
    // R43: the end, or an error in the middle: then nothing is known of the rest.
    if (entry == nullptr && errno != 0) return -errno;
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    Fid found = index_.by_inode(entry->d_ino);
    if (found == kNoFid) {
      int failure = 0;
      const Node* node = index_.at(file, entry->d_name, failure);
      if (node == nullptr && is_out_of_means(failure)) return failure;
      if (node == nullptr) continue;  // removed meanwhile, or not ours to show
      found = node->fid;
    }
    out.push_back({entry->d_name, found, entry->d_type});
  }
  std::ranges::sort(out, {}, &Entry::name);
  return 0;
}

int RealDisk::read_link(Fid fid, std::string& out) {
  Node* node = index_.find(fid);
  if (node == nullptr) return -ESTALE;
  const int file = index_.path(*node);
  if (file < 0) return file;
  std::array<char, 4096> space{};
  const auto length = readlinkat(file, "", space.data(), space.size());
  if (length < 0) return -errno;
  out.assign(space.data(), static_cast<std::size_t>(length));
  return 0;
}

int RealDisk::get_xattr(Fid fid, const std::string& name, std::string& out) {
  if (name.starts_with(kOwnXattrPrefix)) return -ENODATA;
  // R109
  if (name.starts_with(kHostXattrPrefix)) return -EOPNOTSUPP;
  Node* node = index_.find(fid);
  if (node == nullptr) return -ESTALE;
  const int file = index_.path(*node);
  if (file < 0) return file;
  const std::string reached = proc_path(file);
  // Nearly all are short: the largest is given room only when it is met.
  for (const std::size_t room : {std::size_t{256}, std::size_t{XATTR_SIZE_MAX}}) {
    out.resize(room);
    const auto length = getxattr(reached.c_str(), name.c_str(), out.data(), out.size());
    const int failure = length < 0 ? errno : 0;
    out.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    if (failure != ERANGE) return -failure;
  }
  return -ERANGE;
}

int RealDisk::list_xattr(Fid fid, std::string& out) {
  Node* node = index_.find(fid);
  if (node == nullptr) return -ESTALE;
  const int file = index_.path(*node);
  if (file < 0) return file;
  std::string all(XATTR_LIST_MAX, '\0');
  const auto length = listxattr(proc_path(file).c_str(), all.data(), all.size());
  if (length < 0) return -errno;
  all.resize(static_cast<std::size_t>(length));
  out.clear();
  for (std::size_t at = 0; at < all.size();) {
    const std::string_view name(all.data() + at);
    if (!name.starts_with(kOwnXattrPrefix) && !name.starts_with(kHostXattrPrefix))
      out.append(name).push_back('\0');
    at += name.size() + 1;
  }
  return 0;
}

}  // namespace gemel
