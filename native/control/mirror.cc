// SPDX-License-Identifier: Apache-2.0
#include "mirror.h"

#include <future>

#include "mirror_process.h"

namespace gemel {

Mirror::Mirror(Say event) : process_(std::make_unique<MirrorProcess>(std::move(event))) {}

/// What lived on the reactor is not torn down: operations may still be under way in it, and the process ends.
Mirror::~Mirror() {
  process_->reactor.stop();
  process_->reactor.join();
  [[maybe_unused]] MirrorProcess* const left = process_.release();
}

std::string Mirror::open(const Words& config) {
  std::string problem;
  if (!process_->settings.read(config, problem)) return problem;
  if (process_->reactor.start() != 0) return process_->reactor.findings().back().message;
  std::promise<std::string> opened;
  auto result = opened.get_future();
  process_->reactor.post(
      [this, &opened] { spawn(process_->assemble([&](std::string why) { opened.set_value(why); })); });
  return result.get();
}

void Mirror::command(Words command, Say reply) {
  process_->reactor.post([this, command = std::move(command), reply = std::move(reply)] {
    spawn(process_->answer(command, reply));
  });
}

}  // namespace gemel
