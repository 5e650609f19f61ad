// SPDX-License-Identifier: Apache-2.0
// The fewest swaps that even out the hosts. Positions are visited layer by layer, each one reached from a
// permitted one by a single move, so that every plan can be carried out move after move.
//
// What is promised: with up to 11 modules that may move the plan is the best there is (all positions are
// looked at). With more, no plan of up to `depth` moves is better, and none that goes on from it by up to
// `depth` moves; depth is 3 up to 26 modules and 2 up to 32. At most `positionsMax` positions are looked at
// per round, and each round but the last has added a move.

import { cheaper, movable, type PlacementBoard, type Cost } from "./board.js";
import { moveOn, tallyOf, type Tally } from "./tally.js";
import { positionsMax } from "../../base/limits/decision.js";

export interface FoundMoves {
  /** Indices of modules, in the order of their moves. */
  readonly moved: readonly number[];
  readonly cost: Cost;
}

export interface Search {
  readonly best: FoundMoves;
  /** Positions looked at: what a search costs, without a clock. */
  readonly looked: number;
}

/** A position on its way: which candidates have moved, one bit each, and by what it was reached. */
interface Entry {
  readonly key: number;
  readonly moved: readonly number[];
  readonly tally: Tally;
  /** Of the position it was reached from: the order of moves takes the best way. */
  readonly before: Cost;
}

export function search(board: PlacementBoard): Search {
  const candidates = movable(board);
  const depth = depthFor(candidates.length);
  const tally = tallyOf(board);
  const begin: Entry = { key: 0, moved: [], tally, before: tally.cost };
  let best = begin;
  let looked = 0;
  for (;;) {
    const round = deepen(board, begin.tally, best, candidates, depth);
    looked += round.looked;
    const gained = round.best.moved.length > best.moved.length;
    best = round.best;
    if (gained && depth < candidates.length) continue;
    return { best: { moved: best.moved, cost: best.tally.cost }, looked };
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

function deepen(
  board: PlacementBoard,
  begin: Tally,
  base: Entry,
  candidates: readonly number[],
  depth: number,
): { readonly best: Entry; readonly looked: number } {
  let layer: readonly Entry[] = [base];
  let best = base;
  let looked = 0;
  for (let level = 1; level <= depth && layer.length > 0; level++) {
    const reached = new Map<number, Entry | undefined>();
    for (const from of layer) {
      for (const [rank, index] of candidates.entries()) {
        const bit = 2 ** rank;
        if (Math.floor(from.key / bit) % 2 === 1) continue;
        const key = from.key + bit;
        const known = reached.get(key);
        if (known !== undefined && cheaper(from.tally.cost, known.before))
          reached.set(key, { ...known, moved: [...from.moved, index], before: from.tally.cost });
        if (reached.has(key)) continue;
        looked++;
        const tally = moveOn(board, begin, from.tally, index);
        const entry = { key, moved: [...from.moved, index], before: from.tally.cost };
        reached.set(key, tally === undefined ? undefined : { ...entry, tally });
      }
    }
    layer = [...reached.values()].filter((entry) => entry !== undefined);
    // Only a strictly better one: fewer moves come first, then names in their order.
    for (const entry of layer) if (cheaper(entry.tally.cost, best.tally.cost)) best = entry;
  }
  return { best, looked };
}
