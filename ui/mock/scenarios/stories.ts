// SPDX-License-Identifier: Apache-2.0
// What is special about each scenario. Times are simulated milliseconds after the beginning.

import { failure } from "../../../core/base/errors.js";
import { hex } from "../world/chance.js";
import { makeModule } from "../world/making.js";
import { freezes, hostDies, hostReturns, startCopying, thaws } from "../world/turns.js";
import { GiB } from "../world/types.js";
import { become, copyOn, type World } from "../world/world.js";
import { addUnprotected, twins } from "./twins.js";

const beginMs = 10_000;
const minuteMs = 60_000;

export function hostLoss(world: World): void {
  twins(world);
  world.clock.after(beginMs, () => hostDies(world, "beta"));
  world.clock.after(beginMs + minuteMs, () => hostReturns(world, "beta"));
}

export function reintegration(world: World): void {
  twins(world);
  for (const module of world.modules) {
    module.dirty = (2 + module.settings.index * 3) * GiB;
    const runner = module.copies.find(({ state }) => state === "PRIM");
    if (runner === undefined) continue;
    const target = runner.node === "alpha" ? "beta" : "alpha";
    runner.alone = { from: world.now - 47 * minuteMs };
    startCopying(world, module, target, module.id === "door" ? "by-hash" : "tracked");
    if (module.resync !== null) module.resync.done = Math.round(module.resync.total * 0.31);
  }
}

export function firstCopy(world: World): void {
  twins(world);
  const plan = { id: "archive", vm: { name: "Archiv" }, home: "alpha", index: 4, sizeGiB: 160 };
  const module = makeModule(world, plan);
  world.modules.push(module);
  startCopying(world, module, "beta", "first-copy");
  if (module.resync !== null) module.resync.done = Math.round(module.resync.total * 0.08);
  world.procedures.push({
    id: "protect-archive-1",
    kind: "protect",
    subject: "archive",
    node: "alpha",
    step: "finished",
    progress: null,
    state: "done",
    notes: ["First copy to the other node, while the guest runs."],
  });
}

export function conflict(world: World): void {
  twins(world);
  const module = world.module("cam1");
  module.conflict = true;
  module.turn++;
  module.troubles = [failure("GEMEL-1007", "cam1")];
  module.copies.forEach((copy, place) => {
    become(world, copy, "ALONE", "conflict", -(23 + place) * minuteMs);
    copy.vm = "on";
    copy.generation = hex(world.seed, `conflict ${copy.node}`, 16);
    copy.session = 41;
    copy.alone = { from: -(23 + place) * minuteMs, ...(place === 0 && { to: -4 * minuteMs }) };
    copy.lastWrite = -place * 900;
    world.record(
      {
        node: copy.node,
        kind: "decision",
        module: "cam1",
        rule: "R28",
        sentence: "Both copies have run alone. Nothing is overwritten before a person chooses.",
        inputs: { generation: copy.generation, session: 41, arbiter: "none" },
        outcome: "conflict",
      },
      -4 * minuteMs,
    );
  });
}

export function diskFull(world: World): void {
  twins(world);
  const module = world.module("cam2");
  const host = world.host("beta");
  host.disk.free = 3 * GiB;
  module.neededBytes = 12 * GiB;
  module.troubles = [failure("GEMEL-2006", "cam2", "12.0 GiB are needed below /var/lib/gemel/vm on beta.")];
  const runner = copyOn(module, "beta");
  become(world, runner, "PRIM", "disk-full");
}

/** Of one VM: its engine on beta stands still for a minute, and nobody can say who may go on. */
export function frozen(world: World): void {
  twins(world);
  const module = world.module("cam1");
  world.clock.after(beginMs, () => freezes(world, module, 2 * beginMs));
  world.clock.after(beginMs + minuteMs, () => thaws(world, module));
}

export function paused(world: World): void {
  twins(world);
  const since = world.clock.wall(-12 * minuteMs);
  world.facts.pause = { since, by: "anna", why: "the switch is being replaced" };
}

const places = ["Tor", "Halle", "Parkhaus", "Aufzug", "Labor", "Dach", "정문", "Lager"] as const;

export function thirtyTwo(world: World): void {
  for (let index = 0; index < 32; index++) {
    const place = places[index % places.length] ?? "Tor";
    world.modules.push(
      makeModule(world, {
        id: `vm${String(index + 1).padStart(2, "0")}`,
        vm: { name: `${place} ${Math.floor(index / places.length) + 1}` },
        // More on alpha, so that balance has something to propose.
        home: index % 8 < 5 ? "alpha" : "beta",
        index,
        cpu: 0.12 + (index % 5) * 0.09,
        memory: (1 + (index % 2)) * GiB,
      }),
    );
  }
}

export function staleStream(world: World): void {
  twins(world);
  world.clock.after(beginMs, () => (world.trouble = "stream-stale"));
  world.clock.after(beginMs + minuteMs, () => (world.trouble = "none"));
}

export function nobodyAnswers(world: World): void {
  twins(world);
  world.clock.after(beginMs, () => (world.trouble = "silent"));
  world.clock.after(beginMs + minuteMs, () => (world.trouble = "none"));
}

export function empty(world: World): void {
  addUnprotected(world);
}
