// SPDX-License-Identifier: Apache-2.0
// Everything that two engines say to each other, in one place.
//
// A frame is a fixed 32-byte header, a message of fixed shape, then (write, block, read_reply) raw data.
// Byte order: little endian, stated here once. CRC32C covers header (with the crc field zero), message and
// data. Each message lists its fields once, in `fields`; the codec, the fuzzer and the test vectors are
// generated from that.
//
// Protocol versions:
//   1  first version: everything below.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../base/copy.h"
#include "../base/names.h"
#include "../base/types.h"

namespace gemel::wire {

inline constexpr std::uint16_t kMagic = 0x4D47;  // "GM"
inline constexpr std::uint8_t kVersionMin = 1;
inline constexpr std::uint8_t kVersionMax = 1;

/// Limits: what is longer is refused before it is allocated.
inline constexpr std::uint32_t kMessageBytesMax = 128U << 10;
inline constexpr std::uint32_t kDataBytesMax = kWriteBytesMax;
inline constexpr std::uint32_t kHistoryMax = 64;

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

enum class Type : std::uint8_t {
  // session
  hello = 1,
  outcome = 2,
  ping = 3,
  pong = 4,
  bye = 5,
  // operations (hot, in order) and their answers
  write = 10,
  flush = 11,
  allocate = 12,
  change = 13,
  ack = 14,
  // reads served by the peer (bulk)
  read = 20,
  read_reply = 21,
  // reintegration and verify (bulk)
  reintegration_begin = 30,
  tree_directory = 31,
  tree_done = 32,
  hash_request = 33,
  hash_reply = 34,
  block = 35,
  zero = 36,
  block_ack = 37,
  reintegration_flush = 38,
  reintegration_flushed = 39,
  paired = 40,
  up_to_date = 41,
  up_to_date_seen = 42,
  tree_request = 43,
  tree_reply = 44,
  tracked = 45,
};

using gemel::CopyState;
using gemel::Right;
using gemel::Running;

/// First message in both directions. Both sides compute the same row of the sync decision table from the two
/// hellos.
struct Hello {
  std::string cluster;  ///< uuid of the cluster
  std::string module;
  std::string
      module_uuid;  ///< identity of this protected unit: a module of the same name made anew is another
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
  template <class V>
  void fields(V& v) {
    v(cluster, module, module_uuid, node, process, version_min, version_max, alignment, copy, running, right,
      clean, tracking, unbroken, elected, generation, source, synced, history, session, freeze, sent, applied,
      changed);
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
  template <class V>
  void fields(V& v) {
    v(directory, more, files);
  }
};
struct TreeDone {
  Fid directory = 0;
  std::int32_t result = 0;
  std::vector<Fid> created;
  template <class V>
  void fields(V& v) {
    v(directory, result, created);
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
/// Hashes of `count` regions of `region_bytes` from `offset` (xxh3-128 or SHA-256 truncated: two u64 each).
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
