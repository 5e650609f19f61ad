// SPDX-License-Identifier: Apache-2.0
// What lies between a socket's bytes and a connection's bytes. Two kinds: TLS 1.3 (tls.h), which is what
// every cluster uses, and none, which only benchmarks use. Neither touches a socket: bytes are handed in and
// taken out, so the same code runs under a test, a fuzzer and the reactor.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../base/types.h"

namespace gemel {

class Cipher {
 public:
  enum class Progress : std::uint8_t { waiting, ready, failed };
  virtual ~Cipher() = default;
  /// Bytes from the socket. They stay valid until they have been read, or the next feed().
  virtual void feed(ConstBytes arrived) = 0;
  /// Goes on with the handshake as far as the bytes reach.
  virtual Progress advance() = 0;
  /// Plain bytes out of what was fed: how many, 0 when more must arrive, -1 when the connection is broken.
  virtual std::ptrdiff_t read(Bytes into) = 0;
  /// Plain bytes in; what the socket is to send is appended to outgoing(). False when the connection is
  /// broken.
  virtual bool write(ConstBytes plain) = 0;
  /// What is to be sent; the owner takes from it and empties it.
  std::vector<std::byte>& outgoing() { return outgoing_; }
  /// Who the peer proved to be; empty before the handshake has ended, and without TLS.
  virtual std::string peer_name() const = 0;
  /// Something an operator should know although it is no reason to refuse (certificate dates); empty:
  /// nothing.
  virtual std::string warning() const = 0;
  /// Why it failed.
  virtual std::string problem() const = 0;

 protected:
  void append(ConstBytes bytes) { outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end()); }

 private:
  std::vector<std::byte> outgoing_;
};

/// No encryption at all: benchmarks of plain TCP, tests of what lies above.
class PlainCipher final : public Cipher {
 public:
  void feed(ConstBytes arrived) override { arrived_ = arrived; }
  Progress advance() override { return Progress::ready; }
  std::ptrdiff_t read(Bytes into) override {
    const std::size_t count = std::min(into.size(), arrived_.size());
    if (count > 0) std::memcpy(into.data(), arrived_.data(), count);
    arrived_ = arrived_.subspan(count);
    return static_cast<std::ptrdiff_t>(count);
  }
  bool write(ConstBytes plain) override {
    append(plain);
    return true;
  }
  std::string peer_name() const override { return ""; }
  std::string warning() const override { return ""; }
  std::string problem() const override { return ""; }

 private:
  ConstBytes arrived_;
};

}  // namespace gemel
