// SPDX-License-Identifier: Apache-2.0
// All stations of one engine, made once, in the order in which they need each other.
#pragma once

#include "operations.h"
#include "record.h"
#include "reintegration.h"
#include "reintegration_target.h"

namespace gemel {

struct Stations {
  Stations(Ports& outside, const EngineConfig& configuration, Reports& sink, Operations::Owner& owner)
      : ports(outside),
        config(configuration),
        reports(sink),
        record(ports, config),
        tracking(ports, reports),
        gate(ports, config, reports),
        patience(config),
        session(ports, config),
        receiver(ports, config, locks, tracking),
        bulk(ports),
        target(ports, locks, receiver, tracking, bulk),
        source(ports, locks, session, tracking, bulk, figures),
        operations(ports, locks, gate, session, tracking, figures, owner) {}

  Ports& ports;
  const EngineConfig& config;
  Reports& reports;
  Figures figures;
  bool changed_while_stopped = false;  ///< R29, until both copies are equal again
  Turn turn;
  RangeLocks locks;
  Record record;
  Tracking tracking;
  IoGate gate;
  Patience patience;
  Session session;
  Receiver receiver;
  Bulk bulk;
  ReintegrationTarget target;
  Reintegration source;
  Operations operations;
};

}  // namespace gemel
