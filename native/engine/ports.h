// SPDX-License-Identifier: Apache-2.0
// What every station of the engine is given: the outside world, the module's configuration, and where reports
// go.
#pragma once

#include <string>

#include "../base/env.h"
#include "../base/limits.h"
#include "../store/identity.h"
#include "engine.h"

namespace gemel {

/// The outside world; lives longer than the engine.
struct Ports {
  Clock& clock;
  Disk& disk;
  Volume& volume;
  Link& link;
  FrontEnd& front;
  Guest& guest;
};

/// What the daemon may set for a module; how each was chosen stands in base/limits.h.
struct Limits {
  Nanos stall = limits::kStall;                     ///< T_link (R17)
  Nanos freeze_deadline = limits::kFreezeDeadline;  ///< the engine pauses the guest by itself (R16)
  Nanos ping = limits::kPing;
  Nanos checkpoint = limits::kCheckpoint;
  int stalls_tolerated = limits::kStallsTolerated;  ///< R18, with the three that follow
  Nanos stall_window = limits::kStallWindow;
  Nanos keep_out_first = limits::kKeepOutFirst;
  Nanos keep_out_longest = limits::kKeepOutLongest;
};

enum class Acknowledge : std::uint8_t { written, received };

struct EngineConfig {
  std::string cluster, module, module_uuid, node, peer_node;
  Acknowledge acknowledge = Acknowledge::written;
  Limits limits;
  std::uint64_t reintegration_cap = 0;  ///< bytes per second, 0 = none
  /// R27: are root and state there, and do they belong together? Judged before the engine starts.
  Judgement data;
  std::string file_system;  ///< UUID of what holds the root now
  std::string copy_uuid;    ///< this copy's own identity (R27), made before its first use
  /// Files whose identity was found broken when the tree was read (copied, restored): dirty as a whole, by
  /// hash.
  std::vector<Fid> fresh;
};

/// A refusal or failure for a person: stable code, sentence, what to do.
struct Problem {
  std::string code, message, next;
};

/// A freeze is named, so that a late grant for an older one is void (R13).
struct FreezeId {
  SessionNumber session = 0;
  std::uint64_t counter = 0;
  bool operator==(const FreezeId&) const = default;
};
enum class FreezeReason : std::uint8_t { link_lost, stalled, host_slept };
enum class ThawBy : std::uint8_t { peer, grant, deny };
enum class GuestChange : std::uint8_t { paused, resumed, killed, dead };

/// Where the stations report; MirrorEngine turns it into events for the daemon.
class Reports {
 public:
  virtual ~Reports() = default;
  virtual void frozen(FreezeId freeze, FreezeReason reason) = 0;
  virtual void thawed(FreezeId freeze, ThawBy by) = 0;
  virtual void guest(GuestChange change, const std::string& why) = 0;
  virtual void trouble(const Problem& problem) = 0;
  /// Something that `status` shows has changed.
  virtual void changed() = 0;
};

/// One state transition at a time (commands, handshakes, the end of a reintegration): each waits for durable
/// writes, and what it decided on must not change meanwhile.
class Turn {
 public:
  class Held {
   public:
    explicit Held(Turn& turn) : turn_(&turn) {}
    Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Held& operator=(Held&&) = delete;
    ~Held() {
      if (turn_ != nullptr) turn_->end();
    }

   private:
    Turn* turn_;
  };
  Task<Held> begin() {
    while (busy_) {
      free_.reset();
      co_await free_.wait();
    }
    busy_ = true;
    co_return Held(*this);
  }
  bool busy() const { return busy_; }

 private:
  void end() {
    busy_ = false;
    free_.set();
  }
  bool busy_ = false;
  Event free_;
};

}  // namespace gemel
