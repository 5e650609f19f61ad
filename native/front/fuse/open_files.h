// SPDX-License-Identifier: Apache-2.0
// Who has something open below a directory, told by name (R32). Reads /proc only, never the files themselves:
// a look at a file below a mount is a request to that mount.
#pragma once

#include <string>
#include <vector>

namespace gemel {

struct OpenFile {
  int pid;
  std::string command;
  std::string path;
};

/// Descriptors, working directories, roots, programs and mappings at or below `directory`, of all processes
/// but this one; at most one per process.
std::vector<OpenFile> open_below(const std::string& directory);

/// "qemu-system-x86 (pid 4711) has /var/lib/… open", for a sentence to an operator; empty when nobody has.
std::string describe(const std::vector<OpenFile>& open);

/// The command name of a process, "?" when it is gone.
std::string command_of(int pid);

}  // namespace gemel
