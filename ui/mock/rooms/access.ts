// SPDX-License-Identifier: Apache-2.0
// People of the mock: who may come in, as what, and how passwords and users are changed. Passwords stand here
// in the open: they open nothing but this mock, and its login page shows them.

import type {
  HandOver,
  LoginRequest,
  PasswordChange,
  Session,
  UserChange,
  UserRequest,
  UserView,
} from "../../../core/api/contract.js";
import { failure } from "../../../core/base/errors.js";
import { hex } from "../world/chance.js";
import { Refusal, refuse } from "../world/refusal.js";
import type { Caller, MockUser } from "../world/scenery.js";
import type { World } from "../world/world.js";

/** Shown on the mock's login page. */
export const mockPasswords = [
  { name: "anna", role: "admin", password: "anna-may-configure" },
  { name: "carl", role: "control", password: "carl-may-command" },
  { name: "mona", role: "monitor", password: "mona-may-look" },
] as const;

const idleSecondsMax = 1_800;
const passwordLengthMin = 10;
const triesMax = 5;
const waitSeconds = 30;

function tooManyTries(): Refusal {
  const body = failure("GEMEL-4014", "password", `Try again in ${waitSeconds} s.`);
  return new Refusal(429, body, waitSeconds);
}

export class Access {
  private tries = 0;

  constructor(private readonly world: World) {}

  login({ user, password }: LoginRequest): Caller {
    const found = this.world.users.find(({ name }) => name === user);
    if (this.tries >= triesMax) throw tooManyTries();
    if (found?.password !== password) {
      this.tries++;
      this.world.after(waitSeconds * 1000, () => void (this.tries = 0));
      throw refuse("GEMEL-4015", "password");
    }
    this.tries = 0;
    return { user: found.name, role: found.role };
  }

  session(caller: Caller, node: string): Session {
    const csrf = hex(this.world.seed, `csrf ${caller.user}`, 32);
    return { user: caller.user, role: caller.role, node, csrf, idleSecondsMax };
  }

  handOver(caller: Caller): HandOver {
    const { now, hosts, seed } = this.world;
    return {
      ticket: hex(seed, `ticket ${caller.user} ${now}`, 64),
      expiresAt: this.world.wall(now + 600_000),
      // No address: a page must never ask hosts that do not exist.
      nodes: hosts.map(({ name }) => ({ name, urls: [] })),
    };
  }

  changeOwn(caller: Caller, { old, new: wanted }: PasswordChange): { readonly sentence: string } {
    const user = this.user(caller.user);
    if (user.password !== old) throw refuse("GEMEL-4015", "old");
    user.password = checkedPassword(wanted, "new");
    stamp(this.world, user, caller.user);
    return { sentence: "The password is changed. Sessions elsewhere have ended." };
  }

  list(): UserView[] {
    return [...this.world.users].sort((a, b) => (a.name < b.name ? -1 : 1)).map(viewOf);
  }

  add({ name, role, password }: UserRequest, caller: Caller): UserView {
    if (!/^[a-z][a-z0-9._-]{0,30}$/.test(name)) {
      const rule = "A user's name is a small letter, then up to 30 of a-z, 0-9, dot, - and _.";
      throw refuse("GEMEL-4018", "name", rule);
    }
    if (this.world.users.some((user) => user.name === name)) {
      throw refuse("GEMEL-4018", "name", "A user of this name exists.");
    }
    const user: MockUser = {
      name,
      role,
      password: checkedPassword(password, "password"),
      changedAt: "",
      changedBy: "",
    };
    stamp(this.world, user, caller.user);
    this.world.users.push(user);
    return viewOf(user);
  }

  change(name: string, { role, password }: UserChange, caller: Caller): UserView {
    const user = this.user(name);
    if (role !== undefined && role !== "admin") this.refuseLastAdmin(user);
    if (password !== undefined) user.password = checkedPassword(password, "password");
    user.role = role ?? user.role;
    stamp(this.world, user, caller.user);
    return viewOf(user);
  }

  remove(name: string): { readonly sentence: string } {
    const user = this.user(name);
    this.refuseLastAdmin(user);
    this.world.users.splice(this.world.users.indexOf(user), 1);
    return { sentence: `${name} is removed.` };
  }

  private user(name: string): MockUser {
    const found = this.world.users.find((user) => user.name === name);
    if (found === undefined) throw refuse("GEMEL-4017", name);
    return found;
  }

  private refuseLastAdmin(user: MockUser): void {
    const admins = this.world.users.filter(({ role }) => role === "admin");
    if (admins.length === 1 && admins[0] === user) throw refuse("GEMEL-4019", user.name);
  }
}

function stamp(world: World, user: MockUser, by: string): void {
  user.changedAt = world.wall();
  user.changedBy = by;
}

const viewOf = ({ name, role, changedAt, changedBy }: MockUser): UserView => ({
  name,
  role,
  changedAt,
  changedBy,
});

function checkedPassword(password: string, where: string): string {
  if (password.length < passwordLengthMin) {
    throw refuse("GEMEL-4020", where, `It has fewer than ${passwordLengthMin} characters.`);
  }
  return password;
}
