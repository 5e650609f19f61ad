// SPDX-License-Identifier: Apache-2.0
// One sealed header block, then the facts as they are, covered by the checksum that the header names. The
// file is written anew under its own name: facts are void while it is being written, since the header comes
// last.
#include "file_facts.h"

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <unordered_set>

#include "../base/check.h"
#include "../base/crc32c.h"
#include "../base/limits.h"
#include "block.h"

namespace gemel {
namespace {

constexpr std::uint64_t kMagic = magic_of("GMLFACTS");

struct Head {
  Generation generation = 0;
  SessionNumber session = 0;
  std::uint64_t files = 0;
  std::uint32_t crc = 0;
  template <class V>
  void fields(V& v) {
    v(generation, session, files, crc);
  }
};

std::size_t rounded(std::size_t bytes) {
  return (bytes + kStateBlock - 1) / kStateBlock * kStateBlock;
}

}  // namespace

Task<int> save_facts(Volume& volume, Generation generation, SessionNumber session,
                     std::vector<FileFacts> files) {
  if (files.size() > limits::kFiles) co_return -EFBIG;
  if (const int result = drop_facts(volume); result != 0) co_return result;
  const std::size_t each = encoded_size(FileFacts{});
  const std::size_t body_bytes = rounded(std::max<std::size_t>(files.size() * each, 1));
  AlignedBytes bytes(kStateBlock + body_bytes);
  const Bytes body = bytes.bytes().subspan(kStateBlock);
  FieldWriter writer(body);
  for (FileFacts& file : files) writer(file);
  check(writer.written() == files.size() * each, "each file's facts take the same room");
  Head head{generation, session, files.size(), crc32c(0, body.first(writer.written()))};
  FieldWriter head_writer(content_of(bytes.bytes().first(kStateBlock)));
  head_writer(head);
  seal_block(bytes.bytes().first(kStateBlock), kMagic, 0, static_cast<std::uint32_t>(head_writer.written()));
  auto file = volume.open(kFactsFile, kStateBlock + body_bytes);
  if (!file) co_return -errno;
  StateWrite write_body(*file, kStateBlock, body);
  if (const int result = co_await write_body; result != 0) co_return result;
  StateWrite write_head(*file, 0, bytes.bytes().first(kStateBlock));
  co_return co_await write_head;
}

FactsRead load_facts(Volume& volume) {
  FactsRead read;
  if (!volume.exists(kFactsFile)) return read;
  read.kind = FactsRead::Kind::damaged;
  auto file = volume.open(kFactsFile, kStateBlock);
  AlignedBytes head_bytes(kStateBlock);
  if (!file || file->read_now(0, head_bytes.bytes()) < 0) return read;
  const OpenedBlock opened = open_block(head_bytes.bytes(), kMagic);
  if (opened.kind == BlockKind::blank) read.kind = FactsRead::Kind::none;
  if (opened.kind == BlockKind::newer) read.kind = FactsRead::Kind::newer;
  if (opened.kind != BlockKind::good) return read;
  Head head;
  FieldReader head_reader(opened.content);
  head_reader(head);
  const std::size_t each = encoded_size(FileFacts{});
  if (!head_reader.ok() || head.files > limits::kFiles || kStateBlock + head.files * each > file->size())
    return read;
  AlignedBytes body(rounded(std::max<std::size_t>(head.files * each, 1)));
  if (file->read_now(kStateBlock, body.bytes()) < 0) return read;
  const ConstBytes facts = body.bytes().first(head.files * each);
  if (crc32c(0, facts) != head.crc) return read;
  FieldReader reader(facts);
  read.files.resize(head.files);
  for (FileFacts& one : read.files) reader(one);
  check(reader.ok() && reader.left() == 0, "what a checksum covers was measured before");
  read.kind = FactsRead::Kind::good;
  read.generation = head.generation;
  read.session = head.session;
  return read;
}

int drop_facts(Volume& volume) {
  if (!volume.exists(kFactsFile)) return 0;
  return volume.remove(kFactsFile);
}

FactsDifference compare_facts(const std::vector<FileFacts>& then, const std::vector<FileFacts>& now) {
  FactsDifference difference;
  std::unordered_map<Fid, const FileFacts*> before;
  for (const FileFacts& file : then) before[file.fid] = &file;
  // A file with several names is listed once for each of them.
  std::unordered_set<Fid> met;
  for (const FileFacts& file : now) {
    if (!met.insert(file.fid).second) continue;
    const auto found = before.find(file.fid);
    if (found == before.end()) {
      difference.added.push_back(file.fid);
    } else if (!(*found->second == file)) {
      difference.changed.push_back(file.fid);
    }
  }
  for (const auto& [fid, file] : before) {
    if (!met.contains(fid)) difference.removed.push_back(fid);
  }
  std::sort(difference.removed.begin(), difference.removed.end());
  return difference;
}

}  // namespace gemel
