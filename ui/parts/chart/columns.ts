// SPDX-License-Identifier: Apache-2.0
// From the API's series to what a chart draws, and to the same in words and as a table for whoever does not
// see the drawing. Pure: tested without a browser.

import type { Series, SeriesName } from "../../../core/api/contract.js";

export type Column = readonly (number | null)[];

export interface Columns {
  /** Unix seconds. */
  readonly at: readonly number[];
  readonly values: readonly Column[];
  /** Moments at which the VM's node changed. */
  readonly moves: readonly { readonly at: number; readonly from: string; readonly to: string }[];
}

/** More than this many steps without a row is a hole in time, not a slope. */
const holeSteps = 2.5;

/** Where no row is, the line is interrupted: a chart must not draw what was never measured. */
export function columnsOf(series: Series, names: readonly SeriesName[]): Columns {
  const { at, node, stepSeconds, values } = series;
  const outAt: number[] = [];
  const out: (number | null)[][] = names.map(() => []);
  const moves: { at: number; from: string; to: string }[] = [];
  let from = "";
  at.forEach((moment, row) => {
    const before = at[row - 1];
    if (before !== undefined && moment - before > holeSteps * stepSeconds) {
      outAt.push(before + stepSeconds);
      out.forEach((column) => column.push(null));
    }
    outAt.push(moment);
    names.forEach((name, index) => out[index]?.push(values[name]?.[row] ?? null));
    // A row in which nothing was measured has no node: nothing has moved there.
    const to = node[row] ?? "";
    if (to === "") return;
    if (from !== "" && from !== to) moves.push({ at: moment, from, to });
    from = to;
  });
  return { at: outAt, values: out, moves };
}

export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly last: number;
}

/** undefined: nothing was measured. */
export function spreadOf(column: Column): Spread | undefined {
  const known = column.filter((value) => value !== null);
  const sorted = [...known].sort((a, b) => a - b);
  const [min, max, last] = [sorted[0], sorted.at(-1), known.at(-1)];
  if (min === undefined || max === undefined || last === undefined) return undefined;
  return { count: sorted.length, min, median: sorted[Math.floor(sorted.length / 2)] ?? min, max, last };
}

export interface Line {
  readonly label: string;
  readonly text: (value: number | null) => string;
}

/** "Median: 0.4 to 3.1 ms, mostly 0.6 ms, last 0.7 ms." for each line. */
export function summaryOf(columns: Columns, lines: readonly Line[]): string {
  const parts = lines.map(({ label, text }, index) => {
    const spread = spreadOf(columns.values[index] ?? []);
    if (spread === undefined) return `${label}: nothing measured.`;
    const { min, median, max, last } = spread;
    return `${label}: ${text(min)} to ${text(max)}, mostly ${text(median)}, last ${text(last)}.`;
  });
  const moved = columns.moves.map(({ from, to }) => ` The VM moved from ${from} to ${to}.`);
  return parts.join(" ") + moved.join("");
}

export interface TableRow {
  /** Unix seconds, begin of what the row sums up. */
  readonly at: number;
  /** The highest of each column in that time: what a table of means would hide is what one looks for. */
  readonly highest: Column;
  readonly median: Column;
}

/** At most `rowsMax` rows of equal spans of time. */
export function tableOf({ at, values }: Columns, rowsMax: number): TableRow[] {
  const [first, last] = [at[0], at.at(-1)];
  if (first === undefined || last === undefined) return [];
  const span = Math.max(1, Math.ceil((last - first + 1) / rowsMax));
  const rows: TableRow[] = [];
  for (let begin = first; begin <= last; begin += span) {
    const within = values.map((column) =>
      column.filter((_value, row) => (at[row] ?? 0) >= begin && (at[row] ?? 0) < begin + span),
    );
    const spreads = within.map(spreadOf);
    if (spreads.every((spread) => spread === undefined)) continue;
    rows.push({
      at: begin,
      highest: spreads.map((spread) => spread?.max ?? null),
      median: spreads.map((spread) => spread?.median ?? null),
    });
  }
  return rows;
}
