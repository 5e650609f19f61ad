// SPDX-License-Identifier: Apache-2.0
// The alarms that are shown: this node's own and what the other one last told of its own, each with the
// moment at which it began and who has acknowledged it. An acknowledgement lives in the shared record and
// goes when its alarm has been over for a while, so that the same trouble next month sounds again.

import type { Alarm } from "../../api/contract.js";
import { without } from "../../base/fields.js";
import { alarmOverAfter } from "../../base/limits.js";
import { elapsed, type Instant } from "../../base/units.js";
import { byWeight, type FoundAlarm } from "./alarms.js";
import { toldAlarmsMax } from "../../base/limits/edge.js";

export type Acknowledgement = NonNullable<Alarm["acknowledged"]>;

export interface AlarmSources {
  readonly now: () => Instant;
  readonly wall: () => string;
  readonly acknowledged: () => ReadonlyMap<string, Acknowledgement>;
  /** The acknowledgement's alarm is over. */
  readonly forget: (id: string) => void;
}

export class AlarmBook {
  private readonly begun = new Map<string, string>();
  private readonly lastSeen = new Map<string, Instant>();
  private own: readonly Alarm[] = [];

  constructor(private readonly sources: AlarmSources) {}

  /** This node's own, since when: for the other node. */
  get found(): readonly Alarm[] {
    return this.own;
  }

  /** `mine`: found here just now; `theirs`: what the other node, if it answers, last told. */
  show(mine: readonly FoundAlarm[], theirs: readonly Alarm[]): readonly Alarm[] {
    const now = this.sources.now();
    this.own = mine.map((alarm) => ({ ...alarm, since: this.sinceOf(alarm.id) }));
    const known = new Set(this.own.map(({ id }) => id));
    const all = [...this.own, ...theirs.filter(({ id }) => !known.has(id))];
    const mineNow = new Set(mine.map(({ id }) => id));
    for (const id of [...this.begun.keys()]) if (!mineNow.has(id)) this.begun.delete(id);
    for (const { id } of all) this.lastSeen.set(id, now);
    const acknowledged = this.sources.acknowledged();
    this.clearOld(acknowledged, now);
    return all
      .map((alarm) => {
        const by = acknowledged.get(alarm.id);
        return { ...without(alarm, "acknowledged"), ...(by !== undefined && { acknowledged: by }) };
      })
      .sort(byWeight);
  }

  private sinceOf(id: string): string {
    const known = this.begun.get(id);
    if (known !== undefined) return known;
    const since = this.sources.wall();
    this.begun.set(id, since);
    return since;
  }

  /** Also after a restart of the daemon: an alarm not seen yet counts as seen at its first look. */
  private clearOld(acknowledged: ReadonlyMap<string, Acknowledgement>, now: Instant): void {
    for (const id of acknowledged.keys()) {
      const seen = this.lastSeen.get(id);
      if (seen === undefined) this.lastSeen.set(id, now);
      else if (elapsed(seen, now) > alarmOverAfter) {
        this.lastSeen.delete(id);
        this.sources.forget(id);
      }
    }
    for (const [id, seen] of this.lastSeen)
      if (!acknowledged.has(id) && elapsed(seen, now) > alarmOverAfter) this.lastSeen.delete(id);
  }
}

/** What came from the other node. */
export function toldAlarms(value: unknown): readonly Alarm[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).slice(0, toldAlarmsMax).filter(isAlarm);
}

function isAlarm(value: unknown): value is Alarm {
  if (typeof value !== "object" || value === null) return false;
  const { id, severity, code, sentence, next, since, module, node } = value as Partial<
    Record<string, unknown>
  >;
  const isText = (one: unknown): boolean => typeof one === "string" && one.length <= 2_000;
  const isMaybe = (one: unknown): boolean => one === undefined || isText(one);
  const texts = [id, code, sentence, next, since];
  return (
    texts.every(isText) && [module, node].every(isMaybe) && ["red", "amber"].includes(severity as string)
  );
}
