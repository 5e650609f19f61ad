// SPDX-License-Identifier: Apache-2.0
// The life of a guest's operation, each one straight function:
//
//   lock the    pass the    intent            ┌─ local I/O ──┐   both    pass the
//   range    ─▶ gate     ─▶ durable        ─▶ ┤              ├─▶ done ─▶ gate     ─▶ reply
//   (R5)        (R13)       in the log (R1)   └─ frame, ack ─┘           (R13)
//
// Invariants:
//  - A reply leaves only while the gate is open: not during a freeze, even when both sides have done it (R13,
//    R16).
//  - When the results of both sides differ, the copies are made equal again, or the difference is marked, or
//    the session ends, before the reply (R9).
//  - On a secondary everything that changes answers -EROFS; reads are served from its own copy.
#pragma once

#include "cover.h"
#include "figures.h"
#include "io_gate.h"
#include "lacking.h"
#include "range_locks.h"
#include "session.h"
#include "tracking.h"

namespace gemel {

class Operations final : public FileService {
 public:
  struct Owner {
    virtual ~Owner() = default;
    /// The peer could not do what this side did: it is not up to date (R9). Ends or freezes the session;
    /// while the peer is being filled the range is looked at once more.
    virtual void peer_failed(int error, Fid fid, Range range) = 0;
    /// While the peer is being filled a failed change means: compare the tree once more.
    virtual void compare_names_again() = 0;
    /// A flush failed on the local disk: what it should have kept may be gone (R11, R42).
    virtual void flush_failed(int error, Fid fid) = 0;
    /// The local disk failed an operation: it degrades, and says so.
    virtual void local_failed(int error, Fid fid, std::uint64_t bytes) = 0;
    /// This disk could not take what the peer has (R110): this copy is not whole until it is repaired.
    virtual void lacks(int error, Fid fid, Range range) = 0;
    /// A range that this disk could not give or take is here again.
    virtual void repaired() = 0;
    virtual void refused_write(Fid fid, int pid) = 0;
    /// A read that this disk cannot serve, from the peer (in sync only). Bytes or -errno.
    virtual Task<int> read_from_peer(Fid fid, std::uint64_t offset, Bytes into) = 0;
  };

  Operations(Ports& ports, RangeLocks& locks, IoGate& gate, Session& session, Tracking& tracking,
             Figures& figures, Lacking& lacking, Cover& cover, Owner& owner)
      : ports_(ports),
        locks_(locks),
        gate_(gate),
        session_(session),
        tracking_(tracking),
        figures_(figures),
        lacking_(lacking),
        cover_(cover),
        owner_(owner) {}

  Task<int> read(Fid fid, std::uint64_t offset, Bytes into) override;
  Task<int> write(Fid fid, std::uint64_t offset, ConstBytes data, bool sync) override;
  Task<int> flush(Fid fid, bool data_only) override;
  Task<int> allocate(Fid fid, int mode, std::uint64_t offset, std::uint64_t length) override;
  Task<int> apply(NameChange& change) override;
  bool writable() const override { return gate_.is_primary(); }
  std::uint32_t block_bytes() const override { return static_cast<std::uint32_t>(locks_.block()); }
  int attributes(Fid fid, Attributes& out) override { return ports_.disk.stat(fid, out); }
  int lookup(Fid directory, std::string_view name, Attributes& out) override {
    return ports_.disk.lookup(directory, name, out);
  }
  int list(Fid directory, std::vector<Entry>& out) override { return ports_.disk.list(directory, out); }
  int read_link(Fid fid, std::string& out) override { return ports_.disk.read_link(fid, out); }
  int get_xattr(Fid fid, const std::string& name, std::string& out) override {
    return ports_.disk.get_xattr(fid, name, out);
  }
  int list_xattr(Fid fid, std::string& out) override { return ports_.disk.list_xattr(fid, out); }
  int next_data(Fid fid, std::uint64_t from, std::uint64_t& start, std::uint64_t& end) override {
    return ports_.disk.next_data(fid, from, start, end);
  }
  int space(Space& out) override { return ports_.disk.space(out); }
  int hold(Fid fid) override { return ports_.disk.hold(fid); }
  void release(Fid fid) override { ports_.disk.release(fid); }
  void refused_write(Fid fid, int pid) override { owner_.refused_write(fid, pid); }

  /// Flushes both sides and lets the tracking forget what that covers (R2). False: something failed.
  Task<bool> checkpoint();
  /// The same for the whole volume, names included.
  Task<bool> checkpoint_everything();
  /// The peer's files get the times that they have here. The copies are in sync.
  Task<void> equal_times();
  /// R110: writes here what the peer has and this disk lacks. False: something is left.
  Task<bool> repair_lacking();
  /// Nothing of the guest's is under way.
  bool idle() const { return figures_.in_flight == 0; }

 private:
  /// Counts itself in and out.
  class UnderWay {
   public:
    explicit UnderWay(Figures& figures) : figures_(figures) { figures_.in_flight++; }
    ~UnderWay() { figures_.in_flight--; }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

   private:
    Figures& figures_;
  };
  Task<int> pass_and_intend(Fid fid, std::uint64_t offset, std::uint64_t length);
  Task<int> settle(Fid fid, std::uint64_t offset, std::uint64_t length, int local, PeerAnswer peer,
                   bool keeps_content);
  bool go_on_with_peer(Fid fid, Range range, int local, bool grows);
  Task<int> read_elsewhere(Fid fid, std::uint64_t offset, Bytes into);
  Task<void> repair_read(Fid fid, Range range);
  Task<bool> repair(Fid fid, Range range);
  Task<bool> make_equal(Fid fid, std::uint64_t offset, std::uint64_t length);
  /// R44: what both refuse alike may still have changed the size.
  Task<bool> make_size_equal(Fid fid);
  Fid replacing_file(const NameChange& change);
  Task<int> apply_held(NameChange& change);
  Task<bool> checkpoint_file(Fid fid);
  Task<bool> flush_since_checkpoint();
  Task<bool> count_covered();
  int flush_result(Fid fid, int local);
  bool is_direct(std::uint64_t offset, ConstBytes data) const;
  bool has_peer(Fid fid) const { return session_.carries() && (orphans_.empty() || !orphans_.contains(fid)); }
  void lost_a_name(Fid fid);

  Ports& ports_;
  RangeLocks& locks_;
  IoGate& gate_;
  Session& session_;
  Tracking& tracking_;
  Figures& figures_;
  Lacking& lacking_;
  Cover& cover_;
  Owner& owner_;
  BufferPool repairs_;  ///< what is read here to be sent once more (R9)
  /// Files without a name that are still open: the peer has removed them, what is written to them stays here.
  std::set<Fid> orphans_;
  /// R42: files of which a flush of the engine's own failed: the guest hears it at the file's next flush,
  /// once.
  std::set<Fid> unflushed_;
};

}  // namespace gemel
