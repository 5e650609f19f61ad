// SPDX-License-Identifier: Apache-2.0
// `resolve --keep NODE` after a conflict (P8, R37). Both nodes carry their half in durable.resolving, so that
// each half goes on after a restart:
//
//   the kept node    settle (its engine is the source from now on) ─▶ settled ─▶ done when the copies pair
//   the other node   agreed ─▶ leaves by force ─▶ set aside (kept) ─▶ settle if cloned ─▶ done, follows
//
// Each repeats the order until the conflict is gone: the other may have been away when it was given. A
// second, contrary order is refused until the first has ended. Given on two nodes at once, neither can know:
// so nothing is set aside before the other says that it keeps its own copy, and of two contrary orders that
// of the smaller name counts.

import { seconds, type NodeName } from "../../../base/units.js";
import { inConflict, isNothing, isPaired, peerView } from "../evidence/proofs.js";
import {
  beginMirror,
  clearOutdated,
  clearResolving,
  isDue,
  isFree,
  mirrorStatus,
  record,
  send,
  setDurable,
  type Case,
} from "../evidence/turn.js";
import { leave } from "./leaving.js";

/** Returns whether the phase changed. */
export function stepResolve(c: Case): boolean {
  const { resolving } = c.m.durable;
  if (resolving === undefined) return false;
  const theirs = peerView(c)?.keeps;
  // What is set aside already is not called back.
  const isRevocable =
    resolving.agreed !== true && !(resolving.step === "settle" && resolving.keep !== c.self);
  if (theirs !== undefined && theirs !== resolving.keep && c.other < c.self && isRevocable) {
    setDurable(c, { resolving: { keep: theirs, step: theirs === c.self ? "settle" : "set-aside" } });
    record(c, "P8", "Two contrary orders met; the other node's counts.", { keep: theirs }, "taken over");
    return true;
  }
  switch (resolving.step) {
    case "set-aside": {
      if (resolving.agreed !== true) return agree(c);
      const sentence = `The copy of ${resolving.keep} is kept; this one is set aside.`;
      leave(c, { purpose: "resolve", force: true }, "P8", sentence);
      return true;
    }
    case "settle": {
      const keep = resolving.keep === c.self ? "this" : "other";
      if (isFree(c) && (keep === "this" || hasMet(c))) {
        beginMirror(c, "settle", { do: "settle-conflict", keep });
      }
      return false;
    }
    case "settled":
      finishResolve(c);
      return false;
  }
}

/** This copy is to be set aside: not before the other node keeps its own, nor beside nothing at all. */
function agree(c: Case): boolean {
  const view = peerView(c);
  const status = mirrorStatus(c);
  if (view?.keeps === c.other) {
    setDurable(c, { resolving: { keep: c.other, step: "set-aside", agreed: true } });
    return true;
  }
  if (isNothing(view) || (status !== undefined && isPaired(status))) {
    clearResolving(c);
    record(c, "P8", "There is no other copy to go on with, or no conflict.", {}, "this one is not set aside");
    return true;
  }
  repeatOrder(c, c.other);
  return false;
}

/** The loser follows a generation that its engine must have seen. */
function hasMet(c: Case): boolean {
  const link = mirrorStatus(c)?.link.kind;
  return link === "refused" || link === "paired";
}

function finishResolve(c: Case): void {
  const status = mirrorStatus(c);
  if (status !== undefined && isPaired(status)) {
    clearResolving(c);
    delete c.m.resolveSent;
    record(c, "P8", "Both copies belong together again.", {}, "resolved");
    return;
  }
  if (inConflict(c)) repeatOrder(c, c.self);
}

function repeatOrder(c: Case, keep: NodeName): void {
  if (!isDue(c, c.m.resolveSent, seconds(2))) return;
  const command = { do: "resolve", module: c.id, keep } as const;
  send(c, { kind: "command", module: c.id, command, by: c.self });
  c.m.resolveSent = c.at;
}

/** The engine has taken `settle-conflict`. */
export function settled(c: Case): void {
  const { resolving } = c.m.durable;
  if (resolving === undefined) return;
  // Whatever was promised before: a person has chosen.
  clearOutdated(c);
  if (resolving.keep === c.self) setDurable(c, { resolving: { ...resolving, step: "settled" } });
  else clearResolving(c);
  record(c, "P8", "The conflict is settled on this node.", { keep: resolving.keep }, resolving.step);
}
