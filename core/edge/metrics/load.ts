// SPDX-License-Identifier: Apache-2.0
// The collector of metrics put into its place: what it reads comes by the port, from the running node.

import type { MeasuredRooms } from "./inventory.js";
import { moduleId } from "../../base/units.js";
import type { ModuleSettings } from "../config/module-file.js";
import type { Member } from "../network/cluster-network.js";
import type { AskNode, NodeSnapshot } from "../port.js";

/** The API's side of a daemon: whose metrics they are. */
interface Measured {
  readonly ask: AskNode;
  readonly member: Member;
  readonly seen: NodeSnapshot;
  settings(module: string): ModuleSettings;
  log(sentence: string, outcome: string): void;
}

/** Asked for each time: what is seen changes, and the other node may join later. */
export function measuredRooms(measured: Measured, { card }: Member): MeasuredRooms {
  const { ask } = measured;
  return {
    node: card.node,
    get member() {
      return measured.member;
    },
    hypervisor: { figures: () => ask("counters"), list: () => ask("list") },
    modules: {
      ids: () => Object.keys(measured.seen.modules).map(moduleId),
      expect: (id) => measured.settings(id),
    },
    mirrors: { ask: (module, command, limit) => ask("mirror", module, command, limit) },
    network: {
      answersControl: (peer) => measured.seen.answering.includes(peer),
      tellFigures: (peer, figures) => void ask("tellFigures", peer, figures),
    },
    runsHere: (module) => measured.seen.active.includes(module),
    log: (_module, sentence, outcome) => measured.log(sentence, outcome),
  };
}
