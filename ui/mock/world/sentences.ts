// SPDX-License-Identifier: Apache-2.0
// What the mock says of a module in one sentence, its colour, and what would happen if its host died now.

import type { ModuleStatus } from "../../../core/api/contract.js";
import { bytesText, momentText, reintegrationSentence } from "../../../core/describe/words/words.js";
import { isProtected, reintegrationOf } from "./status.js";
import type { Copy, MockModule } from "./types.js";
import { activeCopy, otherCopy, type World } from "./world.js";

export function sentenceOf(world: World, module: MockModule): string {
  const part = module.partly ? " Partly protected: disks were left out." : "";
  return `${mainSentence(world, module)}${part}`;
}

function mainSentence(world: World, module: MockModule): string {
  const [first, second] = module.copies;
  if (module.conflict) {
    return "Both copies have run alone. Nothing is overwritten before a person chooses.";
  }
  if (module.neededBytes !== null) {
    return `The disk is full: ${bytesText(module.neededBytes)} are needed; the guest waits.`;
  }
  if (isProtected(module)) return "Protected";
  const active = activeCopy(module);
  if (active !== undefined) return activeSentence(world, module, active);
  if (first.state === "STOP" && second.state === "STOP") return "Stopped on both hosts";
  return waitingSentence(world, module);
}

function activeSentence(world: World, module: MockModule, active: Copy): string {
  const there = otherCopy(module, active.node);
  if (module.freeze !== null) {
    return module.freeze.guestPaused
      ? "The VM is paused: nobody has said yet who may go on"
      : `Writes wait: ${there.node} does not answer`;
  }
  const copying = reintegrationOf(world, module, active);
  if (active.reason === "starting") return `Starting on ${active.node}`;
  if (active.reason === "swapping") return `Moving to ${there.node}: the guest is shut down`;
  if (copying !== null) return reintegrationSentence(copying);
  const host = world.host(there.node);
  if (!host.heard) {
    const since = momentText(world.clock.wall(host.since), world.clock.wall());
    return `Unprotected: ${there.node} is down since ${since}`;
  }
  if (there.state === "STOP") return `Unprotected: stopped on ${there.node}`;
  return `Unprotected: ${there.node} is not up to date yet`;
}

function waitingSentence(world: World, module: MockModule): string {
  const waiting = module.copies.find(({ state }) => state === "WAIT" || state === "SECOND");
  if (waiting === undefined) return "Stopped";
  const there = otherCopy(module, waiting.node);
  switch (waiting.reason) {
    case "failover-off":
      return `Waiting: ${there.node} is down and automatic failover is paused`;
    case "peer-silent":
      return `Waiting: ${there.node} may hold newer data`;
    case "first-start":
      return "Waiting: a person chooses the copy with the good data";
    case "swapping":
      return `Moving to ${waiting.node}`;
    default:
      return world.host(there.node).up ? `Waiting on ${waiting.node}` : `Taking over on ${waiting.node}`;
  }
}

const redReasons: ReadonlySet<string> = new Set(["alone-on-silence", "guest-paused"]);

export function colourOf(world: World, module: MockModule): ModuleStatus["colour"] {
  if (module.conflict || module.neededBytes !== null) return "red";
  if (isProtected(module)) return "green";
  const active = activeCopy(module);
  if (active !== undefined) return redReasons.has(active.reason) ? "red" : "amber";
  const passes = module.copies.some(({ reason, node }) => world.host(node).heard && reason === "swapping");
  return passes ? "amber" : "red";
}

export function ifHostDied(world: World, module: MockModule): ModuleStatus["ifHostDied"] {
  const active = activeCopy(module);
  if (active === undefined) return { sentence: "It does not run.", seconds: null, node: null };
  const there = otherCopy(module, active.node);
  const dead = `If ${active.node} died now: `;
  if (world.facts.pause !== null) {
    const sentence = `${dead}it stays off, because automatic failover is paused.`;
    return { sentence, seconds: null, node: null };
  }
  if (!isProtected(module)) {
    const sentence = `${dead}it stays off until ${active.node} is back; ${there.node} is not up to date.`;
    return { sentence, seconds: null, node: null };
  }
  const seconds = takeOverSeconds(module);
  return { sentence: `${dead}back in about ${seconds} s on ${there.node}.`, seconds, node: there.node };
}

/** Detection, and the guest's boot as it was last measured. */
export const takeOverSeconds = ({ settings }: MockModule): number => 14 + (settings.index % 4) * 4;

export function summaryOf(hosts: number, modules: readonly ModuleStatus[]): string {
  if (hosts < 2) return "The cluster has one node; the other one joins with: gemel cluster token";
  if (modules.length === 0) return "No VM is protected yet: gemel protect --list";
  const safe = modules.filter((module) => module.protected && !module.partly).length;
  return safe === modules.length
    ? `All ${modules.length} modules are protected.`
    : `${modules.length - safe} of ${modules.length} modules are not fully protected.`;
}
