// SPDX-License-Identifier: Apache-2.0
// user list, add, role, password, remove: who may come in to the console, as what. Root on a host needs no
// user and no password, which is the way back in for whoever has forgotten theirs.

import { Argument, Option, type Command } from "commander";
import type { Role, UserView } from "../../api/contract.js";
import { passwordFor } from "../password.js";
import { sentenceOf, type CliSession } from "../session.js";
import { table } from "../show.js";

const roles = ["monitor", "control", "admin"] as const satisfies readonly Role[];
const roleWords = "monitor (look), control (command) or admin (configure)";
const fileWords = "read the password from its first line; - is stdin (default: ask)";

export function userCommands(program: Command, session: CliSession): void {
  const user = program.command("user").description("who may come in to the console, and as what");
  user
    .command("list")
    .description("the users and their roles")
    .action(session.says(() => session.ask("GET /users"), showUsers));
  user
    .command("add <name>")
    .description("a new user, on both nodes")
    .addOption(new Option("--role <role>", roleWords).choices(roles).makeOptionMandatory())
    .option("--password-file <file>", fileWords)
    .action(
      session.says(
        async (name: string, { role, passwordFile }: PasswordOptions & { readonly role: Role }) =>
          session.ask("POST /users", {}, { name, role, password: await passwordFor(name, passwordFile) }),
        ({ name, role }) => `${name} may come in as ${role}.\n`,
      ),
    );
  user
    .command("role <name>")
    .description("another role, at once, in sessions that are open too")
    .addArgument(new Argument("<role>", roleWords).choices(roles))
    .action(
      session.says(
        (name: string, role: Role) => session.ask("PATCH /users/:user", { user: name }, { role }),
        ({ name, role }) => `${name} is ${role} now.\n`,
      ),
    );
  user
    .command("password <name>")
    .description("a new password; the user's sessions end")
    .option("--password-file <file>", fileWords)
    .action(
      session.says(
        async (user: string, { passwordFile }: PasswordOptions) => {
          const password = await passwordFor(user, passwordFile);
          return session.ask("PATCH /users/:user", { user }, { password });
        },
        ({ name }) => `${name} has a new password.\n`,
      ),
    );
  user
    .command("remove <name>")
    .description("may not come in any more; open sessions end")
    .action(session.says((user: string) => session.ask("DELETE /users/:user", { user }), sentenceOf));
}

interface PasswordOptions {
  readonly passwordFile?: string;
}

function showUsers(users: readonly UserView[]): string {
  const rows = users.map(({ name, role, changedAt, changedBy }) => [
    name,
    role,
    `changed ${changedAt} by ${changedBy}`,
  ]);
  return rows.length === 0 ? "There is no user.\n" : table(rows, "");
}
