// SPDX-License-Identifier: Apache-2.0
// Ranges of charts and how their points are laid out: columns on an even grid of at most 600 steps, with
// gaps as null, so that a chart shows when nothing was known instead of drawing a line across it. Pure.

import type { Series, SeriesName, SeriesRange } from "../../api/contract.js";
import { seriesPointsMax } from "../../base/limits/edge.js";

/** What was found in one step. */
export type Point = Readonly<Partial<Record<SeriesName, number | null>>> & {
  readonly slot: number;
  readonly node: string;
};

export interface Grid {
  readonly from: number;
  readonly step: number;
  readonly now: number;
}

/** Steps are multiples of what is stored: 10 s and 5 min. */
const shapes = {
  "1h": { seconds: 3_600, step: 10, source: "fine" },
  "24h": { seconds: 86_400, step: 150, source: "fine" },
  "30d": { seconds: 30 * 86_400, step: 4_500, source: "coarse" },
} as const satisfies Record<SeriesRange, object>;

export function ranges(range: SeriesRange, now: number): Grid & { readonly source: "fine" | "coarse" } {
  const { seconds, step, source } = shapes[range];
  return { from: (Math.floor((now - seconds) / step) + 1) * step, step, now, source };
}

/** The last two minutes, for small charts. */
export function recentGrid(now: number): Grid {
  const step = shapes["1h"].step;
  return { from: (Math.floor((now - 120) / step) + 1) * step, step, now };
}

export function slotsOf({ from, step, now }: Grid): readonly number[] {
  const slots: number[] = [];
  for (let slot = from; slot <= now && slots.length < seriesPointsMax; slot += step) slots.push(slot);
  return slots;
}

export function pointsOf(
  points: readonly Point[],
  grid: Grid,
  wanted: readonly SeriesName[],
): Pick<Series, "at" | "node" | "values"> {
  const slots = new Map(points.map((point) => [point.slot, point]));
  const at = slotsOf(grid);
  const column = (name: SeriesName): readonly (number | null)[] =>
    at.map((slot) => rounded(slots.get(slot)?.[name] ?? null));
  return {
    at,
    node: at.map((slot) => slots.get(slot)?.node ?? ""),
    values: Object.fromEntries(wanted.map((name) => [name, column(name)])),
  };
}

const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1000) / 1000;
