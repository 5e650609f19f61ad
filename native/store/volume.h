// SPDX-License-Identifier: Apache-2.0
// The sibling directory with a copy's state (R27), for real: preallocated files, written by O_DIRECT and
// durable when the ring says so. Names with a slash would leave the directory and are refused.
//
// Invariants: a file that open() made is on stable storage, with its blocks and its name, before it is used;
// nothing here allocates file blocks later (R34). Reading and opening are synchronous: they happen at the
// start, or where a decision must not go on without them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../base/env.h"
#include "../base/reactor.h"

namespace gemel {

class RealVolume final : public Volume {
 public:
  /// Makes the directory (0700) where there is none; nullptr with errno set.
  static std::unique_ptr<RealVolume> open_directory(Reactor& reactor, const std::string& path);
  ~RealVolume() override;
  RealVolume(const RealVolume&) = delete;
  RealVolume& operator=(const RealVolume&) = delete;

  std::unique_ptr<StateFile> open(const std::string& name, std::uint64_t size) override;
  bool exists(const std::string& name) override;
  int remove(const std::string& name) override;
  std::vector<std::string> names() override;

 private:
  RealVolume(Reactor& reactor, int directory) : reactor_(reactor), directory_(directory) {}
  Reactor& reactor_;
  int directory_;
};

}  // namespace gemel
