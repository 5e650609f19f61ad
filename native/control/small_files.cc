// SPDX-License-Identifier: Apache-2.0
#include "small_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "../base/limits.h"

namespace gemel {

namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Beside the file that it will replace; a leftover of a crash is replaced by the next write.
constexpr const char* kNewSuffix = ".gemel-new";

}  // namespace

int SmallFiles::find(const std::string& path, Fid& directory, std::string& name, Attributes& found) {
  directory = kRootFid;
  std::string_view rest = path;
  for (;;) {
    const auto slash = rest.find('/');
    name = rest.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return -EINVAL;
    const int result = service_.lookup(directory, name, found);
    if (slash == rest.npos) return result;
    if (result != 0) return result == -ENOENT ? -ENOTDIR : result;
    if (!S_ISDIR(found.mode)) return -ENOTDIR;
    directory = found.fid;
    rest = rest.substr(slash + 1);
  }
}

Task<int> SmallFiles::read(std::string path, std::string& content) {
  Fid directory = kNoFid;
  std::string name;
  Attributes found;
  if (const int failure = find(path, directory, name, found); failure != 0) co_return failure;
  if (!S_ISREG(found.mode)) co_return -EINVAL;
  if (found.size > limits::kSmallFileBytes) co_return -EFBIG;
  const Buffer buffer = buffers_.take(kWriteBytesMax);
  content.clear();
  while (content.size() < found.size) {
    const Bytes into = buffer.first(kWriteBytesMax);
    const int got = co_await service_.read(found.fid, content.size(), into);
    if (got < 0) co_return got;
    if (got == 0) break;
    content.append(reinterpret_cast<const char*>(into.data()), static_cast<std::size_t>(got));
  }
  co_return 0;
}

Task<int> SmallFiles::put(Fid fid, const std::string& content) {
  const Buffer buffer = buffers_.take(kWriteBytesMax);
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t length = std::min<std::size_t>(content.size() - at, kWriteBytesMax);
    std::memcpy(buffer.data(), content.data() + at, length);
    const ConstBytes from = buffer.first(length);
    const int written = co_await service_.write(fid, at, from, false);
    if (written <= 0) co_return written < 0 ? written : -EIO;
    at += static_cast<std::size_t>(written);
  }
  const int flushed = co_await service_.flush(fid, false);
  co_return flushed;
}

Task<int> SmallFiles::write(std::string path, std::string content, std::uint32_t mode) {
  if (!service_.writable()) co_return -EROFS;
  if (content.size() > limits::kSmallFileBytes) co_return -EFBIG;
  Fid directory = kNoFid;
  std::string name;
  Attributes found;
  const int missing = find(path, directory, name, found);
  if (missing != 0 && missing != -ENOENT) co_return missing;
  if (missing == 0 && !S_ISREG(found.mode)) co_return -EINVAL;
  const int result = co_await replace(directory, name, content, mode);
  co_return result;
}

Task<int> SmallFiles::replace(Fid directory, const std::string& name, const std::string& content,
                              std::uint32_t mode) {
  NameChange leftover;
  leftover.kind = NameKind::unlink;
  leftover.directory = directory;
  leftover.name = name + kNewSuffix;
  const int cleared = co_await service_.apply(leftover);
  if (cleared != 0 && cleared != -ENOENT) co_return cleared;
  NameChange made;
  made.kind = NameKind::create;
  made.directory = directory;
  made.name = name + kNewSuffix;
  made.attributes.mode = mode & 0777U;
  if (const int failure = co_await service_.apply(made); failure != 0) co_return failure;
  if (const int failure = co_await put(made.fid, content); failure != 0) co_return failure;
  NameChange moved;
  moved.kind = NameKind::rename;
  moved.directory = moved.directory2 = directory;
  moved.name = name + kNewSuffix;
  moved.name2 = name;
  if (const int failure = co_await service_.apply(moved); failure != 0) co_return failure;
  const int flushed = co_await service_.flush(directory, false);
  co_return flushed;
}

int SmallFiles::list(std::vector<Listed>& out) {
  return list_below(kRootFid, "", out);
}

// As deep as the tree, ended by limits::kListed.
int SmallFiles::list_below(Fid directory, const std::string& prefix, std::vector<Listed>& out) {
  std::vector<Entry> entries;
  if (const int failure = service_.list(directory, entries); failure != 0) return failure;
  for (const Entry& entry : entries) {
    Listed listed{prefix + entry.name, {}};
    if (service_.attributes(entry.fid, listed.attributes) != 0) continue;
    const bool is_directory = S_ISDIR(listed.attributes.mode);
    const std::string below = listed.path + "/";
    out.push_back(std::move(listed));
    if (out.size() > limits::kListed) return -EFBIG;
    if (!is_directory) continue;
    if (const int failure = list_below(entry.fid, below, out); failure != 0) return failure;
  }
  return 0;
}

std::string to_base64(const std::string& bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t index = 0; index < 3; index++) {
      const std::size_t from = at + index;
      group = (group << 8U) | (from < bytes.size() ? static_cast<unsigned char>(bytes[from]) : 0U);
    }
    for (std::size_t index = 0; index < 4; index++) {
      const bool is_filler = at + index > bytes.size();
      text += is_filler ? '=' : kDigits[(group >> (18 - 6 * index)) & 63U];
    }
  }
  return text;
}

bool from_base64(const std::string& text, std::string& bytes) {
  if (text.size() % 4 != 0) return false;
  bytes.clear();
  std::uint32_t group = 0;
  unsigned bits = 0;
  const std::size_t end = std::min(text.find('='), text.size());
  if (text.size() - end > 2) return false;
  for (std::size_t at = 0; at < end; at++) {
    const auto digit = kDigits.find(text[at]);
    if (digit == kDigits.npos) return false;
    group = (group << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((group >> bits) & 0xFFU);
  }
  return true;
}

}  // namespace gemel
