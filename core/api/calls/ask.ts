// SPDX-License-Identifier: Apache-2.0
// How a call is asked, wherever it is asked from: `ask("GET /modules/:module", { module: "cam1" })`. The way
// is a word of the table, so that the compiler knows what it takes and what it answers; nothing of the table
// itself is needed for asking, and a browser loads none of it.

import type { Static, TSchema } from "@sinclair/typebox";
import type { Schemas } from "../schemas/calls.js";

export type CallWay = keyof Schemas;

/** Schemas have no `readonly`; what has been said is not changed any more. */
export type Said<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Said<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Said<T[Key]> }
      : T;
export type Spoken<Schema extends TSchema> = Said<Static<Schema>>;

type Part<W extends CallWay, Name extends string, Without> =
  Schemas[W] extends Readonly<Record<Name, infer Schema extends TSchema>> ? Spoken<Schema> : Without;
export type Params<W extends CallWay> = Part<W, "params", unknown>;
export type Query<W extends CallWay> = Part<W, "query", unknown>;
export type Body<W extends CallWay> = Part<W, "body", undefined>;
export type Answer<W extends CallWay> = Spoken<Schemas[W]["answer"]>;

/** What stands in the path and in the query, by name; undefined is as good as absent. */
export type Named<W extends CallWay> = Loose<Params<W> & Query<W>>;
type Loose<T> = {
  readonly [Key in keyof T]: Partial<Pick<T, Key>> extends Pick<T, Key> ? T[Key] | undefined : T[Key];
};

/** Left out where there is nothing to say. */
export type Asking<W extends CallWay> =
  Body<W> extends undefined
    ? Partial<Named<W>> extends Named<W>
      ? [named?: Named<W>]
      : [named: Named<W>]
    : [named: Named<W>, body: Body<W>];

/** All that a transport is. */
export type Ask = <W extends CallWay>(way: W, ...asking: Asking<W>) => Promise<Answer<W>>;

export interface Address {
  readonly method: string;
  /** Below the API's root, with its query. */
  readonly path: string;
}

/** What the path does not name goes into the query. */
export function callAddress(way: string, named: object = {}): Address {
  const [method = "", pattern = ""] = way.split(" ");
  const rest = new URLSearchParams();
  let path = pattern;
  for (const [name, value] of Object.entries(named)) {
    if (value === undefined) continue;
    const text = encodeURIComponent(String(value));
    if (path.includes(`:${name}`)) path = path.replace(`:${name}`, () => text);
    else rest.set(name, String(value));
  }
  const query = rest.toString();
  return { method, path: query === "" ? path : `${path}?${query}` };
}
