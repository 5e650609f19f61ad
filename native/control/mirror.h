// SPDX-License-Identifier: Apache-2.0
// The mirror as Node sees it: one thread, opened and ended, commands in, texts out. What lives on the thread
// is MirrorProcess.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "words.h"

namespace gemel {

class MirrorProcess;

class Mirror {
 public:
  using Say = std::function<void(std::string json)>;

  /// `event` is called from the reactor's thread.
  explicit Mirror(Say event);
  /// Ends the reactor; a mount that is still there fails from now on.
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  /// Empty, or a sentence that says why there is no mirror at all (settings, io_uring, certificates).
  std::string open(const Words& config);
  /// Any thread; `reply` is called once, from the reactor's thread.
  void command(Words command, Say reply);

 private:
  std::unique_ptr<MirrorProcess> process_;
};

}  // namespace gemel
