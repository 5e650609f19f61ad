// SPDX-License-Identifier: Apache-2.0
#include "region_hash.h"

#include <openssl/evp.h>

#include <cstring>

#include "../base/check.h"

namespace gemel {

RegionHash hash_region(ConstBytes content) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  const int done = EVP_Digest(content.data(), content.size(), digest.data(), &length, sha256, nullptr);
  check(done == 1 && length == 32, "SHA-256 works");
  RegionHash hash;
  std::memcpy(hash.data(), digest.data(), sizeof hash);
  return hash;
}

bool is_zero(ConstBytes content) {
  // Each byte equals its predecessor and the first is zero: memcmp does it at memory speed.
  return content.empty() || (content[0] == std::byte{0} &&
                             std::memcmp(content.data(), content.data() + 1, content.size() - 1) == 0);
}

}  // namespace gemel
