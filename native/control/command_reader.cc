// SPDX-License-Identifier: Apache-2.0
#include "command_reader.h"

#include <array>
#include <utility>

#include "../base/limits.h"

namespace gemel {

namespace {

/// Reads the fields of one command and remembers the first that is missing.
class Reader {
 public:
  Reader(const Words& words, Nanos started) : words_(words), started_(started) {}

  std::uint64_t number(const char* name) { return taken(words_.number(name), name); }
  Generation generation(const char* name) { return taken(words_.generation(name), name); }
  FreezeId freeze() { return {number("freeze.session"), number("freeze.counter")}; }
  bool flag(const char* name) {
    const std::string value = words_.text(name);
    if (value != "true" && value != "false") missing(name);
    return value == "true";
  }
  std::string text(const char* name) { return words_.text(name); }
  /// Absent: the order has no limit of its own.
  std::optional<Nanos> until() {
    if (!words_.has("until")) return std::nullopt;
    return started_ + static_cast<Nanos>(number("until")) * kMillisecond;
  }
  /// One of two words.
  bool either(const char* name, const char* yes, const char* no) {
    const std::string value = words_.text(name);
    if (value != yes && value != no) missing(name);
    return value == yes;
  }
  AloneBasis basis(const char* name) {
    constexpr std::array<std::pair<const char*, AloneBasis>, 6> kAll{{{"word", AloneBasis::word},
                                                                      {"goodbye", AloneBasis::goodbye},
                                                                      {"silence", AloneBasis::silence},
                                                                      {"lease", AloneBasis::lease},
                                                                      {"fence", AloneBasis::fence},
                                                                      {"forced", AloneBasis::forced}}};
    const std::string value = words_.text(name);
    for (const auto& [word, basis] : kAll) {
      if (value == word) return basis;
    }
    missing(name);
    return AloneBasis::none;
  }
  const std::string& problem() const { return problem_; }

 private:
  std::uint64_t taken(std::optional<std::uint64_t> value, const char* name) {
    if (!value) missing(name);
    return value.value_or(0);
  }
  void missing(const char* name) {
    if (problem_.empty()) problem_ = std::string("the field \"") + name + "\" is missing or cannot be read";
  }
  const Words& words_;
  Nanos started_;
  std::string problem_;
};

Nanos milliseconds(std::uint64_t count) {
  return static_cast<Nanos>(count < limits::kDayMilliseconds ? count : limits::kDayMilliseconds) *
         kMillisecond;
}

std::optional<Command> order_of(const std::string& word, const Words& words, Reader& read) {
  using namespace command;
  if (word == "link") return SwitchLink{read.flag("on")};
  if (word == "initialise") return Initialise{read.either("as", "source", "empty")};
  if (word == "promote") {
    return Promote{words.has("alone") ? read.basis("alone.basis") : AloneBasis::none, read.until()};
  }
  if (word == "demote") return Demote{milliseconds(read.number("timeoutMs"))};
  if (word == "grant") return Grant{read.freeze(), read.basis("basis"), read.until()};
  if (word == "deny") return Deny{read.freeze(), read.text("why")};
  if (word == "word") return Word{read.generation("generation")};
  if (word == "give-up") return GiveUp{read.generation("generation")};
  if (word == "left-alone") {
    return LeftAlone{read.basis("basis"), read.generation("generation"), read.number("session")};
  }
  if (word == "verify") return Verify{read.flag("repair")};
  if (word == "resync-cap") return ReintegrationCap{read.number("bytesPerSecond")};
  if (word == "settle-conflict") return SettleConflict{read.either("keep", "this", "other")};
  if (word == "close") return Close{};
  return std::nullopt;
}

}  // namespace

std::optional<Command> read_command(const Words& words, Nanos started, std::string& problem) {
  const std::string word = words.text("do");
  Reader read(words, started);
  const auto order = order_of(word, words, read);
  problem = order ? read.problem() : "\"" + word + "\" is not a command";
  return problem.empty() ? order : std::nullopt;
}

}  // namespace gemel
