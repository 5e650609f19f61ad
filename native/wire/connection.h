// SPDX-License-Identifier: Apache-2.0
// One of the link's two connections: socket, cipher, frames, and before the first frame a preamble that says
// what this connection is.
//
// Preamble, 16 bytes inside TLS, both ways: magic u16, version u8, channel u8, CRC32C of the module's
// identity u32, process u64 (random per mirror process). The listening side answers only what it accepted.
//
// The handshake's arithmetic is a helper thread's: whoever knocks at the port costs the guest's reactor a few
// microseconds. What arrives meanwhile waits here; the cipher is nobody else's while it is being advanced.
//
// Reading is by readiness and read(2), not through the ring: then everything that has arrived can be taken
// out at once when the link closes (R25: acknowledged means received, received is delivered). Small frames of
// one turn are gathered and leave in one record; a large one is encrypted piece by piece, each piece sent at
// once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../base/check.h"
#include "../base/reactor.h"
#include "cipher.h"
#include "frames.h"

namespace gemel {

struct Preamble {
  std::uint8_t version = wire::kVersionMax;
  Link::Channel channel = Link::Channel::hot;
  std::uint32_t module_mark = 0;
  std::uint64_t process = 0;
};
inline constexpr std::size_t kPreambleBytes = 16;
std::array<std::byte, kPreambleBytes> write_preamble(const Preamble& preamble);
/// nullptr, or why these bytes are none.
const char* read_preamble(ConstBytes bytes, Preamble& out);

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Calls come from the reactor's turn, or from drain(). After `lost` nothing more is called.
  struct Owner {
    virtual ~Owner() = default;
    /// The peer's preamble is here: it is who it should be. False: not wanted.
    virtual bool introduced(Connection& connection, const Preamble& preamble) = 0;
    virtual void frame(Connection& connection, Link::Frame& frame) = 0;
    virtual void lost(Connection& connection, const std::string& reason) = 0;
  };
  enum class Side : std::uint8_t { dials, listens };

  Connection(Reactor& reactor, BufferPool& pool, int fd, std::unique_ptr<Cipher> cipher, Side side,
             Owner& owner);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins the handshake. `own` is sent as soon as the cipher is ready (by the side that dials) or as soon
  /// as the peer was accepted (by the side that listens).
  void start(const Preamble& own);
  bool is_open() const { return stage_ == Stage::open; }
  bool send(std::uint8_t type, Sequence sequence, Sequence settled, ConstBytes message, ConstBytes data);
  /// Bytes not yet taken by the kernel.
  std::uint64_t queued() const {
    if (stage_ == Stage::handshake) return 0;
    check(sent_ <= cipher_->outgoing().size(), "no more was sent than there was to send");
    return gathered_.size() + cipher_->outgoing().size() - sent_;
  }
  /// Delivers every whole frame that has arrived on this host.
  void drain();
  /// Closes the socket; nothing is called any more.
  void shut();
  std::string warning() const { return cipher_->warning(); }

 private:
  enum class Stage : std::uint8_t { handshake, preamble, open, shut };

  void on_ready(int events);
  void read_on(bool to_the_end);
  bool receive(bool to_the_end);
  void digest(ConstBytes arrived);
  void advance_later();
  void advanced(Cipher::Progress progress);
  void begin_preamble();
  void digest_rest();
  bool digest_preamble();
  void digest_frames();
  bool gather(ConstBytes part);
  void flush_later();
  bool seal();
  bool flush();
  void push();
  void fail(const std::string& reason);

  Reactor& reactor_;
  int fd_;
  std::shared_ptr<Cipher> cipher_;
  Side side_;
  Owner& owner_;
  Stage stage_ = Stage::handshake;
  Preamble own_;
  std::vector<std::byte> waiting_;  ///< arrived, and not yet fed to the handshake
  std::shared_ptr<std::vector<std::byte>> fed_;
  bool advancing_ = false;
  std::string ended_;  ///< how the stream ended while the handshake was being advanced
  FrameReader reader_;
  std::vector<std::byte> arrived_;  ///< where the socket is read into
  std::array<std::byte, kPreambleBytes> preamble_{};
  std::size_t preamble_filled_ = 0;
  std::vector<std::byte> gathered_;  ///< plain bytes of small frames of this turn
  bool flush_due_ = false;
  std::size_t sent_ = 0;  ///< of the cipher's outgoing bytes
  Reactor::WatchId readable_ = 0;
  Reactor::WatchId writable_ = 0;
};

}  // namespace gemel
