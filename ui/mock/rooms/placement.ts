// SPDX-License-Identifier: Apache-2.0
// The daemon's planner over the scenery: how large the hosts and how loaded their VMs are.

import type { Capacity, Placement } from "../../../core/api/contract.js";
import type { HostFacts } from "../../../core/describe/host-facts.js";
import { capacities, placement, type LoadSources } from "../../../core/describe/status/placement.js";
import type { HostScene } from "../world/scenery.js";
import { statusOf } from "../world/status.js";
import type { World } from "../world/world.js";
import { presentOf, runnerOf } from "./figures.js";

export const capacityOf = (world: World, self: string): Capacity => ({
  at: world.wall(),
  hosts: capacities(sourcesOf(world, self)),
});

export const placementOf = (world: World, self: string): Placement => ({
  at: world.wall(),
  ...placement(sourcesOf(world, self)),
});

function sourcesOf(world: World, self: string): LoadSources {
  return {
    nodes: world.nodes,
    facts: world.hosts.map((host) => factsOf(world, host)),
    statuses: statusOf(world, self).modules,
    settings: (id) => world.module(id).settings,
    cpuNow: new Map(world.modules.map((module) => [module.id, presentOf(world, module).cpu])),
    cpuOf: (id) => presentOf(world, world.module(id)).cpu ?? 0,
    speaks: (node) => world.cluster.host(node).isDaemonUp,
  };
}

function factsOf(world: World, { name, cpus, memory, disk }: HostScene): HostFacts {
  const others = world.vms.filter(({ node, power }) => node === name && power === "on");
  return {
    node: name,
    at: world.wall(),
    cpus,
    memory,
    others: { cpu: others.length * 0.2, memory: others.reduce((sum, vm) => sum + vm.memory, 0) },
    disk,
    modules: world.modules.map((module) => ({
      module: module.id,
      here: runnerOf(world, module) === name,
      memory: module.load.memory,
      diskCapacity: module.size.total,
      copy: { bytes: module.size.total, allocated: module.size.allocated },
    })),
  };
}
