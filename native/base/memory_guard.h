// SPDX-License-Identifier: Apache-2.0
// R34: a mirror process must go on when memory is short, since the kernel may free memory only by writing
// through it.
#pragma once

#include <vector>

#include "reactor.h"

namespace gemel {

/// Locks what is the engine's (not V8's: decision 0006), marks the calling thread as one that cleans pages,
/// and asks never to be killed for memory. To be called on the reactor's thread before its ring exists. What
/// the kernel refuses comes back as findings.
std::vector<Finding> guard_memory();

}  // namespace gemel
