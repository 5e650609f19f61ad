// SPDX-License-Identifier: Apache-2.0
// One of the daemon's SQLite files: history, sessions, figures. Each is a convenience, and nothing about it
// may keep the daemon from starting or from deciding (R101). What cannot be read, or was written by a newer
// Gemel, is set aside and a new file begun; what cannot be written costs what was to be written, and is said;
// a full disk gets its reserve back first. Nothing here throws.
//
// In WAL mode SQLite keeps an index in a file beside the database, and on a full disk a process that has just
// started cannot make it: it could not even read. With the lock to itself it needs none.

import Database from "better-sqlite3";
import { chmodSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { databaseBusyMs, databaseTriesMax } from "../../base/limits/edge.js";
import { giveReserveUp } from "./reserve.js";

export interface DatabaseKind {
  readonly file: string;
  /** For people: "figures". */
  readonly name: string;
  readonly format: number;
  /** Makes what is not there. */
  readonly schema: string;
  readonly said: (sentence: string, outcome: string) => void;
}

type Mending = "setAside" | "makeRoom" | "goAlone";

export class KeptDatabase {
  private database: Database.Database | undefined;
  private isClosed = false;
  /** Nobody else may look into it then, so only where nothing else helps. */
  private isAlone = false;
  /** The last complaint: each is made once. */
  private complaint = "";

  constructor(private readonly kind: DatabaseKind) {
    this.read(() => undefined);
  }

  /** Undefined: it could not be done, and `trouble` says why. Work may be done twice: in one transaction. */
  write<T>(work: (database: Database.Database) => T): T | undefined {
    return this.read((database) => {
      const result = work(database);
      // A full disk can still be read: that it can is no sign that it can be kept.
      this.complaint = "";
      return result;
    });
  }

  read<T>(work: (database: Database.Database) => T): T | undefined {
    for (let tries = 0; !this.isClosed; tries++) {
      try {
        return work((this.database ??= this.opened()));
      } catch (error) {
        const { message } = error as Error;
        const mending = this.mendingOf(error as Error & { readonly code?: string });
        if (mending !== undefined && tries < databaseTriesMax && this[mending](message)) continue;
        this.complain(`The ${this.kind.name} cannot be kept.`, message);
        break;
      }
    }
    return undefined;
  }

  /** Why it cannot be kept just now. */
  get trouble(): string | undefined {
    return this.complaint === "" ? undefined : this.complaint;
  }

  close(): void {
    this.isClosed = true;
    this.letGo();
  }

  private mendingOf(error: Error & { readonly code?: string }): Mending | undefined {
    if (error instanceof NewerFormat || /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? "")) return "setAside";
    if (/^SQLITE_IOERR_SHM/.test(error.code ?? "")) return "goAlone";
    return /^SQLITE_(FULL|IOERR|CANTOPEN)/.test(error.code ?? "") ? "makeRoom" : undefined;
  }

  private makeRoom(): boolean {
    return giveReserveUp(dirname(this.kind.file));
  }

  private goAlone(): boolean {
    this.letGo();
    if (this.makeRoom()) return true;
    if (this.isAlone) return false;
    this.isAlone = true;
    return true;
  }

  /** One is kept for whoever wants to look at it; the one before it goes. */
  private setAside(why: string): boolean {
    const { file, name, said } = this.kind;
    const aside = `${file}.set-aside`;
    try {
      this.letGo();
      renameSync(file, aside);
      for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
    } catch (error) {
      this.complain(`The ${name} cannot be kept.`, (error as Error).message);
      return false;
    }
    said(`The ${name} of the past cannot be read; a new file is begun.`, `${why} Kept as ${aside}.`);
    return true;
  }

  private opened(): Database.Database {
    const { file, format, schema } = this.kind;
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    const database = new Database(file, { timeout: databaseBusyMs });
    try {
      chmodSync(file, 0o600);
      if (this.isAlone) database.pragma("locking_mode = EXCLUSIVE");
      const found = database.pragma("user_version", { simple: true }) as number;
      if (found > format) throw new NewerFormat(`It has format ${found}; this Gemel reads up to ${format}.`);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = NORMAL");
      database.exec(schema);
      if (found !== format) database.pragma(`user_version = ${format}`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private letGo(): void {
    this.database?.close();
    this.database = undefined;
  }

  private complain(sentence: string, outcome: string): void {
    if (this.complaint !== outcome) this.kind.said(sentence, outcome);
    this.complaint = outcome;
  }
}

/** R30: written by a newer Gemel; left as it is, under another name. */
class NewerFormat extends Error {}
