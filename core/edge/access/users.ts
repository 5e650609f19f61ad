// SPDX-License-Identifier: Apache-2.0
// People and what they may do, kept alike on both nodes in the shared record. A change counts on both nodes
// as soon as it has arrived, in sessions that are open too: nothing about a user is copied anywhere else.
//
// Invariant: as long as one node made the changes, somebody can manage users. Two nodes that are cut from
// each other can each take the other's last administrator away; root on either host then makes a new one.

import type { PasswordChange, UserChange, UserRequest, UserView } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import { passwordLengthMax, passwordLengthMin, usersMax } from "../../base/limits.js";
import { sharedValue, sharedValues, type Entries, type SharedKinds } from "../cluster/shared-entries.js";

type Kept = SharedKinds["user"];

export interface User {
  readonly name: string;
  readonly role: Kept["role"];
  /** Changes with the password: sessions and tickets that were opened with another one are void. */
  readonly mark: string;
}

const namePattern = /^[a-z][a-z0-9._-]{0,30}$/;

/** How passwords are kept. */
export interface Passwords {
  readonly hash: (password: string) => Promise<string>;
  /** An unknown user (`kept` undefined) takes as long as a known one. */
  readonly is: (password: string, kept: string | undefined) => Promise<boolean>;
  /** Of a kept one: says that it is the same and nothing more. */
  readonly mark: (kept: string) => string;
}

export interface UsersEdge {
  readonly shared: () => Entries;
  /** Everybody has it when this has ended; null removes. */
  readonly set: (name: string, value: Kept | null) => Promise<void>;
  readonly now: () => string;
  readonly passwords: Passwords;
}

export class Users {
  /** One change after the other: each is judged by what the one before has left. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly edge: UsersEdge) {}

  list(): UserView[] {
    const all = [...sharedValues(this.edge.shared(), "user")].map(([name, kept]) => viewOf(name, kept));
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): User | undefined {
    const kept = this.kept(name);
    return kept === undefined ? undefined : { name, role: kept.role, mark: this.markOf(kept) };
  }

  /** The user, if the password is theirs; an unknown name takes as long. */
  async known(name: string, password: string): Promise<User | undefined> {
    const right = await this.edge.passwords.is(password, this.kept(name)?.password);
    // Asked again: it may have been removed meanwhile.
    return right ? this.find(name) : undefined;
  }

  async add({ name, role, password }: UserRequest, by: string): Promise<UserView> {
    if (!namePattern.test(name)) {
      const rule = "A name begins with a small letter; up to 30 of a-z, 0-9, dot, - and _ follow.";
      throw new GemelError("GEMEL-4018", "name", rule);
    }
    checkPassword(password, "password");
    const hash = await this.edge.passwords.hash(password);
    return await this.inTurn(() => {
      if (this.find(name) !== undefined)
        throw new GemelError("GEMEL-4018", "name", `${name} exists already.`);
      if (this.list().length >= usersMax)
        throw new GemelError("GEMEL-4018", "name", `There are ${usersMax} users already.`);
      return this.keep(name, { role, password: hash }, by);
    });
  }

  async change(name: string, { role, password }: UserChange, by: string): Promise<UserView> {
    this.expect(name);
    if (password !== undefined) checkPassword(password, "password");
    const hash = password === undefined ? undefined : await this.edge.passwords.hash(password);
    return await this.inTurn(() => {
      const before = this.expect(name);
      if (role !== undefined && role !== "admin") this.keepOneAdmin(name);
      return this.keep(name, { role: role ?? before.role, password: hash ?? before.password }, by);
    });
  }

  /** By the person itself, whose old one was looked at before (login-guard.ts). */
  async changeOwn(name: string, change: PasswordChange): Promise<string> {
    checkPassword(change.new, "new");
    if (change.new === change.old) throw new GemelError("GEMEL-4020", "new", "It is the old one.");
    await this.change(name, { password: change.new }, name);
    return this.markOf(this.expect(name));
  }

  async remove(name: string): Promise<void> {
    await this.inTurn(async () => {
      this.expect(name);
      this.keepOneAdmin(name);
      await this.edge.set(name, null);
    });
  }

  private async inTurn<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(change);
    this.turn = mine.catch(() => undefined);
    return await mine;
  }

  private async keep(name: string, user: Pick<Kept, "role" | "password">, by: string): Promise<UserView> {
    const kept = { ...user, changedAt: this.edge.now(), changedBy: by };
    await this.edge.set(name, kept);
    return viewOf(name, kept);
  }

  private kept(name: string): Kept | undefined {
    return sharedValue(this.edge.shared(), "user", name);
  }

  private expect(name: string): Kept {
    const kept = this.kept(name);
    if (kept === undefined) throw new GemelError("GEMEL-4017", name);
    return kept;
  }

  private keepOneAdmin(name: string): void {
    const admins = this.list().filter(({ role }) => role === "admin");
    if (admins.length === 1 && admins[0]?.name === name) throw new GemelError("GEMEL-4019", name);
  }

  private markOf({ password }: Kept): string {
    return this.edge.passwords.mark(password);
  }
}

const viewOf = (name: string, { role, changedAt, changedBy }: Kept): UserView => ({
  name,
  role,
  changedAt,
  changedBy,
});

/** `field` is where a form shows the refusal. */
export function checkPassword(password: string, field: string): void {
  // Code points: what a person counts, nearly, and the same everywhere.
  const { length } = Array.from(password);
  if (length < passwordLengthMin) {
    throw new GemelError(
      "GEMEL-4020",
      field,
      `It has ${length} characters; at least ${passwordLengthMin} are needed.`,
    );
  }
  if (length > passwordLengthMax) {
    throw new GemelError("GEMEL-4020", field, `It has more than ${passwordLengthMax} characters.`);
  }
}
