// SPDX-License-Identifier: Apache-2.0
// What each file looked like at the clean stop (R29): whoever changes a file while its module is stopped is
// found at the start, and that file is dirty, by hash. Saved as the last act of an orderly end, void as soon
// as the module runs.
#pragma once

#include <vector>

#include "../base/env.h"
#include "../base/task.h"

namespace gemel {

inline constexpr const char* kFactsFile = "file-facts";

struct FactsRead {
  enum class Kind { none, damaged, newer, good } kind = Kind::none;
  Generation generation = 0;
  SessionNumber session = 0;
  std::vector<FileFacts> files;
};

/// Durable when it returns 0. Also removes the facts of an earlier stop.
Task<int> save_facts(Volume& volume, Generation generation, SessionNumber session,
                     std::vector<FileFacts> files);
FactsRead load_facts(Volume& volume);
/// The module runs: facts of the last stop say nothing any more.
int drop_facts(Volume& volume);

struct FactsDifference {
  std::vector<Fid> changed;  ///< there then and now, but not the same
  std::vector<Fid> added;
  std::vector<Fid> removed;
  bool none() const { return changed.empty() && added.empty() && removed.empty(); }
};
/// Pure; neither list needs an order, and either may name a file once for each of its names.
FactsDifference compare_facts(const std::vector<FileFacts>& then, const std::vector<FileFacts>& now);

}  // namespace gemel
