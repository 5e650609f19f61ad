// SPDX-License-Identifier: Apache-2.0
// What the fuzzer has learnt (corpus/*.hex, one input a line) is read by every decoder again, and so is what
// chance makes of it: without clang, in every run. `npm run fuzz` goes on from the same inputs and adds to
// them.
#include <fstream>

#include "check.h"
#include "fakes/clock.h"

#define LLVMFuzzerTestOneInput read_frames_input
#include "fuzz_frames.cc"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput read_state_input
#include "fuzz_state.cc"
#undef LLVMFuzzerTestOneInput

namespace {

using fakes::Random;

using Input = std::vector<std::uint8_t>;
using Reader = int (*)(const std::uint8_t*, std::size_t);

/// So many changed inputs are a second's work together; a file of state is opened by some.
constexpr int kChangedFrames = 5'000;
constexpr int kChangedStates = 500;
constexpr std::size_t kLongest = 32'768;

std::vector<Input> corpus(const char* name) {
  std::ifstream file(std::string(GEMEL_VECTORS) + "/../native/corpus/" + name + ".hex");
  std::vector<Input> inputs;
  for (std::string line; std::getline(file, line);) {
    Input input;
    for (std::size_t at = 0; at + 1 < line.size(); at += 2)
      input.push_back(static_cast<std::uint8_t>(std::stoul(line.substr(at, 2), nullptr, 16)));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

/// One byte, one bit, a piece cut out, a piece doubled, or the end of another one.
Input changed(Input input, const std::vector<Input>& all, Random& dice) {
  const std::size_t at = dice.below(std::max<std::size_t>(input.size(), 1));
  const auto place = input.begin() + static_cast<std::ptrdiff_t>(std::min(at, input.size()));
  const Input& other = all[dice.below(all.size())];
  switch (input.empty() ? 4 : dice.below(5)) {
    case 0:
      input[at] = static_cast<std::uint8_t>(dice.next());
      break;
    case 1:
      input[at] = static_cast<std::uint8_t>(input[at] ^ 1U << dice.below(8));
      break;
    case 2:
      input.erase(place, input.end());
      break;
    case 3:
      input.insert(place, input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    default:
      input.insert(input.end(), other.begin(), other.end());
  }
  input.resize(std::min(input.size(), kLongest));
  return input;
}

void read_all(const char* name, Reader read, int count) {
  const std::vector<Input> inputs = corpus(name);
  CHECK(!inputs.empty());
  for (const Input& input : inputs) read(input.data(), input.size());
  Random dice(1);
  for (int times = 0; times < count; times++) {
    Input input = inputs[dice.below(inputs.size())];
    for (std::size_t again = dice.below(4) + 1; again > 0; again--) input = changed(input, inputs, dice);
    read(input.data(), input.size());
  }
}

}  // namespace

TEST(fuzz_corpus_of_the_wire_is_read) {
  read_all("fuzz_frames", read_frames_input, kChangedFrames);
}

TEST(fuzz_corpus_of_the_state_is_read) {
  read_all("fuzz_state", read_state_input, kChangedStates);
}
