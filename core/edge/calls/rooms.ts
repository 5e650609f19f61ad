// SPDX-License-Identifier: Apache-2.0
// The running node and its daemon, as far as the API asks them.

import type { Caller } from "../../api/caller.js";
import type { Status } from "../../api/contract.js";
import type { ApiDoor } from "../../api/door.js";
import type { LiveStream } from "../../api/live.js";
import type { Protection } from "../../procedure/services.js";
import type { Access } from "../access/access.js";
import type { SharedRecordSync } from "../cluster/shared-record-sync.js";
import type { ClusterConfig } from "../config/cluster-file.js";
import type { ModuleConfigSync } from "../config/module-config-sync.js";
import type { Modules } from "../config/modules.js";
import type { Paths } from "../config/paths.js";
import type { ExaminedRooms } from "../doctor.js";
import type { LoadRooms } from "../metrics/load.js";
import type { MirrorSupervisor } from "../mirror/supervisor.js";
import type { Member } from "../network/cluster-network.js";
import type { PeerProgress } from "../network/peer-progress.js";
import type { History } from "../record/history.js";
import type { Standby } from "../workload/standby.js";
import type { Commands } from "./commands.js";
import type { InspectedRooms } from "./inspection.js";
import type { VmRooms } from "./vms.js";

/** The running node, as far as the API asks it. */
export type AskedNode = InspectedRooms &
  VmRooms &
  LoadRooms &
  ExaminedRooms & {
    readonly commands: Pick<Commands, "ask" | "carryOut">;
    readonly modules: Modules;
    readonly mirrors: Pick<MirrorSupervisor, "ask" | "lastStatus">;
    readonly configSync: Pick<ModuleConfigSync, "offerAll" | "taken">;
    readonly protection: Protection;
    readonly progress: Pick<PeerProgress, "procedure" | "ownProcedure">;
    readonly standby: Pick<Standby, "answers">;
    readonly recordSync: Pick<SharedRecordSync, "answers">;
  };

/** The daemon, as far as the API asks it; `running` refuses while it belongs to no cluster. */
export interface AskedDaemon {
  readonly node: string;
  readonly history: Pick<History, "read">;
  readonly paths: Paths;
  readonly live: LiveStream;
  readonly clustered: boolean;
  readonly running: AskedNode;
  readonly access: Access | undefined;
  status(): Status;
  holder(certificate: Buffer): ReturnType<ApiDoor["judge"]>;
  audit(caller: Caller, what: string, module: string | null, outcome: string): void;
  enter(member: Member): Promise<void>;
  reconfigure(config: ClusterConfig): void;
}
