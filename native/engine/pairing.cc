// SPDX-License-Identifier: Apache-2.0
#include "pairing.h"

#include "../base/check.h"
#include "../base/limits.h"

namespace gemel {

using Phase = Session::Phase;

// ---- source

Task<void> Pairing::lead(std::uint64_t epoch) {
  const auto held = co_await turn_.begin();
  if (epoch != meeting_.epoch()) co_return;
  session_.end();
  tracking_.set_alone(false);
  session_.begin(meeting_.session(), Phase::filling);
  session_.become(Phase::pairing);
  receiver_.begin(meeting_.session(), false);
  co_await confirm(epoch);
}

Task<void> Pairing::end_filling(std::uint64_t epoch) {
  check(turn_.busy(), "a filling ends in its turn");
  // From here on a loss is a freeze: the other side may be up to date without this side having heard it.
  session_.become(Phase::pairing);
  receiver_.begin(meeting_.session(), false);
  receiver_.become_in_sync();
  co_await confirm(epoch);
}

/// R10, in this order: `paired` durable here, up to date durable there, then green.
Task<void> Pairing::confirm(std::uint64_t epoch) {
  check(turn_.busy() && session_.phase() == Phase::pairing, "a pair is confirmed in its turn");
  check(meeting_.leads(), "the source confirms");
  const CopyRecord record = record_.now();
  const SessionNumber session = meeting_.session();
  const int written = co_await record_.become_paired(record.generation, session, record.history);
  if (epoch != meeting_.epoch()) co_return;
  if (written != 0) {
    link_.drop("the record could not be written");
    co_return;
  }
  const wire::Paired paired{record.generation, session};
  const auto confirmed = co_await bulk_.ask<wire::UpToDate>(paired);
  if (epoch != meeting_.epoch()) co_return;
  if (!confirmed || confirmed->generation != record.generation || confirmed->session != session) {
    link_.drop("the peer did not confirm that it is up to date");
    co_return;
  }
  session_.become(Phase::in_sync);
  tracking_.note_changed_while_stopped(false);
  meeting_.become(Stage::paired);
  bulk_.tell(wire::UpToDateSeen{record.generation, session});
  gate_.thaw(ThawBy::peer);
  owner_.in_sync();
}

// ---- target

Task<void> Pairing::follow(std::uint64_t epoch, Bulk::Asked asked, wire::Paired paired) {
  const auto held = co_await turn_.begin();
  if (epoch != meeting_.epoch()) co_return;
  const SessionNumber session = meeting_.session();
  const bool was_filled = meeting_.stage() == Stage::target;
  if ((!was_filled && meeting_.stage() != Stage::pairing) || paired.session != session || meeting_.leads() ||
      gate_.is_primary()) {
    link_.violated("a pairing out of turn");
    co_return;
  }
  // R9, R25: an operation failed here after the last flush: this copy is not what the source takes it for.
  if (receiver_.is_condemned() || condemnation_.is_in_force()) {
    link_.drop("an operation failed on this copy");
    co_return;
  }
  const wire::Hello& peer = meeting_.peer();
  std::vector<Generation> history = peer.history;
  if (paired.generation != peer.generation) history.insert(history.begin(), peer.generation);
  if (history.size() > limits::kHistory) history.resize(limits::kHistory);
  const int written = co_await record_.become_paired(paired.generation, session, history);
  if (epoch != meeting_.epoch()) co_return;
  if (written != 0) {
    link_.drop("the record could not be written");
    co_return;
  }
  tracking_.forget_all_dirty();
  tracking_.set_alone(false);
  const int persisted = co_await tracking_.persist();
  if (persisted != 0 || epoch != meeting_.epoch()) co_return;
  tracking_.note_changed_while_stopped(false);
  target_.end();
  if (was_filled) {
    receiver_.become_in_sync();
  } else {
    receiver_.begin(session, false);
  }
  session_.end();
  session_.begin(session, Phase::in_sync);
  bulk_.answer(asked, wire::UpToDate{paired.generation, session});
}

void Pairing::seen() {
  if (session_.phase() != Phase::in_sync) return;
  meeting_.become(Stage::paired);
  owner_.in_sync();
  reports_.changed();
}

}  // namespace gemel
