// SPDX-License-Identifier: Apache-2.0
// The fewest swaps that even out the hosts. Positions are visited layer by layer, each one reached from a
// permitted one by a single move, so that every plan can be carried out move after move.
//
// What is promised: with up to 13 modules that may move the plan is the best there is (all positions are
// looked at). With more, no plan of up to `depth` moves is better, and none that goes on from it by up to
// `depth` moves; depth is 3 for 32 modules. At most `positionsMax` positions are looked at per round, and
// each round but the last has added a move.

import { after, cheaper, costOf, movable, type Board, type Cost } from "./board.js";

export const positionsMax = 10_000;

export interface Found {
  /** Indices of modules, in the order of their moves. */
  readonly moved: readonly number[];
  readonly cost: Cost;
}

export interface Search {
  readonly best: Found;
  /** Positions looked at: what a search costs, without a clock. */
  readonly looked: number;
}

export function search(board: Board): Search {
  const candidates = movable(board);
  const depth = depthFor(candidates.length);
  const cost = costOf(board, board.start, 0);
  if (cost === undefined) throw new Error("the present position breaks nothing that is whole");
  let best: Found = { moved: [], cost };
  let looked = 0;
  for (;;) {
    const round = deepen(board, best, candidates, depth);
    looked += round.looked;
    const gained = round.best.moved.length > best.moved.length;
    best = round.best;
    if (!gained || depth >= candidates.length) return { best, looked };
  }
}

/** So many layers that the number of their positions stays below the limit. */
export function depthFor(candidates: number): number {
  let positions = 0;
  let layer = 1;
  for (let depth = 1; depth <= candidates; depth++) {
    layer = (layer * (candidates - depth + 1)) / depth;
    positions += layer;
    if (positions > positionsMax) return depth - 1;
  }
  return candidates;
}

interface Entry extends Found {
  /** Of the position it was reached from: the order of moves takes the best way. */
  readonly before: Cost;
}

function deepen(board: Board, base: Found, candidates: readonly number[], depth: number): Search {
  let layer: readonly Found[] = [base];
  let best = base;
  let looked = 0;
  for (let level = 1; level <= depth && layer.length > 0; level++) {
    const reached = new Map<string, Entry | undefined>();
    for (const from of layer) {
      for (const index of candidates) {
        if (from.moved.includes(index)) continue;
        const moved = [...from.moved, index];
        const key = [...moved].sort((a, b) => a - b).join();
        const known = reached.get(key);
        if (known !== undefined && cheaper(from.cost, known.before))
          reached.set(key, { moved, cost: known.cost, before: from.cost });
        if (reached.has(key)) continue;
        looked++;
        const cost = costOf(board, after(board, moved), moved.length);
        reached.set(key, cost === undefined ? undefined : { moved, cost, before: from.cost });
      }
    }
    layer = [...reached.values()].filter((entry) => entry !== undefined);
    // Only a strictly better one: fewer moves come first, then names in their order.
    for (const entry of layer) if (cheaper(entry.cost, best.cost)) best = entry;
  }
  return { best, looked };
}
