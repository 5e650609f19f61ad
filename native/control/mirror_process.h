// SPDX-License-Identifier: Apache-2.0
// One module's mirror, put together: everything that lives on the reactor's thread.
//
//   reactor ─ underlying directory ─ state volume ─ witnesses judged (R27) ─ RealDisk ─ link ─ engine ─ mount
//
// Invariants: what is not there or cannot be used does not end the process: the engine then says so in its
// status, and nothing is mounted. Everything happens on the reactor's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "../engine/mirror_engine.h"
#include "../front/fuse/fuse_mount.h"
#include "../guest_process.h"
#include "../store/tree.h"
#include "../store/volume.h"
#include "../wire/link.h"
#include "settings.h"
#include "small_files.h"
#include "words.h"

namespace gemel {

class MirrorProcess {
 public:
  using Say = std::function<void(std::string)>;

  explicit MirrorProcess(Say event);
  ~MirrorProcess();
  MirrorProcess(const MirrorProcess&) = delete;
  MirrorProcess& operator=(const MirrorProcess&) = delete;

  Settings settings;
  Reactor reactor;

  /// Builds everything; `opened` with nothing, or with a sentence that says why there is no mirror at all.
  Task<> assemble(Say opened);
  /// Carries out one command; `reply` with its JSON, without the id.
  Task<> answer(Words command, Say reply);

 private:
  // assembly, in this order
  std::string load_certificates();
  void open_volume();
  Witnesses witnesses();
  void judge_place();
  void open_disk();
  void build_engine();
  void mount();
  void follow_guest_and_time();

  // commands
  Task<std::string> carried_out(const Words& command);
  Task<std::string> by_engine(const Words& command);
  Task<std::string> initialise(const Words& command);
  Task<std::string> close();
  Task<std::string> read_file(const Words& command);
  Task<std::string> write_file(const Words& command);
  std::string list_files();
  std::string attach_guest(const Words& command);

  int mark_root();
  Task<> remember_root(Attributes shown);
  void show_root(const CopyRecord& record);
  std::string status();
  std::string status_extra();
  void told(const EngineEvent& event);

  Say event_;
  BufferPool buffers_;
  int underlying_ = -1;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<TcpLink> link_;
  RealDisk disk_;
  GuestProcess guest_;
  std::unique_ptr<FuseMount> mount_;
  std::unique_ptr<MirrorEngine> engine_;
  std::unique_ptr<SmallFiles> files_;
  /// The engine could not start: every command but status is answered with this.
  std::optional<Problem> refusal_;
  std::string process_;  ///< random: a new one means that memory is gone (R8)
};

}  // namespace gemel
