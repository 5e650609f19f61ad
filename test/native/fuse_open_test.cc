// SPDX-License-Identifier: Apache-2.0
// How the mount opens files for each kernel: what a kernel keeps coherent decides, not what is fastest.
#include "../../native/front/fuse/requests.h"

#include <fcntl.h>

#include "check.h"

using namespace gemel;

TEST(direct_mode_only_where_the_kernel_keeps_it_coherent) {
  constexpr std::uint32_t kDirect = FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES;
  constexpr bool kPrimary = true;
  // Linux 6.6 and later.
  CHECK_EQ(open_flags(O_RDWR | O_DIRECT, kPrimary, true), kDirect);
  CHECK_EQ(open_flags(O_RDWR, kPrimary, true), 0U);
  // Before: old bytes in an open descriptor, a shared mapping's store lost.
  CHECK_EQ(open_flags(O_RDWR | O_DIRECT, kPrimary, false), 0U);
  CHECK_EQ(open_flags(O_RDWR, kPrimary, false), 0U);
  // On the secondary nothing may stay in the kernel's cache, whichever it is.
  CHECK_EQ(open_flags(O_RDONLY, !kPrimary, false), kDirect);
  CHECK_EQ(open_flags(O_RDONLY | O_DIRECT, !kPrimary, true), kDirect);
}

TEST(direct_mode_is_what_init_grants) {
  struct {
    fuse_in_header header;
    fuse_init_in init;
  } request{};
  request.header.opcode = FUSE_INIT;
  request.header.len = sizeof request;
  for (const std::uint32_t more : {0U, 1U << 4}) {
    FuseDevice device;
    request.init.flags = FUSE_INIT_EXT;
    request.init.flags2 = more;  // FUSE_DIRECT_IO_ALLOW_MMAP is bit 36 of both together
    const Bytes bytes(reinterpret_cast<std::byte*>(&request), sizeof request);
    CHECK_EQ(device.take_request(bytes).size(), sizeof request);
    CHECK_EQ(device.is_direct_coherent(), more != 0);
  }
}

TEST(access_list_request_is_read_in_its_short_form) {
  struct {
    fuse_in_header header;
    fuse_init_in init;
  } hello{};
  hello.header.opcode = FUSE_INIT;
  hello.init.flags = FUSE_SETXATTR_EXT;
  FuseDevice device;
  device.take_request({reinterpret_cast<std::byte*>(&hello), sizeof hello});
  struct {
    fuse_in_header header;
    fuse_setxattr_in in;
    char rest[8];
  } request{};
  request.header.opcode = FUSE_SETXATTR;
  request.header.len = sizeof request;
  request.in.size = 3;
  request.in.flags = 1;
  for (const std::uint32_t kills : {0U, 1U}) {
    auto sent = request;
    sent.in.setxattr_flags = kills;
    std::memcpy(sent.rest, "name\0abc", 8);
    const Bytes taken = device.take_request({reinterpret_cast<std::byte*>(&sent), sizeof sent});
    CHECK_EQ(taken.size(), sizeof request - 8);
    fuse_in_header header{};
    std::memcpy(&header, taken.data(), sizeof header);
    CHECK_EQ(header.len, sizeof request - 8);
    CHECK_EQ(std::memcmp(taken.data() + sizeof header + 8, "name\0abc", 8), 0);
    CHECK_EQ(device.drops_set_group(), kills != 0);
  }
}
