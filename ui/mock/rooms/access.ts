// SPDX-License-Identifier: Apache-2.0
// People of the mock: the daemon's own users and its own patience with guesses. Passwords stand here in the
// open: they open nothing but this mock, and its login page shows them.

import type { Caller } from "../../../core/api/caller.js";
import type { HandOver, LoginRequest, Role, Session } from "../../../core/api/contract.js";
import type { PersonCaller } from "../../../core/api/door.js";
import { GemelError } from "../../../core/base/errors.js";
import { sessionIdleLimit } from "../../../core/base/limits.js";
import { LoginGuard } from "../../../core/edge/access/login-guard.js";
import { Users } from "../../../core/edge/access/users.js";
import type { AskedDaemon } from "../../../core/edge/calls/rooms.js";
import { hex } from "../world/chance.js";
import type { World } from "../world/world.js";
import { certificatesOf, installCertificate, removeCertificate } from "./cluster.js";

/** Shown on the mock's login page. */
export const mockPasswords = [
  { name: "anna", role: "admin", password: "anna-may-configure" },
  { name: "carl", role: "control", password: "carl-may-command" },
  { name: "mona", role: "monitor", password: "mona-may-look" },
] as const;

/** Where the mock's only person sits. */
export const personAddress = "192.168.10.57";

export const personOf = (name: string, role: Role): PersonCaller => ({
  kind: "user",
  name,
  role,
  address: personAddress,
  session: name,
});

export class Access {
  readonly users: Users;
  private readonly guard: LoginGuard;

  constructor(private readonly world: World) {
    this.users = new Users({
      shared: () => world.shared,
      set: (name, value) => world.share("user", name, value),
      now: () => world.wall(),
      passwords: {
        hash: (password) => Promise.resolve(password),
        is: (password, kept) => Promise.resolve(password === kept),
        mark: (kept) => kept,
      },
    });
    this.guard = new LoginGuard(() => world.times.now);
  }

  async login({ user, password }: LoginRequest): Promise<PersonCaller> {
    const found = await this.judge(user, password);
    if (found === undefined) throw new GemelError("GEMEL-4015", "password");
    return personOf(found.name, found.role);
  }

  handOver({ name }: Caller): HandOver {
    const { now, hosts, seed } = this.world;
    return {
      ticket: hex(seed, `ticket ${name} ${now}`, 64),
      expiresAt: this.world.wall(now + 600_000),
      // No address: a page must never ask hosts that do not exist.
      nodes: hosts.map((host) => ({ name: host.name, urls: [] })),
    };
  }

  /** As the calls of this node see it. */
  at(node: string): AskedDaemon["access"] {
    const { world, users } = this;
    const sessionOf = (user: string, role: Role): Session => {
      const csrf = hex(world.seed, `csrf ${user}`, 32);
      return { user, role, node, csrf, idleSecondsMax: sessionIdleLimit / 1000 };
    };
    return {
      users,
      sessionOf,
      session: ({ name, role }) => sessionOf(name, role),
      changeOwnPassword: async ({ name }, change) => {
        const right = await this.judge(name, change.old);
        if (right === undefined) throw new GemelError("GEMEL-4015", "old");
        await users.changeOwn(name, change);
      },
      certificates: () => certificatesOf(world, node),
      installCertificate: (request) => installCertificate(world, node, request),
      removeCertificate: () => removeCertificate(world, node),
    };
  }

  private async judge(user: string, password: string): ReturnType<Users["known"]> {
    return await this.guard.judge(personAddress, user, () => this.users.known(user, password));
  }
}
