// SPDX-License-Identifier: Apache-2.0
// What keeps a node whose copy is current from taking over by itself: failover switched off for the module,
// or a pause of automatic failover on the whole cluster. Neither changes what is proven (R19, R20), only who
// says "go": a person. A pause holds takeovers alone. A module that starts where it last ran, or that a
// person starts, is none. What a pause holds goes on by itself when the pause ends.

import { isPaired, peerView } from "./proofs.js";
import { mirrorStatus, type Case } from "./turn.js";

export type Hold = "failover-off" | "paused";

/** Would a takeover that begins now be held, and by what? */
export function holdOf(c: Case): Hold | undefined {
  if (!c.m.config.failover) return "failover-off";
  return c.turn.node.pause === undefined ? undefined : "paused";
}

/** The primary was lost under a hold that still lasts. */
export function isHeld(c: Case): boolean {
  const { held, heldByPause } = c.m.durable;
  return held && (heldByPause !== true || c.turn.node.pause !== undefined);
}

/** Why a waiting node whose copy is current does not go ahead. */
export function heldAtStart(c: Case): Hold | undefined {
  if (isHeld(c)) return c.m.durable.heldByPause === true ? "paused" : "failover-off";
  return c.turn.node.pause !== undefined && isTakeover(c) ? "paused" : undefined;
}

/** The VM last ran on the other node, and that one is away, or would have it and cannot. */
function isTakeover(c: Case): boolean {
  if (c.m.durable.lastPrim) return false;
  const status = mirrorStatus(c);
  const isTogether = status !== undefined && isPaired(status);
  return !isTogether || peerView(c)?.lastPrim === true;
}
