// SPDX-License-Identifier: Apache-2.0
// People and what they may do, kept alike on both nodes in the shared record. A change counts on both nodes
// as soon as it has arrived, in sessions that are open too: nothing about a user is copied anywhere else.
//
// Invariant: as long as one node made the changes, somebody can manage users. Two nodes that are cut from
// each other can each take the other's last administrator away; root on either host then makes a new one.

import { createHash } from "node:crypto";
import type { PasswordChange, UserChange, UserRequest, UserView } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import { usersMax } from "../../base/limits.js";
import type { SharedKinds, SharedRecord } from "../cluster/shared-record.js";
import { checkPassword, hashPassword, isPassword } from "./password.js";

type Kept = SharedKinds["user"];

export interface User {
  readonly name: string;
  readonly role: Kept["role"];
  /** Changes with the password: sessions and tickets that were opened with another one are void. */
  readonly mark: string;
}

const namePattern = /^[a-z][a-z0-9._-]{0,30}$/;

export class Users {
  constructor(
    private readonly record: SharedRecord,
    private readonly now: () => string,
  ) {}

  list(): UserView[] {
    const all = [...this.record.list("user")].map(([name, kept]) => viewOf(name, kept));
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): User | undefined {
    const kept = this.record.get("user", name);
    return kept === undefined ? undefined : { name, role: kept.role, mark: markOf(kept) };
  }

  /** The user, if the password is theirs; an unknown name takes as long. */
  async known(name: string, password: string): Promise<User | undefined> {
    const right = await isPassword(password, this.record.get("user", name)?.password);
    // Asked again: it may have been removed meanwhile.
    return right ? this.find(name) : undefined;
  }

  async add({ name, role, password }: UserRequest, by: string): Promise<UserView> {
    if (!namePattern.test(name)) {
      const rule = "A name begins with a small letter; up to 30 of a-z, 0-9, dot, - and _ follow.";
      throw new GemelError("GEMEL-4018", "name", rule);
    }
    checkPassword(password, "password");
    const kept = { role, password: await hashPassword(password), changedAt: this.now(), changedBy: by };
    if (this.find(name) !== undefined) throw new GemelError("GEMEL-4018", "name", `${name} exists already.`);
    if (this.record.list("user").size >= usersMax)
      throw new GemelError("GEMEL-4018", "name", `There are ${usersMax} users already.`);
    this.record.set("user", name, kept);
    return viewOf(name, kept);
  }

  async change(name: string, { role, password }: UserChange, by: string): Promise<UserView> {
    this.expect(name);
    if (password !== undefined) checkPassword(password, "password");
    const hash = password === undefined ? undefined : await hashPassword(password);
    const before = this.expect(name);
    if (role !== undefined && role !== "admin") this.keepOneAdmin(name);
    const kept = {
      role: role ?? before.role,
      password: hash ?? before.password,
      changedAt: this.now(),
      changedBy: by,
    };
    this.record.set("user", name, kept);
    return viewOf(name, kept);
  }

  /** By the person itself, whose old one was looked at before (login-guard.ts). */
  async changeOwn(name: string, change: PasswordChange): Promise<string> {
    checkPassword(change.new, "new");
    if (change.new === change.old) throw new GemelError("GEMEL-4020", "new", "It is the old one.");
    await this.change(name, { password: change.new }, name);
    return markOf(this.expect(name));
  }

  remove(name: string): void {
    this.expect(name);
    this.keepOneAdmin(name);
    this.record.set("user", name, null);
  }

  private expect(name: string): Kept {
    const kept = this.record.get("user", name);
    if (kept === undefined) throw new GemelError("GEMEL-4017", name);
    return kept;
  }

  private keepOneAdmin(name: string): void {
    const admins = this.list().filter(({ role }) => role === "admin");
    if (admins.length === 1 && admins[0]?.name === name) throw new GemelError("GEMEL-4019", name);
  }
}

const viewOf = (name: string, { role, changedAt, changedBy }: Kept): UserView => ({
  name,
  role,
  changedAt,
  changedBy,
});

const markOf = ({ password }: Kept): string =>
  createHash("sha256").update(password).digest("base64url").slice(0, 22);
