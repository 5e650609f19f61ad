// SPDX-License-Identifier: Apache-2.0
// What happens to the two hosts before everything is healed: faults of machines and networks, and people.

import type { Command } from "../../core/decide/mirror/command.js";
import type { ModuleId } from "../../core/base/units.js";
import type { Cluster } from "../../core/sim/cluster.js";
import type { Host } from "../../core/sim/host.js";
import { executes } from "../../core/sim/server.js";
import type { Chance } from "./chance.js";

/** What a fault works with. */
export interface Stage {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly module: () => ModuleId;
  readonly give: (host: Host, command: Command) => void;
  /** The next time its record is on the disk its daemon dies, before anything of that turn has left. */
  readonly doom: (host: Host) => void;
  /** Nothing happens any more by itself. */
  readonly isHealed: boolean;
}

export type Fault = readonly [name: string, weight: number, act: (host: Host, stage: Stage) => void];

const nets = ["data", "heart", "link"] as const;

export const faults: readonly Fault[] = [
  ["cut a network", 4, cut],
  ["heal a network", 6, (_host, { cluster, chance }) => cluster.networks.heal(chance.of(nets))],
  ["cut all", 2, (_host, { cluster }) => cutAll(cluster)],
  ["power-off", 3, (host) => host.powerOff()],
  ["boot", 6, (host) => host.boot()],
  ["daemon killed", 3, (host) => host.killDaemon()],
  ["daemon started", 6, (host) => host.startDaemon()],
  ["mirror killed", 2, killMirror],
  // Sometimes in the kernel, where it cannot be killed (not by chance, which would shift all other seeds).
  [
    "mirror hangs",
    1,
    (host, { module, cluster }) => host.mirrors.get(module())?.hang(cluster.now % 500 === 0),
  ],
  ["mirror goes on", 2, (host) => [...host.mirrors.values()].forEach((mirror) => mirror.wake())],
  ["qemu killed", 2, (host, { module }) => host.killGuest(module())],
  ["qemu kept after a crash", 1, (host, { module }) => host.panic(module())],
  ["switched off inside", 0.5, (host, { module }) => switchOff(host, module())],
  ["freeze", 2, (host) => (host.runs ? host.freeze() : undefined)],
  ["thaw", 5, (host) => (host.isFrozen ? host.thaw() : undefined)],
  ["libvirtd", 1, (host) => host.setHypervisor(!host.isHypervisorUp)],
  ["record's disk hangs", 1, (host) => (host.isStateDiskHung = true)],
  ["record's disk works", 3, (host) => (host.isStateDiskHung = false)],
  ["a file is held open", 0.5, (host, { module }) => holdOpen(host, module(), true)],
  ["files are closed", 2, (host, { module }) => holdOpen(host, module(), false)],
  ["pause", 1, (host) => host.setPause({ since: "2026-11-21T03:12:00Z", by: "simulator", why: "" })],
  ["resume", 2, (host) => host.setPause(undefined)],
  ["command", 6, command],
  ["shutdown", 0.5, shutDown],
  ["a link flaps", 1, flap],
  ["a stale primary", 0.5, stalePrimary],
  ["shutdown taken back", 0.5, (host, { give }) => give(host, { do: "shutdown", back: true })],
];

export function pickFault(chance: Chance): Fault {
  let pick = chance.next() * faults.reduce((sum, [, weight]) => sum + weight, 0);
  return faults.find(([, weight]) => (pick -= weight) < 0) ?? faults[0] ?? ["none", 0, () => undefined];
}

function cut(host: Host, { cluster, chance }: Stage): void {
  cluster.networks.cut(chance.of(nets), host.name, cluster.other(host).name, chance.is(0.3));
}

export function cutAll({ networks, hosts: [a, b] }: Cluster): void {
  for (const net of ["data", "heart"]) networks.cut(net, a.name, b.name);
}

function switchOff(host: Host, id: ModuleId): void {
  if (executes(host.machineOf(id))) host.endMachine(id, true);
}

function killMirror(host: Host, { module }: Stage): void {
  const id = module();
  if (host.mirrors.has(id)) host.killMirror(id);
}

function holdOpen(host: Host, id: ModuleId, isHeld: boolean): void {
  const mirror = host.mirrors.get(id);
  if (mirror !== undefined) mirror.isHeldOpen = isHeld;
}

function command(host: Host, { chance, module: pick, give }: Stage): void {
  const module = pick();
  const scope = chance.of(["node", "both"] as const);
  const asked = chance.of<Command>([
    { do: "start", module, scope },
    { do: "start", module, scope },
    { do: "stop", module, scope, force: chance.is(0.3) },
    { do: "swap", module },
    { do: "swap", module },
    { do: "restart", module },
    { do: "stopstart", module },
    { do: "second", module, force: false },
  ]);
  give(host, asked);
}

/** The operating system ends: the modules leave first, then the power goes. */
function shutDown(host: Host, stage: Stage): void {
  if (!host.isDaemonUp) return;
  stage.give(host, { do: "shutdown" });
  host.after(stage.chance.of([3_000, 10_000, 30_000]), () => {
    if (!stage.isHealed) host.powerOff();
  });
}

/** The data link alone is lost and soon back; a daemon that is being asked about it may die at that. */
export function flap(host: Host, { cluster, chance, doom }: Stage): void {
  const other = cluster.other(host);
  cluster.networks.cut("link", host.name, other.name);
  if (chance.is(0.7)) doom(host);
  other.after(chance.of([3300, 3600, 4200]), () => cluster.networks.heal("link"));
  host.after(chance.of([4000, 8000]), () => host.startDaemon());
}

/** A host stands still for so long that the other one goes ahead, and is stopped; then it goes on. */
function stalePrimary(host: Host, stage: Stage): void {
  if (!host.runs) return;
  const other = stage.cluster.other(host);
  const module = stage.module();
  host.freeze();
  other.after(12_000, () => {
    if (!stage.isHealed) stage.give(other, { do: "stop", module, scope: "node", force: false });
  });
  other.after(stage.chance.of([20_000, 30_000]), () => (host.isFrozen ? host.thaw() : undefined));
}
