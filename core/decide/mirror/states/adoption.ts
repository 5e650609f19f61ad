// SPDX-License-Identifier: Apache-2.0
// A daemon that has just started finds what runs, and takes it over without touching it (P6). Nothing is
// decided before both the mirror and the VM have been looked at.
//
//   mirror     │ VM   │ wish │ taken as
//   ───────────┼──────┼──────┼─────────────────────────────────────────────────────────
//   primary    │ on   │ any  │ PRIM or ALONE, running (a wish to stop goes on from there)
//   primary    │ off  │ run  │ PRIM or ALONE, starting: the VM ended meanwhile (or what follows when it was
//              │      │      │ switched off from inside)
//   primary    │ off  │ stop │ leaving
//   secondary  │ off  │ any  │ WAIT; follows, takes over or leaves by the rules
//   secondary  │ on   │ any  │ a VM that may not run: ended
//   none       │ on   │ run  │ the mirror died meanwhile (R24): ended; no word, its last grant is unknown
//   none       │ on   │ stop │ the process that this module ran: ended; any other: STOP, a person runs it
//              │      │      │ without Gemel, and it is not touched
//   Where the hypervisor does not answer, the mirror process tells what runs (evidence/proofs.ts).
//   any        │ held │ any  │ as one that is on, and ended first: it has executed nothing
//   none       │ off  │ run  │ opened
//   none       │ off  │ stop │ STOP
//
// R104: where the record is lost nobody knows the wish; a mirror process is only there when it was to run.

import { elapsed } from "../../../base/units.js";
import { runKind } from "../evidence/proofs.js";
import { become, mirrorStatus, record, setDurable, type Case } from "../evidence/turn.js";
import type { Phase } from "../types.js";
import { mirrorDeathsMax, mirrorDeathsWindow } from "../../../base/limits/decision.js";

/** R35: it is not restarted any more. */
export const deathsTooMany = ({ m, at }: Case): boolean =>
  m.mirrorDeaths.filter((death) => elapsed(death, at) < mirrorDeathsWindow).length > mirrorDeathsMax;

export function adopt(c: Case): boolean {
  if (c.m.mirror.kind === "unknown" || runKind(c) === "unknown") return false;
  wishAgain(c);
  const phase = adoptedPhase(c);
  become(c, phase, "P6", "The daemon has started and found what runs here.");
  if (phase.work.kind === "opening" && c.m.durable.wish.kind === "stop") {
    become(c, { state: "STOP", work: { kind: "idle" } }, "P6", "The module is stopped here.");
  }
  return true;
}

function wishAgain(c: Case): void {
  const { wish } = c.m.durable;
  if (wish.kind !== "stop" || wish.by !== "record-lost" || c.m.mirror.kind === "none") return;
  setDurable(c, { wish: { kind: "run", as: "any" } });
  record(c, "R104", "The record is lost, and a mirror process is here.", {}, "it was to run");
}

function adoptedPhase(c: Case): Phase {
  const status = mirrorStatus(c);
  const isOn = runKind(c) === "on" || runKind(c) === "held";
  if (status?.role === "primary") {
    const state = status.inSync || status.freeze !== undefined ? "PRIM" : "ALONE";
    const isSwitchedOff = c.m.run.kind === "off" && c.m.run.byItself === true;
    if (isOn || isSwitchedOff) return { state, work: { kind: "running" } };
    if (c.m.durable.wish.kind === "run")
      return { state, work: { kind: "starting", attempt: 0, notBefore: c.at } };
    return { state: "WAIT", work: { kind: "waiting", reason: "stopping" } };
  }
  const { run, mirror, durable } = c.m;
  const isOurs = "instance" in run && run.instance === durable.vm;
  const isByHand = run.kind === "on" && mirror.kind === "none" && durable.wish.kind === "stop" && !isOurs;
  if (isByHand) return { state: "WAIT", work: { kind: "opening" } };
  if (isOn) return { state: "WAIT", work: { kind: "burying", giveWord: false } };
  if (mirror.kind === "dead") return { state: "WAIT", work: { kind: "burying", giveWord: false } };
  if (mirror.kind === "none") return { state: "WAIT", work: { kind: "opening" } };
  return { state: "WAIT", work: { kind: "waiting", reason: "none" } };
}
