// SPDX-License-Identifier: Apache-2.0
// What must not be missed, derived from what is: an alarm lasts as long as its cause, and its
// acknowledgement with it.

import type { Alarm } from "../../../core/api/contract.js";
import { bytesText } from "../../../core/describe/words/words.js";
import { refuse } from "../world/refusal.js";
import { sentenceOf } from "../world/sentences.js";
import { isProtected } from "../world/status.js";
import type { Caller, MockModule } from "../world/types.js";
import type { World } from "../world/world.js";

type Cause = Omit<Alarm, "since" | "acknowledged">;

const diskPartMin = 0.1;

export function alarmsOf(world: World): Alarm[] {
  const causes = [
    ...clusterCauses(world),
    ...world.hosts.flatMap((host) => (host.heard ? [] : [silentHost(host.name)])),
    ...world.hosts.filter(({ disk }) => disk.free / disk.total < diskPartMin).map(fillingDisk),
    ...world.modules.flatMap((module) => moduleCauses(world, module)),
  ];
  forgetEnded(world, causes);
  return causes.map((cause) => {
    const since = world.alarmsSince.get(cause.id) ?? world.clock.wall();
    world.alarmsSince.set(cause.id, since);
    const acknowledged = world.acknowledged.get(cause.id);
    return { ...cause, since, ...(acknowledged !== undefined && { acknowledged }) };
  });
}

export function acknowledge(world: World, id: string, caller: Caller): { readonly sentence: string } {
  const alarm = alarmsOf(world).find((one) => one.id === id);
  if (alarm === undefined) throw refuse("GEMEL-1018", id);
  world.acknowledged.set(id, { by: caller.user, at: world.clock.wall() });
  return { sentence: `${caller.user} has acknowledged: ${alarm.sentence}` };
}

function forgetEnded(world: World, causes: readonly Cause[]): void {
  const present = new Set(causes.map(({ id }) => id));
  for (const id of [...world.alarmsSince.keys()]) {
    if (present.has(id)) continue;
    world.alarmsSince.delete(id);
    world.acknowledged.delete(id);
  }
}

function clusterCauses(world: World): Cause[] {
  const { arbiter, pause } = world.facts;
  const causes: Cause[] = [];
  if (arbiter === "none" && world.modules.length > 0) {
    causes.push({
      id: "no-arbiter",
      severity: "red",
      code: "no-arbiter",
      sentence: "No arbiter: when every network between the hosts is cut, both run the VMs.",
      next: "Set up a lease on a third box; until then keep two separate networks.",
    });
  }
  if (pause !== null) {
    causes.push({
      id: "paused",
      severity: "red",
      code: "paused",
      sentence: `Automatic failover is paused by ${pause.by}: ${pause.why}`,
      next: "Resume it with: gemel resume",
    });
  }
  if (world.clockApartSeconds > 5) {
    causes.push({
      id: "clock",
      severity: "amber",
      code: "clock",
      sentence: `The hosts' clocks are ${world.clockApartSeconds} s apart: their logs do not read together.`,
      next: "Let both hosts take their time from the same server.",
    });
  }
  return causes;
}

const silentHost = (name: string): Cause => ({
  id: `node-silent:${name}`,
  severity: "red",
  code: "node-silent",
  sentence: `${name} is silent on every network.`,
  next: "Look at its power and its networks; on the host: gemel doctor",
  node: name,
});

const fillingDisk = ({ name, disk }: { readonly name: string; readonly disk: { free: number } }): Cause => ({
  id: `disk:${name}`,
  severity: "amber",
  code: "disk-filling",
  sentence: `The disk of ${name} is filling: ${bytesText(disk.free)} are left.`,
  next: "Free space, or move a VM's files to a larger disk.",
  node: name,
});

function moduleCauses(world: World, module: MockModule): Cause[] {
  const of = (code: string, severity: Alarm["severity"], sentence: string, next: string): Cause => ({
    id: `${code}:${module.id}`,
    severity,
    code,
    sentence: `${module.settings.vm.name}: ${sentence}`,
    next,
    module: module.id,
  });
  if (module.conflict) {
    const next = `Look at both copies, then: gemel resolve ${module.id} --keep NODE`;
    return [of("GEMEL-1007", "red", "both copies have run alone.", next)];
  }
  if (module.neededBytes !== null) {
    return [
      of("GEMEL-2006", "red", "the disk is full, the guest waits.", "Free the space; it goes on by itself."),
    ];
  }
  const isOff = module.copies.every(({ state }) => state === "STOP");
  if (isProtected(module) || isOff || module.busy !== null) return [];
  const next = "Nothing to do while it catches up; else bring the other host back.";
  return [of("unprotected", "amber", sentenceOf(world, module), next)];
}
