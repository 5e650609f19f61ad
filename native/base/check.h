// SPDX-License-Identifier: Apache-2.0
// A bug stops the process at once and says where: always on, also in release builds. (A failed operation is a
// result, and nonsense from outside is refused; neither comes here.)
#pragma once

#include <cstdio>
#include <cstdlib>

namespace gemel {

// (Not std::source_location: clang 14, which builds the fuzz targets, does not know it.)
inline void check(bool holds, const char* what, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  if (holds) [[likely]]
    return;
  std::fprintf(stderr, "gemel: broken invariant: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace gemel
