// SPDX-License-Identifier: Apache-2.0
// A state directory that keeps two truths: what the process sees, and what is on stable storage. power_cut()
// lets go of the difference block by block, at random, and tears what was in flight; process_death() only
// drops what was in flight. Files survive in the FakeVolume; StateFile handles from before a crash are dead.
#pragma once

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "clock.h"

namespace gemel::fakes {

class FakeVolume final : public Volume {
 public:
  static constexpr std::size_t kBlock = 4096;

  explicit FakeVolume(FakeClock& clock, Latency latency = {}) : clock_(clock), latency_(latency) {}

  // ---- Volume
  std::unique_ptr<StateFile> open(const std::string& name, std::uint64_t size) override {
    if (const int error = fail_open ? fail_open(name) : 0; error != 0) {
      errno = error;
      return nullptr;
    }
    auto& file = files_[name];
    if (!file) file = std::make_shared<Content>();
    if (file->seen.size() < size) {
      file->seen.resize(size);
      file->stable.resize(size);
    }
    return std::make_unique<File>(*this, file);
  }
  bool exists(const std::string& name) override { return files_.contains(name); }
  int remove(const std::string& name) override { return files_.erase(name) == 1 ? 0 : -ENOENT; }
  std::vector<std::string> names() override {
    std::vector<std::string> all;
    for (const auto& [name, file] : files_) all.push_back(name);
    return all;
  }

  // ---- faults
  /// errno for this write, 0 = it succeeds. Called when the write would take effect.
  std::function<int(const std::string& name, std::uint64_t offset)> fail_write;
  std::function<int(const std::string& name)> fail_open;
  /// Writes are accepted and not completed while set (a disk that hangs); cleared: they go on.
  void hang(bool on) {
    hanging_ = on;
    if (on) return;
    auto waiting = std::exchange(waiting_, {});
    for (auto& resume : waiting) resume();
  }
  std::uint64_t writes() const { return writes_; }

  /// The process is gone, the page cache stays.
  void process_death() {
    epoch_++;
    waiting_.clear();
    hanging_ = false;
    for (auto& [name, file] : files_) tear_in_flight(*file);
  }
  /// The power is gone: of every block not on stable storage either the old or the new content is left.
  void power_cut() {
    process_death();
    for (auto& [name, file] : files_) {
      for (const std::size_t block : file->unflushed) {
        auto& winner = clock_.dice().chance(2) ? file->seen : file->stable;
        auto& loser = &winner == &file->seen ? file->stable : file->seen;
        std::memcpy(&loser[block * kBlock], &winner[block * kBlock], kBlock);
      }
      file->unflushed.clear();
    }
  }
  /// Direct sight of a file, for tests that damage it. Changes both truths.
  void poke(const std::string& name, std::uint64_t offset, std::byte value) {
    files_.at(name)->seen.at(offset) = value;
    files_.at(name)->stable.at(offset) = value;
  }
  std::vector<std::byte> peek(const std::string& name) const { return files_.at(name)->seen; }
  /// A whole-volume copy and its return: backups and rolled-back snapshots (R28).
  std::map<std::string, std::vector<std::byte>> snapshot() const {
    std::map<std::string, std::vector<std::byte>> all;
    for (const auto& [name, file] : files_) all[name] = file->seen;
    return all;
  }
  void restore(const std::map<std::string, std::vector<std::byte>>& all) {
    process_death();
    files_.clear();
    for (const auto& [name, bytes] : all) {
      auto file = std::make_shared<Content>();
      file->seen = file->stable = bytes;
      files_[name] = file;
    }
  }

 private:
  struct InFlight {
    std::uint64_t offset;
    std::vector<std::byte> data;
  };
  struct Content {
    std::vector<std::byte> seen, stable;
    std::set<std::size_t> unflushed;
    std::map<std::uint64_t, InFlight> in_flight;
  };

  class File final : public StateFile {
   public:
    File(FakeVolume& volume, std::shared_ptr<Content> content)
        : volume_(volume), content_(std::move(content)), epoch_(volume.epoch_) {}
    std::uint64_t size() const override { return content_->seen.size(); }
    int read_now(std::uint64_t offset, Bytes into) override {
      if (offset + into.size() > content_->seen.size()) return -EINVAL;
      std::memcpy(into.data(), &content_->seen[offset], into.size());
      return static_cast<int>(into.size());
    }
    void write(std::uint64_t offset, ConstBytes data, bool durable, std::function<void(int)> done) override {
      check(epoch_ == volume_.epoch_, "a state file is not used after its process died");
      volume_.start(content_, offset, data, durable, std::move(done));
    }

   private:
    FakeVolume& volume_;
    std::shared_ptr<Content> content_;
    std::uint64_t epoch_;
  };

  void start(const std::shared_ptr<Content>& file, std::uint64_t offset, ConstBytes data, bool durable,
             std::function<void(int)> done) {
    check(offset % kBlock == 0 && data.size() % kBlock == 0, "state is written in whole blocks");
    check(offset + data.size() <= file->seen.size(), "state files do not grow by writing");
    const std::uint64_t id = ++last_;
    writes_++;
    file->in_flight[id] = {offset, {data.begin(), data.end()}};
    auto finish = [this, file, id, durable, done = std::move(done), epoch = epoch_] {
      if (epoch == epoch_) land(*file, id, durable, done);
    };
    clock_.after(latency_.draw(clock_.dice()), [this, finish = std::move(finish), epoch = epoch_]() mutable {
      if (epoch != epoch_) return;
      if (hanging_) {
        waiting_.push_back(std::move(finish));
      } else {
        finish();
      }
    });
  }

  void land(Content& file, std::uint64_t id, bool durable, const std::function<void(int)>& done) {
    auto taken = file.in_flight.extract(id);
    const InFlight& write = taken.mapped();
    if (const int error = fail_write ? fail_write(name_of(file), write.offset) : 0; error != 0)
      return done(-error);
    std::memcpy(&file.seen[write.offset], write.data.data(), write.data.size());
    for (std::size_t at = 0; at < write.data.size(); at += kBlock) {
      const std::size_t block = (write.offset + at) / kBlock;
      if (durable) {
        std::memcpy(&file.stable[block * kBlock], &write.data[at], kBlock);
        file.unflushed.erase(block);
      } else {
        file.unflushed.insert(block);
      }
    }
    done(static_cast<int>(write.data.size()));
  }

  /// Of a write in flight any of its blocks may have got through.
  void tear_in_flight(Content& file) {
    for (const auto& [id, write] : file.in_flight) {
      for (std::size_t at = 0; at < write.data.size(); at += kBlock) {
        if (clock_.dice().chance(2)) continue;
        std::memcpy(&file.seen[write.offset + at], &write.data[at], kBlock);
        file.unflushed.insert((write.offset + at) / kBlock);
      }
    }
    file.in_flight.clear();
  }

  std::string name_of(const Content& content) const {
    for (const auto& [name, file] : files_) {
      if (file.get() == &content) return name;
    }
    return "";
  }

  FakeClock& clock_;
  Latency latency_;
  std::map<std::string, std::shared_ptr<Content>> files_;
  std::vector<std::function<void()>> waiting_;
  bool hanging_ = false;
  std::uint64_t epoch_ = 1;
  std::uint64_t last_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace gemel::fakes
