// SPDX-License-Identifier: Apache-2.0
// A cluster's authority and its nodes' certificates for tests, made on the spot in a directory of their own.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "../../native/wire/tls.h"
#include "check.h"

namespace gemel::test {

class Authority {
 public:
  explicit Authority(const std::string& name) : key_(EVP_EC_gen("P-256")) {
    char path[] = "/tmp/gemel-test-XXXXXX";
    CHECK(mkdtemp(path) != nullptr);
    folder_ = path;
    certificate_ = make(name, key_, 0, 3600, /*is_authority=*/true);
    write("ca.pem", [&](FILE* file) { return PEM_write_X509(file, certificate_); });
  }
  ~Authority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
    std::filesystem::remove_all(folder_);
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  /// Files of a node; validity in seconds from now.
  TlsFiles issue(const std::string& node, long from = -60, long to = 3600) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = make(node, key, from, to, /*is_authority=*/false);
    write(node + ".pem", [&](FILE* file) { return PEM_write_X509(file, certificate); });
    write(node + ".key",
          [&](FILE* file) { return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr); });
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {folder_ + "/ca.pem", folder_ + "/" + node + ".pem", folder_ + "/" + node + ".key"};
  }

 private:
  X509* make(const std::string& name, EVP_PKEY* key, long from, long to, bool is_authority) {
    X509* made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made), from);
    X509_gmtime_adj(X509_getm_notAfter(made), to);
    X509_set_pubkey(made, key);
    X509_NAME* subject = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made, is_authority ? subject : X509_get_subject_name(certificate_));
    if (is_authority) {
      X509_EXTENSION* extension =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(made, extension, -1);
      X509_EXTENSION_free(extension);
    }
    CHECK(X509_sign(made, key_, EVP_sha256()) > 0);
    return made;
  }
  template <class Write>
  void write(const std::string& name, Write&& content) {
    FILE* file = std::fopen((folder_ + "/" + name).c_str(), "w");
    CHECK(file != nullptr && content(file) == 1);
    std::fclose(file);
  }
  std::string folder_;
  EVP_PKEY* key_;
  X509* certificate_ = nullptr;
  long serial_ = 0;
};

}  // namespace gemel::test
