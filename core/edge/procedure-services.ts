// SPDX-License-Identifier: Apache-2.0
// What procedures (core/protect) may use of a running node, and nothing more.

import { PeerRefusal } from "../api/door.js";
import { GemelError } from "../base/errors.js";
import { moduleId, nodeName, type NodeName } from "../base/units.js";
import { peersOf } from "./config/cluster-file.js";
import type { Paths } from "./config/paths.js";
import type { ProcedureServices } from "../procedure/services.js";
import { StartGuard } from "../procedure/start-guard.js";
import type { Hypervisor } from "../ports/hypervisor.js";
import type { ModulePicture, NodeState } from "../decide/mirror/types.js";
import type { Modules } from "./config/modules.js";
import type { CopyRate } from "./metrics/copy-rate.js";
import type { MirrorSupervisor } from "./mirror/supervisor.js";
import type { ClusterNetwork, Member } from "./network/cluster-network.js";
import type { Commands } from "./commands.js";
import { askPeer } from "./calls/forward.js";

/** What is handed on of the running node. */
export interface ProcedureRooms {
  readonly node: NodeName;
  readonly member: Member;
  readonly state: NodeState;
  readonly hypervisor: Hypervisor;
  readonly modules: Modules;
  readonly network: Pick<ClusterNetwork, "call">;
  readonly mirrors: Pick<MirrorSupervisor, "ask" | "lastStatus">;
  readonly commands: Pick<Commands, "ask">;
  readonly copyRate: Pick<CopyRate, "bytesPerSecond">;
  views(): readonly ModulePicture[];
  log(module: string | null, sentence: string, outcome: string): void;
}

export function servicesOf(running: ProcedureRooms, paths: Paths): ProcedureServices {
  const { node, hypervisor, modules, network, mirrors, commands } = running;
  return {
    node,
    // Asked for each time: the other node may join later.
    get peers() {
      return peersOf(running.member.config, node).map(({ name }) => name);
    },
    paths,
    hypervisor,
    guard: new StartGuard(hypervisor, modules),
    modules: {
      ids: () => modules.ids(),
      settings: (id) => modules.settings(id),
      unknown: () => modules.unknown(),
      create: (id, settings) => modules.create(id, settings),
      remove: (id) => modules.remove(id),
    },
    callPeer: async (peer, call, body) => {
      try {
        return await askPeer(network, nodeName(peer), call, body);
      } catch (error) {
        if (!(error instanceof PeerRefusal)) throw error;
        throw new GemelError("GEMEL-5006", peer, error.error.message, error.error.next);
      }
    },
    command: (command, by) => commands.ask(command, by),
    view: (module) => running.views().find((view) => view.module === module),
    peerView: (module) => running.state.modules[moduleId(module)]?.peer?.view,
    mirror: (module) => mirrors.lastStatus(module),
    copyRate: () => running.copyRate.bytesPerSecond,
    askMirror: (module, command, limit) => mirrors.ask(module, command, limit),
    record: (module, sentence, outcome) => running.log(module, sentence, outcome),
  };
}
