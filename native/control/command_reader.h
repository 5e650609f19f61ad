// SPDX-License-Identifier: Apache-2.0
// A MirrorCommand of native/index.ts, from words to the engine's value. What control does itself (status,
// files, guest) is not here.
#pragma once

#include <optional>
#include <string>

#include "../engine/commands.h"
#include "words.h"

namespace gemel {

/// Nothing, with `problem`: not a command, or a field of it is missing or cannot be read. `started`: the
/// daemon's zero of time on the engine's clock.
std::optional<Command> read_command(const Words& words, Nanos started, std::string& problem);

}  // namespace gemel
