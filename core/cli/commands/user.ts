// SPDX-License-Identifier: Apache-2.0
// user list, add, role, password, remove: who may come in to the console, as what. Root on a host needs no
// user and no password, which is the way back in for whoever has forgotten theirs.

import { Argument, Option, type Command } from "commander";
import type { Role } from "../../api/contract.js";
import { passwordFor } from "../password.js";
import type { CliSession } from "../session.js";
import { table } from "../show.js";

const roles = ["monitor", "control", "admin"] as const satisfies readonly Role[];
const roleWords = "monitor (look), control (command) or admin (configure)";
const fileWords = "read the password from its first line; - is stdin (default: ask)";

export function userCommands(program: Command, open: () => CliSession): void {
  const user = program.command("user").description("who may come in to the console, and as what");
  user
    .command("list")
    .description("the users and their roles")
    .action(async () => {
      const session = open();
      const users = await session.ask("GET /users");
      const rows = users.map(({ name, role, changedAt, changedBy }) => [
        name,
        role,
        `changed ${changedAt} by ${changedBy}`,
      ]);
      session.print(users, rows.length === 0 ? "There is no user.\n" : table(rows, ""));
    });
  user
    .command("add <name>")
    .description("a new user, on both nodes")
    .addOption(new Option("--role <role>", roleWords).choices(roles).makeOptionMandatory())
    .option("--password-file <file>", fileWords)
    .action(async (name: string, options: { readonly role: Role; readonly passwordFile?: string }) => {
      const session = open();
      const password = await passwordFor(name, options.passwordFile);
      const made = await session.ask("POST /users", {}, { name, role: options.role, password });
      session.print(made, `${made.name} may come in as ${made.role}.\n`);
    });
  changingCommands(user, open);
}

function changingCommands(user: Command, open: () => CliSession): void {
  user
    .command("role <name>")
    .description("another role, at once, in sessions that are open too")
    .addArgument(new Argument("<role>", roleWords).choices(roles))
    .action(async (name: string, role: Role) => {
      const session = open();
      const changed = await session.ask("PATCH /users/:user", { user: name }, { role });
      session.print(changed, `${changed.name} is ${changed.role} now.\n`);
    });
  user
    .command("password <name>")
    .description("a new password; the user's sessions end")
    .option("--password-file <file>", fileWords)
    .action(async (name: string, options: { readonly passwordFile?: string }) => {
      const session = open();
      const password = await passwordFor(name, options.passwordFile);
      const changed = await session.ask("PATCH /users/:user", { user: name }, { password });
      session.print(changed, `${changed.name} has a new password.\n`);
    });
  user
    .command("remove <name>")
    .description("may not come in any more; open sessions end")
    .action(async (name: string) => {
      const session = open();
      const reply = await session.ask("DELETE /users/:user", { user: name });
      session.print(reply, `${reply.sentence}\n`);
    });
}
