// SPDX-License-Identifier: Apache-2.0
#include "tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "../base/check.h"

namespace gemel {
namespace {

/// The newest error of this thread's queue in words; empties the queue.
std::string openssl_error(const std::string& doing) {
  std::string text = doing;
  if (const unsigned long code = ERR_peek_last_error(); code != 0) {
    const char* reason = ERR_reason_error_string(code);
    text += reason != nullptr ? std::string(": ") + reason : ": error " + std::to_string(code);
  }
  ERR_clear_error();
  return text;
}

/// SSL_get_error wants an empty queue before the call that it judges; emptying an empty one is not cheap.
void clear_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

/// What a session's own BIO reads from and writes to.
struct Wires {
  ConstBytes arrived;
  std::vector<std::byte>* outgoing = nullptr;
};

Wires& wires_of(BIO* bio) {
  return *static_cast<Wires*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  Wires& wires = wires_of(bio);
  BIO_clear_retry_flags(bio);
  if (wires.arrived.empty()) {
    BIO_set_retry_read(bio);
    return 0;
  }
  *count = std::min(size, wires.arrived.size());
  std::memcpy(into, wires.arrived.data(), *count);
  wires.arrived = wires.arrived.subspan(*count);
  return 1;
}

int bio_write(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
  const auto* bytes = reinterpret_cast<const std::byte*>(from);
  auto& out = *wires_of(bio).outgoing;
  out.insert(out.end(), bytes, bytes + size);
  *count = size;
  return 1;
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* memory_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "gemel memory");
    check(made != nullptr, "memory for a BIO method");
    BIO_meth_set_read_ex(made, bio_read);
    BIO_meth_set_write_ex(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

std::string common_name(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return "";
  const ASN1_STRING* name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
  // By length, not by a terminating NUL that the certificate might contain.
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
          static_cast<std::size_t>(ASN1_STRING_length(name))};
}

std::string date_warning(X509* certificate, const std::string& name) {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    return "the certificate of " + name + " has expired";
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    return "the certificate of " + name + " is not valid yet (is a clock wrong?)";
  }
  return "";
}

class TlsCipher final : public Cipher {
 public:
  TlsCipher(SSL* ssl, TlsContext::Side side, std::string wanted, std::uint64_t rekey_records)
      : ssl_(ssl), wanted_(std::move(wanted)), rekey_records_(rekey_records) {
    check(ssl_ != nullptr && !wanted_.empty(), "a session knows whom it is to meet");
    wires_.outgoing = &outgoing();
    BIO* bio = BIO_new(memory_method());
    check(bio != nullptr, "memory for a BIO");
    BIO_set_data(bio, &wires_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (side == TlsContext::Side::dials) {
      SSL_set_connect_state(ssl);
    } else {
      SSL_set_accept_state(ssl);
    }
  }

  void feed(ConstBytes arrived) override { wires_.arrived = arrived; }

  Progress advance() override {
    if (!problem_.empty()) return Progress::failed;
    if (!name_.empty()) return Progress::ready;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return meet_peer();
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return Progress::waiting;
    const long verdict = SSL_get_verify_result(ssl_.get());
    problem_ = openssl_error("TLS handshake");
    if (verdict != X509_V_OK) problem_ += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
    return Progress::failed;
  }

  /// A record holds several small frames, and taking it out in small parts costs a call of OpenSSL for each:
  /// so it is taken out whole, unless a whole record has room where it is wanted.
  std::ptrdiff_t read(Bytes into) override {
    if (opened_.empty() && into.size() < kRecordBytes) {
      const std::ptrdiff_t count = open_record(space_);
      if (count <= 0) return count;
      opened_ = ConstBytes(space_).first(static_cast<std::size_t>(count));
    }
    if (opened_.empty()) return open_record(into);
    const std::size_t count = std::min(into.size(), opened_.size());
    std::memcpy(into.data(), opened_.data(), count);
    opened_ = opened_.subspan(count);
    return static_cast<std::ptrdiff_t>(count);
  }

  bool write(ConstBytes plain) override {
    if (!problem_.empty()) return false;
    std::size_t count = 0;
    clear_errors();
    if (!take_new_key_when_due(plain.size())) return false;
    if (plain.empty() || SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &count) == 1) return true;
    problem_ = openssl_error("TLS");
    return false;
  }

  std::string peer_name() const override { return name_; }
  std::string warning() const override { return warning_; }
  std::string problem() const override { return problem_; }

 private:
  /// The plain bytes of one record (or what is left of it), as `read` returns them.
  std::ptrdiff_t open_record(Bytes into) {
    if (!problem_.empty()) return -1;
    std::size_t count = 0;
    clear_errors();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    check(result != 1 || (count > 0 && count <= into.size()), "a record is opened into the room for it");
    if (result == 1) return static_cast<std::ptrdiff_t>(count);
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return 0;
    problem_ = error == SSL_ERROR_ZERO_RETURN ? "the peer ended the TLS session" : openssl_error("TLS");
    return -1;
  }

  /// The peer is told with the next record, and reads on with the new key; its own is its own business.
  bool take_new_key_when_due(std::size_t bytes) {
    records_ += (bytes + kRecordBytes - 1) / kRecordBytes;
    if (records_ < rekey_records_) return true;
    records_ = 0;
    if (SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1) return true;
    problem_ = openssl_error("a new TLS key");
    return false;
  }

  Progress meet_peer() {
    const std::unique_ptr<X509, FreeX509> certificate(SSL_get1_peer_certificate(ssl_.get()));
    const std::string name = certificate ? common_name(certificate.get()) : "";
    if (name != wanted_) {
      problem_ = "the peer's certificate names \"" + name + "\", expected is \"" + wanted_ + "\"";
      return Progress::failed;
    }
    check(!name.empty(), "nobody is met without a name");
    name_ = name;
    warning_ = date_warning(certificate.get(), name);
    return Progress::ready;
  }

  static constexpr std::size_t kRecordBytes = 16U << 10;  ///< of plain bytes, at most (RFC 8446)

  Wires wires_;
  std::vector<std::byte> space_ = std::vector<std::byte>(kRecordBytes);
  ConstBytes opened_;  ///< the part of `space_` that nobody has read yet
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string wanted_;
  const std::uint64_t rekey_records_;
  std::uint64_t records_ = 0;  ///< sealed with this key
  std::string name_, warning_, problem_;
};

}  // namespace

struct TlsContext::Native {
  SSL_CTX* context = nullptr;
  ~Native() { SSL_CTX_free(context); }
};

TlsContext::TlsContext(std::unique_ptr<Native> native) : native_(std::move(native)) {}
TlsContext::~TlsContext() = default;

std::unique_ptr<TlsContext> TlsContext::load(const TlsFiles& files, std::string& problem) {
  ERR_clear_error();
  auto native = std::make_unique<Native>();
  native->context = SSL_CTX_new(TLS_method());
  SSL_CTX* context = native->context;
  const auto failed = [&](const std::string& doing) {
    problem = openssl_error(doing);
    return nullptr;
  };
  if (context == nullptr) return failed("TLS");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  if (SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") != 1) {
    return failed("choosing ciphers");
  }
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // Dates are looked at afterwards, and only warned about.
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);
  // One certificate per node for both directions: what counts is who signed it and whose it is.
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
  if (SSL_CTX_load_verify_locations(context, files.ca.c_str(), nullptr) != 1)
    return failed("reading " + files.ca);
  if (SSL_CTX_use_certificate_chain_file(context, files.cert.c_str()) != 1)
    return failed("reading " + files.cert);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failed("reading " + files.key);
  }
  if (SSL_CTX_check_private_key(context) != 1) return failed("key and certificate do not belong together");
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(native)));
}

std::unique_ptr<Cipher> TlsContext::session(Side side, const std::string& peer_name,
                                            std::uint64_t rekey_records) const {
  SSL* ssl = SSL_new(native_->context);
  check(ssl != nullptr, "memory for a TLS session");
  return std::make_unique<TlsCipher>(ssl, side, peer_name, rekey_records);
}

}  // namespace gemel
