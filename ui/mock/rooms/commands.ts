// SPDX-License-Identifier: Apache-2.0
// A person's command: refused, or carried out over simulated time. Each step is planned with World.then, so
// that a host that dies in the middle voids the rest.

import type { StateName } from "../../../core/base/vocabulary.js";
import type { CommandReply, CommandRequest } from "../../../core/api/contract.js";
import { begins, follows, runsOn, startCopying, stopsEverywhere, stopsOn } from "../world/turns.js";
import { refuse } from "../world/refusal.js";
import type { Caller, MockModule } from "../world/types.js";
import { activeCopy, become, copyOn, otherCopy, type World } from "../world/world.js";
import { refusalOf } from "./verbs.js";

/** A guest's shutdown and boot; the mock's guests are quick. */
export const shutdownMs = 4_000;
export const bootMs = 6_000;

export function carryOut(world: World, id: string, request: CommandRequest, caller: Caller): CommandReply {
  const module = world.module(id);
  if (request.node !== undefined) copyOn(module, world.host(request.node).name);
  if (request.verb === "resolve" && request.keep === undefined) {
    throw refuse("GEMEL-4008", "keep", "resolve needs keep: the node whose copy goes on.");
  }
  const refused = refusalOf(world, module, request);
  const node = request.node ?? activeCopy(module)?.node ?? world.answering?.name ?? module.copies[0].node;
  world.record({
    node,
    kind: "decision",
    module: id,
    rule: "command",
    sentence: `${caller.user} asked for ${request.verb}.`,
    inputs: { by: caller.user, verb: request.verb, forced: request.force ?? false },
    outcome: refused === null ? "accepted" : `refused: ${refused.message}`,
  });
  if (refused !== null) throw refused;
  return { node, ...perform(world, module, request, node) };
}

type Done = Omit<CommandReply, "node">;
const done = (sentence: string, ...until: StateName[]): Done => ({ sentence, until });

function perform(world: World, module: MockModule, request: CommandRequest, node: string): Done {
  switch (request.verb) {
    case "start":
      return start(world, module, request.node);
    case "stop":
      return stop(world, module, request.node);
    case "restart":
      return restart(world, module);
    case "stopstart":
      return stopStart(world, module);
    case "swap":
      return swap(world, module);
    case "prim":
      return prim(world, module, node);
    case "second":
      return second(world, module, node);
    case "resolve":
      return resolve(world, module, request.keep ?? node);
  }
}

function start(world: World, module: MockModule, node: string | undefined): Done {
  const active = activeCopy(module);
  if (active !== undefined) {
    const there = otherCopy(module, active.node);
    if (there.state === "STOP" && world.host(there.node).up)
      startCopying(world, module, there.node, "tracked");
    return done("It is being started.", "ALONE", "PRIM", "SECOND");
  }
  const newest = module.copies.find(({ upToDate }) => upToDate) ?? module.copies[0];
  const on = module.copies.find((copy) => copy.node === node && copy.upToDate) ?? newest;
  begins(module, "start");
  become(world, on, "WAIT", "opening");
  const there = otherCopy(module, on.node);
  const isPair = node === undefined && world.host(there.node).up;
  if (isPair) become(world, there, "WAIT", "opening");
  world.then(module, 1_500, () => runsOn(world, module, on.node, bootMs));
  return done("It is being started.", "ALONE", "PRIM", "SECOND");
}

function stop(world: World, module: MockModule, node: string | undefined): Done {
  begins(module, "stop");
  const active = activeCopy(module);
  const nodes =
    node === undefined ? module.copies.filter(({ gone }) => !gone).map((copy) => copy.node) : [node];
  const endsGuest = active !== undefined && nodes.includes(active.node);
  for (const one of nodes) become(world, copyOn(module, one), copyOn(module, one).state, "stopping");
  world.then(module, endsGuest ? shutdownMs : 800, () => {
    if (nodes.length > 1) stopsEverywhere(world, module);
    else for (const one of nodes) stopsOn(world, module, one);
  });
  return done(endsGuest ? "The guest is being shut down." : "It is being stopped.", "STOP");
}

function restart(world: World, module: MockModule): Done {
  const active = activeCopy(module);
  if (active === undefined) throw refuse("GEMEL-1002", module.id);
  begins(module, "restart");
  const { reason } = active;
  become(world, active, active.state, "stopping");
  world.then(module, shutdownMs, () => {
    active.vm = "off";
    become(world, active, active.state, "starting");
    world.then(module, bootMs, () => {
      active.vm = "on";
      become(world, active, active.state, reason);
      module.busy = null;
    });
  });
  return done("The VM is being restarted.", "ALONE", "PRIM");
}

function stopStart(world: World, module: MockModule): Done {
  const active = activeCopy(module);
  if (active === undefined) throw refuse("GEMEL-1002", module.id);
  const there = otherCopy(module, active.node);
  const takesOver = there.state === "SECOND" && there.upToDate && world.facts.pause === null;
  begins(module, "stopstart");
  become(world, active, active.state, "stopping");
  world.then(module, shutdownMs, () => {
    active.vm = "off";
    become(world, active, "WAIT", "opening");
    runsOn(world, module, takesOver ? there.node : active.node, bootMs);
  });
  return done("It is stopped and started again.", "SECOND", "PRIM", "ALONE");
}

function swap(world: World, module: MockModule): Done {
  const active = activeCopy(module);
  if (active === undefined) throw refuse("GEMEL-1002", module.id);
  const there = otherCopy(module, active.node);
  begins(module, "swap");
  become(world, active, "PRIM", "swapping");
  become(world, there, "SECOND", "swapping");
  world.then(module, shutdownMs, () => {
    active.vm = "off";
    active.upToDate = true;
    become(world, active, "WAIT", "swapping");
    become(world, there, "WAIT", "swapping");
    world.then(module, 1_000, () => {
      become(world, there, "PRIM", "starting");
      become(world, active, "SECOND", "swapping");
      world.record({
        node: there.node,
        kind: "decision",
        module: module.id,
        rule: "R25",
        sentence: `The roles are exchanged: ${there.node} runs the VM now.`,
        inputs: { from: active.node, session: active.session, inSync: true },
        outcome: "PRIM",
      });
      world.then(module, bootMs, () => {
        there.vm = "on";
        become(world, there, "PRIM");
        become(world, active, "SECOND");
        module.busy = null;
      });
    });
  });
  return done(`The VM moves to ${there.node}.`, "PRIM", "SECOND");
}

function prim(world: World, module: MockModule, node: string): Done {
  const active = activeCopy(module);
  if (active !== undefined && active.node === node) return done("It runs here already.", "PRIM", "ALONE");
  begins(module, "prim");
  module.resync = null;
  become(world, copyOn(module, node), "WAIT", "opening");
  world.then(module, 1_000, () => runsOn(world, module, node, bootMs));
  return done("This copy goes on as primary.", "ALONE", "PRIM");
}

function second(world: World, module: MockModule, node: string): Done {
  begins(module, "second");
  become(world, copyOn(module, node), "WAIT", "second-only");
  world.then(module, 1_000, () => {
    module.busy = null;
    if (activeCopy(module) !== undefined) follows(world, module, node);
  });
  return done("It is started as secondary.", "SECOND");
}

function resolve(world: World, module: MockModule, keep: string): Done {
  const kept = copyOn(module, world.host(keep).name);
  const lost = otherCopy(module, keep);
  begins(module, "resolve");
  become(world, lost, lost.state, "resolving");
  world.then(module, lost.vm === "on" ? shutdownMs : 1_500, () => {
    module.conflict = false;
    module.troubles = [];
    lost.vm = "off";
    lost.upToDate = false;
    delete lost.alone;
    delete kept.alone;
    world.record({
      node: lost.node,
      kind: "decision",
      module: module.id,
      rule: "R28",
      sentence: `${lost.node}'s copy is set aside whole as ${module.id}.kept-${lost.generation.slice(0, 8)}.`,
      inputs: { keep, generation: kept.generation },
      outcome: "settled",
    });
    module.busy = null;
    if (kept.vm === "on") startCopying(world, module, lost.node, "by-hash");
    else runsOn(world, module, keep, bootMs);
  });
  return done(`${keep}'s copy goes on; ${lost.node}'s is kept aside.`, "PRIM", "ALONE");
}
