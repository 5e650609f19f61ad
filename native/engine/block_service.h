// SPDX-License-Identifier: Apache-2.0
// One file of the module as a disk: read, write, flush, discard. For front ends that serve a disk and no file
// system. Nothing is replicated here: each call is an operation of the file service and takes its way, so
// order (R5, R6), intent (R1), both sides' flush (R11, R12) and freeze (R13) hold for it as for the mount.
//
//   BlockService disk(engine.service());
//   if (const int failure = disk.open(fid); failure != 0) …
//   co_await disk.write(offset, data, /*durable=*/false);      0, or why not
//   disk.close();                                              also by the destructor
//
// What a caller must know:
//   sector      kSectorBytes (512): offsets and lengths are whole sectors, else -EINVAL and nothing is done
//   block       Geometry::block_bytes (the larger direct-I/O alignment of both nodes, 4096 where nothing else
//               is known): a write of whole blocks from memory aligned to it goes straight to both disks; any
//               other is a read-modify-write inside its range's lock on each side (R5), slower, just as safe
//   size        the file's, in whole sectors, asked anew by each call: a file that is grown or cut is seen at
//               once; the operation behind the last sector is refused as a whole, it never makes a file
//               longer
//   at once     at most kTransferBytes (1 MiB) of a read or write; a discard up to the size
//   in flight   as many calls as the front end likes; each needs its own buffer until it returns; the front
//               end bounds their number, this class keeps none of them
//
// Results: 0, all of it was done; else nothing is promised of the range but that both copies agree on it:
//   -EBADF      not open
//   -EINVAL     not whole sectors
//   -E2BIG      more than kTransferBytes at once
//   -ERANGE     behind the last sector
//   -EROFS      this node is secondary, or ceased to be primary while the call waited; reads too: what a
//               secondary holds may be old by the time that a guest sees it
//   -ENOSPC     this node's file system is full; the engine says so and looks for room
//   -EIO        the disk failed, a flush failed before (R11), or this primary was denied (R14)
//   -ESTALE     the file is gone
// A call that comes while the module is frozen waits until it goes on; it has no time limit of its own.
#pragma once

#include "engine.h"

namespace gemel {

class BlockService {
 public:
  static constexpr std::uint32_t kSectorBytes = 512;
  static constexpr std::uint32_t kTransferBytes = kWriteBytesMax;

  struct Geometry {
    std::uint64_t bytes = 0;  ///< whole sectors
    std::uint32_t sector_bytes = kSectorBytes;
    std::uint32_t block_bytes = 0;
    std::uint32_t transfer_bytes = kTransferBytes;
    bool is_writable = false;  ///< this node is primary now
  };

  explicit BlockService(FileService& files) : files_(files) {}
  ~BlockService() { close(); }
  BlockService(const BlockService&) = delete;
  BlockService& operator=(const BlockService&) = delete;

  /// A regular file, held until close(), also when its last name goes. Not necessarily on the primary: a
  /// secondary's front end may be ready before it is needed. 0, -ESTALE, -EISDIR, -EINVAL, or what failed.
  int open(Fid fid);
  /// What is under way goes on; whoever began it waits for its end first.
  void close();
  bool is_open() const { return fid_ != kNoFid; }
  /// A front end that serves an open disk counts it in FrontEnd::open_for_writing (R26).
  int geometry(Geometry& out) const;

  Task<int> read(std::uint64_t offset, Bytes into);
  /// `durable` (FUA, O_DSYNC): on stable storage of both before it returns 0 (R12).
  Task<int> write(std::uint64_t offset, ConstBytes data, bool durable);
  /// Every write that returned 0 before this call is on stable storage of both (R11).
  Task<int> flush();
  /// The range reads as zeros on both, and its space is given back where the file system can do that.
  Task<int> discard(std::uint64_t offset, std::uint64_t length);

 private:
  int admits(std::uint64_t offset, std::uint64_t length) const;

  FileService& files_;
  Fid fid_ = kNoFid;
};

}  // namespace gemel
