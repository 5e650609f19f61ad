// SPDX-License-Identifier: Apache-2.0
// How large the hosts and how loaded their VMs are, as calls ask for it.

import type { AskedDaemon } from "../../../core/edge/calls/rooms.js";
import type { HostFacts } from "../../../core/describe/host-facts.js";
import type { World } from "../world/world.js";
import { hostSeries, liveFigures, moduleSeries, presentOf, runnerOf, trendsOf } from "./figures.js";

export const metricsOf = (world: World): AskedDaemon["metrics"] => ({
  figures: () => liveFigures(world),
  facts: (node) => factsOf(world, node),
  speaks: (node) => world.cluster.host(node).isDaemonUp,
  loadOf: (module) => presentOf(world, world.module(module)).cpu ?? 0,
  moduleSeries: (module, range) => moduleSeries(world, world.module(module), range),
  hostSeries: (node, range) => hostSeries(world, world.host(node), range),
  trends: () => trendsOf(world),
});

function factsOf(world: World, node: string): HostFacts {
  const { cpus, memory, disk } = world.host(node);
  const others = world.vms.filter((vm) => vm.node === node && vm.power === "on");
  return {
    node,
    at: world.wall(),
    cpus,
    memory,
    others: { cpu: others.length * 0.2, memory: others.reduce((sum, vm) => sum + vm.memory, 0) },
    disk,
    modules: world.modules.map((module) => ({
      module: module.id,
      here: runnerOf(world, module) === node,
      memory: module.load.memory,
      diskCapacity: module.size.total,
      copy: { bytes: module.size.total, allocated: module.size.allocated },
    })),
  };
}
