// SPDX-License-Identifier: Apache-2.0
// One copy's files in memory, with two truths like FakeVolume: what the process sees, and what is on stable
// storage. Data I/O takes effect when it completes, after a random delay, so writes in flight overtake each
// other (that is why R5 exists). power_cut() keeps or drops every unflushed block at random and undoes a
// random suffix of the name changes since the last flush (a journaling file system keeps their order). A
// flush of one file makes its data and all names stable; flush_volume makes everything stable.
//
// Errors as real disks have them: a write that failed may have got through in part; a flush that failed has
// forgotten what it could not write, though the process sees it until the power is gone; a block that cannot
// be read can be written, and is whole then.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "clock.h"
#include "tree.h"

namespace gemel::fakes {

class FakeDisk final : public Disk {
 public:
  static constexpr std::uint64_t kBlock = 4096;

  explicit FakeDisk(FakeClock& clock, Latency latency = {}) : clock_(clock), latency_(latency) {}

  // ---- Disk: data
  void submit(DiskRequest& request) override {
    const std::uint64_t id = ++last_;
    in_flight_[id] = &request;
    clock_.after(latency_.draw(clock_.dice()), [this, id, epoch = epoch_] {
      if (epoch != epoch_) return;
      if (hanging_) {
        waiting_.push_back(id);
      } else {
        land(id);
      }
    });
  }
  std::uint32_t alignment() const override { return 4096; }

  // ---- Disk: names
  int apply(NameChange& change) override {
    if (const int error = fail_apply ? fail_apply(change) : 0; error != 0) return -error;
    const TimeSpec now{clock_.now() / kSecond, static_cast<std::uint32_t>(clock_.now() % kSecond)};
    const int result = seen_.apply(change, now);
    if (result != 0) return result;
    since_flush_.push_back({change, now});
    if (change.kind == NameKind::set_attributes && (change.valid & kSetSize) != 0) {
      data_[change.fid].cut(change.attributes.size);
    }
    forget_orphans();
    return 0;
  }
  int stat(Fid fid, Attributes& out) override {
    if (const int error = fail_look ? fail_look(fid) : 0; error != 0) return -error;
    const int seen = seen_.stat(fid, out);
    if (const auto found = data_.find(fid); seen == 0 && found != data_.end())
      out.blocks = found->second.blocks() * (kBlock / 512);
    return seen;
  }
  int lookup(Fid directory, std::string_view name, Attributes& out) override {
    const int found = seen_.lookup(directory, name, out);
    const int error = found == 0 && fail_look ? fail_look(out.fid) : 0;
    return error != 0 ? -error : found;
  }
  int list(Fid directory, std::vector<Entry>& out) override {
    const int listed = seen_.list(directory, out);
    const int error = fail_list ? fail_list(directory) : 0;
    if (listed != 0 || error == 0) return listed;
    // A readdir that fails in the middle has given some of them.
    out.resize(clock_.dice().below(out.size() + 1));
    return -error;
  }
  int read_link(Fid fid, std::string& out) override { return seen_.read_link(fid, out); }
  int get_xattr(Fid fid, const std::string& name, std::string& out) override {
    if (const int error = fail_look ? fail_look(fid) : 0; error != 0) return -error;
    return seen_.get_xattr(fid, name, out);
  }
  int list_xattr(Fid fid, std::string& out) override { return seen_.list_xattr(fid, out); }
  int next_data(Fid fid, std::uint64_t from, std::uint64_t& start, std::uint64_t& end) override {
    const auto found = data_.find(fid);
    const FakeTree::Node* node = seen_.node(fid);
    if (found == data_.end() || node == nullptr) return 0;
    if (const int error = fail_next_data ? fail_next_data(fid) : 0; error != 0) return -error;
    return found->second.next_data(from, node->attributes.size, start, end) ? 1 : 0;
  }
  int space(Space& out) override {
    const std::uint64_t free = capacity - std::min(capacity, used());
    out = {kBlock, 1, capacity, free, free, 1U << 20, 1U << 20, 255};
    return 0;
  }
  int hold(Fid fid) override {
    if (seen_.node(fid) == nullptr) return -ESTALE;
    held_[fid]++;
    return 0;
  }
  void release(Fid fid) override {
    if (--held_[fid] == 0) held_.erase(fid);
    forget_orphans();
  }

  // ---- faults and sight
  std::uint64_t capacity = 1ULL << 40;
  /// errno for this request or change, 0 = it succeeds.
  std::function<int(const DiskRequest&)> fail;
  std::function<int(const NameChange&)> fail_apply;
  std::function<int(Fid directory)> fail_list;
  /// What is told of one file: its attributes, by number or by name, and its extended attributes.
  std::function<int(Fid)> fail_look;
  std::function<int(Fid)> fail_next_data;
  /// A bad sector: this block cannot be read (EIO) until it has been written.
  void spoil(Fid fid, std::uint64_t block) { data_[fid].unreadable.insert(block); }
  bool is_spoilt(Fid fid, std::uint64_t block) const {
    const auto found = data_.find(fid);
    return found != data_.end() && found->second.unreadable.contains(block);
  }
  std::size_t spoilt() const {
    std::size_t blocks = 0;
    for (const auto& [fid, file] : data_) blocks += file.unreadable.size();
    return blocks;
  }
  /// A slower disk: writes in flight overtake each other by more.
  void slow_down(Latency latency) { latency_ = latency; }
  void hang(bool on) {
    hanging_ = on;
    if (on) return;
    for (const std::uint64_t id : std::exchange(waiting_, {})) {
      if (in_flight_.contains(id)) land(id);
    }
  }
  /// Changes whenever any content, size or name changes: equal fingerprints, equal copies. Times are left
  /// out.
  std::string fingerprint() const;
  std::vector<std::byte> content(Fid fid) const {
    const FakeTree::Node* node = seen_.node(fid);
    std::vector<std::byte> bytes(node == nullptr ? 0 : node->attributes.size);
    if (const auto found = data_.find(fid); found != data_.end()) found->second.read(0, bytes);
    return bytes;
  }
  std::uint64_t used() const {
    std::uint64_t blocks = 0;
    for (const auto& [fid, file] : data_) blocks += file.seen.size();
    return blocks * kBlock;
  }
  std::size_t in_flight() const { return in_flight_.size(); }

  /// The whole copy as it is now, and its return: a volume's snapshot that is rolled back (R28, R114).
  struct Snapshot;
  Snapshot snapshot() const;
  void restore(const Snapshot& then);

  /// What was in flight may or may not have got through, in part; what the process saw stays.
  void process_death() {
    epoch_++;
    waiting_.clear();
    hanging_ = false;
    for (const auto& [id, request] : in_flight_) tear(*request);
    in_flight_.clear();
    held_.clear();
    forget_orphans();
  }
  void power_cut();

 private:
  using Block = std::vector<std::byte>;
  /// Blocks that are absent are holes.
  struct FileData {
    std::map<std::uint64_t, Block> seen, stable;
    std::set<std::uint64_t> unflushed;
    std::set<std::uint64_t> forgotten;   ///< by a flush that failed: seen, and never stable
    std::set<std::uint64_t> unreadable;  ///< bad sectors
    std::set<std::uint64_t> reserved;    ///< has its place on the disk, whether it was written or not

    std::uint64_t blocks() const {
      return reserved.size() +
             static_cast<std::uint64_t>(std::ranges::count_if(
                 seen, [this](const auto& block) { return !reserved.contains(block.first); }));
    }

    bool is_readable(std::uint64_t offset, std::uint64_t length) const {
      const auto bad = unreadable.lower_bound(offset / kBlock);
      return bad == unreadable.end() || *bad * kBlock >= offset + length;
    }
    void touched(std::uint64_t block) {
      unflushed.insert(block);
      forgotten.erase(block);
    }
    void flush_failed() {
      forgotten.merge(unflushed);
      unflushed.clear();
    }
    void read(std::uint64_t offset, Bytes into) const;
    void write(std::uint64_t offset, ConstBytes from);
    void punch(std::uint64_t offset, std::uint64_t length);
    void cut(std::uint64_t size);
    bool next_data(std::uint64_t from, std::uint64_t size, std::uint64_t& start, std::uint64_t& end) const;
    void flush() {
      for (const std::uint64_t block : unflushed) keep(block, seen, stable);
      unflushed.clear();
    }
    static void keep(std::uint64_t block, const std::map<std::uint64_t, Block>& from,
                     std::map<std::uint64_t, Block>& to) {
      if (const auto found = from.find(block); found != from.end()) {
        to[block] = found->second;
      } else {
        to.erase(block);
      }
    }
  };
  struct Past {
    NameChange change;
    TimeSpec at;
  };

  void land(std::uint64_t id) {
    DiskRequest& request = *in_flight_.extract(id).mapped();
    const int error = fail ? fail(request) : 0;
    if (error == EIO) fail_in_part(request);
    const int result = error != 0 ? -error : carry_out(request);
    const auto done = std::move(request.done);
    done(result);
  }
  void fail_in_part(const DiskRequest& request) {
    switch (request.kind) {
      case DiskRequest::Kind::write:
        return tear(request);
      case DiskRequest::Kind::flush:
        return data_[request.fid].flush_failed();
      case DiskRequest::Kind::flush_volume:
        for (auto& [fid, file] : data_) {
          if (clock_.dice().chance(2)) file.flush_failed();
        }
        return;
      case DiskRequest::Kind::read:
      case DiskRequest::Kind::allocate:
        return;
    }
  }
  int carry_out(DiskRequest& request);
  int write(const DiskRequest& request, ConstBytes from);
  int allocate(const DiskRequest& request);
  void flush_names() {
    stable_ = seen_;
    since_flush_.clear();
  }
  void tear(const DiskRequest& request) {
    if (request.kind != DiskRequest::Kind::write || seen_.node(request.fid) == nullptr) return;
    for (std::uint64_t at = 0; at < request.length; at += kBlock) {
      if (clock_.dice().chance(2)) continue;
      DiskRequest part = request;
      part.offset += at;
      write(part, ConstBytes(request.data + at, std::min<std::uint64_t>(kBlock, request.length - at)));
    }
  }
  void forget_orphans() {
    for (const Fid fid : seen_.orphans()) {
      if (held_.contains(fid)) continue;
      seen_.forget(fid);
      data_[fid].cut(0);
    }
  }

  FakeClock& clock_;
  Latency latency_;
  FakeTree seen_, stable_;
  std::vector<Past> since_flush_;
  std::map<Fid, FileData> data_;
  std::map<Fid, int> held_;
  std::map<std::uint64_t, DiskRequest*> in_flight_;
  std::vector<std::uint64_t> waiting_;
  bool hanging_ = false;
  std::uint64_t epoch_ = 1;
  std::uint64_t last_ = 0;
};

struct FakeDisk::Snapshot {
  FakeTree tree;
  std::map<Fid, FileData> data;
};

inline FakeDisk::Snapshot FakeDisk::snapshot() const {
  return {seen_, data_};
}

inline void FakeDisk::restore(const Snapshot& then) {
  process_death();
  seen_ = stable_ = then.tree;
  since_flush_.clear();
  data_ = then.data;
  for (auto& [fid, file] : data_) file.flush();
}

// ---- data of one file

inline void FakeDisk::FileData::read(std::uint64_t offset, Bytes into) const {
  for (std::size_t done = 0; done < into.size();) {
    const std::uint64_t block = (offset + done) / kBlock;
    const std::size_t within = (offset + done) % kBlock;
    const std::size_t part = std::min(into.size() - done, static_cast<std::size_t>(kBlock) - within);
    const auto found = seen.find(block);
    if (found == seen.end()) {
      std::memset(&into[done], 0, part);
    } else {
      std::memcpy(&into[done], &found->second[within], part);
    }
    done += part;
  }
}

inline void FakeDisk::FileData::write(std::uint64_t offset, ConstBytes from) {
  for (std::size_t done = 0; done < from.size();) {
    const std::uint64_t block = (offset + done) / kBlock;
    const std::size_t within = (offset + done) % kBlock;
    const std::size_t part = std::min(from.size() - done, static_cast<std::size_t>(kBlock) - within);
    Block& bytes = seen[block];
    bytes.resize(kBlock);
    std::memcpy(&bytes[within], &from[done], part);
    touched(block);
    unreadable.erase(block);
    done += part;
  }
}

inline void FakeDisk::FileData::punch(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = offset + length;
  reserved.erase(reserved.lower_bound((offset + kBlock - 1) / kBlock), reserved.lower_bound(end / kBlock));
  for (auto it = seen.lower_bound(offset / kBlock); it != seen.end() && it->first * kBlock < end;) {
    const std::uint64_t start = it->first * kBlock;
    touched(it->first);
    if (start >= offset && start + kBlock <= end) {
      unreadable.erase(it->first);
      it = seen.erase(it);
      continue;
    }
    const std::uint64_t first = std::max(start, offset) - start;
    const std::uint64_t last = std::min(start + kBlock, end) - start;
    std::memset(&it->second[first], 0, last - first);
    ++it;
  }
}

inline void FakeDisk::FileData::cut(std::uint64_t size) {
  if (seen.empty()) return;
  const std::uint64_t end = (seen.rbegin()->first + 1) * kBlock;
  if (end > size) punch(size, end - size);
}

inline bool FakeDisk::FileData::next_data(std::uint64_t from, std::uint64_t size, std::uint64_t& start,
                                          std::uint64_t& end) const {
  auto it = seen.lower_bound(from / kBlock);
  if (it == seen.end() || it->first * kBlock >= size) return false;
  start = std::max(from, it->first * kBlock);
  std::uint64_t block = it->first;
  while (it != seen.end() && it->first == block) {
    block++;
    ++it;
  }
  end = std::min(block * kBlock, size);
  return start < end;
}

// ---- requests and crashes

inline int FakeDisk::carry_out(DiskRequest& request) {
  if (request.kind == DiskRequest::Kind::flush_volume) {
    for (auto& [fid, file] : data_) file.flush();
    flush_names();
    return 0;
  }
  const FakeTree::Node* node = seen_.node(request.fid);
  if (node == nullptr) return -ESTALE;
  switch (request.kind) {
    case DiskRequest::Kind::read: {
      const std::uint64_t size = node->attributes.size;
      const std::uint64_t left = request.offset < size ? size - request.offset : 0;
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, request.length));
      if (!data_[request.fid].is_readable(request.offset, count)) return -EIO;
      data_[request.fid].read(request.offset, Bytes(request.data, count));
      return static_cast<int>(count);
    }
    case DiskRequest::Kind::write:
      return write(request, ConstBytes(request.data, request.length));
    case DiskRequest::Kind::flush:
      data_[request.fid].flush();
      flush_names();
      return 0;
    case DiskRequest::Kind::allocate:
      return allocate(request);
    case DiskRequest::Kind::flush_volume:
      break;
  }
  return -EINVAL;
}

inline int FakeDisk::write(const DiskRequest& request, ConstBytes from) {
  if (used() + from.size() > capacity && data_[request.fid].seen.count(request.offset / kBlock) == 0)
    return -ENOSPC;
  data_[request.fid].write(request.offset, from);
  seen_.grow(request.fid, request.offset + from.size());
  return static_cast<int>(from.size());
}

inline int FakeDisk::allocate(const DiskRequest& request) {
  constexpr int kKnown = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
  if ((request.mode & ~kKnown) != 0) return -EOPNOTSUPP;
  if ((request.mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0) {
    data_[request.fid].punch(request.offset, request.range);
  }
  if ((request.mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) == 0) {
    if (used() + request.range > capacity) return -ENOSPC;
    auto& reserved = data_[request.fid].reserved;
    for (std::uint64_t at = request.offset / kBlock; at * kBlock < request.offset + request.range; at++)
      reserved.insert(at);
  }
  if ((request.mode & FALLOC_FL_KEEP_SIZE) == 0) seen_.grow(request.fid, request.offset + request.range);
  return 0;
}

inline void FakeDisk::power_cut() {
  process_death();
  // Names: a prefix of what changed since the last flush. Sizes that writes gave a file go with its blocks.
  std::map<Fid, std::uint64_t> sizes;
  for (const auto& [fid, file] : data_) {
    if (const FakeTree::Node* node = seen_.node(fid)) sizes[fid] = node->attributes.size;
  }
  FakeTree tree = stable_;
  const std::size_t kept = clock_.dice().below(since_flush_.size() + 1);
  for (std::size_t i = 0; i < kept; i++) tree.apply(since_flush_[i].change, since_flush_[i].at);
  for (const auto& [fid, size] : sizes) {
    if (clock_.dice().chance(2)) tree.grow(fid, size);
  }
  for (auto& [fid, file] : data_) {
    if (tree.node(fid) != nullptr && seen_.node(fid) == nullptr) {
      // Its removal was undone: blocks are given up only after that.
      file.seen = file.stable;
      file.unflushed.clear();
    }
    for (const std::uint64_t block : file.unflushed) {
      const bool got_through = clock_.dice().chance(2);
      FileData::keep(block, got_through ? file.seen : file.stable, got_through ? file.stable : file.seen);
    }
    file.unflushed.clear();
    for (const std::uint64_t block : file.forgotten) FileData::keep(block, file.stable, file.seen);
    file.forgotten.clear();
    if (const FakeTree::Node* node = tree.node(fid)) {
      file.cut(node->attributes.size);
      file.flush();
    }
  }
  seen_ = stable_ = tree;
  since_flush_.clear();
  forget_orphans();
}

inline std::string FakeDisk::fingerprint() const {
  std::string text;
  seen_.walk([&](const std::string& path, const FakeTree::Node& node) {
    const Attributes& a = node.attributes;
    text += path + "|" + std::to_string(a.fid) + "|" + std::to_string(a.mode) + "|" + std::to_string(a.uid) +
            "|" + std::to_string(a.gid) + "|" + std::to_string(S_ISDIR(a.mode) ? 0 : a.size) + "|" +
            node.link;
    for (const auto& [name, value] : node.xattrs) text += "|" + name + "=" + value;
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a: enough to tell two test files apart
    for (const std::byte byte : content(a.fid))
      hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 1099511628211ULL;
    text += "|" + std::to_string(hash) + "\n";
  });
  return text;
}

}  // namespace gemel::fakes
