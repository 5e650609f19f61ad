// SPDX-License-Identifier: Apache-2.0
// Does everything fit on one host? Memory as configured, disks grown to their full size: what must hold on
// the day when the other host is gone, not what happens to be used today. CPU is no reason not to fit: too
// little of it makes VMs slow, it does not stop them.

import type { HostCapacity, Need } from "../../api/contract.js";
import { bytesOfText, coresText } from "../../describe/words/quantities.js";
import type { Bytes, ModuleId, NodeName } from "../../base/units.js";

export interface CapacityHost {
  readonly node: NodeName;
  readonly live: boolean;
  readonly at: string;
  readonly cpus: number;
  readonly memory: number;
  /** The file system with the modules' folders; null: could not be told. */
  readonly disk: { readonly path: string; readonly total: number; readonly free: number } | null;
  /** VMs that are not protected and run here. */
  readonly others: { readonly cpu: number; readonly memory: number };
  /** What this host's copies can still grow by. */
  readonly growth: number;
}

export interface CapacityModule {
  readonly id: ModuleId;
  readonly nodes: readonly NodeName[];
  /** Where its VM runs; null: nowhere. */
  readonly active: NodeName | null;
  readonly cpu: number;
  /** As configured; null: it has not run since Gemel looks after it. */
  readonly memory: number | null;
}

/** `reserve`: memory that the host keeps for itself. */
export function hostOutlookOf(
  host: CapacityHost,
  modules: readonly CapacityModule[],
  reserve: Bytes,
): HostCapacity {
  const { others, growth, ...shown } = host;
  const own = modules.filter(({ nodes }) => nodes.includes(host.node));
  const here = own.filter(({ active }) => active === host.node);
  const disk = host.disk ?? { path: "", total: 0, free: 0 };
  const filled = disk.total - disk.free;
  const need = (list: readonly CapacityModule[], grown: number): Need => ({
    cpu: list.reduce((sum, { cpu }) => sum + cpu, others.cpu),
    memory: list.reduce((sum, { memory }) => sum + (memory ?? 0), others.memory + reserve),
    disk: filled + grown,
  });
  const ifEverything = need(own, growth);
  const short = shortOf(host, ifEverything);
  return {
    ...shown,
    disk,
    used: need(here, 0),
    ifEverything,
    fits: short.length === 0,
    sentence: [judgement(host, ifEverything, short), notCounted(own), host.live ? "" : "As last known."]
      .filter((part) => part !== "")
      .join(" "),
  };
}

function shortOf({ memory, disk }: CapacityHost, need: Need): readonly string[] {
  const memoryShort = need.memory > memory ? [`${bytesOfText(need.memory, memory)} memory needed`] : [];
  if (disk === null || need.disk <= disk.total) return memoryShort;
  return [...memoryShort, `${bytesOfText(need.disk, disk.total)} disk needed once every disk is full`];
}

function judgement(host: CapacityHost, need: Need, short: readonly string[]): string {
  const { node, cpus, memory } = host;
  if (short.length > 0) return `Would not fit on ${node}: ${short.join(", ")}.`;
  const slowly = need.cpu > cpus ? ", but slowly" : "";
  const amounts = `${bytesOfText(need.memory, memory)}, ${coresText(need.cpu, cpus)}`;
  return `Everything would fit on ${node}${slowly}: ${amounts}.`;
}

function notCounted(modules: readonly CapacityModule[]): string {
  const unknown = modules.filter(({ memory }) => memory === null).map(({ id }) => id);
  return unknown.length === 0 ? "" : `Not counted, since it has not run yet: ${unknown.join(", ")}.`;
}
