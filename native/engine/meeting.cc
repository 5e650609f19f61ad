// SPDX-License-Identifier: Apache-2.0
#include "meeting.h"

#include <algorithm>
#include <utility>

#include "../base/check.h"

namespace gemel {

namespace {

bool follows(Stage next, Stage now) {
  switch (next) {
    case Stage::off:
      return now == Stage::off || now == Stage::down;
    case Stage::down:
      return now != Stage::down;
    case Stage::greeting:
      return now == Stage::down;
    case Stage::refused:
      return now == Stage::greeting;
    case Stage::source:
    case Stage::target:
    case Stage::pairing:
      return now == Stage::refused;
    case Stage::paired:
      return now != Stage::off && now != Stage::down && now != Stage::greeting;
  }
  return false;
}

}  // namespace

void Meeting::become(Stage next) {
  check(follows(next, stage_), "a meeting goes from stage to stage in its order");
  stage_ = next;
}

void Meeting::begin(wire::Hello own) {
  epoch_++;
  has_heard_ = false;
  become(Stage::greeting);
  own_ = std::move(own);
}

void Meeting::hear(wire::Hello peer) {
  check(stage_ == Stage::greeting && !has_heard_, "a peer says what it is once, and first");
  peer_ = std::move(peer);
  has_heard_ = true;
  // `unbroken` is the memory of a process: when both have it for the same session number, these are the same
  // two processes (R8, R19).
  own_is_first_ = own_.node < peer_.node;
  decision_ = sync_decision_of(own_is_first_ ? meeting_of(own_, peer_) : meeting_of(peer_, own_));
  session_ = std::max(own_.session, peer_.session) + 1;
  if (decision_.kind == SyncKind::resume) session_ = own_.session;
}

void Meeting::end() {
  epoch_++;
  become(Stage::down);
}

}  // namespace gemel
