// SPDX-License-Identifier: Apache-2.0
// Everything that two engines say to each other, in one place.
//
// A frame is a fixed 32-byte header, a message of fixed shape, then (write, block, read_reply) raw data.
// Byte order: little endian, stated here once. CRC32C covers header (with the crc field zero), message and
// data. Each message lists its fields once, in `fields`; the codec, the fuzzer and the test vectors are
// generated from that.
//
// Protocol versions:
//   1  first version: everything below. What came later is said only to a peer whose hello shows that it
//      knows it (a hello with `covers`): cover, covered (R114), tree_directory with `compare` (R121).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../base/copy.h"
#include "../base/limits.h"
#include "../base/names.h"
#include "../base/types.h"

namespace gemel::wire {

inline constexpr std::uint16_t kMagic = 0x4D47;  // "GM"
inline constexpr std::uint8_t kVersionMin = 1;
inline constexpr std::uint8_t kVersionMax = 1;

struct Header {
  std::uint16_t magic;
  std::uint8_t version;
  std::uint8_t type;
  std::uint32_t message_bytes;
  std::uint32_t data_bytes;
  std::uint32_t crc;
  Sequence sequence;  ///< of the operation; 0 for messages outside the order
  Sequence settled;  ///< hot: every sequence ≤ this one is settled at the sender (the receiver may forget its
                     ///< result)
};
static_assert(sizeof(Header) == 32);

/// Every message, once: its name, its number in the header, its struct, the most data that may follow it. All
/// that has to know every message is made of this list: the enum, the names, the sizes that a header is held
/// against, decoding and handing on (codec.h), the fuzzer's walk. A number is never given twice, not even
/// after its message is gone.
#define GEMEL_WIRE_MESSAGES(ROW)                          \
  /* session */                                           \
  ROW(hello, 1, Hello, 0)                                 \
  ROW(outcome, 2, Outcome, 0)                             \
  ROW(ping, 3, Ping, 0)                                   \
  ROW(pong, 4, Pong, 0)                                   \
  ROW(bye, 5, Bye, 0)                                     \
  /* operations (hot, in order) and their answers */      \
  ROW(write, 10, Write, limits::kDataBytes)               \
  ROW(flush, 11, Flush, 0)                                \
  ROW(allocate, 12, Allocate, 0)                          \
  ROW(change, 13, Change, 0)                              \
  ROW(ack, 14, Ack, 0)                                    \
  /* reads served by the peer (bulk) */                   \
  ROW(read, 20, Read, 0)                                  \
  ROW(read_reply, 21, ReadReply, limits::kDataBytes)      \
  /* reintegration and verify (bulk) */                   \
  ROW(reintegration_begin, 30, ReintegrationBegin, 0)     \
  ROW(tree_directory, 31, TreeDirectory, 0)               \
  ROW(tree_done, 32, TreeDone, 0)                         \
  ROW(hash_request, 33, HashRequest, 0)                   \
  ROW(hash_reply, 34, HashReply, 0)                       \
  ROW(block, 35, Block, limits::kDataBytes)               \
  ROW(zero, 36, Zero, 0)                                  \
  ROW(block_ack, 37, BlockAck, 0)                         \
  ROW(reintegration_flush, 38, ReintegrationFlush, 0)     \
  ROW(reintegration_flushed, 39, ReintegrationFlushed, 0) \
  ROW(paired, 40, Paired, 0)                              \
  ROW(up_to_date, 41, UpToDate, 0)                        \
  ROW(up_to_date_seen, 42, UpToDateSeen, 0)               \
  ROW(tree_request, 43, TreeRequest, 0)                   \
  ROW(tree_reply, 44, TreeReply, 0)                       \
  ROW(tracked, 45, Tracked, 0)                            \
  ROW(cover, 46, Cover, 0)                                \
  ROW(covered, 47, Covered, 0)

enum class Type : std::uint8_t {
#define GEMEL_ROW(name, number, Message, data_max) name = number,
  GEMEL_WIRE_MESSAGES(GEMEL_ROW)
#undef GEMEL_ROW
};

using gemel::CopyState;
using gemel::Right;
using gemel::Running;

/// First message in both directions. Both sides compute the same row of the sync decision table from the two
/// hellos.
struct Hello {
  std::string cluster;  ///< uuid of the cluster
  std::string module;
  /// Identity of this protected unit: a module of the same name made anew is another.
  std::string module_uuid;
  std::string node;
  std::uint64_t process = 0;  ///< random per mirror process: a new one means that memory is gone (R8)
  std::uint8_t version_min = kVersionMin;
  std::uint8_t version_max = kVersionMax;
  std::uint32_t alignment = 0;
  CopyState copy = CopyState::absent;
  Running running = Running::no;
  Right right = Right::none;
  bool clean = false;     ///< nothing was in flight when it stopped or when the session ended
  bool tracking = false;  ///< at least one region may differ
  bool unbroken = false;  ///< same process as in `session`, in sync until its loss (R19)
  bool elected = false;   ///< tie-break where neither runs: was primary last
  Generation generation = 0;
  Generation source = 0;  ///< inconsistent: the generation it was being filled from
  Generation synced = 0;  ///< the tracking says what changed since both copies were equal at this one
  std::vector<Generation> history;  ///< newest first
  SessionNumber session = 0;
  std::uint64_t freeze = 0;  ///< counter of the freeze it is in, 0 = none
  Sequence sent = 0;         ///< highest sequence sent / applied: for a resumed session
  Sequence applied = 0;
  bool changed = false;  ///< its files were changed while it was stopped (R29)
  /// R114: covers of this session, and one more; 0: a version that does not count them.
  std::uint64_t covers = 0;
  template <class V>
  void fields(V& v) {
    v(cluster, module, module_uuid, node, process, version_min, version_max, alignment, copy, running, right,
      clean, tracking, unbroken, elected, generation, source, synced, history, session, freeze, sent, applied,
      changed);
    v.tail(covers);
  }
};

/// Second message in both directions: the row that this side found. They must agree, else the link is
/// refused.
struct Outcome {
  std::string row;  ///< letter(s) of the sync decision table
  SessionNumber session = 0;
  Generation generation = 0;
  template <class V>
  void fields(V& v) {
    v(row, session, generation);
  }
};

struct Ping {
  std::uint64_t stamp = 0;
  template <class V>
  void fields(V& v) {
    v(stamp);
  }
};
struct Pong {
  std::uint64_t stamp = 0;
  template <class V>
  void fields(V& v) {
    v(stamp);
  }
};
struct Bye {
  std::string reason;
  template <class V>
  void fields(V& v) {
    v(reason);
  }
};

/// Guest's write; data follows. `sync`: flush before the acknowledgement (R12).
struct Write {
  Fid fid = 0;
  std::uint64_t offset = 0;
  bool sync = false;
  template <class V>
  void fields(V& v) {
    v(fid, offset, sync);
  }
};
/// Covers every operation before it in the order (R11). fid 0: the whole volume.
struct Flush {
  Fid fid = 0;
  bool data_only = false;
  template <class V>
  void fields(V& v) {
    v(fid, data_only);
  }
};
struct Allocate {
  Fid fid = 0;
  std::uint32_t mode = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  template <class V>
  void fields(V& v) {
    v(fid, mode, offset, length);
  }
};
/// A change of names or attributes that succeeded on the sender (R9).
struct Change {
  NameKind kind = NameKind::create;
  Fid fid = 0;
  Fid directory = 0;
  Fid directory2 = 0;
  std::string name, name2, value;
  std::uint32_t flags = 0;
  std::uint32_t valid = 0;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t rdev = 0;
  std::uint64_t size = 0;
  std::int64_t atime = 0;
  std::uint32_t atime_nanos = 0;
  std::int64_t mtime = 0;
  std::uint32_t mtime_nanos = 0;
  template <class V>
  void fields(V& v) {
    v(kind, fid, directory, directory2, name, name2, value, flags, valid, mode, uid, gid, rdev, size, atime,
      atime_nanos, mtime, mtime_nanos);
  }
};
enum class AckKind : std::uint8_t { received = 1, done = 2 };
/// Answer to write, flush, allocate, change: sequence in the header.
struct Ack {
  AckKind kind = AckKind::done;
  std::int32_t result = 0;
  template <class V>
  void fields(V& v) {
    v(kind, result);
  }
};

struct Read {
  Fid fid = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  template <class V>
  void fields(V& v) {
    v(fid, offset, length);
  }
};
struct ReadReply {
  std::int32_t result = 0;
  template <class V>
  void fields(V& v) {
    v(result);
  }
};

/// Reintegration. The source drives: tree, then per file hashes or tracked regions, then blocks, until
/// nothing is left.
struct ReintegrationBegin {
  Generation source = 0;
  std::uint8_t pass = 0;
  bool by_hash = false;
  bool verify = false;
  template <class V>
  void fields(V& v) {
    v(source, pass, by_hash, verify);
  }
};
struct TreeFile {
  std::string name;
  Fid fid = 0;
  std::uint32_t mode = 0, uid = 0, gid = 0;
  std::uint64_t rdev = 0, size = 0;
  std::int64_t mtime = 0;
  std::uint32_t mtime_nanos = 0;
  std::string link;
  std::vector<std::string> xattrs;  ///< name, value, name, value …
  template <class V>
  void fields(V& v) {
    v(name, fid, mode, uid, gid, rdev, size, mtime, mtime_nanos, link, xattrs);
  }
};
/// One directory of the source, complete; the target makes its own equal and answers tree_done with the fids
/// that it had to create (dirty as a whole, R4). Large directories come in parts (`more`).
struct TreeDirectory {
  Fid directory = 0;
  bool more = false;
  std::vector<TreeFile> files;
  bool compare = false;  ///< says what differs and changes nothing; only to who counts covers
  template <class V>
  void fields(V& v) {
    v(directory, more, files);
    v.tail(compare);
  }
};
struct TreeDone {
  Fid directory = 0;
  std::int32_t result = 0;
  std::vector<Fid> created;
  std::vector<std::string> differing{};  ///< name, what about it, name, what …
  template <class V>
  void fields(V& v) {
    v(directory, result, created);
    v.tail(differing);
  }
};
/// Asks for the target's listing of one directory (verify, and tree comparison without changes).
struct TreeRequest {
  Fid directory = 0;
  template <class V>
  void fields(V& v) {
    v(directory);
  }
};
struct TreeReply {
  Fid directory = 0;
  std::int32_t result = 0;
  bool more = false;
  std::vector<TreeFile> files;
  template <class V>
  void fields(V& v) {
    v(directory, result, more, files);
  }
};
/// Hashes of `count` regions of `region_bytes` from `offset` (SHA-256 cut to 128 bits: two u64 each).
struct HashRequest {
  Fid fid = 0;
  std::uint64_t offset = 0;
  std::uint32_t region_bytes = 0;
  std::uint32_t count = 0;
  template <class V>
  void fields(V& v) {
    v(fid, offset, region_bytes, count);
  }
};
struct HashReply {
  Fid fid = 0;
  std::uint64_t offset = 0;
  std::int32_t result = 0;
  std::vector<std::uint64_t> hashes;
  template <class V>
  void fields(V& v) {
    v(fid, offset, result, hashes);
  }
};
/// Content of a region; data follows.
struct Block {
  Fid fid = 0;
  std::uint64_t offset = 0;
  template <class V>
  void fields(V& v) {
    v(fid, offset);
  }
};
/// A range of zeros: punched on the target.
struct Zero {
  Fid fid = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  template <class V>
  void fields(V& v) {
    v(fid, offset, length);
  }
};
struct BlockAck {
  std::int32_t result = 0;
  template <class V>
  void fields(V& v) {
    v(result);
  }
};
struct ReintegrationFlush {
  std::uint64_t token = 0;
  template <class V>
  void fields(V& v) {
    v(token);
  }
};
/// `result` -EAGAIN: flushed, but an operation of the guest's has failed there since the pass began; the next
/// pass's `tracked` says which ranges (R41). A source that does not know it takes it for a failure and fills
/// anew.
struct ReintegrationFlushed {
  std::uint64_t token = 0;
  std::int32_t result = 0;
  template <class V>
  void fields(V& v) {
    v(token, result);
  }
};
/// End of reintegration in the order of R10: source has written `paired`; target writes `up to date` and
/// confirms.
struct Paired {
  Generation generation = 0;
  SessionNumber session = 0;
  template <class V>
  void fields(V& v) {
    v(generation, session);
  }
};
struct UpToDate {
  Generation generation = 0;
  SessionNumber session = 0;
  template <class V>
  void fields(V& v) {
    v(generation, session);
  }
};
/// The source has heard it: green on both from here on. Nobody answers it.
struct UpToDateSeen {
  Generation generation = 0;
  SessionNumber session = 0;
  template <class V>
  void fields(V& v) {
    v(generation, session);
  }
};

/// R114: everything that was flushed on both is about to be forgotten: durably counted there before it is
/// here.
struct Cover {
  std::uint64_t number = 0;
  template <class V>
  void fields(V& v) {
    v(number);
  }
};
struct Covered {
  std::uint64_t number = 0;
  std::int32_t result = 0;
  template <class V>
  void fields(V& v) {
    v(number, result);
  }
};

/// The target's answer to `reintegration_begin`: what its own log and bitmaps hold of regions that may differ
/// (both sides' union is dirty). The last one has `more` false: from then on the target takes operations of
/// this session.
struct Tracked {
  Fid fid = 0;
  bool whole = false;
  bool more = false;
  std::int32_t result = 0;
  std::vector<std::uint64_t> ranges;  ///< offset, length, offset, length …
  template <class V>
  void fields(V& v) {
    v(fid, whole, more, result, ranges);
  }
};

}  // namespace gemel::wire
