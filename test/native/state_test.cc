// SPDX-License-Identifier: Apache-2.0
// What lies beside the data, byte for byte: files that this program writes are the pinned ones, and the
// pinned ones are read back as what was written, so a copy made by any Gemel of this format stays a copy.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "../../native/store/activity_log.h"
#include "../../native/store/bitmap.h"
#include "../../native/store/file_facts.h"
#include "../../native/store/identity.h"
#include "../../native/store/name_journal.h"
#include "../../native/store/tree.h"
#include "check.h"
#include "fakes/volume.h"

using namespace gemel;
using namespace gemel::fakes;
using namespace gemel::test;

namespace {

/// How many bytes of each file bear one checksum.
const std::map<std::string, std::size_t> kPieces = {{Superblock::kFile, 4096},
                                                    {ActivityLog::kFile, kLogSnapshotBytes},
                                                    {Bitmaps::kFile, Bitmaps::kPageBytes},
                                                    {NameJournal::kFile, NameJournal::kSlotBytes},
                                                    {kFactsFile, 4096}};

struct Keeper final : ActivityLog::Owner {
  bool can_forget(const HotExtent&) override { return true; }
  void need_room() override {}
};

CopyRecord sample_record() {
  CopyRecord record;
  record.module = "cam1";
  record.module_uuid = "11111111-2222-3333-4444-555555555555";
  record.node = "alpha";
  record.copy_uuid = "99999999-2222-3333-4444-555555555555";
  record.file_system = "aaaaaaaa-2222-3333-4444-555555555555";
  record.copy = CopyState::inconsistent;
  record.generation = 0xB1B2B3B4B5B6B7B8;
  record.source = 0xC1C2C3C4C5C6C7C8;
  record.synced = 0xD1D2D3D4D5D6D7D8;
  record.history = {3, 2, 1};
  record.session = 7;
  record.right = Right::alone;
  record.basis = AloneBasis::lease;
  record.right_generation = 0xE1E2E3E4E5E6E7E8;
  record.clean = true;
  record.was_primary = true;
  record.freezes = 4;
  record.root_mode = 0750;
  record.root_uid = 64055;
  record.root_gid = 994;
  record.root_atime = {12, 34};
  record.root_mtime = {56, 78};
  record.verified = {90, 4096, 1024};
  return record;
}

NameChange sample_change() {
  NameChange change;
  change.kind = NameKind::rename;
  change.fid = 0xA1A2A3A4A5A6A7A8;
  change.directory = 1;
  change.directory2 = 2;
  change.name = "disk.qcow2.new";
  change.name2 = "disk.qcow2";
  change.value = "value";
  change.flags = 3;
  change.valid = kSetSize;
  change.attributes.mode = 0640;
  change.attributes.uid = 5;
  change.attributes.gid = 6;
  change.attributes.rdev = 7;
  change.attributes.size = 8;
  change.attributes.atime = {9, 10};
  change.attributes.mtime = {11, 12};
  return change;
}

const std::vector<FileFacts> kFacts = {{2, 8192, {1000, 5}, {2000, 6}, 102, 7},
                                       {3, 0, {1001, 8}, {2001, 9}, 103, 10}};

/// Every state file once, in two steps where a file keeps two places in turn.
void write_all(FakeClock& clock, FakeVolume& volume) {
  const auto done = [&](Task<int> task) { return finish(clock, std::move(task)).value_or(-ETIMEDOUT); };
  Superblock superblock(volume);
  CHECK(superblock.open() == Superblock::Found::none);
  CHECK_EQ(done(superblock.write(sample_record())), 0);
  CHECK_EQ(done(superblock.give_word(0xB1B2B3B4B5B6B7B8)), 0);
  CHECK_EQ(done(superblock.write(sample_record())), 0);
  Keeper keeper;
  ActivityLog log(volume, keeper);
  CHECK_EQ(log.open(), 0);
  CHECK_EQ(done(log.ensure(2, 0, 1)), 0);
  CHECK_EQ(done(log.ensure(0xA1A2A3A4A5A6A7A8, 5, 5)), 0);
  Bitmaps bitmaps(volume);
  CHECK_EQ(bitmaps.open(), 0);
  bitmaps.of(2).set({3 * kRegionBytes, 2 * kRegionBytes});
  bitmaps.of(2).set({1ULL << 40, kRegionBytes});
  bitmaps.of(0xA1A2A3A4A5A6A7A8).set_whole(true);
  CHECK_EQ(done(bitmaps.persist()), 0);
  NameJournal journal(volume);
  CHECK_EQ(journal.open(), 0);
  CHECK(done(journal.enter(sample_change())) >= 0);
  NameChange second = sample_change();
  second.kind = NameKind::unlink;
  CHECK(done(journal.enter(second)) >= 0);
  CHECK_EQ(done(save_facts(volume, 77, 3, kFacts)), 0);
}

std::string hex(const std::byte* from, std::size_t size) {
  while (size > 0 && from[size - 1] == std::byte{0}) size--;
  std::string text;
  for (std::size_t i = 0; i < size; i++) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(from[i]));
    text += digits;
  }
  return text;
}

/// The pinned text: what is not blank of each file, without the zeros at a piece's end.
std::string shown(const std::map<std::string, std::vector<std::byte>>& files) {
  std::ostringstream json;
  json << "{\n  \"version\": 1,\n  \"files\": [";
  const char* before_file = "\n";
  for (const auto& [name, content] : files) {
    json << before_file << "    {\n      \"file\": \"" << name << "\",\n      \"bytes\": " << content.size()
         << ",\n      \"pieces\": [";
    before_file = ",\n";
    const std::size_t size = kPieces.at(name);
    const char* before = "\n";
    for (std::size_t at = 0; at < content.size(); at += size) {
      const std::string bytes = hex(&content[at], size);
      if (bytes.empty()) continue;
      json << before << "        {\n          \"at\": " << at << ",\n          \"size\": " << size
           << ",\n          \"hex\": \"" << bytes << "\"\n        }";
      before = ",\n";
    }
    json << "\n      ]\n    }";
  }
  json << "\n  ]\n}\n";
  return json.str();
}

std::string pinned_text() {
  std::ifstream file(GEMEL_VECTORS "/state.json");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::vector<std::byte>> pinned_files() {
  const std::string text = pinned_text();
  std::map<std::string, std::vector<std::byte>> files;
  std::vector<std::byte>* content = nullptr;
  std::size_t at = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string key = line.substr(line.find('"'), colon - line.find('"'));
    const std::size_t quote = line.find('"', colon);
    const std::string value = line.substr(quote == std::string::npos ? colon + 2 : quote + 1);
    if (key == "\"file\"") content = &files[value.substr(0, value.find('"'))];
    if (key == "\"bytes\"") content->resize(std::stoul(value));
    if (key == "\"at\"") at = std::stoul(value);
    if (key != "\"hex\"") continue;
    for (std::size_t i = 0; value[2 * i] != '"'; i++)
      content->at(at + i) = static_cast<std::byte>(std::stoul(value.substr(2 * i, 2), nullptr, 16));
  }
  return files;
}

}  // namespace

TEST(state_files_are_the_pinned_ones) {
  FakeClock clock;
  FakeVolume volume(clock);
  write_all(clock, volume);
  const std::string made = shown(volume.snapshot());
  // GEMEL_WRITE_VECTORS=FILE writes them anew: a change of these bytes is a new format (R30).
  if (const char* path = std::getenv("GEMEL_WRITE_VECTORS")) std::ofstream(path) << made;
  CHECK(made == pinned_text());
}

TEST(state_files_that_are_pinned_are_read_as_what_was_written) {
  FakeClock clock;
  FakeVolume volume(clock);
  volume.restore(pinned_files());
  Superblock superblock(volume);
  CHECK(superblock.open() == Superblock::Found::valid);
  CHECK(superblock.record() == sample_record());
  std::vector<std::byte> blocks = volume.peek(Superblock::kFile);
  const WordSlot word = read_word_slot(ConstBytes(blocks).subspan(8192, 4096));
  CHECK(word.kind == SuperblockSlot::Kind::valid && word.generation == 0xB1B2B3B4B5B6B7B8);
  Keeper keeper;
  ActivityLog log(volume, keeper);
  CHECK_EQ(log.open(), 0);
  CHECK_EQ(log.found().size(), 3U);
  for (const HotExtent& hot : {HotExtent{2, 0}, HotExtent{2, 1}, HotExtent{0xA1A2A3A4A5A6A7A8, 5}})
    CHECK(std::ranges::find(log.found(), hot) != log.found().end());
  Bitmaps bitmaps(volume);
  CHECK_EQ(bitmaps.open(), 0);
  CHECK(bitmaps.fids() == (std::vector<Fid>{2, 0xA1A2A3A4A5A6A7A8}));
  CHECK_EQ(bitmaps.bytes(), 3 * kRegionBytes);
  CHECK(bitmaps.of(2).test(4 * kRegionBytes) && bitmaps.of(2).test(1ULL << 40));
  CHECK(bitmaps.of(0xA1A2A3A4A5A6A7A8).whole());
  NameJournal journal(volume);
  CHECK_EQ(journal.open(), 0);
  CHECK_EQ(journal.pending().size(), 2U);
  const NameChange& change = journal.pending()[0];
  CHECK(change.kind == NameKind::rename && change.fid == sample_change().fid && change.directory == 1);
  CHECK(change.directory2 == 2 && change.name == "disk.qcow2.new" && change.name2 == "disk.qcow2");
  CHECK(journal.pending()[1].kind == NameKind::unlink);
  const FactsRead facts = load_facts(volume);
  CHECK(facts.kind == FactsRead::Kind::good && facts.files == kFacts);
  CHECK(facts.generation == 77 && facts.session == 3);
}

/// R27: what names a root and a file lies in their xattrs. Needs root, as the mirror process does.
TEST(state_names_of_root_and_file_are_the_pinned_ones) {
  if (::geteuid() != 0) return;
  char path[] = "/var/tmp/gemel-state-XXXXXX";
  CHECK(mkdtemp(path) != nullptr);
  const std::string file = std::string(path) + "/disk.raw";
  std::ofstream(file) << "content";
  const int root = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int marked = write_root_mark(root, {"module", "copy", "file-system"});
  char mark[64] = {}, identity[256] = {};
  const ssize_t mark_size = ::getxattr(path, "trusted.gemel.copy", mark, sizeof mark);
  CopyUuid copy{};
  for (std::size_t i = 0; i < copy.size(); i++) copy[i] = static_cast<decltype(copy)::value_type>(i + 1);
  Attributes found;
  struct stat is {};
  std::string why;
  {
    Reactor reactor;
    CHECK_EQ(reactor.open(), 0);
    RealDisk disk(reactor);
    CHECK_EQ(disk.open(root, copy, why), 0);
    CHECK_EQ(disk.lookup(kRootFid, "disk.raw", found), 0);
  }
  const ssize_t size = ::getxattr(file.c_str(), "trusted.gemel.file", identity, sizeof identity);
  CHECK_EQ(::stat(file.c_str(), &is), 0);
  std::filesystem::remove_all(path);
  CHECK_EQ(marked, 0);
  CHECK_EQ(std::string(mark, static_cast<std::size_t>(std::max<ssize_t>(mark_size, 0))),
           "1 module copy file-system");
  // Magic, Fid, copy, inode, type of the handle, handle.
  CHECK(size > 40);
  CHECK_EQ(std::string(identity, 4), "GMF1");
  CHECK(std::memcmp(identity + 4, &found.fid, 8) == 0);
  CHECK(std::memcmp(identity + 12, copy.data(), 16) == 0);
  const std::uint64_t inode = is.st_ino;
  CHECK(std::memcmp(identity + 28, &inode, 8) == 0);
}
