// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "check.h"

/// Tests that cut a process's power leave its coroutines behind: leaks are not what the address sanitizer is
/// for here.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

int main(int argc, char** argv) {
  using namespace gemel::test;
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const Case& one : cases()) std::cout << one.name << "\n";
    return 0;
  }
  int failed = 0;
  for (const Case& one : cases()) {
    const bool is_asked = argc < 2 || std::any_of(argv + 1, argv + argc, [&](const char* name) {
                            return std::strcmp(name, one.name) == 0;
                          });
    if (!is_asked) continue;
    try {
      one.body();
      std::cout << "ok " << one.name << std::endl;
    } catch (const Failure& failure) {
      std::cout << "not ok " << one.name << ": " << failure.why << std::endl;
      failed++;
    }
  }
  return failed == 0 ? 0 : 1;
}
