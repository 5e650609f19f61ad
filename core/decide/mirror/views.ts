// SPDX-License-Identifier: Apache-2.0
// The compact picture of each module that goes to the peer (heartbeat, control connection) and to status.

import type { Instant, ModuleId } from "../../base/units.js";
import { exists, inConflict, isPrimary, isUpToDate, isWilling } from "./evidence/proofs.js";
import { mirrorStatus, openCase, openTurn, type Case } from "./evidence/turn.js";
import { isUnable } from "./rules/ability.js";
import { reasonOf, stabilityOf } from "./reason.js";
import type { ModulePicture, NodeState } from "./types.js";

/** Every view of this node at `at` (default: the last turn). */
export function viewsOf(state: NodeState, at: Instant = state.turn): readonly ModulePicture[] {
  const turn = openTurn(state, at);
  return Object.values(state.modules).map((module) => viewOf(openCase(turn, module)));
}

export function viewOf(c: Case): ModulePicture {
  const { m } = c;
  const status = mirrorStatus(c);
  const reason = reasonOf(c);
  const { state } = m.phase;
  return {
    module: c.id,
    state,
    stability: stabilityOf(state, reason),
    upToDate: isUpToDate(c),
    generation: status?.generation ?? "",
    session: status?.session ?? 0,
    current: status?.current.kind ?? "none",
    mirror: m.mirror.kind,
    copy: status?.copy ?? "absent",
    vm: exists(m) ? "on" : m.run.kind === "off" ? "off" : "unknown",
    willing: isWilling(c.turn.node, m) && !isUnable(m, c.at),
    primary: isPrimary(m),
    lastPrim: m.durable.lastPrim,
    conflict: inConflict(c),
    ...(m.durable.resolving !== undefined && { keeps: m.durable.resolving.keep }),
    reason,
    since: m.since,
  };
}

/** A case over a state that is only looked at: for views, sentences and refusals, never for deciding. */
export function lookAt(state: NodeState, id: ModuleId, at: Instant = state.turn): Case | undefined {
  const module = state.modules[id];
  return module === undefined ? undefined : openCase(openTurn(state, at), module);
}
