// SPDX-License-Identifier: Apache-2.0
#include "fuse_mount.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../../base/check.h"
#include "../../base/limits.h"
#include "open_files.h"

namespace gemel {

namespace {

/// Where a request is read to in its buffer: its payload then lies on the second page.
constexpr std::size_t kReadAt = kPageBytes - kBeforePayload;

std::string in_words(const char* what, int failure) {
  return std::string(what) + ": " + std::strerror(-failure);
}

}  // namespace

FuseMount::~FuseMount() {
  if (watch_ != 0) reactor_.unwatch(watch_);
  invalidator_.reset();
  if (session_ != nullptr) fuse_session_destroy(session_);
}

int FuseMount::open_underlying(const std::string& directory, std::string& why) {
  if (FuseDevice::clear_dead(directory) == -EBUSY) {
    why = "the mount of a mirror process that died cannot be taken away: " + describe(open_below(directory));
    return -EBUSY;
  }
  const int mounted = is_mount_point(directory);
  if (mounted != 0) {
    why = mounted > 0 ? directory + " is itself a mount point: choose a directory below it"
                      : in_words(directory.c_str(), mounted);
    return mounted > 0 ? -EBUSY : mounted;
  }
  if (const auto open = open_below(directory); !open.empty()) {
    why = describe(open);
    return -EBUSY;
  }
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) why = in_words(directory.c_str(), -errno);
  return file < 0 ? -errno : file;
}

int FuseMount::mount(FileService& service, std::string& why) {
  check(session_ == nullptr && !is_mounted(), "a module is mounted once");
  service_ = &service;
  requests_ = std::make_unique<Requests>(service, device_);
  std::string name = "gemel";
  // libfuse insists on hearing of it at both places (here and in INIT).
  std::string max_read = "-omax_read=" + std::to_string(kWriteBytesMax);
  requests_->on_room([this] { reactor_.defer([this] { serve(); }); });
  char* arguments[] = {name.data(), max_read.data(), nullptr};
  fuse_args args = FUSE_ARGS_INIT(2, arguments);
  session_ = fuse_session_new(&args, &Requests::operations(), sizeof(fuse_lowlevel_ops), requests_.get());
  fuse_opt_free_args(&args);
  check(session_ != nullptr, "libfuse makes a session");
  if (const int failure = device_.mount(config_.directory, config_.module); failure != 0) {
    why = in_words("mounting was refused", failure);
    return failure;
  }
  const fuse_custom_io io = {send_parts, never_read, nullptr, nullptr};
  // libfuse closes the descriptor that it is given; ours stays with the device.
  const int session_file = fcntl(device_.file(), F_DUPFD_CLOEXEC, 0);
  check(session_file >= 0 && fuse_session_custom_io(session_, &io, session_file) == 0,
        "libfuse takes our I/O");
  invalidator_ = std::make_unique<Invalidator>(reactor_, session_);
  watch_ = reactor_.watch(device_.file(), POLLIN, [this](int) { serve(); });
  return 0;
}

ssize_t FuseMount::send_parts(int, iovec* parts, int count, void* requests) {
  return static_cast<Requests*>(requests)->device().send(parts, count);
}

ssize_t FuseMount::never_read(int, void*, std::size_t, void*) {
  errno = ENOSYS;
  return -1;
}

/// So many requests of one turn, and no longer: questions are answered at once, and whoever asks without end
/// would keep timers, disk and peer waiting. What is left is taken in the next turn, since the kernel does
/// not call again for it.
void FuseMount::serve() {
  if (is_serving_later_) return;
  const Nanos until = reactor_.now() + limits::kServeTurn;
  for (int served = 0; served < limits::kServedPerTurn && reactor_.now() < until; served++) {
    if (watch_ == 0 || !requests_->has_room() || !serve_one()) return;
  }
  is_serving_later_ = true;
  reactor_.defer([this, still = std::weak_ptr<int>(alive_)] {
    if (still.expired()) return;
    is_serving_later_ = false;
    serve();
  });
}

/// One request; false when there is none left now.
bool FuseMount::serve_one() {
  Buffer buffer = requests_->buffers().take(BufferPool::kLarge);
  std::byte* const start = buffer.data() + kReadAt;
  const ssize_t length = ::read(device_.file(), start, buffer.size() - kReadAt);
  if (length < 0) {
    if (errno == ENODEV) end();
    return errno == EINTR || errno == ENOENT;
  }
  const auto size = static_cast<std::size_t>(length);
  check(size <= buffer.size() - kReadAt, "a request is no longer than the room that was given");
  const Bytes taken = device_.take_request({start, size});
  fuse_buf request{};
  request.size = taken.size();
  request.mem = taken.data();
  const auto at = static_cast<std::size_t>(taken.data() - buffer.data());
  requests_->arrives(std::move(buffer), at);
  fuse_session_process_buf(session_, &request);
  requests_->take_back().reset();
  return true;
}

void FuseMount::end() {
  check(watch_ != 0, "a mount ends once");
  reactor_.unwatch(watch_);
  watch_ = 0;
  device_.forget_mount();
  if (!is_leaving_ && ended_) ended_();
}

void FuseMount::unmount(std::function<void(int, const std::string&)> done) {
  if (!is_mounted()) return done(0, "");
  is_leaving_ = true;
  const std::string directory = config_.directory;
  const auto why = std::make_shared<std::string>();
  // Not on this thread: the kernel may write dirty pages through the mount first.
  reactor_.offload(
      [directory, why] {
        const int result = FuseDevice::unmount(directory);
        if (result == -EBUSY) *why = describe(open_below(directory));
        return result;
      },
      [this, why, done](int result) {
        if (result == 0) device_.forget_mount();
        is_leaving_ = result == 0;
        done(result, *why);
      });
}

std::vector<Remembered> FuseMount::everything_remembered() {
  std::vector<Remembered> all;
  for (const auto& [fid, count] : requests_->remembered()) all.push_back({fid, {}});
  std::vector<Fid> directories = {kRootFid};
  for (const auto& [fid, count] : requests_->remembered()) directories.push_back(fid);
  for (const Fid directory : directories) {
    std::vector<Entry> entries;
    if (service_->list(directory, entries) != 0) continue;
    for (const Entry& entry : entries) all.push_back({directory, entry.name});
  }
  all.push_back({kRootFid, {}});
  return all;
}

void FuseMount::invalidate_all(std::function<void(int)> done) {
  if (!is_mounted()) return reactor_.defer([done = std::move(done)] { done(0); });
  invalidator_->drop(everything_remembered(), limits::kInvalidate, std::move(done));
}

/// One drop per file at a time: a change that comes while one is under way asks for one more, however many
/// they are.
void FuseMount::invalidate(Fid fid) {
  if (!is_mounted() || !requests_->remembered().contains(fid)) return;
  const auto [under_way, is_first] = dropping_.try_emplace(fid, false);
  if (!is_first) {
    under_way->second = true;
    return;
  }
  invalidator_->drop({{fid, {}}}, limits::kInvalidate, [this, fid](int) {
    const bool again = dropping_.at(fid);
    dropping_.erase(fid);
    if (again) invalidate(fid);
  });
}

}  // namespace gemel
