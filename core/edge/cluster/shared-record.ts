// SPDX-License-Identifier: Apache-2.0
// The shared record (shared-entries.ts) as this node keeps it. Here are people's few changes, not the
// daemon's many: each is flushed to disk before it counts (R30), on the loop's own thread. A file that is
// damaged is kept beside itself and begun anew: the other node has it all.

import { renameSync } from "node:fs";
import { GemelError } from "../../base/errors.js";
import { readDurable, writeDurable } from "../record/durable-file.js";
import {
  bounded,
  changedEntries,
  entriesOf,
  isSame,
  lostEntries,
  merge,
  sharedValue,
  sharedValues,
  type Entries,
  type SharedChange,
  type SharedKinds,
} from "./shared-entries.js";

const format = 1;

/** `lost`: of these, what was said here and does not count. */
type Listener = (keys: readonly string[], lost: readonly string[]) => void;

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

  get<K extends keyof SharedKinds>(kind: K, name = ""): SharedKinds[K] | undefined {
    return sharedValue(this.present, kind, name);
  }

  /** Name → value. */
  list<K extends keyof SharedKinds>(kind: K): ReadonlyMap<string, SharedKinds[K]> {
    return sharedValues(this.present, kind);
  }

  /** Durable when it returns. */
  set<K extends keyof SharedKinds>(...change: SharedChange<K>): void {
    this.take(changedEntries(this.present, this.self, ...change));
  }

  /** The other node's entries; true: something here is different now. */
  take(theirs: Entries): boolean {
    const next = bounded(merge(this.present, theirs));
    const changed = Object.keys(next).filter((key) => !isSame(next[key], this.present[key]));
    if (changed.length === 0) return false;
    writeDurable(this.file, format, next);
    const lost = lostEntries(this.present, next, this.self);
    this.present = next;
    for (const listener of this.listeners) listener(changed, lost);
    return true;
  }

  /** Told after the change is on disk, here or from the other node; returns how to stop. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
