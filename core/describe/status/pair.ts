// SPDX-License-Identifier: Apache-2.0
// The two nodes of a module as the answering one sees them: itself, and the other one as it last heard of it.

import type { Instant } from "../../base/units.js";
import { daemonAnswers, silentSince, verdict } from "../../decide/liveness/liveness.js";
import type { ModuleState, ModulePicture, NodeState } from "../../decide/mirror/types.js";
import type { Seen } from "../module/headline.js";
import { momentText } from "../words/words.js";
import { wallAt, type Times } from "./times.js";

export function seenPair(
  state: NodeState,
  times: Times,
  module: ModuleState,
  view: ModulePicture | undefined,
): { readonly self: Seen; readonly other: Seen } {
  const { now, wall } = times;
  const at = (moment: Instant): string => momentText(wallAt(times, moment), wall);
  const name = module.side.kind === "member" ? module.side.other : module.config.nodes[0];
  const peer = state.peers[name];
  const live = peer !== undefined && daemonAnswers(peer, now);
  const down = peer !== undefined && verdict(peer, now) === "dead";
  const silent = peer === undefined ? now : down ? silentSince(peer) : (module.peer?.at ?? now);
  return {
    self: { node: state.self, view, live: true, down: false, silentSince: "" },
    other: { node: name, view: module.peer?.view, live, down, silentSince: at(silent) },
  };
}
