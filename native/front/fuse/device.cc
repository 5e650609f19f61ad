// SPDX-License-Identifier: Apache-2.0
#include "device.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "../../base/check.h"

namespace gemel {

namespace {

/// Linux 6.6: shared mmap of files opened with FOPEN_DIRECT_IO. Newer than our headers.
constexpr std::uint64_t kDirectIoAllowMmap = 1ULL << 36;
/// Wanted when the kernel has them: set-id bits fall with a write of somebody who may not keep them, also in
/// direct I/O, where the kernel asks for it by a flag of the write.
/// The same for the set-group-id bit when an access list changes.
constexpr std::uint64_t kWantedFlags = kDirectIoAllowMmap | FUSE_HANDLE_KILLPRIV_V2 | FUSE_SETXATTR_EXT;

/// Octal escapes of mountinfo undone: a path may hold spaces.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); at++) {
    const bool is_escape = text[at] == '\\' && at + 3 < text.size();
    if (is_escape) {
      plain.push_back(static_cast<char>(std::stoi(text.substr(at + 1, 3), nullptr, 8)));
      at += 3;
    } else {
      plain.push_back(text[at]);
    }
  }
  return plain;
}

/// The newest FUSE mount over `directory`: its device's minor number is the number of the connection. Read
/// from the table and not by stat, which would be a request to ourselves.
std::uint32_t connection_at(const std::string& directory) {
  std::ifstream table("/proc/self/mountinfo");
  std::uint32_t found = 0;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, place;
    fields >> id >> parent >> device >> root >> place;
    unsigned major_number = 0;
    unsigned minor_number = 0;
    if (std::sscanf(device.c_str(), "%u:%u", &major_number, &minor_number) != 2) continue;
    if (unescaped(place) == directory && line.find(" - fuse.gemel ") != line.npos) found = minor_number;
  }
  return found;
}

}  // namespace

FuseDevice::~FuseDevice() {
  if (file_ >= 0) close(file_);
}

int FuseDevice::mount(const std::string& directory, const std::string& module) {
  check(file_ < 0, "a device is mounted once");
  file_ = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (file_ < 0) return -errno;
  const std::string options =
      "fd=" + std::to_string(file_) +
      ",rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other,max_read=" +
      std::to_string(kWriteBytesMax);
  const std::string source = "gemel:" + module;
  if (::mount(source.c_str(), directory.c_str(), "fuse.gemel", 0, options.c_str()) != 0) {
    const int failure = -errno;
    close(file_);
    file_ = -1;
    return failure;
  }
  connection_ = connection_at(directory);
  return 0;
}

int FuseDevice::unmount(const std::string& directory) {
  return umount2(directory.c_str(), UMOUNT_NOFOLLOW) == 0 ? 0 : -errno;
}

int FuseDevice::clear_dead(const std::string& directory) {
  while (connection_at(directory) != 0) {
    const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_dead = file < 0 && (errno == ENOTCONN || errno == ECONNABORTED);
    if (file >= 0) close(file);
    if (!is_dead) return 0;
    if (const int failure = unmount(directory); failure != 0) return failure;
  }
  return 0;
}

bool FuseDevice::is_direct_coherent() const {
  return (kernel_flags_ & kDirectIoAllowMmap) != 0;
}

void FuseDevice::forget_attributes(Fid fid) const {
  struct {
    fuse_out_header header;
    fuse_notify_inval_inode_out inode;
  } out{};
  out.header.len = sizeof out;
  out.header.error = FUSE_NOTIFY_INVAL_INODE;
  out.inode.ino = fid;
  out.inode.off = -1;  // attributes only: the pages would be waited for
  // It fails for a file that the kernel knows nothing of: then there is nothing to forget.
  [[maybe_unused]] const ssize_t written = ::write(file_, &out, sizeof out);
}

Bytes FuseDevice::take_request(Bytes request) {
  fuse_in_header header{};
  if (request.size() < sizeof header) return request;
  std::memcpy(&header, request.data(), sizeof header);
  if (header.opcode == FUSE_INIT) remember_init(header, request);
  const bool is_extended = header.opcode == FUSE_SETXATTR && (kernel_flags_ & FUSE_SETXATTR_EXT) != 0 &&
                           request.size() >= sizeof header + sizeof(fuse_setxattr_in);
  return is_extended ? without_extension(request, header) : request;
}

/// libfuse 3.14 knows the short form of SETXATTR only: what the long one says more is taken out of the
/// middle.
Bytes FuseDevice::without_extension(Bytes request, fuse_in_header header) {
  fuse_setxattr_in in{};
  std::memcpy(&in, request.data() + sizeof header, sizeof in);
  drops_set_group_ = (in.setxattr_flags & FUSE_SETXATTR_ACL_KILL_SGID) != 0;
  constexpr std::size_t kMore = sizeof in - FUSE_COMPAT_SETXATTR_IN_SIZE;
  const Bytes shorter = request.subspan(kMore);
  header.len = static_cast<std::uint32_t>(shorter.size());
  std::memcpy(shorter.data() + sizeof header, &in, FUSE_COMPAT_SETXATTR_IN_SIZE);
  std::memcpy(shorter.data(), &header, sizeof header);
  return shorter;
}

void FuseDevice::remember_init(const fuse_in_header& header, ConstBytes request) {
  fuse_init_in init{};
  std::memcpy(&init, request.data() + sizeof header, std::min(sizeof init, request.size() - sizeof header));
  init_unique_ = header.unique;
  kernel_flags_ = init.flags | (static_cast<std::uint64_t>(init.flags2) << 32U);
}

ssize_t FuseDevice::send(iovec* parts, int count) {
  if (init_unique_ != 0) patch_init(parts, count);
  return writev(file_, parts, count);
}

void FuseDevice::patch_init(iovec* parts, int count) const {
  fuse_out_header header{};
  if (count < 2 || parts[0].iov_len < sizeof header) return;
  std::memcpy(&header, parts[0].iov_base, sizeof header);
  if (header.unique != init_unique_ || header.error != 0 || parts[1].iov_len < sizeof(fuse_init_out)) return;
  fuse_init_out init{};
  std::memcpy(&init, parts[1].iov_base, sizeof init);
  const std::uint64_t wanted = kernel_flags_ & kWantedFlags;
  init.flags |= static_cast<std::uint32_t>(wanted);
  if ((kernel_flags_ & FUSE_INIT_EXT) != 0) {
    init.flags |= FUSE_INIT_EXT;
    init.flags2 |= static_cast<std::uint32_t>(wanted >> 32U);
  }
  std::memcpy(parts[1].iov_base, &init, sizeof init);
}

int is_mount_point(const std::string& directory) {
  struct statx shown {};
  if (statx(AT_FDCWD, directory.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &shown) != 0) return -errno;
  if (!S_ISDIR(shown.stx_mode)) return -ENOTDIR;
  return (shown.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 ? 1 : 0;
}

}  // namespace gemel
