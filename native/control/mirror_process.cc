// SPDX-License-Identifier: Apache-2.0
// How a mirror is put together, step by step. Commands are in answers.cc.
#include "mirror_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../base/check.h"
#include "../base/limits.h"
#include "../front/fuse/open_files.h"
#include "absent_volume.h"
#include "json.h"

namespace gemel {

namespace {

/// "xxxxxxxx-xxxx-…" as the sixteen bytes that a file's identity carries.
CopyUuid bytes_of(const std::string& uuid) {
  CopyUuid bytes{};
  std::size_t digit = 0;
  for (const char letter : uuid) {
    const bool is_number = letter >= '0' && letter <= '9';
    const bool is_letter = letter >= 'a' && letter <= 'f';
    if (!(is_number || is_letter) || digit >= 2 * bytes.size()) continue;
    const int value = is_number ? letter - '0' : letter - 'a' + 10;
    bytes[digit / 2] = static_cast<std::uint8_t>(bytes[digit / 2] << 4 | value);
    digit++;
  }
  return bytes;
}

bool is_directory(const std::string& path) {
  struct stat seen {};
  return ::stat(path.c_str(), &seen) == 0 && S_ISDIR(seen.st_mode);
}

bool may_be_mounted(const Judgement& judgement) {
  using Kind = Judgement::Kind;
  return judgement.kind == Kind::there || judgement.kind == Kind::empty || judgement.kind == Kind::unknown;
}

}  // namespace

MirrorProcess::MirrorProcess(Say event)
    : reactor({limits::kRingEntries, limits::kGap, true}),
      event_(std::move(event)),
      disk_(reactor),
      guest_(reactor) {}

MirrorProcess::~MirrorProcess() {
  if (underlying_ >= 0) ::close(underlying_);
}

Task<> MirrorProcess::assemble(Say opened) {
  process_ = make_uuid(reactor);
  if (std::string problem = load_certificates(); !problem.empty()) {
    opened(problem);
    co_return;
  }
  judge_place();
  open_disk();
  build_engine();
  refusal_ = co_await engine_->start();
  if (!refusal_) {
    show_root(engine_->record());
    mount();
  }
  follow_guest_and_time();
  for (const Finding& finding : reactor.findings()) {
    told(event::Trouble{
        {finding.code, finding.message, "See `gemel doctor`; nothing has to be done at once."}});
  }
  opened("");
}

std::string MirrorProcess::load_certificates() {
  std::string problem;
  if (!settings.has_tls) return problem;
  tls_ = TlsContext::load(settings.tls, problem);
  if (tls_ == nullptr && problem.empty()) problem = "the certificates cannot be used";
  return problem;
}

/// A missing state directory is made only where nothing is known of a copy: else the volume may be the one
/// that is not mounted, and what would be made would lie on another (R27).
void MirrorProcess::open_volume() {
  if (is_directory(settings.state) || settings.known != Known::initialised) {
    volume_ = RealVolume::open_directory(reactor, settings.state);
  }
  if (volume_ == nullptr) volume_ = std::make_unique<AbsentVolume>();
}

Witnesses MirrorProcess::witnesses() {
  Witnesses seen;
  seen.module_uuid = settings.engine.module_uuid;
  seen.known = settings.known;
  seen.known_file_system = settings.known_file_system;
  Superblock superblock(*volume_);
  read_witnesses(settings.root, settings.state, &superblock, seen);
  return seen;
}

void MirrorProcess::judge_place() {
  std::string why;
  const int underlying = FuseMount::open_underlying(settings.root, why);
  open_volume();
  const Witnesses seen = witnesses();
  settings.engine.data = judge(seen);
  settings.engine.file_system = seen.file_system;
  const bool is_known = seen.superblock == Superblock::Found::valid;
  settings.engine.copy_uuid = is_known ? seen.record.copy_uuid : make_uuid(reactor);
  check(underlying_ < 0, "a place is judged once");
  if (underlying >= 0) {
    underlying_ = underlying;
  } else if (may_be_mounted(settings.engine.data)) {
    settings.engine.data = {Judgement::Kind::refused, 'k', "directory-in-use", why,
                            "End what has files open there, then start the module again."};
  }
}

void MirrorProcess::open_disk() {
  if (underlying_ < 0 || !may_be_mounted(settings.engine.data)) return;
  std::string why = "the directory cannot be read";
  const int own = fcntl(underlying_, F_DUPFD_CLOEXEC, 0);
  const int result = disk_.open(own, bytes_of(settings.engine.copy_uuid), why);
  settings.engine.fresh = disk_.fresh();
  if (result == 0) return;
  settings.engine.data = {Judgement::Kind::refused, 'k', "directory-unusable",
                          why + " (" + std::strerror(-result) + ")",
                          "Move what is named there out of the module's directory."};
}

void MirrorProcess::build_engine() {
  check(!engine_ && volume_ != nullptr,
        "a mirror process has one engine, after it has judged its place (R27)");
  mount_ = std::make_unique<FuseMount>(reactor, FuseMount::Config{settings.root, settings.engine.module});
  link_ = std::make_unique<TcpLink>(reactor, buffers_, settings.link, tls_.get());
  const Ports ports{reactor, disk_, *volume_, *link_, *mount_, guest_};
  engine_ = std::make_unique<MirrorEngine>(ports, settings.engine,
                                           [this](const EngineEvent& event) { told(event); });
  files_ = std::make_unique<SmallFiles>(engine_->service(), buffers_);
}

void MirrorProcess::mount() {
  if (!may_be_mounted(settings.engine.data)) return;
  std::string why;
  if (mount_->mount(engine_->service(), why) != 0) {
    told(event::Trouble{{"mount-failed", why, "See `gemel doctor` for what this host lacks."}});
    return;
  }
  mount_->on_end([this] {
    told(event::Trouble{{"mount-ended", "The mount was ended by another hand (aborted or unmounted)",
                         "The daemon restarts the mirror process."}});
  });
}

void MirrorProcess::follow_guest_and_time() {
  reactor.on_gap([this](Nanos gap) { engine_->host_slept(gap); });
}

/// What the mount shows of the root is kept in the record; before the first use it is what the directory has
/// (R27).
void MirrorProcess::show_root(const CopyRecord& record) {
  if (record.generation == 0 && record.root_mode == 0) return;
  Attributes shown;
  shown.mode = record.root_mode != 0 ? record.root_mode : 0755U;
  shown.uid = record.root_uid;
  shown.gid = record.root_gid;
  shown.atime = record.root_atime;
  shown.mtime = record.root_mtime;
  disk_.show_root_as(shown, [this](const Attributes& now) { spawn(remember_root(now)); });
}

void MirrorProcess::told(const EngineEvent& happened) {
  if (std::holds_alternative<event::StatusChanged>(happened)) {
    Json json;
    json.begin_object().field("event", "status").key("status").raw(status()).end_object();
    event_(json.text());
  } else if (const auto* refused = std::get_if<event::RefusedWrite>(&happened)) {
    Json json;
    json.begin_object().field("event", "refused-write").field("pid", refused->pid);
    json.field("command", command_of(refused->pid)).end_object();
    event_(json.text());
  } else {
    event_(to_json(happened));
  }
}

}  // namespace gemel
