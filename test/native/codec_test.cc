// SPDX-License-Identifier: Apache-2.0
// The wire's encoding: pinned by vectors that TypeScript reads too, and refused where it does not hold.
#include "../../native/wire/codec.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "../../native/base/crc32c.h"
#include "check.h"
#include "wire_samples.h"

using namespace gemel;
using namespace gemel::test;

namespace {

std::string hex(ConstBytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

/// name → frame in hex, out of the pinned file: every "name" is followed by its "frame".
std::map<std::string, std::string> pinned() {
  std::ifstream file(GEMEL_VECTORS "/wire.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::map<std::string, std::string> all;
  std::size_t at = 0;
  const auto value = [&](const std::string& key) -> std::string {
    at = text.find("\"" + key + "\": \"", at);
    if (at == std::string::npos) return "";
    const std::size_t from = at + key.size() + 5;
    at = text.find('"', from);
    return text.substr(from, at - from);
  };
  for (std::string name = value("name"); !name.empty(); name = value("name")) all[name] = value("frame");
  return all;
}

}  // namespace

TEST(codec_frames_are_the_pinned_ones) {
  std::map<std::string, std::string> made;
  std::ostringstream json;
  each_sample([&]<class M>(const std::string& name, const M& message, ConstBytes data) {
    const auto packed = wire::pack(message);
    const auto head = wire::seal(static_cast<std::uint8_t>(wire::kTypeOf<M>), 0x0102030405060708,
                                 0x1112131415161718, packed.bytes(), data);
    made[name] = hex(head) + hex(packed.bytes()) + hex(data);
    json << (made.size() == 1 ? "" : ",\n") << "    { \"name\": \"" << name
         << "\", \"type\": " << static_cast<int>(wire::kTypeOf<M>)
         << ", \"messageBytes\": " << packed.bytes().size() << ", \"dataBytes\": " << data.size()
         << ", \"frame\": \"" << made[name] << "\" }";
  });
  // GEMEL_WRITE_VECTORS=FILE writes them anew: a change of the encoding is a new protocol version.
  if (const char* path = std::getenv("GEMEL_WRITE_VECTORS")) {
    std::ofstream(path) << "{\n  \"version\": 1,\n  \"vectors\": [\n" << json.str() << "\n  ]\n}\n";
  }
  const auto wanted = pinned();
  CHECK_EQ(wanted.size(), made.size());
  for (const auto& [name, frame] : made) {
    if (!wanted.contains(name)) fail(__FILE__, __LINE__, "no vector for " + name);
    CHECK_EQ(frame, wanted.at(name));
  }
}

TEST(codec_every_message_survives_the_round_trip) {
  int count = 0;
  each_sample([&]<class M>(const std::string& name, const M& message, ConstBytes) {
    const auto packed = wire::pack(message);
    auto decoded = wire::decode<M>(packed.bytes());
    if (!decoded.ok()) fail(__FILE__, __LINE__, name + ": " + decoded.reason());
    CHECK_EQ(hex(wire::pack(*decoded).bytes()), hex(packed.bytes()));
    CHECK(packed.bytes().size() >= wire::shape_of(static_cast<std::uint8_t>(wire::kTypeOf<M>))->message_min);
    count++;
  });
  int known = 0;
  wire::for_each_message([&]<class M>(wire::Type) { known++; });
  CHECK_EQ(count, known);
}

TEST(codec_every_shorter_message_is_refused) {
  each_sample([&]<class M>(const std::string& name, const M& message, ConstBytes) {
    const auto packed = wire::pack(message);
    for (std::size_t size = 0; size < packed.bytes().size(); size++) {
      if (wire::decode<M>(packed.bytes().first(size)).ok())
        fail(__FILE__, __LINE__, name + " accepted short");
    }
    std::vector<std::byte> longer(packed.bytes().begin(), packed.bytes().end());
    // More than what has been added since (tail), which a hello of a later version says in any case.
    longer.insert(longer.end(), 16, std::byte{0xFF});
    // A later version may say more in its hello; nobody else may.
    CHECK_EQ(wire::decode<M>(longer).ok(), (std::is_same_v<M, wire::Hello>));
  });
}

/// What a later version has added at the end of a message: absent, it reads as nothing said; present, as it
/// was written; cut in the middle, it is refused.
template <class M, class Check>
void check_tail(const M& without, const M& with, Check check_value) {
  const auto shorter = wire::pack(without);
  const auto longer = wire::pack(with);
  CHECK(shorter.bytes().size() < longer.bytes().size());
  auto old = wire::decode<M>(shorter.bytes());
  auto current = wire::decode<M>(longer.bytes());
  CHECK(old.ok() && current.ok());
  CHECK(!check_value(*old) && check_value(*current));
  for (std::size_t size = shorter.bytes().size() + 1; size < longer.bytes().size(); size++)
    CHECK(!wire::decode<M>(longer.bytes().first(size)).ok());
}

TEST(codec_what_an_older_version_does_not_say_is_nothing_said) {
  wire::Hello counts = sample_hello();
  counts.covers = 1;
  check_tail(sample_hello(), counts, [](const wire::Hello& hello) { return hello.covers == 1; });
  wire::TreeDirectory part{1, true, {sample_file()}};
  wire::TreeDirectory compared = part;
  compared.compare = true;
  check_tail(part, compared, [](const wire::TreeDirectory& one) { return one.compare; });
  wire::TreeDone done{1, 0, {0x1234}};
  wire::TreeDone differing = done;
  differing.differing = {"disk.raw", "length"};
  check_tail(done, differing, [](const wire::TreeDone& one) { return one.differing.size() == 2; });
}

TEST(codec_a_message_is_handed_to_who_takes_it) {
  int writes = 0;
  const wire::Takes handler{[&](wire::Write message) {
                              writes++;
                              return message.fid == 2 ? nullptr : "not this file";
                            },
                            [](wire::Ping) {}};
  const auto hand = [&]<class M>(const M& message) {
    return wire::hand_on(static_cast<std::uint8_t>(wire::kTypeOf<M>), wire::pack(message).bytes(), handler);
  };
  CHECK(hand(wire::Write{2, 0, false}).taken);
  CHECK(hand(wire::Write{2, 0, false}).reason == nullptr);
  CHECK_EQ(std::string(hand(wire::Write{3, 0, false}).reason), "not this file");
  CHECK(hand(wire::Ping{1}).taken);
  CHECK_EQ(writes, 3);
  // Not its business: not even decoded.
  CHECK(!hand(wire::Block{2, ~0ULL}).taken);
  CHECK(!wire::hand_on(200, {}, handler).taken);
  // Its business, and nonsense: refused before the handler sees it.
  CHECK_EQ(std::string(hand(wire::Write{2, ~0ULL, false}).reason), "a write lies outside any file");
  CHECK_EQ(writes, 3);
}

TEST(codec_names_and_numbers_are_given_once) {
  std::map<std::string, int> names;
  wire::for_each_message([&]<class M>(wire::Type type) {
    const wire::FrameShape* shape = wire::shape_of(static_cast<std::uint8_t>(type));
    CHECK(shape != nullptr && shape->type == type);
    names[shape->name]++;
  });
  each_sample([&]<class M>(const std::string& name, const M&, ConstBytes) {
    CHECK_EQ(name, std::string(wire::shape_of(static_cast<std::uint8_t>(wire::kTypeOf<M>))->name));
    CHECK_EQ(names[name], 1);
  });
}

TEST(codec_lengths_that_lie_allocate_nothing) {
  // A list of 4 billion generations in a message of a few bytes.
  wire::HashReply reply;
  auto packed = wire::pack(reply);
  std::vector<std::byte> bytes(packed.bytes().begin(), packed.bytes().end());
  for (std::size_t i = bytes.size() - 4; i < bytes.size(); i++) bytes[i] = std::byte{0xFF};
  auto decoded = wire::decode<wire::HashReply>(bytes);
  CHECK(!decoded.ok());
  CHECK_EQ(std::string(decoded.reason()), "a length points behind the end");
}

TEST(codec_impossible_values_are_refused) {
  const auto refused = []<class M>(const M& message) {
    return !wire::decode<M>(wire::pack(message).bytes()).ok();
  };
  wire::Change change;
  change.kind = NameKind::create;
  for (const char* name : {"", ".", "..", "a/b", "/etc/passwd"}) {
    change.name = name;
    CHECK(refused(change));
  }
  change.name = std::string("nul\0l", 5);
  CHECK(refused(change));
  change.name = std::string(256, 'x');
  CHECK(refused(change));
  change.name = "Büro 카메라 1.qcow2";
  CHECK(!refused(change));
  change.kind = NameKind::rename;
  change.name2 = "..";
  CHECK(refused(change));
  change.name2 = "fine";
  CHECK(!refused(change));
  change.kind = static_cast<NameKind>(12);
  CHECK(refused(change));
  CHECK(refused(wire::Write{2, ~0ULL, false}));
  CHECK(refused(wire::Allocate{2, 0, 1ULL << 62, 1ULL << 62}));
  CHECK(refused(wire::Read{2, 0, limits::kDataBytes + 1}));
  CHECK(refused(wire::HashRequest{2, 0, 65536, 1'000'000}));
  CHECK(refused(wire::TreeDirectory{1, false, {wire::TreeFile{"../x", 2, 0, 0, 0, 0, 0, 0, 0, "", {}}}}));
  wire::Hello hello;
  hello.history.assign(limits::kHistory + 1, 1);
  CHECK(refused(hello));
  auto bytes = wire::pack(wire::Write{2, 0, true});
  bytes.room().back() = std::byte{2};  // neither yes nor no
  CHECK(!wire::decode<wire::Write>(bytes.bytes()).ok());
}

TEST(codec_headers_are_tested_before_anything_is_read) {
  const auto packed = wire::pack(wire::Write{2, 0, false});
  const std::vector<std::byte> data(4096, std::byte{7});
  const auto good = wire::seal(10, 1, 0, packed.bytes(), data);
  const auto reason = [&](std::size_t at, std::uint8_t value) {
    auto bad = good;
    bad[at] = static_cast<std::byte>(value);
    auto header = wire::read_header(bad);
    return std::string(header.ok() ? "" : header.reason());
  };
  CHECK(wire::read_header(good).ok());
  CHECK(wire::is_intact(*wire::read_header(good), packed.bytes(), data));
  CHECK_EQ(reason(0, 0), "this is not a frame");
  CHECK_EQ(reason(2, 9), "a frame of an unknown version");
  CHECK_EQ(reason(3, 200), "a frame of an unknown type");
  CHECK_EQ(reason(4, 1), "a message is shorter than it can be");
  CHECK_EQ(reason(7, 1), "a message is longer than it may be");
  CHECK_EQ(reason(11, 1), "a frame carries more data than it may");
  auto ping = wire::seal(3, 0, 0, wire::pack(wire::Ping{}).bytes(), {});
  ping[8] = std::byte{1};
  CHECK(!wire::read_header(ping).ok());  // no data with a ping
  // Any flipped bit of header, message or data shows in the checksum.
  for (std::size_t i = 12; i < good.size(); i++) {
    auto bad = good;
    bad[i] ^= std::byte{0x10};
    auto header = wire::read_header(bad);
    CHECK(!header.ok() || !wire::is_intact(*header, packed.bytes(), data));
  }
  auto other = data;
  other[4095] ^= std::byte{1};
  CHECK(!wire::is_intact(*wire::read_header(good), packed.bytes(), other));
}

TEST(crc32c_known_answers_and_both_ways_agree) {
  const std::string digits = "123456789";
  CHECK_EQ(crc32c(0, std::as_bytes(std::span(digits))), 0xE3069283U);
  std::vector<std::byte> bytes(20'000);
  for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<std::byte>(i * 7 + (i >> 8));
  for (const std::size_t size :
       {0UL, 1UL, 7UL, 8UL, 4092UL, 4096UL, 3071UL, 3072UL, 3073UL, 9216UL, 20'000UL}) {
    const auto part = ConstBytes(bytes).first(size);
    CHECK_EQ(crc32c(0, part), crc32c_detail::by_table(0, part));
    CHECK_EQ(crc32c(crc32c(0, part.first(size / 3)), part.subspan(size / 3)), crc32c(0, part));
  }
}
