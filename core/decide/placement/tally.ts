// SPDX-License-Identifier: Apache-2.0
// A position with its sums, so that the next one is judged by what one move changes: a search looks at
// thousands of them, on the daemon's own thread.

import {
  distance,
  loadOn,
  sharing,
  shareOf,
  worthOf,
  type PlacementBoard,
  type Cost,
  type PlanHost,
  type Position,
  type Resource,
} from "./board.js";

export interface Tally {
  readonly position: Position;
  readonly moves: number;
  /** Memory on each host, bytes. */
  readonly memory: readonly number[];
  /** Millionths of each host that are in use. */
  readonly shares: Readonly<Record<Resource, readonly number[]>>;
  /** Modules that are not where they are pinned to, and pairs of one group on one host. */
  readonly offPin: number;
  readonly pairs: number;
  readonly cost: Cost;
}

/** Of a position as if nothing had been moved to reach it. */
export function tallyOf(board: PlacementBoard, position: Position = board.start): Tally {
  const { hosts, modules } = board;
  const sums = (of: Resource): readonly number[] =>
    hosts.map((host, at) =>
      modules.reduce(
        (sum, module, index) => (position[index] === at ? sum + shareOf(module[of], host, of) : sum),
        shareOf(host.others[of], host, of),
      ),
    );
  const offPin = modules.filter(({ pin }, index) => {
    const here = hosts[position[index] ?? -1]?.node;
    return pin !== null && pin !== here && hosts.some(({ node }) => node === pin);
  });
  return judged(board, {
    position,
    moves: 0,
    memory: hosts.map((_, at) => loadOn(board, position, at, "memory")),
    shares: { cpu: sums("cpu"), memory: sums("memory") },
    offPin: offPin.length,
    pairs: sharing(board, position).length,
  });
}

/** One more module goes to its other place; undefined: that breaks what is whole now. */
export function moveOn(board: PlacementBoard, begin: Tally, from: Tally, index: number): Tally | undefined {
  const { hosts, modules, start, other, mates } = board;
  const [a, b] = [from.position[index] ?? -1, other[index] ?? -1];
  const [here, there, module] = [hosts[a], hosts[b], modules[index]];
  if (here === undefined || there === undefined || module === undefined) return undefined;
  let { pairs } = from;
  for (const mate of mates[index] ?? []) {
    if (from.position[mate] === a) pairs--;
    if (from.position[mate] !== b) continue;
    if (start[mate] !== start[index]) return undefined;
    pairs++;
  }
  const memory = changed(from.memory, a, -module.memory, b, module.memory);
  if ((memory[b] ?? 0) > Math.max(there.memory, begin.memory[b] ?? 0)) return undefined;
  const shift = (of: Resource): readonly number[] => {
    const on = (host: PlanHost): number => shareOf(module[of], host, of);
    return changed(from.shares[of], a, -on(here), b, on(there));
  };
  return judged(board, {
    position: from.position.map((at, one) => (one === index ? b : at)),
    moves: from.moves + 1,
    memory,
    shares: { cpu: shift("cpu"), memory: shift("memory") },
    offPin: from.offPin - (module.pin === there.node ? 1 : 0),
    pairs,
  });
}

function changed(sums: readonly number[], a: number, byA: number, b: number, byB: number): readonly number[] {
  const next = [...sums];
  next[a] = (next[a] ?? 0) + byA;
  next[b] = (next[b] ?? 0) + byB;
  return next;
}

function judged(board: PlacementBoard, tally: Omit<Tally, "cost">): Tally {
  let broken = tally.pairs + tally.offPin;
  let over = 0;
  for (const [at, host] of board.hosts.entries()) {
    const short = (tally.memory[at] ?? 0) - host.memory;
    if (short <= 0) continue;
    broken++;
    over += shareOf(short, host, "memory");
  }
  const { cpu, memory } = tally.shares;
  const uneven = distance(cpu) + distance(memory) + tally.moves * worthOf(board);
  return { ...tally, cost: { broken, over, uneven } };
}
