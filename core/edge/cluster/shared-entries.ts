// SPDX-License-Identifier: Apache-2.0
// The entries of the shared record as values: what both nodes must know alike although neither is master:
// users, the pause of automatic failover, acknowledged alarms. A map from key to entry; both nodes change
// it whenever they like and meet later.
//
//   key            value                         null: removed, and it stays removed when an old copy of
//   user/NAME      role, hash of the password    it comes back (a tombstone)
//   pause          since, by, why
//   ack/ALARM      by, at
//
// `merge` takes the higher revision of each key; equal ones (both nodes changed it while they were cut) are
// decided by the node's name, so both decide the same whatever came first. It is commutative, associative and
// idempotent, which is all that makes two nodes equal in the end. No clock has a say in it.

import { Type, type Static } from "@sinclair/typebox";
import { sharedEntriesMax } from "../../base/limits.js";
import { isOlder, type Version } from "./merge-rule.js";
import { isOfShape } from "../../base/shape.js";

const text = Type.String({ maxLength: 4096 });

const roles = Type.Union([Type.Literal("monitor"), Type.Literal("control"), Type.Literal("admin")]);

/** The first part of a key → what its values look like. A kind that is not here is kept, and not read. */
const kinds = {
  user: Type.Object({ role: roles, password: text, changedAt: text, changedBy: text }),
  pause: Type.Object({ since: text, by: text, why: text }),
  ack: Type.Object({ by: text, at: text }),
};

export interface SharedKinds {
  readonly user: Readonly<Static<typeof kinds.user>>;
  readonly pause: Readonly<Static<typeof kinds.pause>>;
  readonly ack: Readonly<Static<typeof kinds.ack>>;
}

type Kind = keyof SharedKinds;
export type SharedChange<K extends Kind = Kind> = [kind: K, name: string, value: SharedKinds[K] | null];
/** The pause has one value and no name, the others one per name. */
const keyOf = (kind: Kind, name: string): string => (name === "" ? kind : `${kind}/${name}`);

const entry = Type.Object({
  revision: Type.Integer({ minimum: 1 }),
  node: Type.String({ minLength: 1, maxLength: 63 }),
  value: Type.Union([Type.Null(), Type.Record(Type.String(), Type.Unknown())]),
});
const key = Type.String({ pattern: "^[a-z]+(/.{1,255})?$" });
const entries = Type.Record(key, entry, { additionalProperties: false });

export type Entry = Readonly<Static<typeof entry>>;
export type Entries = Readonly<Record<string, Entry>>;

export function merge(a: Entries, b: Entries): Entries {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(keys.flatMap((key) => newer(key, a[key], b[key])));
}

function newer(key: string, a: Entry | undefined, b: Entry | undefined): [string, Entry][] {
  if (a === undefined) return b === undefined ? [] : [[key, b]];
  return [[key, b !== undefined && isBefore(a, b) ? b : a]];
}

const isBefore = (a: Entry, b: Entry): boolean => isOlder(versionOf(a), versionOf(b));

const versionOf = ({ revision, node, value }: Entry): Version => ({
  revision,
  node,
  text: JSON.stringify(value),
});

/** R106: what this node said and does not count: the other one has changed it as well while they were cut. */
export function lostEntries(before: Entries, after: Entries, self: string): readonly string[] {
  return Object.entries(after)
    .filter(([key, { revision, node }]) => {
      const own = before[key];
      return own?.node === self && node !== self && own.revision === revision;
    })
    .map(([key]) => key);
}

/** What they become by a change on the node `self`; null removes. */
export function changedEntries<K extends Kind>(
  before: Entries,
  self: string,
  ...[kind, name, value]: SharedChange<K>
): Entries {
  const key = keyOf(kind, name);
  if (value === null && (before[key]?.value ?? null) === null) return before;
  const revision = (before[key]?.revision ?? 0) + 1;
  return merge(before, { [key]: { revision, node: self, value } });
}

export function sharedValue<K extends Kind>(all: Entries, kind: K, name = ""): SharedKinds[K] | undefined {
  return read(all, kind, keyOf(kind, name));
}

/** Name after the slash → value. */
export function sharedValues<K extends Kind>(all: Entries, kind: K): ReadonlyMap<string, SharedKinds[K]> {
  const keys = Object.keys(all).filter((key) => key.startsWith(`${kind}/`));
  return new Map(
    keys.flatMap((key) => {
      const value = read(all, kind, key);
      return value === undefined ? [] : [[key.slice(kind.length + 1), value] as const];
    }),
  );
}

function read<K extends Kind>(all: Entries, kind: K, key: string): SharedKinds[K] | undefined {
  const value = all[key]?.value ?? undefined;
  return value !== undefined && isOf(kind, value) ? value : undefined;
}

/** What came from a disk or another node: entries, or undefined when it is anything else. */
export function entriesOf(value: unknown): Entries | undefined {
  return isOfShape(entries, value) ? value : undefined;
}

function isOf<K extends Kind>(kind: K, value: unknown): value is SharedKinds[K] {
  return isOfShape(kinds[kind], value);
}

export const isSame = (a: Entry | undefined, b: Entry | undefined): boolean =>
  a !== undefined && b !== undefined && !isBefore(a, b) && !isBefore(b, a);

/**
 * Alarms come and go for years: when there are too many entries, tombstones of acknowledgements go. One that
 * comes back from the other node does no harm; a removed user, who would, is never forgotten.
 */
export function bounded(all: Entries): Entries {
  const surplus = Object.keys(all).length - sharedEntriesMax;
  if (surplus <= 0) return all;
  const old = Object.entries(all).filter(([key, { value }]) => value === null && key.startsWith("ack/"));
  const gone = new Set(old.slice(0, surplus).map(([key]) => key));
  return Object.fromEntries(Object.entries(all).filter(([key]) => !gone.has(key)));
}
