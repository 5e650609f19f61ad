// SPDX-License-Identifier: Apache-2.0
// What both nodes must know alike although neither is master: users, the pause of automatic failover,
// acknowledged alarms. A map from key to entry; both nodes change it whenever they like and meet later.
//
//   key            value                         null: removed, and it stays removed when an old copy of
//   user/NAME      role, hash of the password    it comes back (a tombstone)
//   pause          since, by, why
//   ack/ALARM      by, at
//
// `merge` takes the higher revision of each key; equal ones (both nodes changed it while they were cut) are
// decided by the node's name, so both decide the same whatever came first. It is commutative, associative and
// idempotent, which is all that makes two nodes equal in the end. No clock has a say in it.
//
// Here are people's few changes, not the daemon's many: each is flushed to disk before it counts (R30), on
// the loop's own thread. A file that is damaged is kept beside itself and begun anew: the other node has it
// all.

import { Type, type Static } from "@sinclair/typebox";
import { renameSync } from "node:fs";
import { GemelError } from "../../base/errors.js";
import { sharedEntriesMax } from "../../base/limits.js";
import { isOfShape } from "../../base/shape.js";
import { readDurable, writeDurable } from "../record/durable-file.js";

const format = 1;
const text = Type.String({ maxLength: 4096 });

const roles = Type.Union([Type.Literal("monitor"), Type.Literal("control"), Type.Literal("admin")]);

/** The first part of a key → what its values look like. A kind that is not here is kept, and not read. */
const kinds = {
  user: Type.Object({ role: roles, password: text, changedAt: text, changedBy: text }),
  pause: Type.Object({ since: text, by: text, why: text }),
  ack: Type.Object({ by: text, at: text }),
};

export type SharedKinds = { readonly [K in keyof typeof kinds]: Readonly<Static<(typeof kinds)[K]>> };

type Kind = keyof SharedKinds;
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

/** A total order. The value itself decides last: a node restored from a backup counts its revisions twice. */
function isBefore(a: Entry, b: Entry): boolean {
  if (a.revision !== b.revision) return a.revision < b.revision;
  if (a.node !== b.node) return a.node < b.node;
  return JSON.stringify(a.value) < JSON.stringify(b.value);
}

/** What came from a disk or another node: entries, or undefined when it is anything else. */
export const entriesOf = (value: unknown): Entries | undefined =>
  isOfShape(entries, value) ? value : undefined;

type Listener = (keys: readonly string[]) => void;

export class SharedRecord {
  private present: Entries;
  private readonly listeners = new Set<Listener>();
  /** What was found wrong with the file, for the log. */
  readonly trouble: string | undefined;

  constructor(
    private readonly file: string,
    private readonly self: string,
  ) {
    const found = readDurable(file, format);
    if (found.kind === "newer") throw new GemelError("GEMEL-2009", file, `It has format ${found.format}.`);
    const read = found.kind === "value" ? entriesOf(found.value) : undefined;
    this.present = read ?? {};
    if (found.kind === "absent" || read !== undefined) return;
    this.trouble = `${file}: ${found.kind === "damaged" ? found.reason : "not a shared record"}`;
    renameSync(file, `${file}.damaged`);
  }

  get entries(): Entries {
    return this.present;
  }

  get<K extends Kind>(kind: K, name = ""): SharedKinds[K] | undefined {
    return this.read(kind, keyOf(kind, name));
  }

  /** Name after the slash → value. */
  list<K extends Kind>(kind: K): ReadonlyMap<string, SharedKinds[K]> {
    const keys = Object.keys(this.present).filter((key) => key.startsWith(`${kind}/`));
    return new Map(
      keys.flatMap((key) => {
        const value = this.read(kind, key);
        return value === undefined ? [] : [[key.slice(kind.length + 1), value] as const];
      }),
    );
  }

  /** Durable when it returns; null removes. */
  set<K extends Kind>(kind: K, name: string, value: SharedKinds[K] | null): void {
    const key = keyOf(kind, name);
    if (value === null && (this.present[key]?.value ?? null) === null) return;
    const revision = (this.present[key]?.revision ?? 0) + 1;
    this.take({ [key]: { revision, node: this.self, value } });
  }

  /** The other node's entries; true: something here is different now. */
  take(theirs: Entries): boolean {
    const next = bounded(merge(this.present, theirs));
    const changed = Object.keys(next).filter((key) => !isSame(next[key], this.present[key]));
    if (changed.length === 0) return false;
    writeDurable(this.file, format, next);
    this.present = next;
    for (const listener of this.listeners) listener(changed);
    return true;
  }

  /** Told after the change is on disk, here or from the other node; returns how to stop. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private read<K extends Kind>(kind: K, key: string): SharedKinds[K] | undefined {
    const value = this.present[key]?.value ?? undefined;
    return value !== undefined && isOf(kind, value) ? value : undefined;
  }
}

const isOf = <K extends Kind>(kind: K, value: unknown): value is SharedKinds[K] =>
  isOfShape(kinds[kind], value);

const isSame = (a: Entry | undefined, b: Entry | undefined): boolean =>
  a !== undefined && b !== undefined && !isBefore(a, b) && !isBefore(b, a);

/**
 * Alarms come and go for years: when there are too many entries, tombstones of acknowledgements go. One that
 * comes back from the other node does no harm; a removed user, who would, is never forgotten.
 */
function bounded(all: Entries): Entries {
  const surplus = Object.keys(all).length - sharedEntriesMax;
  if (surplus <= 0) return all;
  const old = Object.entries(all).filter(([key, { value }]) => value === null && key.startsWith("ack/"));
  const gone = new Set(old.slice(0, surplus).map(([key]) => key));
  return Object.fromEntries(Object.entries(all).filter(([key]) => !gone.has(key)));
}
