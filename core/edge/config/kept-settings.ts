// SPDX-License-Identifier: Apache-2.0
// Settings as they were last read, below /var/lib/gemel/settings: what counts while the file that people
// write is wrong, unreadable or gone (R103). One file per format, so that a version that was put back finds
// what it once read itself and leaves the newer one alone (R30).
//
//   cam1.1.xml               module cam1, as a reader of format 1 had it
//   cluster/cluster.1.xml    cluster.xml

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readText, removeWhole, writeWhole } from "../record/durable-file.js";
import { readWith } from "./files.js";

const namePattern = /^(.+)\.(\d+)\.xml$/;

export interface KeptKind<T> {
  readonly format: number;
  readonly parse: (text: string) => T;
  readonly write: (value: T) => string;
}

export class KeptSettings<T> {
  constructor(
    private readonly folder: string,
    private readonly kind: KeptKind<T>,
    /** Told what keeps it from being written: a full disk stops nothing. */
    private readonly said: (reason: string) => void,
  ) {}

  /** Of whatever format. */
  names(): readonly string[] {
    return [...new Set(this.files().flatMap((file) => namePattern.exec(file)?.[1] ?? []))].sort();
  }

  read(name: string): T | undefined {
    const found = readWith(this.file(name), this.kind.parse);
    return found.kind === "value" ? found.value : undefined;
  }

  keep(name: string, value: T): void {
    const text = this.kind.write(value);
    try {
      if (readText(this.file(name)) !== text) writeWhole(this.file(name), text);
    } catch (error) {
      this.said((error as Error).message);
    }
  }

  forget(name: string): void {
    for (const file of this.files())
      if (namePattern.exec(file)?.[1] === name) removeWhole(join(this.folder, file));
  }

  private file(name: string): string {
    return join(this.folder, `${name}.${this.kind.format}.xml`);
  }

  private files(): readonly string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }
}
