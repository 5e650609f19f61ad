// SPDX-License-Identifier: Apache-2.0
// The settings of a module as a form keeps them, and back: what a person changed, and nothing else, goes to
// the API; the API judges it, and what it refuses is led back to the field that it names. Pure.

import type { ApiError, CallWay, ModuleView } from "../../../core/api/contract.js";

export type FieldName =
  | "defaultPrim"
  | "failover"
  | "boot"
  | "acknowledge"
  | "stop"
  | "niceStopSeconds"
  | "forceStopSeconds"
  | "powerOff"
  | "maxLoop"
  | "loopIntervalHours"
  | "resyncCap"
  | "pin"
  | "apart";

export type SettingsValues = Readonly<Record<FieldName, string>>;

/** What is another one once a module is configured anew. */
export const configured: readonly CallWay[] = [
  "GET /modules",
  "GET /modules/:module",
  "GET /modules/:module/copies",
  "GET /modules/:module/preview",
  "GET /status",
];

/** The cap is typed in MiB/s: nobody counts bytes. */
const mebibyte = 1024 * 1024;

export function formOf({ settings }: ModuleView): SettingsValues {
  return {
    defaultPrim: settings.defaultPrim,
    failover: onOff(settings.failover),
    boot: onOff(settings.boot),
    acknowledge: settings.acknowledge,
    stop: settings.stop,
    niceStopSeconds: String(settings.niceStopSeconds),
    forceStopSeconds: String(settings.forceStopSeconds),
    powerOff: settings.powerOff,
    maxLoop: String(settings.maxLoop),
    loopIntervalHours: String(settings.loopIntervalHours),
    resyncCap: settings.resyncCap === 0 ? "" : String(Math.round(settings.resyncCap / mebibyte)),
    pin: settings.pin ?? "",
    apart: settings.apart ?? "",
  };
}

const onOff = (on: boolean): string => (on ? "on" : "off");

/**
 * What PATCH is to carry. A number that is none is sent as it was typed: the API says what is wrong with it,
 * in its own words.
 */
export function changeOf(
  before: SettingsValues,
  now: SettingsValues,
): Record<string, string | number | boolean> {
  const change: Record<string, string | number | boolean> = {};
  for (const name of fieldNames) if (before[name] !== now[name]) change[name] = valueOf(name, now[name]);
  return change;
}

export const fieldNames = [
  "defaultPrim",
  "failover",
  "boot",
  "acknowledge",
  "stop",
  "niceStopSeconds",
  "forceStopSeconds",
  "powerOff",
  "maxLoop",
  "loopIntervalHours",
  "resyncCap",
  "pin",
  "apart",
] as const satisfies readonly FieldName[];

function valueOf(name: FieldName, typed: string): string | number | boolean {
  const text = typed.trim();
  switch (name) {
    case "failover":
    case "boot":
      return text === "on";
    case "niceStopSeconds":
    case "forceStopSeconds":
    case "maxLoop":
    case "loopIntervalHours":
      return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
    case "resyncCap": {
      if (text === "") return 0;
      const cap = Number(text) * mebibyte;
      return Number.isFinite(cap) ? Math.round(cap) : text;
    }
    default:
      return text;
  }
}

/**
 * The field that a refusal is about: `where` names it ("maxLoop", "body/maxLoop"), or the message begins
 * with it. undefined: it is about the whole form.
 */
export function fieldOf<Name extends string>(
  { where, message }: Pick<ApiError, "where" | "message">,
  names: readonly Name[],
): Name | undefined {
  const named = where.split(/[/.]/).at(-1);
  const begun = /^(?:body|querystring)[/.]([A-Za-z]+)/.exec(message)?.[1];
  return names.find((name) => name === named) ?? names.find((name) => name === begun);
}

/** "line 12: …": where the editor shall point. */
export function lineOf(message: string): number | undefined {
  const found = /\bline (\d+)\b/i.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}
