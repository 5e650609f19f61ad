// SPDX-License-Identifier: Apache-2.0
// A module's settings as values: what a person sees and changes of them, and what of them decides. Pure;
// which file they come from is the business of modules.ts.

import type { ModuleChange, ModuleView } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import { bytes, milliseconds, nodeName, seconds, type ModuleId } from "../../base/units.js";
import type { ModuleConfig } from "../../decide/mirror/types.js";
import { defaultPrimOf, defaultPrimText, writeModule, type ModuleSettings } from "./module-file.js";

/** Copies, ports and marks of both nodes rest on these; protect chose them. */
const lasting: Readonly<Record<string, (settings: ModuleSettings) => string>> = {
  uuid: ({ uuid }) => uuid,
  index: ({ index }) => String(index),
  "the VM": ({ vm }) => vm.id,
  "the folder": ({ vm }) => vm.folder,
  "the nodes": ({ nodes }) => nodes.join(" and "),
};

export function moduleView(id: string, settings: ModuleSettings, warnings: readonly string[]): ModuleView {
  const { vm, nodes, index, failover, boot, maxLoop, acknowledge, defaultPrim, placement } = settings;
  const { loopInterval, resyncCap, stop, powerOff } = settings;
  return {
    id,
    xml: writeModule(settings),
    warnings,
    settings: {
      vm,
      nodes,
      index,
      failover,
      boot,
      maxLoop,
      loopIntervalHours: loopInterval / 3_600_000,
      resyncCap,
      stop: stop.how,
      niceStopSeconds: stop.nice / 1000,
      forceStopSeconds: stop.force / 1000,
      powerOff,
      acknowledge,
      ...placement,
      defaultPrim: defaultPrimText(defaultPrim),
    },
  };
}

/** All settings at once; what the module is stays. */
export function replaced(id: string, before: ModuleSettings, settings: ModuleSettings): ModuleSettings {
  for (const [name, of] of Object.entries(lasting)) {
    const [was, is] = [of(before), of(settings)];
    if (is === was) continue;
    const message = `${name} cannot be changed here: it is ${was}, not ${is}.`;
    const next = `Put ${was} back; for another one unprotect the VM and protect it anew.`;
    throw new GemelError("GEMEL-4006", id, message, next);
  }
  return { ...settings, revision: before.revision + 1 };
}

/** As a person reads it: "failover: true → false". */
export function differences(before: ModuleSettings, after: ModuleSettings): readonly string[] {
  const [was, is] = [before, after].map((one) => ({ ...moduleView("", one, []).settings, uuid: one.uuid }));
  const told = (settings: typeof was, name: string): string =>
    JSON.stringify((settings as Readonly<Record<string, unknown>> | undefined)?.[name] ?? null);
  return Object.keys({ ...was, ...is })
    .filter((name) => told(was, name) !== told(is, name))
    .map((name) => `${name}: ${told(was, name)} → ${told(is, name)}`);
}

/** A file that was edited by hand: if it says anything new, a revision of its own (R106). */
export function edited(id: string, before: ModuleSettings, file: ModuleSettings): ModuleSettings {
  const isSame = differences(before, file).length === 0;
  if (isSame) return { ...file, revision: Math.max(file.revision, before.revision) };
  const { revision } = replaced(id, before, file);
  return { ...file, revision: Math.max(file.revision, revision) };
}

export function changed(settings: ModuleSettings, change: ModuleChange): ModuleSettings {
  const { defaultPrim, loopIntervalHours: hours, stop: how, niceStopSeconds: nice, ...rest } = change;
  const { forceStopSeconds: force, resyncCap, pin, apart, ...plain } = rest;
  const same: Partial<ModuleSettings> = plain;
  return {
    ...settings,
    ...same,
    revision: settings.revision + 1,
    ...(defaultPrim !== undefined && { defaultPrim: defaultPrimOf(defaultPrim) }),
    ...(hours !== undefined && { loopInterval: milliseconds(hours * 3_600_000) }),
    ...(resyncCap !== undefined && { resyncCap: bytes(resyncCap) }),
    placement: {
      pin: pin === undefined ? settings.placement.pin : pin === "" ? null : nodeName(pin),
      apart: apart === undefined ? settings.placement.apart : apart === "" ? null : apart,
    },
    stop: {
      ...settings.stop,
      ...(how !== undefined && { how }),
      ...(nice !== undefined && { nice: seconds(nice) }),
      ...(force !== undefined && { force: seconds(force) }),
    },
  };
}

/** The part of the settings that decisions need. */
export function configOf(id: ModuleId, settings: ModuleSettings): ModuleConfig {
  const [first, second] = settings.nodes;
  if (first === undefined || second === undefined) throw new GemelError("GEMEL-4006", id);
  return {
    id,
    nodes: [first, second],
    vm: { id: settings.vm.id, name: settings.vm.name },
    arbiter: "none",
    defaultPrim: settings.defaultPrim,
    failover: settings.failover,
    boot: settings.boot,
    maxLoop: settings.maxLoop,
    loopInterval: settings.loopInterval,
    stopHow: settings.stop.how,
    niceStop: settings.stop.nice,
    forceStop: settings.stop.force,
    powerOff: settings.powerOff,
  };
}
