// SPDX-License-Identifier: Apache-2.0
// What an open mirror process must be told before anything is decided on it, in this order: the word that
// this daemon has given (R20), that an untouched folder is to be filled, and that its data link may be on.
// A new process starts with its link off, so that it meets nobody before it knows the first two.

import { isPaired } from "../evidence/proofs.js";
import { beginMirror, isFree, mirrorStatus, type Case } from "../evidence/turn.js";
import { mustTellMirror } from "./outdate.js";

/** Returns whether something is still to be told (begun, under way, or waiting for the next try). */
export function prepareMirror(c: Case): boolean {
  const status = mirrorStatus(c);
  if (status === undefined) return true;
  if (tellWord(c)) return true;
  if (status.dataProblem !== undefined) return false;
  if (
    status.copy === "empty" &&
    c.m.durable.known.kind !== "initialised" &&
    !c.m.told.empty &&
    !isPaired(status)
  ) {
    if (isFree(c)) beginMirror(c, "prepare", { do: "initialise", as: "empty" });
    return true;
  }
  return keepLinkOn(c);
}

/**
 * R20: also later. A daemon may have died when its record had the word and its engine had not; a copy that
 * both engines hold to be in sync would then never be current for its own daemon. Once: an engine that was
 * left alone last itself refuses it, and the daemon's record holds all the same.
 */
export function tellWord(c: Case): boolean {
  const status = mirrorStatus(c);
  if (status === undefined || c.m.told.word || !mustTellMirror(c)) return false;
  if (isFree(c)) beginMirror(c, "word", { do: "word", generation: status.generation });
  return true;
}

/** Also later: an engine that was promoted or restarted with its link off gets it back. */
export function keepLinkOn(c: Case): boolean {
  const status = mirrorStatus(c);
  if (status?.link.kind !== "off" || status.dataProblem !== undefined) return false;
  if (isFree(c)) beginMirror(c, "link-on", { do: "link", on: true });
  return true;
}
