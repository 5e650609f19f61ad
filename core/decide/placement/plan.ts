// SPDX-License-Identifier: Apache-2.0
// Which swaps would balance the hosts, and why, in plain words; and why a module stays although moving it
// would help. A proposal and nothing more: nobody acts on it unasked.

import type { Move, Placement } from "../../api/contract.js";
import { bytesOfText, coresText } from "../../describe/words/quantities.js";
import {
  after,
  distance,
  placementBoardOf,
  loadOn,
  sharing,
  worthOf,
  type PlacementBoard,
  type PlanHost,
  type PlanModule,
  type Position,
  type Resource,
} from "./board.js";
import { search, type FoundMoves } from "./search.js";
import { tallyOf } from "./tally.js";

export type BalancePlan = Omit<Placement, "at">;

/** `silent`: hosts that cannot take part, since nothing is heard of them. */
export function plan(
  hosts: readonly PlanHost[],
  modules: readonly PlanModule[],
  silent: readonly string[] = [],
): BalancePlan {
  const board = placementBoardOf(hosts, modules);
  const { best } = search(board);
  const end = after(board, best.moved);
  const held = heldBack(board, best, end);
  return {
    moves: best.moved.map((index, turn) => moveOf(board, best.moved, turn, index)),
    sentence: sentenceOf(best.moved.length, held.length, hosts.length, silent),
    held,
    before: loads(board, board.start),
    after: loads(board, end),
  };
}

function sentenceOf(moves: number, held: number, hosts: number, silent: readonly string[]): string {
  if (moves === 1) return "One swap would balance the hosts; nothing moves before somebody says so.";
  if (moves > 1) return `${moves} swaps would balance the hosts; nothing moves before somebody says so.`;
  if (silent.length > 0)
    return `Nothing is known of ${silent.join(" and ")} just now, so nothing can be moved there.`;
  if (hosts < 2) return "There is one host only: nothing can be moved.";
  if (held > 0) return "Nothing can be moved now, although it would help.";
  return "The hosts are balanced: no swap would be worth the restart of its guest.";
}

function loads(board: PlacementBoard, position: Position): BalancePlan["before"] {
  return board.hosts.map(({ node }, at) => ({
    node,
    cpu: Math.round(loadOn(board, position, at, "cpu") * 100) / 100,
    memory: loadOn(board, position, at, "memory"),
  }));
}

function moveOf(board: PlacementBoard, moved: readonly number[], turn: number, index: number): Move {
  const position = after(board, moved.slice(0, turn));
  const next = after(board, moved.slice(0, turn + 1));
  const [from, to] = [position[index] ?? -1, next[index] ?? -1];
  const name = (at: number): string => board.hosts[at]?.node ?? "";
  return {
    module: board.modules[index]?.id ?? "",
    from: name(from),
    to: name(to),
    why:
      wishMet(board, position, index, to) ??
      memoryFreed(board, position, from) ??
      evenedOut(board, moved, [position, next], [from, to]),
  };
}

function wishMet(board: PlacementBoard, position: Position, index: number, to: number): string | undefined {
  const module = board.modules[index];
  if (module === undefined) return undefined;
  if (module.pin !== null && module.pin === board.hosts[to]?.node) return `It is pinned to ${module.pin}.`;
  const mate = mateOf(board, position, index);
  if (mate === undefined) return undefined;
  return `It shares a host with ${mate}, and the group ${module.apart ?? ""} is to be kept apart.`;
}

/** One of the module's group that is on the same host. */
function mateOf(board: PlacementBoard, position: Position, index: number): string | undefined {
  const pair = sharing(board, position).find((one) => one.includes(index));
  return pair && board.modules[pair[0] === index ? pair[1] : pair[0]]?.id;
}

function memoryFreed(board: PlacementBoard, position: Position, from: number): string | undefined {
  const host = board.hosts[from];
  const used = loadOn(board, position, from, "memory");
  if (host === undefined || used <= host.memory) return undefined;
  return `The VMs on ${host.node} need ${bytesOfText(used, host.memory)} memory.`;
}

/** A move that is only a step of an exchange shows what the whole plan does. */
function evenedOut(
  board: PlacementBoard,
  moved: readonly number[],
  [position, next]: readonly [Position, Position],
  places: readonly [number, number],
): string {
  const gain = (of: Resource, a: Position, b: Position): number =>
    distance(tallyOf(board, a).shares[of]) - distance(tallyOf(board, b).shares[of]);
  const alone: Resource = gain("cpu", position, next) >= gain("memory", position, next) ? "cpu" : "memory";
  if (gain(alone, position, next) > 0) return change(board, alone, position, next, places);
  const end = after(board, moved);
  const together: Resource =
    gain("cpu", board.start, end) >= gain("memory", board.start, end) ? "cpu" : "memory";
  return `With the other moves: ${change(board, together, board.start, end, places)}`;
}

function change(
  board: PlacementBoard,
  of: Resource,
  before: Position,
  then: Position,
  places: readonly [number, number],
): string {
  const parts = places.map((at) => {
    const { node, cpus, memory } = board.hosts[at] ?? { node: "", cpus: 0, memory: 0 };
    const amount = (position: Position): string => {
      const load = loadOn(board, position, at, of);
      return of === "cpu" ? coresText(load, cpus) : bytesOfText(load, memory);
    };
    // "from 12.0 to 6.0 of 16 cores": the whole is said once.
    return `${node} from ${amount(before).split(" ")[0] ?? ""} to ${amount(then)}`;
  });
  return `${of === "cpu" ? "CPU" : "Memory"}: ${parts.join(", ")}.`;
}

/** Modules whose move alone would still help, and what forbids it. */
function heldBack(board: PlacementBoard, best: FoundMoves, end: Position): BalancePlan["held"] {
  return board.modules.flatMap((module, index) => {
    const there = board.other[index] ?? -1;
    if (best.moved.includes(index) || there < 0) return [];
    const position = end.map((at, one) => (one === index ? there : at));
    if (!wouldHelp(board, index, end, position)) return [];
    const why = obstacle(board, index, end, position);
    return why === undefined ? [] : [{ module: module.id, why }];
  });
}

/** Rules aside: does its other place meet a wish, free memory, or even the hosts out for what it costs? */
function wouldHelp(board: PlacementBoard, index: number, now: Position, position: Position): boolean {
  const { hosts, modules } = board;
  const here = now[index] ?? -1;
  const pin = modules[index]?.pin ?? null;
  if (pin !== null && pin === hosts[position[index] ?? -1]?.node) return true;
  if (mateOf(board, now, index) !== undefined) return true;
  if (loadOn(board, now, here, "memory") > (hosts[here]?.memory ?? 0)) return true;
  return tallyOf(board, position).cost.uneven + worthOf(board) < tallyOf(board, now).cost.uneven;
}

function obstacle(
  board: PlacementBoard,
  index: number,
  now: Position,
  position: Position,
): string | undefined {
  const module = board.modules[index];
  const here = board.hosts[now[index] ?? -1];
  const at = position[index] ?? -1;
  const there = board.hosts[at];
  if (module === undefined || here === undefined || there === undefined) return undefined;
  if (module.held !== null) return module.held;
  if (module.pin === here.node) return `It is pinned to ${here.node}.`;
  const mate = mateOf(board, position, index);
  if (mate !== undefined)
    return `${mate} is on ${there.node}, and the group ${module.apart ?? ""} is to be kept apart.`;
  const memory = loadOn(board, position, at, "memory");
  return memory <= there.memory
    ? undefined
    : `${there.node} would need ${bytesOfText(memory, there.memory)} memory.`;
}
