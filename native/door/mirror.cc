// SPDX-License-Identifier: Apache-2.0
#include "mirror.h"

#include <future>

#include "world.h"

namespace gemel {

Mirror::Mirror(Say event) : world_(std::make_unique<World>(std::move(event))) {}

/// What lived on the reactor is not torn down: operations may still be under way in it, and the process ends.
Mirror::~Mirror() {
  world_->reactor.stop();
  world_->reactor.join();
  [[maybe_unused]] World* const left = world_.release();
}

std::string Mirror::open(const Words& config) {
  std::string problem;
  if (!world_->settings.read(config, problem)) return problem;
  if (world_->reactor.start() != 0) return world_->reactor.findings().back().message;
  std::promise<std::string> opened;
  auto result = opened.get_future();
  world_->reactor.post(
      [this, &opened] { spawn(world_->assemble([&](std::string why) { opened.set_value(why); })); });
  return result.get();
}

void Mirror::command(Words command, Say reply) {
  world_->reactor.post([this, command = std::move(command), reply = std::move(reply)] {
    spawn(world_->answer(command, reply));
  });
}

}  // namespace gemel
