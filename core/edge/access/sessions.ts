// SPDX-License-Identifier: Apache-2.0
// Who is logged in here. The browser holds 256 random bits in an http-only cookie, we hold their hash: who
// reads our disk cannot come in with what he finds. Kept in SQLite, so that a restart or upgrade of the
// daemon logs nobody out; written without a flush, since losing the last seconds costs somebody a login and
// nothing else. What counts is in memory: a full disk must not keep the administrator out who comes to mend
// it. The limits run on the boot clock: setting the wall clock ends no session and prolongs none, a reboot of
// the host ends all.
//
//   opened ──▶ idle since the last touch of a person ──▶ ended: idle too long, too old, logged out, password
//                    ▲          │                               changed, user removed
//                    └──────────┘ every request that a person caused

import type Database from "better-sqlite3";
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { sessionIdleLimit, sessionLimit, sessionsMax } from "../../base/limits.js";
import { elapsed, instant, type Instant } from "../../base/units.js";
import { sessionTouchAfterMs } from "../../base/limits/access.js";
import { KeptDatabase, type DatabaseKind } from "../record/database.js";

export interface SessionRow {
  readonly user: string;
  /** Of the password with which it was opened (users.ts). */
  readonly mark: string;
  readonly began: Instant;
  readonly touched: Instant;
}

const schema = `CREATE TABLE IF NOT EXISTS sessions (
     hash TEXT PRIMARY KEY, user TEXT NOT NULL, mark TEXT NOT NULL, began INTEGER NOT NULL,
     touched INTEGER NOT NULL, boot TEXT NOT NULL);
   CREATE TABLE IF NOT EXISTS tickets (id TEXT PRIMARY KEY, expires INTEGER NOT NULL);`;

/** Changes with every start of the kernel: boot clocks of two boots cannot be compared. */
const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

export class Sessions {
  private readonly kept: KeptDatabase;
  private readonly rows = new Map<string, SessionRow>();
  private readonly written = new Map<string, Instant>();
  /** Of tickets that were used: when they end. */
  private readonly tickets = new Map<string, number>();

  constructor(
    file: string,
    private readonly now: () => Instant,
    said: DatabaseKind["said"] = () => undefined,
  ) {
    this.kept = new KeptDatabase({ file, name: "sessions", format: 1, schema, said });
    this.kept.write((database) => this.load(database));
  }

  open(
    user: string,
    mark: string,
    age: { readonly began?: Instant; readonly touched?: Instant } = {},
  ): string {
    const id = randomBytes(32).toString("base64url");
    const { began = this.now(), touched = this.now() } = age;
    this.keep(hashOf(id), { user, mark, began, touched });
    this.dropSurplus();
    return id;
  }

  /** The session, if it is still good. */
  find(id: string): SessionRow | undefined {
    const hash = hashOf(id);
    const row = this.rows.get(hash);
    if (row === undefined) return undefined;
    const now = this.now();
    const isOver = elapsed(row.touched, now) > sessionIdleLimit || elapsed(row.began, now) > sessionLimit;
    if (!isOver) return row;
    this.drop(hash);
    return undefined;
  }

  /** A person was there at `at`; what the page does by itself does not count. */
  touch(id: string, at: Instant): void {
    const hash = hashOf(id);
    const row = this.rows.get(hash);
    if (row === undefined || at <= row.touched) return;
    this.rows.set(hash, { ...row, touched: at });
    if (elapsed(this.written.get(hash) ?? row.began, at) >= sessionTouchAfterMs) this.write(hash);
  }

  /** The person has a new password: this session lives on, their others end by the old mark. */
  mark(id: string, mark: string): void {
    const row = this.rows.get(hashOf(id));
    if (row !== undefined) this.keep(hashOf(id), { ...row, mark });
  }

  end(id: string): void {
    this.drop(hashOf(id));
  }

  /** True once for each ticket. Remembered until it has expired by itself, over restarts too. */
  useTicket(id: string, expiresMs: number, nowMs: number): boolean {
    for (const [used, expires] of this.tickets) if (expires < nowMs) this.tickets.delete(used);
    if (this.tickets.has(id)) return false;
    this.tickets.set(id, expiresMs);
    this.kept.write((database) => {
      database.prepare("DELETE FROM tickets WHERE expires < ?").run(nowMs);
      database.prepare("INSERT OR IGNORE INTO tickets (id, expires) VALUES (?, ?)").run(id, expiresMs);
    });
    return true;
  }

  close(): void {
    for (const hash of this.rows.keys()) this.write(hash);
    this.kept.close();
  }

  private keep(hash: string, row: SessionRow): void {
    this.rows.set(hash, row);
    this.write(hash);
  }

  private write(hash: string): void {
    const row = this.rows.get(hash);
    if (row === undefined) return;
    this.written.set(hash, row.touched);
    this.kept.write((database) =>
      database
        .prepare(
          "INSERT OR REPLACE INTO sessions (hash, user, mark, began, touched, boot) VALUES (?,?,?,?,?,?)",
        )
        .run(hash, row.user, row.mark, row.began, row.touched, bootId()),
    );
  }

  private drop(hash: string): void {
    this.rows.delete(hash);
    this.written.delete(hash);
    this.kept.write((database) => database.prepare("DELETE FROM sessions WHERE hash = ?").run(hash));
  }

  private dropSurplus(): void {
    while (this.rows.size > sessionsMax) {
      const [oldest] = [...this.rows].sort(([, a], [, b]) => a.touched - b.touched);
      if (oldest !== undefined) this.drop(oldest[0]);
    }
  }

  private load(database: Database.Database): void {
    database.prepare("DELETE FROM sessions WHERE boot <> ?").run(bootId());
    const found = database.prepare("SELECT hash, user, mark, began, touched FROM sessions").all();
    for (const row of found as {
      readonly hash: string;
      readonly user: string;
      readonly mark: string;
      readonly began: number;
      readonly touched: number;
    }[]) {
      const { hash, user, mark, began, touched } = row;
      this.rows.set(hash, { user, mark, began: instant(began), touched: instant(touched) });
      this.written.set(hash, instant(touched));
    }
    const used = database.prepare("SELECT id, expires FROM tickets").all();
    for (const { id, expires } of used as { readonly id: string; readonly expires: number }[])
      this.tickets.set(id, expires);
  }
}

const hashOf = (id: string): string => createHash("sha256").update(id).digest("base64url");

/**
 * What a page must bring with everything but GET. Made of the cookie, which another site's page can make a
 * browser send but cannot read; so it need not be kept.
 */
export const csrfOf = (id: string): string =>
  createHmac("sha256", id).update("gemel csrf").digest("base64url");

export function isCsrf(id: string, given: string): boolean {
  const wanted = Buffer.from(csrfOf(id));
  const said = Buffer.from(given);
  return said.length === wanted.length && timingSafeEqual(said, wanted);
}
