// SPDX-License-Identifier: Apache-2.0
// What surrounds the simulated cluster (core/sim) and decides nothing: hosts of a size, VMs with a name, a
// size and a load, people. Scenarios say what is special about a VM, the rest follows from the seed.

import { forceStopTimeout } from "../../../core/base/limits.js";
import { bytes, milliseconds, nodeName, seconds } from "../../../core/base/units.js";
import type { ModuleStatus, ProcedureStatus, Status } from "../../../core/api/contract.js";
import type { ModuleSettings } from "../../../core/edge/config/module-file.js";
import { chance, uuid } from "./chance.js";

export const GiB = 1024 ** 3;
export const MiB = 1024 ** 2;
export const mockVersion = "0.1.0";

export interface HostScene {
  readonly name: string;
  /** Network → address. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly memory: number;
  readonly disk: { readonly path: string; readonly total: number; free: number };
}

/** What the guest does in its middle hour. */
interface Load {
  readonly cpu: number;
  readonly memory: number;
  readonly writesPerSecond: number;
  readonly bytesPerWrite: number;
  readonly bytesReadPerSecond: number;
}

export interface ModuleScene {
  readonly id: string;
  readonly home: string;
  settings: ModuleSettings;
  readonly load: Load;
  readonly size: { readonly total: number; readonly allocated: number };
  /** Both copies were equal once: what is copied now is not the first copy. */
  isWhole: boolean;
  verify: { done: number; readonly repair: boolean } | null;
  lastVerify: ModuleStatus["lastVerify"];
}

export interface VmScene {
  readonly node: string;
  readonly id: string;
  readonly name: string;
  power: "on" | "off";
  readonly memory: number;
  readonly vcpus: number;
  readonly size: number;
  /** A disk that is no file: it cannot move into a folder. */
  readonly rawDisk?: string;
  readonly cdrom?: boolean;
  /** The module that a protect under way makes of it. */
  coming?: string;
}

export type Procedure = { -readonly [Key in keyof ProcedureStatus]: ProcedureStatus[Key] };

export interface ClusterFacts {
  readonly name: string;
  readonly uuid: string;
  readonly arbiter: Status["arbiter"];
  readonly networks: readonly { readonly name: string; readonly cidr: string }[];
}

export interface ModulePlan {
  readonly id: string;
  readonly vm: { readonly id?: string; readonly name: string; readonly folder?: string };
  /** Where it runs. */
  readonly home: string;
  readonly index: number;
  readonly sizeGiB?: number;
  readonly memory?: number;
  readonly cpu?: number;
  readonly writesPerSecond?: number;
  readonly excluded?: ModuleSettings["excluded"];
}

const bytesPerBlock = 4096;

export function moduleScene(seed: number, nodes: readonly string[], plan: ModulePlan): ModuleScene {
  const { id, vm, home, index, sizeGiB = 60 + index * 20, excluded = [] } = plan;
  const some = (what: string): number => chance(seed, `${id} ${what}`);
  return {
    id,
    home,
    settings: {
      uuid: uuid(seed, `module ${id}`),
      revision: 3,
      index,
      nodes: nodes.map(nodeName),
      vm: {
        id: vm.id ?? uuid(seed, `vm ${id}`),
        name: vm.name,
        folder: vm.folder ?? `/var/lib/gemel/vm/${id}`,
      },
      defaultPrim: { kind: "alone" },
      failover: true,
      boot: true,
      maxLoop: 3,
      loopInterval: seconds(24 * 3600),
      acknowledge: "written",
      resyncCap: bytes(0),
      powerOff: "stop",
      stop: { how: "shutdown", nice: milliseconds(300_000), force: forceStopTimeout },
      placement: { pin: null, apart: null },
      excluded,
    },
    load: {
      cpu: plan.cpu ?? 0.4 + some("cpu") * 1.2,
      memory: plan.memory ?? Math.round(2 + some("memory") * 6) * GiB,
      writesPerSecond: plan.writesPerSecond ?? Math.round(30 + some("writes") * 400),
      bytesPerWrite: bytesPerBlock * (1 + Math.floor(some("bytes") * 15)),
      bytesReadPerSecond: Math.round(some("reads") * 4_000_000),
    },
    size: { total: sizeGiB * GiB, allocated: Math.round(sizeGiB * (0.35 + some("size") * 0.4) * GiB) },
    isWhole: true,
    verify: null,
    lastVerify: undefined,
  };
}
