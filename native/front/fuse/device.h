// SPDX-License-Identifier: Apache-2.0
// The kernel's side of the mount: /dev/fuse, mount(2), and what libfuse 3.14 does not know of the protocol.
//
// Mounting is done here and not by libfuse, because the descriptor is read by the reactor, and because the
// number of the connection is needed (a hung mount is aborted at /sys/fs/fuse/connections/NUMBER).
#pragma once

#include <linux/fuse.h>
#include <sys/uio.h>

#include <cstdint>
#include <string>

#include "../../base/types.h"

namespace gemel {

/// Before a write's payload lie 40 bytes of header and 40 of fuse_write_in: a request that is read this much
/// before a page has its payload on the page, aligned for O_DIRECT.
inline constexpr std::size_t kBeforePayload = 80;

class FuseDevice {
 public:
  FuseDevice() = default;
  ~FuseDevice();
  FuseDevice(const FuseDevice&) = delete;
  FuseDevice& operator=(const FuseDevice&) = delete;

  /// Opens /dev/fuse and mounts `module` over `directory`. 0 or -errno. The descriptor belongs to the session
  /// then.
  int mount(const std::string& directory, const std::string& module);
  int file() const { return file_; }
  /// N of /sys/fs/fuse/connections/N; 0 when not mounted.
  std::uint32_t connection() const { return connection_; }
  bool is_mounted() const { return connection_ != 0; }
  /// Blocking, since the kernel writes dirty pages through the mount first: never on the reactor's thread. 0
  /// or -errno
  /// (-EBUSY while something is open below; never lazy, R32).
  static int unmount(const std::string& directory);
  /// Takes away what a predecessor left when it died: a mount of ours over `directory` whose process is gone.
  /// 0, or -EBUSY while somebody still has a file open in it.
  static int clear_dead(const std::string& directory);
  void forget_mount() { connection_ = 0; }

  /// To be shown every request: remembers INIT, whose answer is patched, and returns the request in the shape
  /// that libfuse 3.14 reads.
  Bytes take_request(Bytes request);
  /// Of the SETXATTR just taken: its caller may not keep the set-group-id bit when an access list changes.
  bool drops_set_group() const { return drops_set_group_; }
  /// Direct and cached access to one file are coherent, shared mappings of direct files included (Linux 6.6,
  /// R45).
  bool is_direct_coherent() const;
  /// The kernel forgets what it knows of a file's attributes, at once. Never waits for anybody, so this is
  /// the one invalidation for the reactor's own thread.
  void forget_attributes(Fid fid) const;
  /// Sends a reply; adds to INIT's the flags that libfuse has no name for. Result and errno of writev(2).
  ssize_t send(iovec* parts, int count);

 private:
  void remember_init(const fuse_in_header& header, ConstBytes request);
  Bytes without_extension(Bytes request, fuse_in_header header);
  void patch_init(iovec* parts, int count) const;
  int file_ = -1;
  std::uint32_t connection_ = 0;
  std::uint64_t init_unique_ = 0;
  std::uint64_t kernel_flags_ = 0;
  bool drops_set_group_ = false;
};

/// Is this directory itself a mount point? Such a one is refused (R27). Also -errno.
int is_mount_point(const std::string& directory);

}  // namespace gemel
