// SPDX-License-Identifier: Apache-2.0
// TLS 1.3, mutual, by the cluster's own authority, over memory instead of sockets. OpenSSL is the one inside
// the node process (its headers, its symbols); the unit tests outside node link the system's.
//
// Both sides show a certificate that chains to the cluster's CA; the peer's common name must be the peer
// node's name. No session tickets, no resumption, AES-GCM only. The dates of a certificate are warned about
// and never a reason to refuse: a dead CMOS battery must not isolate both nodes.
#pragma once

#include <memory>
#include <string>

#include "../base/limits.h"
#include "cipher.h"

namespace gemel {

struct TlsFiles {
  std::string ca, cert, key;  ///< PEM
};

/// What all connections of a process share.
class TlsContext {
 public:
  /// nullptr and `problem` when a file is unreadable or key and certificate do not belong together.
  static std::unique_ptr<TlsContext> load(const TlsFiles& files, std::string& problem);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  enum class Side : std::uint8_t { dials, listens };
  /// A fresh session that accepts only `peer_name`, and takes a new key for sending after so many records.
  std::unique_ptr<Cipher> session(Side side, const std::string& peer_name,
                                  std::uint64_t rekey_records = limits::kRekeyRecords) const;

 private:
  struct Native;
  explicit TlsContext(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

}  // namespace gemel
