// SPDX-License-Identifier: Apache-2.0
#include "open_files.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

namespace gemel {

namespace {

using Stream = std::unique_ptr<DIR, int (*)(DIR*)>;

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string link_text(const std::string& link) {
  std::array<char, PATH_MAX> text{};
  const auto length = readlink(link.c_str(), text.data(), text.size());
  return length < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(length));
}

std::string mapping_below(const std::string& process, const std::string& directory) {
  std::ifstream maps(process + "/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto path = line.find('/');
    if (path != line.npos && is_below(std::string_view(line).substr(path), directory))
      return line.substr(path);
  }
  return {};
}

/// The first thing of this process that lies at or below `directory`; empty when there is none.
std::string open_of(const std::string& process, const std::string& directory) {
  for (const char* name : {"/cwd", "/root", "/exe"}) {
    const std::string text = link_text(process + name);
    if (is_below(text, directory)) return text;
  }
  const Stream files(opendir((process + "/fd").c_str()), closedir);
  while (const dirent* entry = files ? readdir(files.get()) : nullptr) {
    const std::string text = link_text(process + "/fd/" + entry->d_name);
    if (is_below(text, directory)) return text;
  }
  return mapping_below(process, directory);
}

}  // namespace

std::string command_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  return std::getline(file, name) ? name : "?";
}

std::vector<OpenFile> open_below(const std::string& directory) {
  std::vector<OpenFile> found;
  const Stream processes(opendir("/proc"), closedir);
  while (const dirent* entry = processes ? readdir(processes.get()) : nullptr) {
    int pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr != end || pid == getpid()) continue;
    const std::string path = open_of("/proc/" + std::to_string(pid), directory);
    if (!path.empty()) found.push_back({pid, command_of(pid), path});
  }
  return found;
}

std::string describe(const std::vector<OpenFile>& open) {
  if (open.empty()) return {};
  const OpenFile& first = open.front();
  std::string text = first.command + " (pid " + std::to_string(first.pid) + ") has " + first.path + " open";
  if (open.size() > 1) text += ", and " + std::to_string(open.size() - 1) + " more processes have files open";
  return text;
}

}  // namespace gemel
