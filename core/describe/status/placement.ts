// SPDX-License-Identifier: Apache-2.0
// Does everything fit on one host, and which swaps would balance them: what is known of all nodes at one
// moment, put together for the planner (decide/placement). Nothing here acts; a move is a person's swap.

import type { HostCapacity, ModuleStatus } from "../../api/contract.js";
import { hostMemoryReserve } from "../../base/limits.js";
import { bytes, moduleId, nodeName, type NodeName } from "../../base/units.js";
import type { PlanHost, PlanModule } from "../../decide/placement/board.js";
import { hostOutlookOf, type CapacityModule } from "../../decide/placement/capacity.js";
import { plan, type BalancePlan } from "../../decide/placement/plan.js";
import { growthOn, memoryOf, type HostFacts } from "../host-facts.js";

export interface LoadSources {
  readonly nodes: readonly string[];
  /** Of every node of which anything is known. */
  readonly facts: readonly HostFacts[];
  readonly statuses: readonly ModuleStatus[];
  readonly settings: (module: string) => {
    readonly nodes: readonly NodeName[];
    readonly placement: Pick<PlanModule, "pin" | "apart">;
  };
  /** Cores, now, where they are known. */
  readonly cpuNow: ReadonlyMap<string, number | null>;
  /** Cores, as a plan counts them. */
  readonly cpuOf: (module: string) => number;
  /** Its figures come just now. */
  readonly speaks: (node: string) => boolean;
}

export function capacities(sources: LoadSources): readonly HostCapacity[] {
  const { facts, statuses, settings, cpuNow, cpuOf, speaks } = sources;
  const modules = statuses.map(({ id, active }): CapacityModule => ({
    id: moduleId(id),
    nodes: settings(id).nodes,
    active: active === null ? null : nodeName(active),
    cpu: cpuNow.get(id) ?? cpuOf(id),
    memory: memoryOf(id, facts),
  }));
  return facts.map((one) => {
    const { at, cpus, memory, others, disk } = one;
    const growth = growthOn(one, facts);
    const host = { node: nodeName(one.node), live: speaks(one.node), at, cpus, memory, others, disk, growth };
    return hostOutlookOf(host, modules, hostMemoryReserve);
  });
}

export function placement(sources: LoadSources): BalancePlan {
  const speaking = sources.facts.filter(({ node }) => sources.speaks(node));
  const silent = sources.nodes.filter((node) => !speaking.some((facts) => facts.node === node));
  const modules = sources.statuses.map((status) => planModule(sources, status));
  return plan(speaking.map(planHost), modules, silent);
}

function planModule({ facts, settings, cpuOf }: LoadSources, status: ModuleStatus): PlanModule {
  const { id, active } = status;
  const memory = memoryOf(id, facts);
  return {
    id: moduleId(id),
    nodes: settings(id).nodes,
    active: active === null ? null : nodeName(active),
    held: heldBy(status, memory),
    cpu: cpuOf(id),
    memory: memory ?? 0,
    ...settings(id).placement,
  };
}

const planHost = ({ node, cpus, memory, others }: HostFacts): PlanHost => ({
  node: nodeName(node),
  cpus,
  memory: bytes(Math.max(0, memory - hostMemoryReserve)),
  others,
});

/** Only a green pair is swapped; whatever else forbids a swap forbids a proposal. */
function heldBy(
  { protected: isProtected, sentence, actions }: ModuleStatus,
  memory: number | null,
): string | null {
  const swap = actions.find(({ verb }) => verb === "swap");
  if (swap?.allowed !== true) return swap?.why ?? "It cannot be swapped now.";
  if (!isProtected) return sentence;
  return memory === null ? "How much memory its VM needs is not known yet." : null;
}
