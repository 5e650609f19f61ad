// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../base/check.h"
#include "../base/limits.h"
#include "codec.h"

namespace gemel {
namespace {

std::string error_text(const std::string& doing, int error) {
  return doing + ": " + std::strerror(error);
}

}  // namespace

std::array<std::byte, kPreambleBytes> write_preamble(const Preamble& preamble) {
  std::array<std::byte, kPreambleBytes> bytes;
  FieldWriter writer(bytes);
  std::uint16_t magic = wire::kMagic;
  Preamble copy = preamble;
  writer(magic, copy.version, copy.channel, copy.module_mark, copy.process);
  check(writer.written() == kPreambleBytes, "a preamble has 16 bytes");
  return bytes;
}

const char* read_preamble(ConstBytes bytes, Preamble& out) {
  FieldReader reader(bytes);
  std::uint16_t magic = 0;
  std::uint8_t channel = 0;
  reader(magic, out.version, channel, out.module_mark, out.process);
  if (!reader.ok() || magic != wire::kMagic) return "the peer does not speak this protocol";
  if (out.version < wire::kVersionMin) return "the peer's version is too old";
  if (channel > static_cast<std::uint8_t>(Link::Channel::bulk)) return "the peer asks for an unknown channel";
  out.channel = static_cast<Link::Channel>(channel);
  return nullptr;
}

Connection::Connection(Reactor& reactor, BufferPool& pool, int fd, std::unique_ptr<Cipher> cipher, Side side,
                       Owner& owner)
    : reactor_(reactor),
      fd_(fd),
      cipher_(std::move(cipher)),
      side_(side),
      owner_(owner),
      reader_(pool),
      arrived_(limits::kReadBytes) {
  check(fd_ >= 0 && cipher_ != nullptr, "a connection has a socket and a cipher");
  gathered_.reserve(limits::kGatherBytes);
  cipher_->outgoing().reserve(2 * limits::kSealBytes);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() {
  shut();
}

void Connection::start(const Preamble& own) {
  check(stage_ == Stage::handshake && readable_ == 0, "a connection is started once");
  own_ = own;
  readable_ = reactor_.watch(fd_, POLLIN | POLLRDHUP, [weak = weak_from_this()](int events) {
    if (const auto self = weak.lock()) self->on_ready(events);
  });
  digest({});  // the side that dials speaks first
}

void Connection::on_ready(int events) {
  const auto self = shared_from_this();  // a listener may let go of this connection meanwhile
  if (stage_ == Stage::shut) return;
  if (events < 0) return fail(error_text("the connection cannot be watched", -events));
  read_on((events & ~POLLIN) != 0);
}

/// Reads what has arrived, but not more than a turn's share: bulk data must not keep the other channel
/// waiting.
void Connection::read_on(bool to_the_end) {
  for (int reads = 0; reads < limits::kReadsPerTurn; reads++) {
    if (stage_ == Stage::shut || !receive(to_the_end)) return;
  }
  reactor_.post([weak = weak_from_this(), to_the_end] {
    if (const auto self = weak.lock()) self->read_on(to_the_end);
  });
}

/// One read(2) and what follows from it; false when there is nothing more now. A short read has emptied the
/// socket, and what comes later is told anew; only the end of the stream, which may have come already, has to
/// be read for.
bool Connection::receive(bool to_the_end) {
  check(fd_ >= 0 && stage_ != Stage::shut, "only an open connection is read");
  const ssize_t count = ::recv(fd_, arrived_.data(), arrived_.size(), MSG_DONTWAIT);
  if (count > 0) {
    digest(ConstBytes(arrived_).first(static_cast<std::size_t>(count)));
    return to_the_end || static_cast<std::size_t>(count) == arrived_.size();
  }
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  const std::string reason =
      count == 0 ? "the peer closed the connection" : error_text("the connection broke", errno);
  // What came before may say why.
  if (advancing_) {
    ended_ = reason;
  } else {
    fail(reason);
  }
  return false;
}

void Connection::digest(ConstBytes arrived) {
  if (stage_ == Stage::handshake) {
    waiting_.insert(waiting_.end(), arrived.begin(), arrived.end());
    return advance_later();
  }
  cipher_->feed(arrived);
  digest_rest();
}

void Connection::digest_rest() {
  if (stage_ == Stage::preamble && !digest_preamble()) return;
  if (stage_ == Stage::open) digest_frames();
}

void Connection::advance_later() {
  // Longer than any handshake of a member: nobody fills the memory before it is known who that is.
  if (waiting_.size() > limits::kReadBytes) return fail("the TLS handshake is too long");
  if (advancing_) return;
  advancing_ = true;
  fed_ = std::make_shared<std::vector<std::byte>>(std::exchange(waiting_, {}));
  reactor_.offload(
      [cipher = cipher_, fed = fed_] {
        cipher->feed(*fed);
        return static_cast<int>(cipher->advance());
      },
      [weak = weak_from_this()](int progress) {
        if (const auto self = weak.lock()) self->advanced(static_cast<Cipher::Progress>(progress));
      });
}

void Connection::advanced(Cipher::Progress progress) {
  advancing_ = false;
  if (stage_ == Stage::shut) return;
  push();
  if (progress == Cipher::Progress::failed) return fail(cipher_->problem());
  if (progress == Cipher::Progress::ready) begin_preamble();
  if (stage_ == Stage::shut) return;
  // A copy: what is digested may feed the cipher anew.
  const std::vector<std::byte> more = std::exchange(waiting_, {});
  if (!more.empty()) digest(more);
  if (!ended_.empty() && !advancing_) fail(std::exchange(ended_, {}));
}

void Connection::begin_preamble() {
  stage_ = Stage::preamble;
  if (side_ == Side::dials) {
    gather(write_preamble(own_));
    flush();
  }
  digest_rest();  // what the handshake has left of its bytes
}

bool Connection::digest_preamble() {
  while (preamble_filled_ < kPreambleBytes) {
    const std::ptrdiff_t count = cipher_->read(Bytes(preamble_).subspan(preamble_filled_));
    if (count < 0) {
      fail(cipher_->problem());
      return false;
    }
    if (count == 0) return false;
    preamble_filled_ += static_cast<std::size_t>(count);
  }
  Preamble theirs;
  if (const char* problem = read_preamble(preamble_, theirs)) {
    fail(problem);
    return false;
  }
  stage_ = Stage::open;
  if (side_ == Side::listens) {
    own_.channel = theirs.channel;
    gather(write_preamble(own_));
    flush_later();
  }
  if (!owner_.introduced(*this, theirs)) {
    shut();
    return false;
  }
  return stage_ == Stage::open;
}

void Connection::digest_frames() {
  while (stage_ == Stage::open) {
    Link::Frame frame;
    switch (reader_.next(*cipher_, frame)) {
      case FrameReader::Next::frame:
        owner_.frame(*this, frame);
        break;
      case FrameReader::Next::more:
        return;
      case FrameReader::Next::broken:
        return fail(reader_.problem());
    }
  }
}

bool Connection::send(std::uint8_t type, Sequence sequence, Sequence settled, ConstBytes message,
                      ConstBytes data) {
  if (stage_ != Stage::open) return false;
  const auto head = wire::seal(type, sequence, settled, message, data);
  bool is_sent = gather(head) && gather(message);
  if (data.size() <= limits::kGatherBytes / 2) {
    is_sent = is_sent && gather(data);
  } else {
    is_sent = is_sent && seal();
    for (std::size_t at = 0; at < data.size() && is_sent; at += limits::kSealBytes) {
      is_sent = cipher_->write(data.subspan(at, std::min(limits::kSealBytes, data.size() - at)));
      if (is_sent && queued() >= limits::kSealBytes) push();
    }
  }
  if (is_sent && queued() <= limits::kOutgoingBytes) {
    flush_later();
    return stage_ == Stage::open;
  }
  // Told from a turn of its own: the caller is in the middle of something.
  const std::string reason = is_sent ? "the peer does not read" : cipher_->problem();
  reactor_.post([weak = weak_from_this(), reason] {
    if (const auto self = weak.lock()) self->fail(reason);
  });
  return false;
}

bool Connection::gather(ConstBytes part) {
  if (gathered_.size() + part.size() > limits::kGatherBytes && !seal()) return false;
  if (part.size() > limits::kGatherBytes) return cipher_->write(part);
  gathered_.insert(gathered_.end(), part.begin(), part.end());
  check(gathered_.size() <= limits::kGatherBytes, "small frames are gathered up to one record");
  return true;
}

void Connection::flush_later() {
  if (flush_due_ || queued() == 0) return;
  flush_due_ = true;
  reactor_.defer([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flush_due_ = false;
    if (self->stage_ != Stage::shut && !self->flush()) self->fail(self->cipher_->problem());
  });
}

/// Makes a record of what was gathered; it leaves with the next push.
bool Connection::seal() {
  const bool is_written = cipher_->write(gathered_);
  gathered_.clear();
  return is_written;
}

bool Connection::flush() {
  if (!seal()) return false;
  push();
  return true;
}

/// Hands the kernel what it takes; the rest goes when the socket is writable again.
void Connection::push() {
  auto& out = cipher_->outgoing();
  check(stage_ != Stage::shut && sent_ <= out.size(), "only an open connection sends, and each byte once");
  while (sent_ < out.size() && writable_ == 0) {
    const ssize_t count = ::send(fd_, out.data() + sent_, out.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      sent_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      writable_ = reactor_.watch(fd_, POLLOUT, [weak = weak_from_this()](int) {
        const auto self = weak.lock();
        if (!self || self->stage_ == Stage::shut) return;
        self->reactor_.unwatch(std::exchange(self->writable_, 0));
        if (!self->advancing_) self->push();
      });
    } else if (errno != EINTR) {
      // The reader hears of it too, after everything that has arrived: that is where it is told.
      out.clear();
      sent_ = 0;
      return;
    }
  }
  if (sent_ == out.size()) {
    out.clear();
    sent_ = 0;
  } else if (sent_ > limits::kSealBytes && sent_ > out.size() / 2) {
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
}

void Connection::drain() {
  const auto self = shared_from_this();
  while (stage_ == Stage::open && receive(/*to_the_end=*/true)) {
  }
}

void Connection::shut() {
  if (stage_ == Stage::shut) return;
  check(fd_ >= 0, "a connection that is not shut has its socket");
  stage_ = Stage::shut;
  if (readable_ != 0) reactor_.unwatch(readable_);
  if (writable_ != 0) reactor_.unwatch(writable_);
  reactor_.cancel_all(fd_);
  ::shutdown(fd_, SHUT_RDWR);
  ::close(fd_);
  fd_ = -1;
}

void Connection::fail(const std::string& reason) {
  if (stage_ == Stage::shut) return;
  const auto self = shared_from_this();
  shut();
  owner_.lost(*this, reason);
}

}  // namespace gemel
