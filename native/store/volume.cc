// SPDX-License-Identifier: Apache-2.0
#include "volume.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../base/check.h"
#include "block.h"

namespace gemel {
namespace {

/// An O_DIRECT state file. A file system without direct I/O is served through the page cache, just as
/// durably.
class RealStateFile final : public StateFile {
 public:
  RealStateFile(Reactor& reactor, int fd, std::uint64_t size) : reactor_(reactor), fd_(fd), size_(size) {}
  ~RealStateFile() override {
    reactor_.cancel_all(fd_);
    ::close(fd_);
  }
  RealStateFile(const RealStateFile&) = delete;
  RealStateFile& operator=(const RealStateFile&) = delete;

  std::uint64_t size() const override { return size_; }

  void write(std::uint64_t offset, ConstBytes data, bool durable, std::function<void(int)> done) override {
    check(offset % kStateBlock == 0 && data.size() % kStateBlock == 0, "state is written in whole blocks");
    check(offset <= size_ && data.size() <= size_ - offset, "a state file does not grow by being written");
    const auto size = static_cast<int>(data.size());
    reactor_.write(fd_, data, offset, durable ? RWF_DSYNC : 0, [size, done = std::move(done)](int result) {
      // State is written where blocks are already: less than all of it means that the disk failed.
      done(result >= 0 && result < size ? -EIO : result);
    });
  }

  int read_now(std::uint64_t offset, Bytes into) override {
    for (std::size_t done = 0; done < into.size();) {
      const ssize_t count =
          ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return -errno;
      if (count == 0) return -EIO;
      done += static_cast<std::size_t>(count);
    }
    return static_cast<int>(into.size());
  }

 private:
  Reactor& reactor_;
  int fd_;
  std::uint64_t size_;
};

/// Written with zeros, not only reserved: a write into reserved blocks would have to change the file system's
/// metadata each time, and wait for its journal.
bool fill(int fd, std::uint64_t from, std::uint64_t to) {
  check(from % kStateBlock == 0 && from < to, "a state file grows by whole blocks");
  AlignedBytes zeros(256U << 10);
  while (from < to) {
    const std::size_t part = std::min<std::uint64_t>(to - from, zeros.bytes().size());
    const ssize_t count = ::pwrite(fd, zeros.bytes().data(), part, static_cast<off_t>(from));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    from += static_cast<std::uint64_t>(count);
  }
  return ::fsync(fd) == 0;
}

/// What could not grow takes none of the little room that is left.
void give_back(int fd, std::uint64_t size) {
  const int error = errno;
  const int cut = ::ftruncate(fd, static_cast<off_t>(size));
  (void)cut;  // the failure that is told is the first one
  errno = error;
}

bool is_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

}  // namespace

std::unique_ptr<RealVolume> RealVolume::open_directory(Reactor& reactor, const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return nullptr;
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return nullptr;
  return std::unique_ptr<RealVolume>(new RealVolume(reactor, directory));
}

RealVolume::~RealVolume() {
  ::close(directory_);
}

std::unique_ptr<StateFile> RealVolume::open(const std::string& name, std::uint64_t size) {
  if (!is_name(name)) {
    errno = EINVAL;
    return nullptr;
  }
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  int fd = ::openat(directory_, name.c_str(), kFlags | O_DIRECT, 0600);
  if (fd < 0 && errno == EINVAL) fd = ::openat(directory_, name.c_str(), kFlags, 0600);
  if (fd < 0) return nullptr;
  struct stat is {};
  bool is_ready = ::fstat(fd, &is) == 0;
  auto has = static_cast<std::uint64_t>(is.st_size);
  if (is_ready && has < size) {
    is_ready = fill(fd, has / kStateBlock * kStateBlock, size) && ::fsync(directory_) == 0;
    if (!is_ready) give_back(fd, has);
    has = size;
  }
  if (is_ready) return std::make_unique<RealStateFile>(reactor_, fd, has);
  const int error = errno;
  ::close(fd);
  errno = error;
  return nullptr;
}

bool RealVolume::exists(const std::string& name) {
  return is_name(name) && ::faccessat(directory_, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int RealVolume::remove(const std::string& name) {
  if (!is_name(name)) return -EINVAL;
  if (::unlinkat(directory_, name.c_str(), 0) != 0) return -errno;
  return ::fsync(directory_) == 0 ? 0 : -errno;
}

std::vector<std::string> RealVolume::names() {
  std::vector<std::string> all;
  const int copy = ::openat(directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* directory = copy < 0 ? nullptr : ::fdopendir(copy);
  if (directory == nullptr) return all;
  while (const dirent* entry = ::readdir(directory)) {
    if (is_name(entry->d_name)) all.emplace_back(entry->d_name);
  }
  ::closedir(directory);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace gemel
