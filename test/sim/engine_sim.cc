// SPDX-License-Identifier: Apache-2.0
// The engine simulator: two real engines on disks that forget and tear what was not flushed, a link that
// breaks at any frame, processes and hosts that die at any moment, and a daemon that knows everything and
// keeps the rules. With --errors one of the two hosts is a sick one, too: its writes and flushes fail, it has
// bad sectors, its directories and its state cannot be read or written for a while. First safety, all the
// time; then everything heals and convergence is demanded.
//
//   engine_sim [--seed N] [--runs N] [--steps N] [--errors] [--verbose]
//
// Checkers: what a guest finds after any fault (guest_model.h) · never two open gates · equal copies once in
// sync · what status says would happen at a failover is what happens · convergence. A failing run prints its
// seed; the same seed replays the same run.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../../native/store/block.h"
#include "../native/fakes/pair.h"
#include "guest_model.h"
#include "illness.h"

namespace gemel::sim {
namespace {

using fakes::Node;
using fakes::Pair;

struct Options {
  std::uint64_t seed = 1;
  int runs = 100;
  int steps = 40;
  bool errors = false;
  bool verbose = false;
};

constexpr std::uint64_t kFileBlocks = 3072;  // three extents
constexpr int kFiles = 2;

class Run {
 public:
  Run(std::uint64_t seed, const Options& options)
      : options_(options),
        dice_(seed * 7919 + 17),
        sick_(static_cast<int>(seed % 2)),
        pair_(seed, dice_.chance(3) ? Acknowledge::received : Acknowledge::written) {}

  /// What the seed has drawn, and how far the run came: for its line of the report.
  std::string summary() const {
    return std::string("acknowledge=") +
           (pair_.a.acknowledge == Acknowledge::received ? "received" : "written") +
           " acknowledged=" + std::to_string(acknowledged_) + " lives=" + std::to_string(life_);
  }

  void go() {
    begin();
    for (int step = 0; step < options_.steps; step++) one_step();
    heal();
  }

 private:
  struct Flight {
    GuestModel::Write write;
    /// Page-aligned, as a guest's direct I/O comes in, or one word beside it, as an application's own.
    AlignedBytes memory;
    std::uint64_t life;  ///< of the guest that issued it
    std::size_t beside;

    Bytes data() const { return memory.bytes().subspan(beside, write.count * kBlock); }
  };

  template <class... Part>
  void say(Part... part) {
    if (!options_.verbose) return;
    std::string text;
    ((text += part), ...);
    std::printf("  %9.3f ms  %s\n", static_cast<double>(pair_.clock.now()) / 1e6, text.c_str());
    std::fflush(stdout);
  }
  Node& node(int number) { return pair_.node(number); }
  bool lives(int number) { return node(number).engine != nullptr; }

  void begin() {
    pair_.wire.let_through = [this](int from, std::uint8_t type, Sequence) {
      hear(from, static_cast<wire::Type>(type));
      return true;
    };
    pair_.first_copy();
    for (int index = 0; index < kFiles; index++) {
      files_.push_back(pair_.make_file(pair_.a, "disk" + std::to_string(index), kFileBlocks * kBlock));
      // That the disks are there, and as long as they are, is not what is doubted here.
      CHECK_EQ(pair_.flush(pair_.a, files_.back()), 0);
    }
    primary_ = 0;
  }

  // ---- the guest

  void burst() {
    if (primary_ < 0) return;
    const std::uint64_t count = 1 + dice_.below(24);
    for (std::uint64_t index = 0; index < count; index++) {
      const Fid fid = files_[dice_.below(files_.size())];
      const std::uint64_t blocks = 1 + dice_.below(dice_.chance(4) ? 32 : 4);
      const std::uint64_t base = dice_.chance(2) ? dice_.below(64) : dice_.below(kFileBlocks - blocks);
      auto flight = std::make_shared<Flight>(Flight{model_.issue(fid, base, blocks),
                                                    AlignedBytes((blocks + 1) * kBlock), life_,
                                                    dice_.chance(8) ? sizeof(std::uint64_t) : 0});
      for (std::uint64_t at = 0; at < blocks; at++)
        fill_block(flight->write.number + at, &flight->data()[at * kBlock]);
      spawn(write(*this, node(primary_).engine->service(), flight, dice_.chance(8)));
    }
  }
  static Task<void> write(Run& run, FileService& service, std::shared_ptr<Flight> flight, bool sync) {
    const int result =
        co_await service.write(flight->write.fid, flight->write.block * kBlock, flight->data(), sync);
    if (result < 0 || flight->life != run.life_) co_return;
    run.model_.acknowledged(flight->write);
    run.acknowledged_++;
  }
  void flush() {
    if (primary_ < 0) return;
    spawn(flush_one(*this, node(primary_).engine->service(), files_[dice_.below(files_.size())], life_));
  }
  static Task<void> flush_one(Run& run, FileService& service, Fid fid, std::uint64_t life) {
    const std::uint64_t begun = run.model_.moment();
    const int result = co_await service.flush(fid, true);
    if (result == 0 && life == run.life_) run.model_.flushed(fid, begun);
  }
  void change_names() {
    if (primary_ < 0) return;
    auto change = std::make_shared<NameChange>();
    const std::string name = "n" + std::to_string(dice_.below(5));
    const std::string other = "n" + std::to_string(dice_.below(5));
    change->directory = kRootFid;
    change->name = name;
    switch (dice_.below(4)) {
      case 0:
        change->kind = NameKind::create;
        change->attributes.mode = 0100600;
        break;
      case 1:
        change->kind = NameKind::unlink;
        break;
      case 2:
        change->kind = NameKind::rename;
        change->directory2 = kRootFid;
        change->name2 = other;
        break;
      default: {
        Attributes seen;
        if (node(primary_).disk.lookup(kRootFid, name, seen) != 0) return;
        change->kind = NameKind::set_attributes;
        change->fid = seen.fid;
        change->name.clear();
        change->directory = kNoFid;
        change->valid = kSetSize;
        change->attributes.size = dice_.below(100'000);
      }
    }
    spawn(apply(node(primary_).engine->service(), change));
  }
  static Task<void> apply(FileService& service, std::shared_ptr<NameChange> change) {
    const int result = co_await service.apply(*change);
    (void)result;  // names are compared between the copies, not with a model
  }

  /// What the guest finds now, block by block; from here on that is the truth.
  void examine(int number, bool power_lost, const char* when) {
    std::vector<std::byte> expected(kBlock);
    for (const Fid fid : files_) {
      const auto content = node(number).disk.content(fid);
      if (content.size() != kFileBlocks * kBlock) fail("a file has another size", when);
      for (std::uint64_t block = 0; block < kFileBlocks; block++) {
        std::uint64_t found = 0;
        std::memcpy(&found, &content[block * kBlock], 8);
        const bool legal = model_.may_be(fid, block, found, power_lost);
        if (found == 0) {
          std::fill(expected.begin(), expected.end(), std::byte{0});
        } else {
          fill_block(found, expected.data());
        }
        const bool whole = std::memcmp(expected.data(), &content[block * kBlock], kBlock) == 0;
        if ((!legal || !whole) && options_.errors && !reads_as_on_disk(number, fid, block, power_lost))
          continue;
        if (!legal || !whole)
          fail("block " + std::to_string(block) + " of " + node(number).name() + " holds " +
                   std::to_string(found) + (whole ? "" : " torn") + ", may hold" +
                   model_.describe(fid, block),
               when);
        model_.settle(fid, block, found);
      }
    }
    life_++;
  }

  /// A block that the disk has wrong may be served by the peer, or be an error: said aloud, not lost in
  /// silence.
  bool reads_as_on_disk(int number, Fid fid, std::uint64_t block, bool power_lost) {
    const auto into = std::make_shared<AlignedBytes>(kBlock);
    reads_.push_back(into);
    const auto read = fakes::finish(
        pair_.clock, node(number).engine->service().read(fid, block * kBlock, into->bytes()), 10 * kSecond);
    if (!read || *read < 0 || is_named(fid, block)) return false;
    std::uint64_t found = 0;
    std::memcpy(&found, into->bytes().data(), 8);
    if (!model_.may_be(fid, block, found, power_lost)) return true;
    model_.settle(fid, block, found);
    return false;
  }

  /// R110: that no copy can be shown to have it was said aloud.
  bool is_named(Fid fid, std::uint64_t block) {
    const std::string place =
        " at " + std::to_string(block * kBlock) + " of file " + std::to_string(fid) + " ";
    for (int number = 0; number < 2; number++) {
      for (const EngineEvent& event : node(number).events) {
        const auto* told = std::get_if<event::Trouble>(&event);
        if (told == nullptr || told->problem.code != "region-lost") continue;
        if (told->problem.message.find(place) != std::string::npos) return true;
      }
    }
    return false;
  }

  // ---- what a copy is worth, told by the frames that pass

  /// A copy that lost power may lack what was not flushed; whoever is filled from it lacks the same. That is
  /// legal only when no other copy could still prove that it has everything (R19, R23).
  void hear(int from, wire::Type type) {
    const auto here = static_cast<std::size_t>(from);
    const std::size_t there = 1 - here;
    switch (type) {
      case wire::Type::reintegration_begin:
        if (is_verifying_) return;
        if (lacks_[here] && proven_[there] && !proven_[here])
          told_ = node(from).name() + ", which lost power, fills a copy that has everything";
        lacks_[there] = lacks_[here];
        return;
      case wire::Type::paired:
        lacks_[there] = lacks_[there] || lacks_[here];
        return;
      case wire::Type::up_to_date_seen:
        proven_ = {true, true};
        return;
      default:
        return;
    }
  }
  void runs_alone(int number) { proven_[static_cast<std::size_t>(1 - number)] = false; }

  // ---- faults and the daemon that knows everything

  void one_step() {
    // Mostly short, so that faults meet what is under way; sometimes longer than every limit of the engine.
    pass(dice_.below(dice_.chance(10) ? 4'000'000'000 : 40'000'000));
    watch();
    if (options_.errors && dice_.chance(5)) return fall_ill();
    switch (dice_.below(20)) {
      case 0:
      case 1:
        return cut_or_heal();
      case 2:
        return die(static_cast<int>(dice_.below(2)), dice_.chance(2));
      case 3:
        return revive();
      case 4:
        return swap();
      case 5:
        return hang();
      case 6:
        return change_names();
      case 7:
      case 8:
        return flush();
      case 9:
        return answer_freeze();
      case 10:
        return take_over();
      case 11:
        if (dice_.chance(2)) return restart_cleanly();
        return verify();
      default:
        return burst();
    }
  }
  void pass(std::uint64_t nanos) { pair_.clock.advance(static_cast<Nanos>(nanos)); }

  void watch() {
    if (!told_.empty()) fail(told_, "watching");
    // Whatever failed on the sick host: it does not count as having everything.
    if (options_.errors && lives(sick_) && !is_current(sick_))
      proven_[static_cast<std::size_t>(sick_)] = false;
    int open = 0;
    for (int number = 0; number < 2; number++)
      open += lives(number) && node(number).engine->gate().is_open() ? 1 : 0;
    if (open > 1) fail("both gates are open", "watching");
    if (pair_.a.engine && pair_.b.engine && pair_.in_sync() &&
        pair_.a.status().generation != pair_.b.status().generation)
      fail("in sync at different generations", "watching");
  }
  void cut_or_heal() {
    if (pair_.wire.is_cut()) {
      say("heal");
      pair_.wire.heal();
    } else {
      say("cut");
      pair_.wire.cut();
    }
  }
  void die(int number, bool power) {
    if (!lives(number)) return;
    // A second failure before green is not promised to be survived (P1): the copy that would be lost is the
    // only one.
    const bool other_current = lives(1 - number) && is_current(1 - number);
    if (power && !other_current && dice_.chance(2)) power = false;
    say("crash of ", node(number).name(), power ? " (power)" : " (process)");
    recover(number);
    if (power) {
      node(number).power_cut();
    } else {
      node(number).crash(dice_.chance(2));
    }
    const auto at = static_cast<std::size_t>(number);
    lacks_[at] = lacks_[at] || power;
    proven_[at] = false;
    if (number == primary_) {
      primary_ = -1;
      life_++;
      last_primary_ = number;
    }
  }
  bool is_current(int number) {
    std::string why;
    return lives(number) && node(number).engine->status().currency != CurrencyKind::none;
  }
  void revive() {
    for (int number = 0; number < 2; number++) {
      if (lives(number)) continue;
      say("start of ", node(number).name());
      recover(number);
      node(number).start();
      node(number).link(true);
      return;
    }
  }
  /// The freeze is answered by a daemon that knows everything: word of the other, or its death.
  void answer_freeze() {
    if (primary_ < 0) return;
    Node& mine = node(primary_);
    const auto freeze = mine.status().freeze;
    if (!freeze) return;
    const int other = 1 - primary_;
    if (lives(other) && dice_.chance(3) && is_current(other)) {
      // The lease says: the other one.
      say("deny ", mine.name());
      mine.guest.is_attached = mine.guest.is_alive = true;
      const std::string denied = mine.order(command::Deny{freeze->id, "lease"});
      pass(10'000'000);
      if (!denied.empty()) return;
      runs_alone(other);
      last_primary_ = primary_;
      primary_ = -1;
      life_++;
      promote(other, AloneBasis::lease);
      return;
    }
    if (lives(other)) {
      const std::string word = node(other).order(command::Word{mine.status().generation});
      say("word of ", node(other).name(), ": ", word);
      if (!word.empty() && node(other).status().copy == CopyState::consistent) return;
    }
    const std::string granted = mine.order(command::Grant{freeze->id, AloneBasis::word});
    say("grant to ", mine.name(), ": ", granted);
    if (granted.empty()) runs_alone(primary_);
  }
  void promote(int number, AloneBasis basis) {
    const bool is_said = is_current(number);
    const std::string refused = node(number).order(command::Promote{basis});
    say("promote ", node(number).name(), ": ", refused);
    hold_to_status(number, is_said, refused);
    if (!refused.empty()) return;
    runs_alone(number);
    took_over(number, "after promotion");
  }
  /// Who reads the status decides by it: a copy that is called current starts when it is told to. On a sick
  /// host what is still under way may fail meanwhile, or the record may not be written.
  void hold_to_status(int number, bool is_said, const std::string& refused) {
    const bool is_sick = options_.errors && number == sick_;
    if (is_said && !refused.empty() && !is_sick)
      fail("status says that " + node(number).name() + " would start, and it does not: " + refused,
           "promoting");
  }
  /// And one that is not called current does not start without force.
  void try_the_other() {
    for (int number = 0; number < 2; number++) {
      if (!lives(number) || is_current(number)) continue;
      const std::string refused = node(number).order(command::Promote{AloneBasis::silence});
      say("promote ", node(number).name(), ", which is not current: ", refused);
      if (refused.empty()) fail("a copy starts that status does not call current", "promoting");
    }
  }
  void took_over(int number, const char* when) {
    primary_ = number;
    // What it lacks now is the truth from here on; the other copy is filled from it before it counts again.
    const bool lost = std::exchange(lacks_[static_cast<std::size_t>(number)], false);
    if (pair_.in_sync()) lacks_ = {};
    examine(number, lost, when);
  }
  /// Nobody runs: whoever proves to be current starts.
  void take_over() {
    if (primary_ >= 0) return;
    if (dice_.chance(4)) try_the_other();
    for (const int number : {1 - last_primary_, last_primary_}) {
      if (!lives(number) || !is_current(number)) continue;
      if (pair_.in_sync()) {
        const std::string refused = node(number).order(command::Promote{});
        say("promote in sync ", node(number).name(), ": ", refused);
        hold_to_status(number, true, refused);
        if (!refused.empty()) continue;
        took_over(number, "after promotion in sync");
      } else {
        // The other one must not come back as current: it is dead, or gives its word.
        const int other = 1 - number;
        if (lives(other) && node(other).status().right != Right::alone && is_current(other)) {
          const std::string word = node(other).order(command::Word{node(number).status().generation});
          if (!word.empty()) continue;
        }
        promote(number, AloneBasis::silence);
      }
      return;
    }
  }
  void swap() {
    if (primary_ < 0 || !pair_.in_sync()) return;
    const int from = primary_;
    const std::string demoted = node(from).order(command::Demote{kSecond});
    say("swap from ", node(from).name(), ": ", demoted);
    if (!demoted.empty()) return;
    last_primary_ = from;
    primary_ = -1;
    if (!pair_.in_sync()) return;
    const std::string promoted = node(1 - from).order(command::Promote{});
    say("  to ", node(1 - from).name(), ": ", promoted);
    if (!promoted.empty()) return;
    took_over(1 - from, "after a swap");
  }
  void hang() {
    const int number = static_cast<int>(dice_.below(2));
    say("disk of ", node(number).name(), " hangs");
    node(number).disk.hang(true);
    pass(dice_.below(5'000'000'000));
    node(number).disk.hang(false);
  }
  /// One host's disk errs from now on, until it is repaired, dies, or everything heals. The other host is
  /// sound: P1 promises one failure. A host that answers pings and hangs may be either.
  void fall_ill() {
    recover(sick_);
    if (dice_.chance(10)) {
      Node& hung = node(static_cast<int>(dice_.below(2)));
      say(hung.name(), " answers pings and hangs");
      hung.hang(true);
      pass(dice_.below(5'000'000'000));
      hung.hang(false);
      return;
    }
    const std::string what = sim::fall_ill(node(sick_), pair_.wire, dice_, files_, kFileBlocks);
    say(node(sick_).name(), " is sick: ", what);
  }
  void recover(int number) { sim::recover(node(number), pair_.wire); }
  void restart_cleanly() {
    const int number = static_cast<int>(dice_.below(2));
    if (!lives(number) || number == primary_) return;
    const std::string closed = node(number).order(command::Close{});
    say("clean stop of ", node(number).name(), ": ", closed);
    if (!closed.empty()) return;
    node(number).crash(false);
    // R25: a process that restarted proves nothing any more, however orderly it left (that needs a goodbye).
    proven_[static_cast<std::size_t>(number)] = false;
  }
  void verify() {
    if (primary_ < 0 || !pair_.in_sync()) return;
    is_verifying_ = true;
    const std::string verified = node(primary_).order(command::Verify{false}, 600 * kSecond);
    is_verifying_ = false;
    say("verify: ", verified);
    const auto result = node(primary_).last<event::Verified>();
    const bool is_readable = pair_.a.disk.spoilt() + pair_.b.disk.spoilt() == 0;
    if (verified.empty() && result->differing != 0 && is_readable)
      fail("verify found " + std::to_string(result->differing) + " differing bytes in sync", "verifying");
  }

  // ---- everything heals

  void heal() {
    say("--- heal");
    pair_.wire.heal();
    for (int number = 0; number < 2; number++) {
      node(number).disk.hang(false);
      recover(number);
      if (!lives(number)) revive();
    }
    for (int attempt = 0; attempt < 60 && !pair_.in_sync(); attempt++) {
      pass(5'000'000'000);
      watch();
      if (primary_ >= 0) answer_freeze();
      if (primary_ < 0) take_over();
    }
    if (!pair_.in_sync())
      fail("does not converge: " + to_json(pair_.a.status(), "") + " | " + to_json(pair_.b.status(), ""),
           "healing");
    if (primary_ < 0) take_over();
    if (primary_ < 0) fail("nobody can start", "healing");
    burst();
    pass(5'000'000'000);
    flush();
    pass(5'000'000'000);
    if (pair_.a.disk.fingerprint() != pair_.b.disk.fingerprint()) fail("the copies differ", "at the end");
    examine(primary_, false, "at the end");
  }
  [[noreturn]] void fail(const std::string& what, const char* when) {
    throw test::Failure{std::string(when) + ": " + what};
  }

  const Options& options_;
  fakes::Random dice_;
  const int sick_;  ///< the host whose disk errs
  Pair pair_;
  GuestModel model_;
  std::vector<Fid> files_;
  int primary_ = -1, last_primary_ = 0;
  std::array<bool, 2> lacks_{};                ///< may lack what was never flushed
  std::array<bool, 2> proven_ = {true, true};  ///< has everything: neither restarted nor left behind
  bool is_verifying_ = false;
  std::string told_;
  std::uint64_t life_ = 1, acknowledged_ = 0;
  /// Where reads that hang may still write to.
  std::vector<std::shared_ptr<AlignedBytes>> reads_;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int index = 1; index < argc; index++) {
    const std::string word = argv[index];
    const auto value = [&] { return index + 1 < argc ? std::strtoull(argv[++index], nullptr, 10) : 0; };
    if (word == "--seed") options.seed = value();
    if (word == "--runs") options.runs = static_cast<int>(value());
    if (word == "--steps") options.steps = static_cast<int>(value());
    if (word == "--errors") options.errors = true;
    if (word == "--verbose") options.verbose = true;
  }
  return options;
}

int simulate(const Options& options) {
  int failed = 0;
  for (int index = 0; index < options.runs; index++) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(index);
    Run run(seed, options);
    try {
      run.go();
      std::printf("ok seed %llu: %s\n", static_cast<unsigned long long>(seed), run.summary().c_str());
    } catch (const test::Failure& failure) {
      failed++;
      std::printf("not ok seed %llu --steps %d (%s): %s\n", static_cast<unsigned long long>(seed),
                  options.steps, run.summary().c_str(), failure.why.c_str());
    }
    std::fflush(stdout);
  }
  std::printf("%d runs, %d failed\n", options.runs, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace gemel::sim

int main(int argc, char** argv) {
  return gemel::sim::simulate(gemel::sim::read_options(argc, argv));
}
