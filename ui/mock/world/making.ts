// SPDX-License-Identifier: Apache-2.0
// A module out of a few words: scenarios say what is special about a VM, the rest follows from the seed.

import { chance, hex, uuid } from "./chance.js";
import { GiB, type Copy, type MockModule } from "./types.js";
import type { World } from "./world.js";

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
  readonly partly?: boolean;
}

/** Protected: both copies equal, the VM running at home for days. */
export function makeModule(world: World, plan: ModulePlan): MockModule {
  const { id, vm, home, index, sizeGiB = 60 + index * 20, partly = false } = plan;
  const { seed } = world;
  const some = (what: string): number => chance(seed, `${id} ${what}`);
  const generation = hex(seed, `generation ${id}`, 16);
  const session = 20 + Math.floor(some("session") * 60);
  const since = -Math.round(some("since") * 20 * 86_400_000) - 3_600_000;
  const copy = (node: string): Copy => ({
    node,
    state: node === home ? "PRIM" : "SECOND",
    reason: "none",
    since,
    vm: node === home ? "on" : "off",
    upToDate: true,
    generation,
    session,
    lastWrite: -400,
    gone: false,
  });
  const nodes = world.hosts.map(({ name }) => name);
  const [first = home, second = home] = nodes;
  return {
    id,
    settings: {
      vm: {
        id: vm.id ?? uuid(seed, `vm ${id}`),
        name: vm.name,
        folder: vm.folder ?? `/var/lib/gemel/vm/${id}`,
      },
      nodes,
      index,
      defaultPrim: "alone",
      failover: true,
      boot: true,
      maxLoop: 3,
      loopIntervalHours: 24,
      resyncCap: 0,
      stop: "shutdown",
      niceStopSeconds: 300,
      acknowledge: "written",
      pin: null,
      apart: null,
    },
    load: {
      cpu: plan.cpu ?? 0.4 + some("cpu") * 1.2,
      memory: plan.memory ?? Math.round(2 + some("memory") * 6) * GiB,
      writesPerSecond: plan.writesPerSecond ?? Math.round(30 + some("writes") * 400),
      bytesPerWrite: 4096 * (1 + Math.floor(some("bytes") * 15)),
      bytesReadPerSecond: Math.round(some("reads") * 4_000_000),
    },
    size: { total: sizeGiB * GiB, allocated: Math.round(sizeGiB * (0.35 + some("size") * 0.4) * GiB) },
    copies: [copy(first), copy(second)],
    resync: null,
    verify: null,
    lastVerify: null,
    conflict: false,
    freeze: null,
    neededBytes: null,
    partly,
    troubles: [],
    dirty: 0,
    turn: 0,
    busy: null,
  };
}
