// SPDX-License-Identifier: Apache-2.0
// Does everything fit on one host, and which swaps would balance both? The mock looks for single moves, one
// after the other; the daemon's planner does better.

import type { Capacity, HostCapacity, Move, Need, Placement } from "../../../core/api/contract.js";
import { bytesText, coresText } from "../../../core/describe/words/words.js";
import { isProtected } from "../world/status.js";
import type { Host, MockModule } from "../world/types.js";
import { activeCopy, type World } from "../world/world.js";
import { presentOf } from "./figures.js";

function needOf(world: World, modules: readonly MockModule[]): Need {
  const figures = modules.map((module) => presentOf(world, module));
  return {
    cpu: figures.reduce((sum, { cpu }) => sum + (cpu ?? 0), 0),
    memory: modules.reduce((sum, { load }) => sum + load.memory, 0),
    disk: modules.reduce((sum, { size }) => sum + size.total, 0),
  };
}

const runningOn = (world: World, node: string): MockModule[] =>
  world.modules.filter((module) => activeCopy(module)?.node === node);

export function capacityOf(world: World): Capacity {
  return { at: world.clock.wall(), hosts: world.hosts.map((host) => hostCapacity(world, host)) };
}

function hostCapacity(world: World, host: Host): HostCapacity {
  const everything = needOf(world, world.modules);
  const fits = everything.memory <= host.memory * 0.95 && everything.cpu <= host.cpus;
  const memory = `${bytesText(everything.memory)} of ${bytesText(host.memory)}`;
  const cores = coresText(everything.cpu, host.cpus);
  const verb = fits ? "would fit" : "would not fit";
  return {
    node: host.name,
    live: host.heard,
    at: world.clock.wall(host.heard ? world.now : host.since),
    cpus: host.cpus,
    memory: host.memory,
    disk: { path: host.disk.path, total: host.disk.total, free: host.disk.free },
    used: needOf(world, runningOn(world, host.name)),
    ifEverything: everything,
    fits,
    sentence: `Everything ${verb} on ${host.name}: ${memory}, ${cores}.`,
  };
}

interface Seat {
  readonly module: MockModule;
  node: string;
  readonly cpu: number;
}

/** A gain below this is not worth a restart of a guest. */
const gainMin = 0.6;

export function placementOf(world: World): Placement {
  const seats: Seat[] = world.modules.flatMap((module) => {
    const node = activeCopy(module)?.node;
    return node === undefined ? [] : [{ module, node, cpu: presentOf(world, module).cpu ?? 0 }];
  });
  const before = loads(world, seats);
  const moves: Move[] = [];
  for (let move = bestMove(world, seats); move !== undefined; move = bestMove(world, seats)) {
    const { seat, to, gain } = move;
    const why = `${seat.node} is busier by ${gain.toFixed(1)} cores than ${to} would be without this move.`;
    moves.push({ module: seat.module.id, from: seat.node, to, why });
    seat.node = to;
  }
  const held = world.modules.flatMap((module) => {
    const why = heldBack(module);
    return why === undefined ? [] : [{ module: module.id, why }];
  });
  const sentence =
    moves.length === 0
      ? "Nothing to move: the load is balanced."
      : `${moves.length} ${moves.length === 1 ? "swap" : "swaps"} would balance the load.`;
  return { at: world.clock.wall(), moves, sentence, held, before, after: loads(world, seats) };
}

function loads(world: World, seats: readonly Seat[]): Placement["before"] {
  return world.hosts.map(({ name }) => {
    const here = seats.filter(({ node }) => node === name);
    return {
      node: name,
      cpu: here.reduce((sum, { cpu }) => sum + cpu, 0),
      memory: here.reduce((sum, { module }) => sum + module.load.memory, 0),
    };
  });
}

function bestMove(
  world: World,
  seats: readonly Seat[],
): { readonly seat: Seat; readonly to: string; readonly gain: number } | undefined {
  const [one, two] = loads(world, seats);
  if (one === undefined || two === undefined) return undefined;
  const [busy, calm] = one.cpu >= two.cpu ? [one, two] : [two, one];
  const difference = busy.cpu - calm.cpu;
  const candidates = seats
    .filter(({ node, module }) => node === busy.node && heldBack(module) === undefined)
    .map((seat) => ({ seat, to: calm.node, gain: difference - Math.abs(difference - 2 * seat.cpu) }))
    .filter(({ gain }) => gain > gainMin)
    .sort((a, b) => b.gain - a.gain);
  return candidates[0];
}

function heldBack(module: MockModule): string | undefined {
  const { pin } = module.settings;
  if (pin !== null) return `It is pinned to ${pin}.`;
  return isProtected(module) ? undefined : "Its copies are not in sync.";
}
