// SPDX-License-Identifier: Apache-2.0
// The mount of one module: its directory, mirrored over itself through FUSE. The underlying directory is
// opened before the mount hides it; when the module stops, the files are simply there, at the same path.
//
//   kernel → /dev/fuse → reactor (multishot poll, read at page − 80) → libfuse parses → Requests →
//   FileService
//
// The reply is written straight to the device by whoever finishes the request, on the reactor's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "../../base/reactor.h"
#include "../../engine/engine.h"
#include "device.h"
#include "invalidator.h"
#include "requests.h"

namespace gemel {

class FuseMount final : public FrontEnd {
 public:
  struct Config {
    std::string directory;  ///< absolute
    std::string module;
  };

  FuseMount(Reactor& reactor, Config config) : reactor_(reactor), config_(std::move(config)) {}
  ~FuseMount() override;
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;

  /// Opens the underlying directory: a descriptor for RealDisk (owned by the caller), or -errno with `why`:
  /// it is a mount point itself (R27), or a process has something open below (R32).
  static int open_underlying(const std::string& directory, std::string& why);

  /// Mounts over the directory and begins to serve. On the reactor's thread. 0 or -errno with `why`.
  int mount(FileService& service, std::string& why);
  /// Refuses with -EBUSY and the name of the process while something is open below (R32); `done` from the
  /// reactor.
  void unmount(std::function<void(int result, const std::string& why)> done);
  bool is_mounted() const { return device_.is_mounted(); }
  std::uint32_t connection() const { return device_.connection(); }
  std::size_t open_files() const { return requests_ ? requests_->open_files() : 0; }
  /// Called when the mount ends without unmount(): it was aborted, or unmounted by another hand.
  void on_end(std::function<void()> ended) { ended_ = std::move(ended); }

  void invalidate_all(std::function<void(int)> done) override;
  void invalidate(Fid fid) override;
  std::size_t open_for_writing() const override { return requests_ ? requests_->open_for_writing() : 0; }

 private:
  static ssize_t send_parts(int file, iovec* parts, int count, void* requests);
  static ssize_t never_read(int file, void* into, std::size_t length, void* requests);
  void serve();
  bool serve_one();
  void end();
  std::vector<Remembered> everything_remembered();

  Reactor& reactor_;
  Config config_;
  FileService* service_ = nullptr;
  FuseDevice device_;
  std::unique_ptr<Requests> requests_;
  fuse_session* session_ = nullptr;
  std::unique_ptr<Invalidator> invalidator_;
  std::unordered_map<Fid, bool> dropping_;  ///< being dropped; true: once more afterwards
  Reactor::WatchId watch_ = 0;
  bool is_leaving_ = false;
  bool is_serving_later_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< for work that may come after the end
  std::function<void()> ended_;
};

}  // namespace gemel
