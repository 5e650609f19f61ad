// SPDX-License-Identifier: Apache-2.0
// A bug stops the process at once and says where: always on, also in release builds. (A failed operation is a
// result, and nonsense from outside is refused; neither comes here.)
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace gemel {

inline void check(bool holds, const char* what, std::source_location at = std::source_location::current()) {
  if (holds) [[likely]]
    return;
  std::fprintf(stderr, "gemel: broken invariant: %s (%s:%u)\n", what, at.file_name(), at.line());
  std::abort();
}

}  // namespace gemel
