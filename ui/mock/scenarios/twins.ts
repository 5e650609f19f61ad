// SPDX-License-Identifier: Apache-2.0
// The pair of hosts that every scenario begins with, its people, its VMs and some days of history.

import type { HistoryEntry, Status } from "../../../core/api/contract.js";
import { changedEntries } from "../../../core/edge/cluster/shared-entries.js";
import type { Settle } from "../../../core/sim/time.js";
import { mockPasswords } from "../rooms/access.js";
import { chance, uuid } from "../world/chance.js";
import { GiB, type HostScene, type ModulePlan, type VmScene } from "../world/scenery.js";
import { World } from "../world/world.js";

const dayMs = 86_400_000;

export function emptyWorld(
  seed: number,
  startWallMs: number,
  arbiter: Status["arbiter"],
  settle: Settle,
): World {
  const facts = {
    name: "plant-7",
    uuid: uuid(seed, "cluster"),
    arbiter,
    networks: [
      { name: "data", cidr: "10.0.10.0/24" },
      { name: "heart", cidr: "10.0.20.0/24" },
    ],
  };
  const world = new World(seed, facts, startWallMs, settle);
  world.hosts.push(host("alpha", 1), host("beta", 2));
  for (const { name, role, password } of mockPasswords) {
    const user = { role, password, changedAt: world.wall(-40 * dayMs), changedBy: "root" };
    world.shared = changedEntries(world.shared, "alpha", "user", name, user);
  }
  return world;
}

function host(name: string, number: number): HostScene {
  return {
    name,
    addresses: { data: `10.0.10.${number}`, heart: `10.0.20.${number}` },
    cpus: 16,
    memory: 64 * GiB,
    disk: { path: "/var/lib/gemel/vm", total: 4_000 * GiB, free: (2_150 + number * 45) * GiB },
  };
}

/** Names as customers give them: umlauts, spaces, Hangul. */
export const crossed: readonly ModulePlan[] = [
  { id: "cam1", vm: { name: "Kamera Süd" }, home: "alpha", index: 0, cpu: 3.1, writesPerSecond: 640 },
  { id: "cam2", vm: { name: "Kamera Nord" }, home: "beta", index: 1, cpu: 2.6, writesPerSecond: 520 },
  { id: "bms1", vm: { name: "Building management" }, home: "beta", index: 2, cpu: 0.7, writesPerSecond: 45 },
  { id: "door", vm: { name: "출입 통제" }, home: "alpha", index: 3, cpu: 0.4, writesPerSecond: 22 },
];

export function addUnprotected(world: World): void {
  const vm = (node: string, name: string, more: Partial<VmScene> = {}): VmScene => ({
    node,
    id: uuid(world.seed, `vm ${node} ${name}`),
    name,
    power: "on",
    memory: 4 * GiB,
    vcpus: 2,
    size: 38 * GiB,
    ...more,
  });
  world.vms.push(
    vm("alpha", "License server", { cdrom: true }),
    vm("alpha", "Windows Test", { power: "off", memory: 8 * GiB, size: 92 * GiB }),
    vm("beta", "Archiv Halle 3", { rawDisk: "/dev/mapper/vg0-archive", size: 420 * GiB }),
  );
}

/** Some days of history, oldest first, so that pages have something to page through. */
export function settlePast(world: World): void {
  const count = 140;
  for (let place = 0; place < count; place++) {
    const at = -Math.round(((count - place) / count) ** 2 * 9 * dayMs) - 60_000;
    const entry = pastEntry(world, place);
    world.record(entry, world.wall(at));
  }
}

type Past = Pick<HistoryEntry, "node" | "kind" | "module" | "sentence" | "rule" | "inputs" | "outcome">;

function pastEntry(world: World, place: number): Past {
  const pick = (what: string, count: number): number =>
    Math.floor(chance(world.seed, `past ${place} ${what}`) * count);
  const node = pick("node", 2) === 0 ? "alpha" : "beta";
  const peer = node === "alpha" ? "beta" : "alpha";
  const module = world.modules[pick("module", Math.max(1, world.modules.length))]?.id ?? null;
  const person = mockPasswords[pick("person", 2)]?.name ?? "anna";
  const by = { by: person, from: `192.168.10.${20 + pick("from", 60)}`, as: "admin" };
  const stories: readonly Past[] = [
    {
      node,
      kind: "log",
      module: null,
      rule: "heartbeat",
      sentence: `${peer} was silent on heart for 2 s.`,
      inputs: { network: "heart", silentMs: 2_000 },
      outcome: "one network less",
    },
    {
      node,
      kind: "decision",
      module,
      rule: "R19",
      sentence: `Both copies are equal: session ${30 + (place % 40)} begins.`,
      inputs: { peer, session: 30 + (place % 40), generation: "4f0c2d9be1a07733" },
      outcome: "PRIM",
    },
    { node, kind: "audit", module, rule: "command", sentence: "swap", inputs: by, outcome: "accepted" },
    {
      node,
      kind: "audit",
      module: null,
      rule: "command",
      sentence: "log in",
      inputs: by,
      outcome: pick("outcome", 6) === 0 ? "refused (401)" : "accepted",
    },
    {
      node,
      kind: "decision",
      module,
      rule: "R21",
      sentence: `${peer} is lost; the VM goes on alone here.`,
      inputs: { peer, silentMs: 5_000, arbiter: world.facts.arbiter },
      outcome: "ALONE",
    },
    {
      node,
      kind: "log",
      module,
      rule: "verify",
      sentence: "Both copies were compared: they are equal.",
      inputs: { bytes: 41_204_318_208, differing: 0 },
      outcome: "equal",
    },
  ];
  const found = stories[pick("story", stories.length)];
  if (found === undefined) throw new Error("every place of the past has its story");
  return found;
}
