// SPDX-License-Identifier: Apache-2.0
#include "cover.h"

#include "../base/limits.h"

namespace gemel {

Task<bool> Cover::count() {
  while (busy_) {
    free_.reset();
    co_await free_.wait();
  }
  busy_ = true;
  const bool counted = co_await ask();
  busy_ = false;
  free_.set();
  co_return counted;
}

Task<bool> Cover::ask() {
  if (!is_known()) co_return true;
  const std::uint64_t epoch = meeting_.epoch();
  const SessionNumber session = meeting_.session();
  const wire::Cover next{record_.now().covers + 1};
  const auto seen = co_await bulk_.ask<wire::Covered>(next, {}, limits::kLongQuestion);
  if (!seen || epoch != meeting_.epoch()) co_return false;
  // A peer that never counts would let the log fill up, and the guest with it.
  if (seen->result != 0 && on_refused) on_refused(-seen->result);
  if (seen->result != 0 || seen->number != next.number) co_return false;
  const int written = co_await record_.become_covered(session, next.number);
  co_return written == 0 && epoch == meeting_.epoch();
}

Task<void> Cover::follow(Bulk::Asked asked, wire::Cover cover) {
  const int written = co_await record_.become_covered(meeting_.session(), cover.number);
  bulk_.answer(asked, wire::Covered{cover.number, written});
}

}  // namespace gemel
