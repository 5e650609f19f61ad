// SPDX-License-Identifier: Apache-2.0
// What protecting a VM will be, before anything happens: the module's name and place, its settings, and what
// a person should know beforehand.

import { randomUUID } from "node:crypto";
import { normalize } from "node:path";
import { GemelError } from "../base/errors.js";
import { forceStopTimeout, loopInterval, maxLoop, modulesMax, niceStopTimeout } from "../base/limits.js";
import { bytes, nodeName } from "../base/units.js";
import { moduleIdPattern, type ModuleSettings } from "../edge/config/module-file.js";
import type { PreparedPlan, ProtectPlan, VmDetails } from "../ports/hypervisor.js";
import type { ProtectReply, ProtectRequest } from "../api/contract.js";
import { copyRateGuess } from "../base/limits/edge.js";

/** What the procedure has in its journal. */
export interface EnterData {
  readonly module: string;
  readonly peer: string;
  readonly by: string;
  readonly plan: ProtectPlan;
  readonly settings: ModuleSettings;
  readonly mayStop: boolean;
  readonly wasRunning?: boolean;
  readonly prepared?: PreparedPlan;
}

/** `[a-z][a-z0-9-]{0,30}` out of whatever people call their VMs; the VM's own name stays what it is. */
export function moduleNameFor(vmName: string, taken: readonly string[]): string {
  const plain = vmName
    .normalize("NFKD")
    .replace(/ß/g, "ss")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  const base = (plain === "" ? "vm" : plain).slice(0, 28).replace(/-+$/, "");
  let name = base;
  for (let count = 2; taken.includes(name); count++) name = `${base}-${count}`;
  return name;
}

export function checkModuleName(name: string, taken: readonly string[]): string {
  if (!moduleIdPattern.test(name)) {
    throw new GemelError(
      "GEMEL-4008",
      name,
      "A module's name is a small letter, then up to 30 of a-z, 0-9 and -.",
    );
  }
  if (taken.includes(name)) throw new GemelError("GEMEL-5004", name, "A module of this name exists.");
  return name;
}

export function checkFolder(folder: string): string {
  if (
    !folder.startsWith("/") ||
    folder.includes("\0") ||
    normalize(folder) !== folder ||
    folder.endsWith("/")
  ) {
    throw new GemelError("GEMEL-4008", folder, "The folder must be an absolute path without . and .. in it.");
  }
  return folder;
}

export function freeIndex(used: readonly number[], which: "first" | "last"): number {
  const free = Array.from({ length: modulesMax }, (_, index) => index).filter((one) => !used.includes(one));
  const found = which === "first" ? free[0] : free.at(-1);
  if (found !== undefined) return found;
  throw new GemelError("GEMEL-5005", "");
}

export interface Protected {
  readonly vm: { readonly id: string; readonly name: string };
  readonly folder: string;
  readonly nodes: readonly [string, string];
  readonly index: number;
  readonly excluded: NonNullable<ProtectRequest["exclude"]>;
}

export function newSettings({ vm, folder, nodes, index, excluded }: Protected): ModuleSettings {
  return {
    uuid: randomUUID(),
    revision: 1,
    index,
    nodes: nodes.map(nodeName),
    vm: { id: vm.id, name: vm.name, folder },
    defaultPrim: { kind: "alone" },
    failover: true,
    boot: true,
    maxLoop,
    loopInterval,
    acknowledge: "written",
    resyncCap: bytes(0),
    powerOff: "stop",
    stop: { how: "shutdown", nice: niceStopTimeout, force: forceStopTimeout },
    placement: { pin: null, apart: null },
    excluded,
  };
}

/** Disks and drives by target that stay behind. */
export function leftOutBy({ exclude, isos }: ProtectPlan, { disks }: VmDetails): readonly string[] {
  const drives = disks.filter(({ device }) => isos === "eject" && device !== "disk");
  return [...exclude, ...drives].map(({ target }) => target);
}

/** What the other node does not have yet: what the disks that come along really hold. */
export function firstCopyOf(
  details: VmDetails,
  plan: ProtectPlan,
  bytesPerSecond: number | null,
): NonNullable<ProtectReply["firstCopy"]> {
  const left = new Set(leftOutBy(plan, details));
  const coming = details.disks.filter(({ target }) => !left.has(target));
  const size = coming.reduce((sum, { allocated }) => sum + Math.max(allocated, 0), 0);
  return { bytes: size, seconds: bytesPerSecond === null ? null : Math.ceil(size / bytesPerSecond) };
}

/** What will happen, in sentences: outage, sizes, what the other node will start with. */
export function notesFor(details: VmDetails, plan: ProtectPlan, toCopy: number): readonly string[] {
  const { folder } = plan;
  const seconds = Math.ceil(toCopy / copyRateGuess);
  const time = duration(2 * seconds);
  const moving =
    toCopy === 0
      ? `Its files are renamed into ${folder}: that takes a moment.`
      : `${inMebibytes(toCopy)} are copied into ${folder} and compared: about ${time}.`;
  const outage =
    details.power === "off"
      ? []
      : [`The guest is down for its shutdown, the move (${toCopy === 0 ? "a moment" : time}) and its boot.`];
  const left = plan.exclude.map(({ target, how }) =>
    how === "detach"
      ? `Disk ${target} is not replicated: the other node starts the VM without it (partly protected).`
      : `Disk ${target} is not replicated: the other node starts with an empty one (partly protected).`,
  );
  const { bytes: size } = firstCopyOf(details, plan, null);
  return [
    ...outage,
    moving,
    `First copy to the other node: up to ${inMebibytes(size)}, while the guest runs.`,
    ...left,
  ];
}

const inMebibytes = (size: number): string =>
  size < 1024 ** 3 ? `${Math.ceil(size / 1024 ** 2)} MiB` : `${(size / 1024 ** 3).toFixed(1)} GiB`;

const duration = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
