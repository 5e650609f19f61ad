// SPDX-License-Identifier: Apache-2.0
// The C++ tests' own few words. A test is `TEST(thing_aspect) { … }`; the first CHECK that does not hold ends
// it. Each executable runs its tests (all, or those named on the command line) and prints `ok NAME` or `not
// ok NAME: why`.
#pragma once

#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace gemel::test {

struct Failure {
  std::string why;
};

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

struct Registered {
  Registered(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

[[noreturn]] inline void fail(const char* file, int line, const std::string& why) {
  std::ostringstream text;
  text << file << ":" << line << ": " << why;
  throw Failure{text.str()};
}

template <class T>
std::string shown(const T& value) {
  if constexpr (requires(std::ostringstream & out) { out << value; }) {
    std::ostringstream out;
    out << value;
    return out.str();
  } else {
    return "?";
  }
}

template <class A, class B>
void check_equal(const A& found, const B& wanted, const char* text, const char* file, int line) {
  if (found == wanted) return;
  fail(file, line, std::string(text) + ": found " + shown(found) + ", wanted " + shown(wanted));
}

}  // namespace gemel::test

#define TEST(name)                                                             \
  static void test_##name();                                                   \
  static const gemel::test::Registered registered_##name{#name, &test_##name}; \
  static void test_##name()

#define CHECK(...)                                                           \
  do {                                                                       \
    if (!(__VA_ARGS__)) gemel::test::fail(__FILE__, __LINE__, #__VA_ARGS__); \
  } while (false)

#define CHECK_EQ(found, wanted) gemel::test::check_equal((found), (wanted), #found, __FILE__, __LINE__)
