// SPDX-License-Identifier: Apache-2.0
// How modules move: a VM begins or ends to run somewhere, a copy follows, is filled and becomes equal, a host
// dies and returns. Commands and scenarios are made of these.

import type { Reintegration } from "../../../core/api/contract.js";
import type { ModuleVerb } from "../../../core/base/vocabulary.js";
import { hashed } from "./chance.js";
import { GiB, MiB, type Copy, type Host, type MockModule } from "./types.js";
import { activeCopy, become, copyOn, detectionMs, otherCopy, type World } from "./world.js";

const takeOverMs = 1_200;
const bootMs = 6_000;

/** A command or an incident: what was planned before is void. */
export function begins(module: MockModule, verb: ModuleVerb | null): void {
  module.turn++;
  module.busy = verb;
  module.verify = null;
}

/** The VM starts on `node`; the other copy, where it can, follows afterwards. */
export function runsOn(world: World, module: MockModule, node: string, ms: number): void {
  const copy = copyOn(module, node);
  const there = otherCopy(module, node);
  const wasEqual = there.upToDate && copy.upToDate && world.host(there.node).heard;
  copy.generation = world.newGeneration(module);
  copy.upToDate = true;
  if (!wasEqual) copy.alone = { from: world.now };
  there.vm = "off";
  become(world, copy, "ALONE", "starting");
  world.then(module, ms, () => {
    copy.vm = "on";
    become(world, copy, "ALONE", silenceOr(world, there, "alone"));
    module.busy = null;
    if (there.state !== "STOP" && world.host(there.node).heard) {
      if (wasEqual) pairUp(world, module);
      else startCopying(world, module, there.node, "tracked");
    }
  });
}

/** Without an arbiter a silent peer may run the VM as well: that is red. */
const silenceOr = (world: World, there: Copy, reason: string): string =>
  world.facts.arbiter === "none" && !world.host(there.node).heard ? "alone-on-silence" : reason;

export function stopsOn(world: World, module: MockModule, node: string): void {
  const copy = copyOn(module, node);
  const there = otherCopy(module, node);
  const wasActive = copy.state === "ALONE" || copy.state === "PRIM";
  const remains = copy.upToDate && wasActive;
  copy.vm = "off";
  become(world, copy, "STOP", "stopped-by-person");
  module.busy = null;
  if (module.resync !== null) module.resync = null;
  if (wasActive && there.state === "SECOND" && there.upToDate) {
    // The primary was stopped alone: the other host takes over.
    if (remains) copy.upToDate = false;
    runsOn(world, module, there.node, bootMs);
  } else if (there.state === "PRIM") {
    copy.upToDate = false;
    there.alone = { from: world.now };
    become(world, there, "ALONE", "alone");
  }
}

/** Both told at once: nobody takes over, and copies that were equal stay so. */
export function stopsEverywhere(world: World, module: MockModule): void {
  module.busy = null;
  module.resync = null;
  for (const copy of module.copies) {
    copy.vm = "off";
    become(world, copy, "STOP", "stopped-by-person");
  }
}

export function follows(world: World, module: MockModule, node: string): void {
  if (copyOn(module, node).upToDate) pairUp(world, module);
  else startCopying(world, module, node, "tracked");
}

/** Both copies are equal and connected. */
export function pairUp(world: World, module: MockModule): void {
  const active = activeCopy(module);
  if (active === undefined) return;
  const second = otherCopy(module, active.node);
  const session = Math.max(active.session, second.session) + 1;
  for (const copy of [active, second]) {
    copy.upToDate = true;
    copy.generation = active.generation;
    copy.session = session;
    delete copy.alone;
  }
  module.resync = null;
  module.dirty = 0;
  module.troubles = [];
  become(world, active, "PRIM");
  become(world, second, "SECOND");
  world.record({
    node: active.node,
    kind: "decision",
    module: module.id,
    rule: "R19",
    sentence: `Both copies are equal: session ${session} begins.`,
    inputs: { generation: active.generation, session, peer: second.node },
    outcome: "PRIM",
  });
}

/** How much differs after so long alone, and how it is found. */
export function startCopying(
  world: World,
  module: MockModule,
  target: string,
  kind: Reintegration["kind"],
): void {
  const active = activeCopy(module);
  if (active === undefined) return;
  const second = copyOn(module, target);
  second.upToDate = false;
  const tracked = Math.max(384 * MiB, module.dirty);
  const total = kind === "tracked" ? Math.min(tracked, module.size.allocated) : module.size.allocated;
  const rate = kind === "tracked" ? 48 * MiB : 210 * MiB;
  module.resync = { target, kind, total, done: 0, sent: 0, hashed: 0, rate };
  become(world, active, "ALONE", "reintegrating");
  become(world, second, "SECOND", "reintegrating");
  world.record({
    node: active.node,
    kind: "decision",
    module: module.id,
    rule: kind === "tracked" ? "R28" : "R27",
    sentence: `${target} is brought up to date (${kind}).`,
    inputs: { bytes: total, target, generation: active.generation },
    outcome: "reintegrating",
  });
}

/** One second of copying: it slows down where guests write, and always gains ground. */
export function copyOneSecond(world: World, module: MockModule): void {
  const { resync } = module;
  if (resync === null || !world.host(resync.target).heard) return;
  const unrest = 0.75 + (hashed(`${world.seed} ${module.id} ${Math.floor(world.now / 1000)}`) % 500) / 1000;
  const cap = module.settings.resyncCap === 0 ? Infinity : module.settings.resyncCap;
  const wanted = Math.min(cap, (resync.kind === "tracked" ? 48 : 210) * MiB * unrest);
  resync.rate = Math.round(resync.rate * 0.7 + wanted * 0.3);
  const step = Math.min(resync.rate, resync.total - resync.done);
  resync.done += step;
  resync.hashed += resync.kind === "first-copy" ? 0 : step;
  resync.sent += resync.kind === "by-hash" ? Math.round(step * 0.04) : step;
  if (resync.done >= resync.total) pairUp(world, module);
}

/** Power off: noticed by the other host after the heartbeat's timeout. */
export function hostDies(world: World, name: string): void {
  const host = world.host(name);
  if (!host.up) return;
  host.up = false;
  const isStillDead = (): boolean => !host.up;
  world.clock.after(detectionMs, () => {
    if (isStillDead()) hostIsMissed(world, host);
  });
}

function hostIsMissed(world: World, host: Host): void {
  host.heard = false;
  host.since = world.now - detectionMs;
  const witness = world.other(host.name);
  if (witness === undefined) return;
  world.record({
    node: witness.name,
    kind: "log",
    module: null,
    rule: "heartbeat",
    sentence: `${host.name} is silent on every network.`,
    inputs: { silentMs: detectionMs, networks: Object.keys(host.addresses).join(" ") },
    outcome: "dead",
  });
  for (const module of world.modules) loseHost(world, module, host.name, witness.name);
}

function loseHost(world: World, module: MockModule, dead: string, witness: string): void {
  begins(module, null);
  module.resync = null;
  const [lost, left] = [copyOn(module, dead), copyOn(module, witness)];
  lost.gone = true;
  if (module.conflict) return;
  const decision = { node: witness, kind: "decision", module: module.id } as const;
  if (left.state === "PRIM" || left.state === "ALONE") {
    left.alone = { from: world.now };
    lost.upToDate = false;
    become(world, left, "ALONE", silenceOr(world, lost, "alone"));
    world.record({
      ...decision,
      rule: "R21",
      sentence: `${dead} is lost; the VM goes on alone here.`,
      inputs: { peer: dead, session: left.session, arbiter: world.facts.arbiter },
      outcome: "ALONE",
    });
    return;
  }
  if (left.state !== "SECOND") return;
  const mayTakeOver = left.upToDate && world.facts.pause === null && module.settings.failover;
  if (!mayTakeOver) {
    become(world, left, "WAIT", left.upToDate ? "failover-off" : "half-copied");
    return;
  }
  lost.upToDate = false;
  become(world, left, "WAIT", "asking-peer");
  world.record({
    ...decision,
    rule: "R21",
    sentence: `${dead} is lost; this copy is proven current and takes over.`,
    inputs: { peer: dead, session: left.session, generation: left.generation, upToDate: true },
    outcome: "ALONE",
  });
  const start = takeOverMs + (module.settings.index % 8) * 300;
  world.then(module, start, () =>
    runsOn(world, module, witness, bootMs + (module.settings.index % 4) * 1_000),
  );
}

/** Power back on: its daemon answers after `bootMs`, its copies are reintegrated. */
export function hostReturns(world: World, name: string): void {
  const host = world.host(name);
  host.up = true;
  host.heard = true;
  host.daemon = true;
  host.since = world.now;
  world.record({
    node: name,
    kind: "log",
    module: null,
    rule: "heartbeat",
    sentence: `${name} is heard again on every network.`,
    inputs: { networks: Object.keys(host.addresses).join(" ") },
    outcome: "alive",
  });
  for (const module of world.modules) {
    const copy = copyOn(module, name);
    const active = activeCopy(module);
    const runsElsewhere = active !== undefined && active.node !== name;
    copy.gone = false;
    if (module.conflict) continue;
    copy.vm = "off";
    become(world, copy, "WAIT", runsElsewhere ? "opening" : "peer-deciding");
    world.clock.after(1_500, () => rejoin(world, module, name));
  }
}

function rejoin(world: World, module: MockModule, name: string): void {
  if (copyOn(module, name).state !== "WAIT") return;
  const active = activeCopy(module);
  if (active === undefined) {
    // Automatic failover was paused, or only this host's copy is current: it goes on where it was.
    const there = otherCopy(module, name);
    if (there.state === "STOP") return;
    become(world, there, "WAIT", "opening");
    runsOn(world, module, copyOn(module, name).upToDate ? name : there.node, bootMs);
    return;
  }
  if (active.reason !== "starting") startCopying(world, module, name, "tracked");
}

/** What a guest writes while its module runs alone must be copied later. */
export function gatherDirt(module: MockModule): void {
  const active = activeCopy(module);
  if (active?.state !== "ALONE" || module.resync !== null) return;
  const perSecond = module.load.writesPerSecond * module.load.bytesPerWrite * 0.6;
  module.dirty = Math.min(module.size.allocated, Math.min(40 * GiB, module.dirty + perSecond));
}

/** The other host's engine stands still: writes wait for it, and after a while the guest is paused. */
export function freezes(world: World, module: MockModule, pausesAfterMs: number): void {
  const active = activeCopy(module);
  if (active === undefined) return;
  const freeze = { reason: "stalled", since: world.now, guestPaused: false };
  module.freeze = freeze;
  const told = { node: active.node, kind: "log", module: module.id, rule: "mirror" } as const;
  become(world, active, active.state, "frozen");
  world.record({
    ...told,
    sentence: "The engine holds writes back and asks what to do.",
    outcome: "the other node stopped answering",
  });
  world.then(module, pausesAfterMs, () => {
    if (module.freeze !== freeze) return;
    freeze.guestPaused = true;
    become(world, active, active.state, "guest-paused");
    world.record({ ...told, sentence: "The engine's guest is paused.", outcome: "nobody has answered" });
  });
}

export function thaws(world: World, module: MockModule): void {
  const active = activeCopy(module);
  if (module.freeze === null || active === undefined) return;
  module.freeze = null;
  become(world, active, active.state);
  world.record({
    node: active.node,
    kind: "log",
    module: module.id,
    rule: "mirror",
    sentence: "The engine's question is answered.",
    outcome: "the other node answers again",
  });
}
