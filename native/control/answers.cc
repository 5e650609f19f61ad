// SPDX-License-Identifier: Apache-2.0
// The commands of native/index.ts: some control carries out itself, the others are the engine's.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "command_reader.h"
#include "json.h"
#include "mirror_process.h"

namespace gemel {

namespace {

std::string done(std::string_view result = "{}") {
  Json json;
  json.begin_object().field("ok", true).key("result").raw(result).end_object();
  return json.text();
}

std::string refused(const Problem& problem) {
  Json json;
  json.begin_object().field("ok", false).key("error").begin_object();
  json.field("code", problem.code).field("message", problem.message).field("next", problem.next);
  json.end_object().end_object();
  return json.text();
}

std::string failed(const std::string& what, int failure) {
  if (failure == -EROFS) {
    return refused(
        {"read-only", what + ": this node is secondary", "Ask the node on which the module runs."});
  }
  return refused({"file-error", what + ": " + std::strerror(-failure), "See the log of the module."});
}

/// As the daemon's runtime reads it: a container may be shown an uptime of its own.
Nanos uptime(Nanos otherwise) {
  double seconds = 0;
  std::ifstream file("/proc/uptime");
  return file >> seconds ? static_cast<Nanos>(seconds * static_cast<double>(kSecond)) : otherwise;
}

/// Waits for the mount to be gone, or for the reason why it cannot be.
class Unmounted {
 public:
  explicit Unmounted(FuseMount& mount) : mount_(mount) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    mount_.unmount([this, waiter](int result, const std::string& why) {
      result_ = result;
      why_ = why;
      waiter.resume();
    });
  }
  int await_resume() const { return result_; }
  const std::string& why() const { return why_; }

 private:
  FuseMount& mount_;
  int result_ = 0;
  std::string why_;
};

}  // namespace

Task<> MirrorProcess::answer(Words command, Say reply) {
  const std::string text = co_await carried_out(command);
  reply(text);
}

Task<std::string> MirrorProcess::carried_out(const Words& command) {
  const std::string word = command.text("do");
  if (word == "status") co_return done(status());
  if (word == "figures") co_return done(to_json(engine_->figures()));
  if (word == "detach-guest") {
    guest_.detach();
    co_return done();
  }
  if (word == "attach-guest") co_return attach_guest(command);
  if (word == "list-files") co_return list_files();
  if (word == "read-file") co_return co_await read_file(command);
  if (word == "write-file") co_return co_await write_file(command);
  if (word == "close") co_return co_await close();
  if (refusal_) co_return refused(*refusal_);
  if (word == "initialise") co_return co_await initialise(command);
  co_return co_await by_engine(command);
}

Task<std::string> MirrorProcess::by_engine(const Words& command) {
  std::string problem;
  const Nanos now = reactor.now();
  auto order = read_command(command, now - uptime(now), problem);
  if (!order)
    co_return refused({"bad-command", problem, "See native/index.ts for the commands and their fields."});
  const Refusal refusal = co_await engine_->command(std::move(*order));
  co_return refusal ? refused(*refusal) : done();
}

/// The root gets its mark before the record exists: a mark without a record is noticed (R27), a record
/// without a mark could be taken for another copy's.
Task<std::string> MirrorProcess::initialise(const Words& command) {
  Attributes shown;
  if (disk_.stat(kRootFid, shown) != 0) {
    co_return refused({"data-not-there", "The module's directory is not there", "See `gemel status`."});
  }
  if (const int failure = mark_root(); failure != 0) co_return failed("Marking the directory", failure);
  std::string text = co_await by_engine(command);
  if (!text.starts_with("{\"ok\":true")) co_return text;
  // From now on nobody but root reaches the files around the mount.
  if (fchown(underlying_, 0, 0) != 0 || fchmod(underlying_, 0700) != 0) {
    co_return failed("Closing the directory", -errno);
  }
  co_await remember_root(shown);
  show_root(engine_->record());
  co_return text;
}

int MirrorProcess::mark_root() {
  const auto found = read_root_mark(underlying_);
  const RootMark wanted{settings.engine.module_uuid, settings.engine.copy_uuid, settings.engine.file_system};
  return found == wanted ? 0 : write_root_mark(underlying_, wanted);
}

Task<> MirrorProcess::remember_root(Attributes shown) {
  const int failure = co_await engine_->remember_root(shown);
  if (failure != 0) {
    told(event::Trouble{{"state-write-failed", "Owner and mode of the directory could not be recorded",
                         "Check the file system that holds the module."}});
  }
}

/// Unmounted first: while somebody has a file open nothing is changed (R32).
Task<std::string> MirrorProcess::close() {
  if (!refusal_ && engine_->status().is_primary) {
    co_return refused({"runs", "The module runs here", "Demote it first."});
  }
  Unmounted unmounted(*mount_);
  const int result = co_await unmounted;
  if (result != 0) {
    const std::string who = unmounted.why().empty() ? std::strerror(-result) : unmounted.why();
    co_return refused(
        {"in-use", "The directory cannot be unmounted: " + who, "End that process, then close again."});
  }
  if (refusal_) co_return done();
  const Refusal refusal = co_await engine_->command(command::Close{});
  co_return refusal ? refused(*refusal) : done();
}

Task<std::string> MirrorProcess::read_file(const Words& command) {
  std::string content;
  const std::string path = command.text("path");
  const int failure = co_await files_->read(path, content);
  if (failure != 0) co_return failed("Reading " + path, failure);
  Json json;
  json.begin_object().field("base64", to_base64(content)).end_object();
  co_return done(json.text());
}

Task<std::string> MirrorProcess::write_file(const Words& command) {
  std::string content;
  const std::string path = command.text("path");
  const auto mode = command.number("mode");
  if (!mode || !from_base64(command.text("base64"), content)) {
    co_return refused({"bad-command", "write-file needs a mode and base64", "See native/index.ts."});
  }
  const int failure = co_await files_->write(path, content, static_cast<std::uint32_t>(*mode));
  co_return failure != 0 ? failed("Writing " + path, failure) : done();
}

std::string MirrorProcess::list_files() {
  std::vector<SmallFiles::Listed> all;
  if (const int failure = files_->list(all); failure != 0) return failed("Listing the files", failure);
  Json json;
  json.begin_object().key("files").begin_array();
  for (const auto& [path, attributes] : all) {
    json.begin_object().field("path", path).field("bytes", attributes.size).field("mode", attributes.mode);
    json.field("allocated", attributes.blocks * 512);
    json.field("modified", static_cast<std::uint64_t>(std::max<std::int64_t>(0, attributes.mtime.seconds)));
    json.field("uid", attributes.uid).field("gid", attributes.gid).end_object();
  }
  json.end_array().end_object();
  return done(json.text());
}

std::string MirrorProcess::attach_guest(const Words& command) {
  const auto pid = command.number("pid");
  const int failure = !pid ? -EINVAL : guest_.attach(static_cast<int>(*pid), command.text("startTime"));
  if (failure != 0) {
    return refused({"no-such-guest",
                    "There is no process " + command.text("pid") + " that started at that time",
                    "Ask the hypervisor for the VM's process again."});
  }
  guest_.on_death([this] { engine_->guest_died(); });
  return done();
}

std::string MirrorProcess::status() {
  Status shown = engine_->status();
  if (refusal_) shown.data_problem = *refusal_;
  return to_json(shown, status_extra());
}

/// What only control knows, as the beginning of the status's fields.
std::string MirrorProcess::status_extra() {
  Json json;
  json.begin_object();
  json.field("module", settings.engine.module).field("node", settings.engine.node);
  json.field("pid", getpid()).field("process", process_);
  json.field("mounted", mount_->is_mounted()).field("openForWriting", mount_->open_for_writing());
  json.field("guest", guest_.state()).field("fileSystem", settings.engine.file_system);
  if (mount_->is_mounted()) json.field("fuseConnection", mount_->connection());
  struct statvfs volume {};
  const bool is_there = underlying_ >= 0 && fstatvfs(underlying_, &volume) == 0;
  json.field("bytesUsed", is_there ? (volume.f_blocks - volume.f_bfree) * volume.f_frsize : 0UL);
  return json.text().substr(1) + ",";
}

}  // namespace gemel
