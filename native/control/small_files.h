// SPDX-License-Identifier: Apache-2.0
// Small files of the module for the daemon (R33): it never touches a path below a mount, so it reads and
// writes the VM's definition through here. Writes take the way of every guest write: ordered, replicated,
// refused on the secondary.
#pragma once

#include <string>

#include "../base/task.h"
#include "../engine/engine.h"

namespace gemel {

class SmallFiles {
 public:
  SmallFiles(FileService& service, BufferPool& buffers) : service_(service), buffers_(buffers) {}

  /// `path` is relative to the root, without "..". All answer 0 or -errno.
  Task<int> read(std::string path, std::string& content);
  /// The new content replaces the old one at once: readers and a crash see either. Flushed on both copies.
  Task<int> write(std::string path, std::string content, std::uint32_t mode);
  struct Listed {
    std::string path;
    Attributes attributes;
  };
  int list(std::vector<Listed>& out);

 private:
  int find(const std::string& path, Fid& directory, std::string& name, Attributes& found);
  Task<int> put(Fid fid, const std::string& content);
  Task<int> replace(Fid directory, const std::string& name, const std::string& content, std::uint32_t mode);
  int list_below(Fid directory, const std::string& prefix, std::vector<Listed>& out);

  FileService& service_;
  BufferPool& buffers_;
};

std::string to_base64(const std::string& bytes);
/// False when it is no base64.
bool from_base64(const std::string& text, std::string& bytes);

}  // namespace gemel
