// SPDX-License-Identifier: Apache-2.0
// What the planner plays on: hosts and modules as whole numbers, so that sums are exact, ties are ties, and
// the search and a brute force (test/core/placement.test.ts) agree to the last digit.
//
// A position is a set of moved modules; each module has one other place, the second of its two nodes. What a
// position costs, smaller is better, is compared in this order:
//   broken   wishes not met: a module off its pin, two of a group on one host, a host short of memory
//   over     by how much memory is short
//   uneven   distance of the hosts' CPU and memory from their mean, plus `moveWorth` for each move: a swap
//            restarts a guest, so it must pay for itself (hysteresis)
//
// Invariant: no position is entered in which something is broken that is not broken now. Moves are made one
// after another, so this holds for every prefix of a plan.

import type { ModuleId, NodeName } from "../../base/units.js";

/** How much a swap must even out, as a share of a host (ten per cent of its CPU, or of its memory). */
export const moveWorth = 0.1;
const whole = 1_000_000;

export interface PlanHost {
  readonly node: NodeName;
  readonly cpus: number;
  /** What VMs may use: the host's own reserve is taken off. */
  readonly memory: number;
  /** VMs that are not protected, and stay. */
  readonly others: { readonly cpu: number; readonly memory: number };
}

export interface PlanModule {
  readonly id: ModuleId;
  readonly nodes: readonly NodeName[];
  /** Where its VM runs; null: nowhere, it is not part of the plan. */
  readonly active: NodeName | null;
  /** Why it cannot be swapped now; null: it can. */
  readonly held: string | null;
  readonly cpu: number;
  readonly memory: number;
  readonly pin: NodeName | null;
  readonly apart: string | null;
}

export interface Cost {
  readonly broken: number;
  readonly over: number;
  readonly uneven: number;
}

export type Resource = "cpu" | "memory";

/** Index of each running module's host in `hosts`. */
export type Position = readonly number[];

export interface PlacementBoard {
  readonly hosts: readonly PlanHost[];
  /** Those that run on one of the hosts, in order of their names. */
  readonly modules: readonly PlanModule[];
  readonly start: Position;
  /** Where each module would go; -1: there is no such place. */
  readonly other: readonly number[];
  /** Of each module, the others of its group. */
  readonly mates: readonly (readonly number[])[];
}

export function placementBoardOf(hosts: readonly PlanHost[], modules: readonly PlanModule[]): PlacementBoard {
  const index = (node: NodeName | null): number => hosts.findIndex((host) => host.node === node);
  const running = modules
    .filter(({ active }) => index(active) >= 0)
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return {
    hosts,
    modules: running,
    start: running.map(({ active }) => index(active)),
    other: running.map(({ nodes, active }) => index(nodes.find((node) => node !== active) ?? null)),
    mates: running.map((module) =>
      running.flatMap((mate, at) =>
        mate !== module && module.apart !== null && mate.apart === module.apart ? [at] : [],
      ),
    ),
  };
}

/** Modules that may take part: they can be swapped, have another place, and their pin is not here. */
export function movable({ modules, other, hosts }: PlacementBoard): readonly number[] {
  return modules.flatMap(({ held, pin }, index) => {
    const there = hosts[other[index] ?? -1]?.node;
    return held === null && there !== undefined && (pin === null || pin === there) ? [index] : [];
  });
}

export function after({ start, other }: PlacementBoard, moved: readonly number[]): Position {
  const position = [...start];
  for (const index of moved) position[index] = other[index] ?? -1;
  return position;
}

export function cheaper(a: Cost, b: Cost): boolean {
  if (a.broken !== b.broken) return a.broken < b.broken;
  if (a.over !== b.over) return a.over < b.over;
  return a.uneven < b.uneven;
}

/** What `uneven` counts for each move. */
export const worthOf = ({ hosts }: PlacementBoard): number => Math.round(whole * moveWorth) * hosts.length;

/** Multiplied by the number of hosts, which keeps the mean a whole number. */
export function distance(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.reduce((total, share) => total + Math.abs(share * shares.length - sum), 0);
}

export function shareOf(amount: number, host: PlanHost, of: Resource): number {
  // A host that is smaller than its own reserve is full, not a division by nothing.
  const size = of === "cpu" ? Math.max(host.cpus, 1) : Math.max(host.memory, 2 ** 20);
  return Math.round((whole * amount) / size);
}

export function loadOn(
  { hosts, modules }: PlacementBoard,
  position: Position,
  at: number,
  of: Resource,
): number {
  return modules.reduce(
    (sum, module, index) => (position[index] === at ? sum + module[of] : sum),
    hosts[at]?.others[of] ?? 0,
  );
}

/** Pairs of one group on one host. */
export function sharing(
  { modules }: PlacementBoard,
  position: Position,
): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  modules.forEach(({ apart }, a) => {
    if (apart === null) return;
    for (let b = a + 1; b < modules.length; b++) {
      if (modules[b]?.apart === apart && position[a] === position[b]) pairs.push([a, b]);
    }
  });
  return pairs;
}
