// SPDX-License-Identifier: Apache-2.0
// What nearly every file of the engine and its tests includes, parsed once per build of the tests. It is
// never included by name: each file still names what it needs, and the addon's build, which knows no such
// header, would notice if one did not.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "../../native/base/env.h"
#include "../../native/base/task.h"
