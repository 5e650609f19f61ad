// SPDX-License-Identifier: Apache-2.0
// A decision with more than three conditions as data: lettered rows of cells. A cell is the set of values
// that it accepts, an absent one accepts all. Reading order does not matter: exactly one row fits each input
// (test/core/decision-tables.test.ts walks them all), and docs/arbitration.md prints them.

import { check } from "../../base/check.js";

/** What an input may be made of: a few words per column. */
export type Words<Input> = { readonly [Column in keyof Input]: string };

export interface Row<Input, Verdict> {
  readonly row: string;
  readonly when: { readonly [Column in keyof Input]?: readonly Input[Column][] };
  readonly then: Verdict;
}

/** The legend of a table: what each column asks, and what each of its values means. */
export type Legend<Input extends Words<Input>> = {
  readonly [Column in keyof Input]: {
    readonly asks: string;
    readonly values: Readonly<Record<Input[Column], string>>;
  };
};

export interface Table<Input extends Words<Input>, Verdict> {
  readonly title: string;
  readonly legend: Legend<Input>;
  readonly rows: readonly Row<Input, Verdict>[];
}

export const fits = <Input extends Words<Input>>({ when }: Row<Input, unknown>, input: Input): boolean =>
  (Object.keys(when) as (keyof Input)[]).every((column) => when[column]?.includes(input[column]) ?? true);

export function rowFor<Input extends Words<Input>, Verdict>(
  { title, rows }: Table<Input, Verdict>,
  input: Input,
): Row<Input, Verdict> {
  const found = rows.find((row) => fits(row, input));
  check(found !== undefined, `${title} has a row for ${JSON.stringify(input)}`);
  return found;
}
