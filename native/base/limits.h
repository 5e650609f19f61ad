// SPDX-License-Identifier: Apache-2.0
// Every bound of the data plane in one place: times, sizes, counts, each with how it was chosen, and the
// relations between them that safety rests on, held by the compiler. The control plane's are in
// core/base/limits.ts; those that both name are said to be so here.
//
// What is not here: how state lies on disk (slots, pages, magic numbers: native/store) and what the kernel's
// or a protocol's own numbers are (beside their use).
#pragma once

#include "types.h"

namespace gemel::limits {

// ---- times of the freeze (R16, R17); the daemon may set the first two anew for a module

/// T_link: an operation, or the peer as a whole, that says nothing for this long is a stall. Longer than a
/// disk's own retries of one sector, a tenth of what a guest's disk driver waits (30 s). As stallLimit.
inline constexpr Nanos kStall = 3 * kSecond;
/// T_ask: from the start of a freeze until the engine pauses the guest by itself, when nobody said otherwise:
/// an arbiter has answered by then or does not answer. As askLimit, freezeDeadlineWithLease.
inline constexpr Nanos kFreezeDeadline = 2 * kSecond;
/// T_stop: a denied or silent primary executes nothing any more after this. As stopLimit.
inline constexpr Nanos kStop = 2 * kSecond;
/// Between two signs of life on an idle link: six fit into a stall, so that one that is lost decides nothing.
inline constexpr Nanos kPing = kSecond / 2;
/// Stalls, pings and checkpoints are looked at this often: a small part of the shortest of them, and ten
/// wake-ups a second cost an idle module nothing that can be measured.
inline constexpr Nanos kTick = 100 * kMillisecond;
/// Longest wait of an idle turn of the reactor: a gap (R16) is seen at the next turn, so far below kStall.
inline constexpr Nanos kTurn = 500 * kMillisecond;
/// A pause of this process or its host above this counts as the loss of the link (R16): T_link, since the
/// other side may have taken it for one.
inline constexpr Nanos kGap = kStall;

static_assert(4 * kPing < kStall, "several signs of life may be lost before a peer is silent");
static_assert(2 * kTick <= kPing, "a ping is not late by more than its own span");
static_assert(kTick * 10 < kStall, "a stall is seen when it happens");
static_assert(2 * kTurn < kGap, "an idle turn is no gap");
static_assert(kGap <= kStall, "a host that slept for a stall knows it before it answers anybody");
/// From the silence of the peer to a guest that is paused here: the stall is seen late by a tick, the
/// deadline late by a turn.
inline constexpr Nanos kPausedAfter = kStall + kTick + kFreezeDeadline + kTurn;
/// With a lease the other side starts the guest no earlier than this after it closed the link (R17).
inline constexpr Nanos kStartedElsewhereAfter = kStall + kFreezeDeadline + kStop;
static_assert(kPausedAfter < kStartedElsewhereAfter, "a guest is paused here before it may be started there");
/// What a guest's disk driver waits for an answer before it resets its disk: at least, Linux and Windows.
inline constexpr Nanos kGuestDiskTimeout = 30 * kSecond;
static_assert(kPausedAfter < kGuestDiskTimeout / 3, "a paused guest's disk driver has not given up before");

// ---- a flapping peer (R18); the daemon may set them anew

/// This many stalls within the window keep the peer out: one is a cable that was moved, two are bad luck.
inline constexpr int kStallsTolerated = 3;
inline constexpr Nanos kStallWindow = 600 * kSecond;
/// Out for a minute at first, doubled each time, an hour at most: a person has looked by then.
inline constexpr Nanos kKeepOutFirst = 60 * kSecond;
inline constexpr Nanos kKeepOutLongest = 3600 * kSecond;
static_assert(kStallsTolerated * kStall < kStallWindow, "that many stalls fit into the window");
static_assert(kKeepOutFirst <= kKeepOutLongest);

// ---- tracking (R1, R2)

/// Between two flushes of both sides that the engine does by itself: bounds what the loss of a peer marks
/// without slowing a guest that never flushes.
inline constexpr Nanos kCheckpoint = 2 * kSecond;
/// Files written to since their last checkpoint: up to this many are flushed one by one; beyond it one flush
/// of the volume is cheaper.
inline constexpr std::size_t kFilesFlushedSingly = 16;
/// Larger ranges (a disk cut to nothing, a punched terabyte) are journaled as a whole file, not extent by
/// extent: a quarter of the log at most is one operation's.
inline constexpr std::uint64_t kLargeRange = 64 * kExtentBytes;
/// Hot extents: 4 GiB of a guest's working set stay warm, and what a crashed primary compares by hash is 4
/// GiB at most, some seconds of reading.
inline constexpr std::size_t kHotExtents = 1024;
/// Extents of one call: what a single operation may ask for at once.
inline constexpr std::uint64_t kExtentsPerCall = 256;
/// Changes of names or attributes under way or not yet flushed on both: a package manager's burst between two
/// checkpoints. Then the next one asks for a checkpoint and looks again after kJournalPause.
inline constexpr std::size_t kJournalSlots = 128;
/// Numbers of files whose first extent is in the log before there is a file: more than are made while the log
/// is written once, and few of its extents.
inline constexpr std::size_t kFilesDrawn = 64;
static_assert(kFilesDrawn * 8 <= kHotExtents, "unused files crowd no guest's extents out of the log");
inline constexpr Nanos kJournalPause = 10 * kMillisecond;
/// Bits of dirty regions in memory and on disk: 64 TiB of one file; beyond it a file differs as a whole.
inline constexpr std::uint64_t kBitmapBytes = 256ULL << 20;
/// Pages of the state file that are kept free for files that differ as a whole, 506 in each: what a full
/// volume leaves to mark with.
inline constexpr std::size_t kBitmapReserve = 8;
/// Pages of the bitmaps written in one go: 1 MiB of memory.
inline constexpr std::size_t kBitmapBatchPages = 256;
static_assert(kLargeRange / kExtentBytes + 2 <= kExtentsPerCall,
              "every range that is no large one is one call");
static_assert(kExtentsPerCall * 4 <= kHotExtents, "one operation never needs more than the log holds");

// ---- identity and history

/// Generations that a copy remembers (R10): as many changes of the running side between two meetings, and two
/// copies still know which of them is the older one.
inline constexpr std::size_t kHistory = 64;
/// Bound of a walk: a VM's folder has dozens of files, an application's directory some hundred thousand.
/// Their facts at a clean stop (R29) take 48 bytes each.
inline constexpr std::size_t kFiles = 1U << 20;
/// Descriptors of files that nobody holds, kept open for the next use: far below a process's own limit.
inline constexpr std::size_t kDescriptorsKept = 256;
/// A file that takes more than this on the disk is freed by a helper thread when its last name goes: the file
/// system walks all of its extents meanwhile.
inline constexpr std::uint64_t kFreedElsewhereBytes = 64ULL << 20;
/// Idle files whose lock queue is kept, so that the next operation allocates nothing (R34).
inline constexpr std::size_t kLockQueuesKept = 4096;

// ---- the peer's side

/// Nobody waits for the end of a write that was answered at its receipt: it is told with the next answer, or
/// after this long, so that it wakes nobody by itself.
inline constexpr Nanos kTellLate = 5 * kMillisecond;
/// Modules of a node. As modulesMax.
inline constexpr std::size_t kModules = 32;
/// Writes answered at their receipt and not yet written: some tenths of a second of a good disk, and little
/// against a host's memory even for kModules of them.
inline constexpr std::uint64_t kReceivedBytes = 64ULL << 20;
static_assert(kReceivedBytes * kModules <= 2ULL << 30,
              "all modules' unwritten bytes leave a host its memory");
static_assert(kTellLate * 10 < kPing, "the end of a write is known long before the peer is asked for life");

// ---- reintegration and verify

/// Pieces worked on at once: enough to fill a 10 Gb/s wire with 256 KiB blocks.
inline constexpr std::size_t kWorkers = 16;
/// Where a run begins, before it has measured what the guest bears.
inline constexpr std::size_t kWorkersFirst = 8;
/// One block: short enough that a guest write behind it waits for well under a millisecond of wire.
inline constexpr std::uint64_t kPieceBytes = 4 * kRegionBytes;
/// What the target reserves in one go (R122): some milliseconds of a file system.
inline constexpr std::uint64_t kReserveBytes = 1ULL << 30;
/// Entries of one part of a directory: they are locked together for one round trip.
inline constexpr std::size_t kEntriesPerPart = 64;
/// After this many passes the guest writes faster than a comparison can follow: something is wrong.
inline constexpr int kPasses = 1000;
/// What was copied is flushed on both sides and forgotten after so much, or so long: an interrupted copy goes
/// on from there. A flush of some GiB takes seconds.
inline constexpr std::uint64_t kForgetBytes = 4ULL << 30;
inline constexpr Nanos kForgetEvery = 30 * kSecond;
/// The pace is judged this often: several answers of the peer lie in between.
inline constexpr Nanos kPaceLook = 100 * kMillisecond;
/// A guest that has not written for this long does not mind.
inline constexpr Nanos kGuestQuiet = kSecond;
/// Below twice the idle latency and this much more nobody notices that copying is under way.
inline constexpr Nanos kPaceGrace = kMillisecond / 2;
/// A worker whose window has shrunk looks again after this long.
inline constexpr Nanos kWorkerRest = 20 * kMillisecond;
/// A target that cannot be filled (full, broken disk) is tried again after this long.
inline constexpr Nanos kRetryFill = 10 * kSecond;
/// A question to the peer that is asked with a region locked or a turn held: a guest's write behind it waits
/// no longer than behind any other stall (R112).
inline constexpr Nanos kQuestion = kStall;
/// Any other one: a flush of a whole volume, hashes from a busy disk. What the kernel itself calls hung.
inline constexpr Nanos kLongQuestion = 120 * kSecond;
/// What this disk could not take is written here again after this long: a disk that is being replaced is not
/// hammered meanwhile.
inline constexpr Nanos kRepairPause = 2 * kSecond;
/// Ranges that a disk may lack while the peer has them (R110): scattered bad sectors. Beyond it the disk is
/// broken as a whole, and the guest hears its errors.
inline constexpr std::size_t kLackingRanges = 4096;
/// Regions that neither copy has are named one by one up to this many in one reintegration.
inline constexpr int kNamed = 16;
/// Ranges in one `tracked` message: 16 bytes each, far below the limit of a message.
inline constexpr std::size_t kRangesPerMessage = 2048;
/// One run of dirty regions in such a message.
inline constexpr std::uint64_t kRunBytes = 1ULL << 40;
/// Longer than any file, and still no overflow when it is rounded to regions or extents.
inline constexpr std::uint64_t kEverything = 1ULL << 62;
/// Progress is told this often: a person's eye, not a machine's.
inline constexpr Nanos kTellProgress = kSecond;
static_assert(kPieceBytes <= kWriteBytesMax, "a block is no larger than a write");
static_assert(kWorkersFirst <= kWorkers);

// ---- roles and a full disk

/// Between two looks at open descriptors during a demotion (R26).
inline constexpr Nanos kDemotionLook = 20 * kMillisecond;
/// Kernel caches dropped in one batch (R26): a longer one is reported; what is not dropped then is data that
/// the kernel itself still waits for.
inline constexpr Nanos kInvalidate = 5 * kSecond;
/// A full disk is looked at this often: the guest waits, paused, until there is room.
inline constexpr Nanos kLookForRoom = kSecond;
/// A guest that goes on with less would run into the wall again at once.
inline constexpr std::uint64_t kRoomToGoOn = 1ULL << 20;

// ---- the wire

/// Records that one key of AES-GCM seals before the sender takes a new one: RFC 8446 (5.5) allows 2^24.5 full
/// ones, which 10 Gb/s reach in some minutes, and OpenSSL counts nothing by itself.
inline constexpr std::uint64_t kRekeyRecords = 1ULL << 22;
/// What is longer is refused before it is allocated. A message: a part of a directory with all its
/// attributes.
inline constexpr std::uint32_t kMessageBytes = 128U << 10;
inline constexpr std::uint32_t kDataBytes = kWriteBytesMax;
/// Regions in one question for hashes: the answer (16 bytes each) stays far below kMessageBytes.
inline constexpr std::uint32_t kHashRegions = 4096;
/// Linux: XATTR_NAME_MAX (also NAME_MAX) and XATTR_SIZE_MAX.
inline constexpr std::size_t kNameBytes = 255;
inline constexpr std::size_t kValueBytes = 64U << 10;
/// One attempt at one address: a host that lives answers a SYN within two retransmissions on a LAN.
inline constexpr Nanos kDial = 1500 * kMillisecond;
/// TLS and preamble of one connection, whoever it is. As long as a stall: a peer that needs longer is
/// stalled.
inline constexpr Nanos kHandshake = 3 * kSecond;
/// Pause between two rounds of dialling, doubled from the first to the longest: back within a second of the
/// peer's return, and no storm while it is away.
inline constexpr Nanos kDialPauseFirst = 50 * kMillisecond;
inline constexpr Nanos kDialPauseLongest = kSecond;
/// Connections that have not said who they are; more are closed at once.
inline constexpr std::size_t kStrangers = 16;
/// As many networks as a pair can reasonably have; a longer list is a mistake.
inline constexpr std::size_t kAddresses = 16;
/// One read(2): about what a socket's buffer holds; so many of them are one connection's share of a turn.
inline constexpr std::size_t kReadBytes = 256U << 10;
inline constexpr int kReadsPerTurn = 4;
/// Small frames are gathered up to the size of one TLS record.
inline constexpr std::size_t kGatherBytes = 16U << 10;
/// A large frame is encrypted and sent in pieces of this size: the peer decrypts the first while the second
/// is made.
inline constexpr std::size_t kSealBytes = 128U << 10;
/// A peer that does not read: far more than the engine lets be in flight.
inline constexpr std::size_t kOutgoingBytes = 256U << 20;
/// The entries of one part of a directory, as bytes: links with long targets and files with many attributes
/// make a part shorter than kEntriesPerPart.
inline constexpr std::size_t kPartBytes = kMessageBytes - 1024;
static_assert(4096 + kNameBytes + 256 <= kPartBytes, "a file without attributes fits into a part");
static_assert(kHashRegions * 16 + 64 <= kMessageBytes, "an answer with hashes is one message");
static_assert(kRangesPerMessage * 16 + 64 <= kMessageBytes, "a part of the tracking is one message");
static_assert(kHistory * sizeof(Generation) < kMessageBytes / 2, "a history fits into a greeting");
static_assert(kValueBytes + 3 * kNameBytes + 256 <= kMessageBytes, "the largest attribute is one message");
static_assert(kDialPauseLongest < kStall, "a peer that is back is met again within a stall");
static_assert(kReceivedBytes + kWorkers * kPieceBytes < kOutgoingBytes,
              "what the engine sends of itself is no sign of a peer that does not read");

// ---- the reactor and its memory

/// Entries of the submission queue; completions get four times as many.
inline constexpr unsigned kRingEntries = 1024;
/// Blocking calls at once: one volume-wide flush and a few short ones.
inline constexpr std::size_t kHelpers = 4;
/// glibc's reservation of one thread's arena; what the reactor's thread allocates lies in it.
inline constexpr std::uintptr_t kArenaBytes = 64ULL << 20;

// ---- front ends

/// Requests of the mount under way: beyond this many no more are taken from the kernel, which lets its
/// callers wait. Far above what a guest's disk queue holds, so that questions are still answered while writes
/// are frozen (R13).
inline constexpr std::size_t kRequests = 1024;
/// Requests of the mount taken in one turn of the reactor, and how long that may last: some dozen questions
/// of a few microseconds each, and a timer is late by this much at most.
inline constexpr int kServedPerTurn = 64;
inline constexpr Nanos kServeTurn = 5 * kMillisecond;
static_assert(kServeTurn * 100 < kStall, "a storm of requests is no stall");
/// The kernel's own queue of background requests (readahead, direct I/O): deeper than any queue of a guest's
/// disk; the device queue of each request class shares this bound. Congested from three quarters on.
inline constexpr unsigned kBackground = 256;
inline constexpr unsigned kCongested = kBackground / 4 * 3;
/// The least block of a disk: direct I/O in smaller parts is refused, as on any disk's file system.
inline constexpr std::size_t kDirectBytes = 512;
/// How long the kernel may remember names and attributes: on the primary every change passes through this
/// mount, so it knows of it at once; a second is what a change of roles may cost. On the secondary: not at
/// all.
inline constexpr double kRememberSeconds = 1.0;
static_assert(kBackground < kRequests, "questions are answered while every background request is frozen");

// ---- control

/// A VM's definition has some kilobytes, its NVRAM half a megabyte.
inline constexpr std::uint64_t kSmallFileBytes = 4U << 20;
/// Listing is for a VM's folder, not for a whole application's tree.
inline constexpr std::size_t kListed = 4096;
/// A configuration is a few levels deep; a cycle must not hang the process.
inline constexpr int kDepth = 8;
/// A time that the daemon names is cut to this: a mistake is not waited for until the next year.
inline constexpr std::uint64_t kDayMilliseconds = 86'400'000;

}  // namespace gemel::limits
