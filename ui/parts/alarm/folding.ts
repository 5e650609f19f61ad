// SPDX-License-Identifier: Apache-2.0
// Which alarms stand above every page, and which only behind a click: an alarm that hides the hosts helps
// nobody. What the cards of modules say already is one line, three lines are shown at most, and what somebody
// has taken care of is a small badge. Pure.

import type { Alarm } from "../../../core/api/contract.js";

export const linesMax = 3;

export type AlarmLine =
  | { readonly kind: "alarm"; readonly alarm: Alarm }
  /** Amber ones of several modules, whose cards say the rest. */
  | { readonly kind: "modules"; readonly alarms: readonly Alarm[] };

export interface Folded {
  readonly lines: readonly AlarmLine[];
  readonly more: readonly AlarmLine[];
  readonly acknowledged: readonly Alarm[];
}

const isOfModule = ({ severity, module }: Alarm): boolean => severity === "amber" && module !== undefined;

export function fold(alarms: readonly Alarm[]): Folded {
  const open = alarms.filter(({ acknowledged }) => acknowledged === undefined);
  const ofModules = open.filter(isOfModule);
  const others = open.filter((alarm) => !isOfModule(alarm) || ofModules.length === 1);
  const rank = ({ severity }: Alarm): number => (severity === "red" ? 0 : 1);
  const lines: AlarmLine[] = [...others]
    .sort((a, b) => rank(a) - rank(b))
    .map((alarm): AlarmLine => ({ kind: "alarm", alarm }));
  if (ofModules.length > 1) lines.push({ kind: "modules", alarms: ofModules });
  return {
    lines: lines.slice(0, linesMax),
    more: lines.slice(linesMax),
    acknowledged: alarms.filter(({ acknowledged }) => acknowledged !== undefined),
  };
}
