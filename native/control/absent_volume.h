// SPDX-License-Identifier: Apache-2.0
// The state of a copy whose data is not there (R27): nothing exists and nothing can be made, above all not on
// the file system that shows through where the right one is not mounted.
#pragma once

#include <cerrno>

#include "../base/env.h"

namespace gemel {

class AbsentVolume final : public Volume {
 public:
  std::unique_ptr<StateFile> open(const std::string&, std::uint64_t) override {
    errno = ENOENT;
    return nullptr;
  }
  bool exists(const std::string&) override { return false; }
  int remove(const std::string&) override { return -ENOENT; }
  std::vector<std::string> names() override { return {}; }
};

}  // namespace gemel
