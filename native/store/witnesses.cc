// SPDX-License-Identifier: Apache-2.0
// The looking half of identity.h. Nothing here writes, but for write_root_mark.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "identity.h"

namespace gemel {
namespace {

constexpr const char* kMarkName = "trusted.gemel.copy";
constexpr const char* kMarkFormat = "1";

// Kernel 6.9; not in every distribution's headers.
struct UuidReply {
  std::uint8_t length;
  std::array<std::uint8_t, 16> bytes;
};
#ifndef FS_IOC_GETFSUUID
constexpr unsigned long kGetUuid = _IOR(0x15, 0, UuidReply);
#else
constexpr unsigned long kGetUuid = FS_IOC_GETFSUUID;
#endif

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string uuid_text(const std::array<std::uint8_t, 16>& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", bytes[i]);
    text += hex.data();
  }
  return text;
}

/// What udev noted of the device, else which name by UUID leads to it.
std::string uuid_of_device(dev_t device) {
  const std::string number = std::to_string(major(device)) + ":" + std::to_string(minor(device));
  std::ifstream noted("/run/udev/data/b" + number);
  for (std::string line; std::getline(noted, line);) {
    if (line.starts_with("E:ID_FS_UUID=")) return line.substr(sizeof("E:ID_FS_UUID=") - 1);
  }
  constexpr const char* kFolder = "/dev/disk/by-uuid";
  DIR* folder = ::opendir(kFolder);
  if (folder == nullptr) return "";
  std::string found;
  while (const dirent* entry = ::readdir(folder)) {
    struct stat is {};
    if (::fstatat(::dirfd(folder), entry->d_name, &is, 0) == 0 && S_ISBLK(is.st_mode) &&
        is.st_rdev == device) {
      found = entry->d_name;
    }
  }
  ::closedir(folder);
  return found;
}

/// The superblock of an ext file system bears its UUID at a fixed place (blkid reads it there, too).
std::string uuid_on_device(dev_t device) {
  const std::string path =
      "/sys/dev/block/" + std::to_string(major(device)) + ":" + std::to_string(minor(device));
  std::array<char, 256> link{};
  const ssize_t length = ::readlink(path.c_str(), link.data(), link.size() - 1);
  if (length <= 0) return "";
  const std::string target(link.data(), static_cast<std::size_t>(length));
  const Descriptor disk(::open(("/dev" + target.substr(target.rfind('/'))).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<std::uint8_t, 1024> block{};
  if (disk.get() < 0 || ::pread(disk.get(), block.data(), block.size(), 1024) != 1024) return "";
  const bool is_ext = block[0x38] == 0x53 && block[0x39] == 0xEF;
  if (!is_ext) return "";
  std::array<std::uint8_t, 16> uuid{};
  std::copy_n(block.begin() + 0x68, 16, uuid.begin());
  return uuid_text(uuid);
}

bool holds_something(int directory) {
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy < 0 ? nullptr : ::fdopendir(copy);
  if (entries == nullptr) return false;
  bool is_found = false;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string name = entry->d_name;
    // mke2fs leaves this one in the root of an empty file system.
    if (name != "." && name != ".." && name != "lost+found") is_found = true;
  }
  ::closedir(entries);
  return is_found;
}

/// A directory is a mount point when its parent lies on another mount. st_dev alone misses bind mounts.
bool is_mount_point(int directory, const std::string& path) {
  struct statx own {};
  struct statx above {};
  constexpr int kFlags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT;
  if (::statx(directory, "", kFlags, STATX_MNT_ID, &own) != 0) return false;
  if (::statx(AT_FDCWD, (path + "/..").c_str(), AT_NO_AUTOMOUNT, STATX_MNT_ID, &above) != 0) return false;
  return own.stx_mnt_id != above.stx_mnt_id;
}

}  // namespace

FileSystemId file_system_id(int directory_fd) {
  struct stat is {};
  struct statfs kind {};
  if (::fstat(directory_fd, &is) != 0 || ::fstatfs(directory_fd, &kind) != 0)
    return {"", "it cannot be read"};
  UuidReply reply{};
  if (::ioctl(directory_fd, kGetUuid, &reply) == 0 && reply.length == reply.bytes.size()) {
    if (kind.f_type == TMPFS_MAGIC)
      return {uuid_text(reply.bytes), "memory: gone, with its identity, when unmounted"};
    if (reply.bytes != decltype(reply.bytes){}) return {uuid_text(reply.bytes), "told by the file system"};
    // Made without a UUID. A device that is numbered anew looks like another file system: data not there,
    // never worse.
    return {"device-" + std::to_string(major(is.st_dev)) + ":" + std::to_string(minor(is.st_dev)),
            "the file system bears no UUID: known by its device's number, which may change at a restart"};
  }
  // tmpfs, overlay, NFS and the like: a device number of no device, gone after a restart.
  if (major(is.st_dev) == 0) return {"", "a file system without a device has no identity that lasts"};
  if (std::string uuid = uuid_of_device(is.st_dev); !uuid.empty()) return {uuid, "found by its device"};
  if (std::string uuid = uuid_on_device(is.st_dev); !uuid.empty()) return {uuid, "read from its device"};
  return {"", "neither the file system nor its device tells a UUID"};
}

std::optional<RootMark> read_root_mark(int directory_fd) {
  std::array<char, 512> text{};
  const ssize_t size = ::fgetxattr(directory_fd, kMarkName, text.data(), text.size());
  if (size <= 0) return std::nullopt;
  // "1 module copy file-system"
  std::array<std::string, 4> words;
  std::size_t word = 0;
  for (ssize_t i = 0; i < size; i++) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c == ' ') {
      if (++word == words.size()) return std::nullopt;
    } else {
      words[word] += c;
    }
  }
  // A mark that cannot be understood is a mark all the same: of no copy that we know.
  if (word + 1 != words.size() || words[0] != kMarkFormat) return RootMark{};
  return RootMark{words[1], words[2], words[3]};
}

int write_root_mark(int directory_fd, const RootMark& mark) {
  const std::string text =
      std::string(kMarkFormat) + " " + mark.module_uuid + " " + mark.copy_uuid + " " + mark.file_system;
  if (::fsetxattr(directory_fd, kMarkName, text.data(), text.size(), 0) != 0) return -errno;
  return ::fsync(directory_fd) == 0 ? 0 : -errno;
}

std::string make_uuid(Clock& clock) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const std::uint64_t random = clock.random();
    for (std::size_t k = 0; k < 8; k++) bytes[i + k] = static_cast<std::uint8_t>(random >> (8 * k));
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  return uuid_text(bytes);
}

int read_witnesses(const std::string& root, const std::string& state, Superblock* superblock,
                   Witnesses& out) {
  const Descriptor directory(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  out.root_exists = directory.get() >= 0;
  if (!out.root_exists && errno != ENOENT) return -errno;
  if (out.root_exists) {
    out.root_is_mount_point = is_mount_point(directory.get(), root);
    out.root_has_files = holds_something(directory.get());
    out.file_system = file_system_id(directory.get()).uuid;
    out.mark = read_root_mark(directory.get());
  }
  const Descriptor beside(::open(state.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat root_is {};
  struct stat state_is {};
  if (out.root_exists && beside.get() >= 0 && ::fstat(directory.get(), &root_is) == 0 &&
      ::fstat(beside.get(), &state_is) == 0) {
    out.same_file_system = root_is.st_dev == state_is.st_dev;
  }
  if (superblock != nullptr) {
    out.superblock = superblock->open();
    out.record = superblock->record();
  }
  return 0;
}

}  // namespace gemel
