// SPDX-License-Identifier: Apache-2.0
#include "bulk.h"

namespace gemel {

bool Bulk::send(std::uint8_t type, Sequence number, ConstBytes message, ConstBytes data) {
  return ports_.link.send(Link::Channel::bulk, type, number, 0, message, data);
}

bool Bulk::take(Link::Frame& frame) {
  const auto found = waiting_.find(frame.sequence);
  if (found == waiting_.end() || found->second->type != frame.type) return false;
  Waiting& waiting = *found->second;
  waiting_.erase(found);
  waiting.arrived = true;
  waiting.message.assign(frame.message.begin(), frame.message.end());
  waiting.data = std::move(frame.data);
  waiting.ready.set();
  return true;
}

void Bulk::give_up(Sequence number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  Waiting& waiting = *found->second;
  waiting_.erase(found);
  waiting.is_late = true;
  if (on_silence) on_silence();
  waiting.ready.set();
}

void Bulk::link_lost() {
  links_++;
  auto all = std::exchange(waiting_, {});
  for (auto& [number, waiting] : all) {
    check(!waiting->arrived, "who has its answer waits no more");
    waiting->ready.set();
  }
}

}  // namespace gemel
