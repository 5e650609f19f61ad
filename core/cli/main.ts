#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// gemel: the command line. It talks to a daemon and has no other power; each command's file says more.

import { Command, CommanderError } from "commander";
import { balanceCommands } from "./commands/balance.js";
import { certCommands } from "./commands/cert.js";
import { clusterCommands } from "./commands/cluster.js";
import { eventCommands } from "./commands/events.js";
import { figuresCommands } from "./commands/figures.js";
import { moduleCommands } from "./commands/modules.js";
import { pauseCommands } from "./commands/pause.js";
import { protectCommands } from "./commands/protect.js";
import { lookingCommands } from "./commands/status.js";
import { userCommands } from "./commands/user.js";
import type { Target } from "./connection.js";
import { CommandEnd, ended, exitCodes, printError } from "./outcome.js";
import { CliSession } from "./session.js";

const program = new Command("gemel")
  .description("keeps virtual machines running when a host dies")
  .option("--json", "output for programs")
  .option("--socket <path>", "the daemon's unix socket")
  .option("--host <address[:port]>", "a node's API over HTTPS")
  .option("--cert <file>", "administrator's certificate for --host", "/etc/gemel/tls/admin.pem")
  .showHelpAfterError("(see gemel --help)")
  .configureHelp({ showGlobalOptions: true });

const wantsJson = (): boolean => process.argv.includes("--json");

const session = new CliSession(() => program.opts<Target>(), wantsJson());

lookingCommands(program, session);
moduleCommands(program, session);
figuresCommands(program, session);
balanceCommands(program, session);
protectCommands(program, session);
pauseCommands(program, session);
eventCommands(program, session);
clusterCommands(program, session);
userCommands(program, session);
certCommands(program, session);
acceptEverywhere(program);

/** `gemel status --json` and `gemel --json status` are the same. */
function acceptEverywhere(command: Command): void {
  for (const child of command.commands) {
    child.option("--json", "output for programs");
    child.exitOverride();
    acceptEverywhere(child);
  }
}

// `gemel events | head`: who reads no further has what was wanted. A full disk is told where it can be.
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== "EPIPE") process.stderr.write(`gemel: the output could not be written: ${message}\n`);
  process.exit(code === "EPIPE" ? exitCodes.done : exitCodes.refused);
});
process.stderr.on("error", () => undefined);

program.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = end(error);
}

function end(error: unknown): number {
  // commander has already said what is wrong; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const known =
    error instanceof CommandEnd
      ? error
      : ended("refused", "GEMEL-9003", (error as Error).message, "gemel", "Send this to the makers.");
  printError(known.error, wantsJson());
  return known.exit;
}
