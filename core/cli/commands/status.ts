// SPDX-License-Identifier: Apache-2.0
// status, log, explain, doctor, wait: looking. All but `wait` also work, read-only and from what was written
// down last, while the daemon is silent.

import type { Command } from "commander";
import type { DoctorReport, HistoryEntry, Status } from "../../api/contract.js";
import { lastHistory, lastStatus, sayOffline } from "../offline.js";
import { CommandEnd, exitCodes, usage, type ExitCode } from "../outcome.js";
import { moduleIn, reached, type CliSession } from "../session.js";
import { paint, showHistory, showStatus } from "../show.js";

const goals = ["STOP", "WAIT", "ALONE", "PRIM", "SECOND", "Ready", "protected"];

export function lookingCommands(program: Command, open: () => CliSession): void {
  program
    .command("status")
    .description(
      "nodes, modules and what they do; exit 0 all Ready, 10 something unprotected, 11 something NotReady",
    )
    .option("--watch", "go on showing changes until interrupted")
    .action(async (options: { readonly watch?: boolean }) => {
      const session = open();
      process.exitCode = options.watch === true ? await watch(session) : await once(session);
    });
  program
    .command("wait <module>")
    .description("wait until a module has reached a state")
    .requiredOption("--for <state>", goals.join(", "))
    .option("--node <name>", "on this node")
    .option("--timeout <seconds>", "give up after this time (exit 3)", "300")
    .action(
      async (
        id: string,
        options: { readonly for: string; readonly node?: string; readonly timeout: string },
      ) => {
        const session = open();
        if (!goals.includes(options.for)) throw usage(`--for must be one of ${goals.join(", ")}`);
        const found = await session.until(`${id} ${options.for}`, secondsOf(options.timeout), (status) => {
          const module = moduleIn(status, id);
          return reached(module, options.for, options.node) ? module : undefined;
        });
        session.print(found, `${found.id}: ${found.sentence}\n`);
      },
    );
  historyCommands(program, open);
  program
    .command("doctor")
    .description("what is not as it should be on this node, and what to do about it")
    .action(async () => {
      const session = open();
      const report = await orOffline(session, () => session.ask("GET /doctor"), offlineDoctor);
      const lines = report.findings.map(({ severity, code, message, next }) => {
        const mark = severity === "blocks" ? paint("✗", "red") : paint("!", "amber");
        return `${mark} ${code} ${message}\n    next: ${next}\n`;
      });
      session.print(report, lines.length === 0 ? `${report.node}: nothing found.\n` : lines.join(""));
    });
}

function historyCommands(program: Command, open: () => CliSession): void {
  const history = (name: string, description: string, kind: HistoryEntry["kind"] | undefined): void => {
    program
      .command(`${name} [module]`)
      .description(description)
      .option("-n, --limit <count>", "how many entries", "50")
      .action(async (module: string | undefined, options: { readonly limit: string }) => {
        const session = open();
        const limit = Number(options.limit);
        if (!(limit >= 1 && limit <= 1000)) throw usage("--limit must be 1 to 1000");
        const asked = { limit, ...(module && { module }), ...(kind && { kind }) };
        const entries = await orOffline(
          session,
          () => session.ask("GET /history", asked),
          () => lastHistory(asked),
        );
        session.print(entries, showHistory(entries, kind === "decision"));
      });
  };
  history("log", "what happened: events, commands, decisions", undefined);
  history("explain", "why: each decision with its rule and its evidence", "decision");
}

export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds < 1e7)) throw usage(`"${text}" is not a number of seconds`);
  return seconds;
}

export function statusExit(status: Status): ExitCode {
  const nodes = status.modules.flatMap((module) => module.nodes);
  const red = status.modules.some(({ colour }) => colour === "red");
  if (red || nodes.some(({ stability }) => stability === "NotReady")) return exitCodes.notReady;
  if (status.modules.some((module) => !module.protected || module.partly)) return exitCodes.unprotected;
  return exitCodes.done;
}

async function once(session: CliSession): Promise<ExitCode> {
  const status = await orOffline(session, () => session.ask("GET /status"), lastStatus);
  session.print(status, showStatus(status));
  return process.exitCode === exitCodes.unreachable ? exitCodes.unreachable : statusExit(status);
}

async function watch(session: CliSession): Promise<ExitCode> {
  await session.connection.follow((event) => {
    if (event.kind !== "status") return false;
    if (process.stdout.isTTY && !session.json) process.stdout.write("\u001b[H\u001b[2J");
    session.print(event.status, showStatus(event.status));
    return false;
  });
  return exitCodes.done;
}

/** Asks the daemon; when it is silent, says so, shows what it left, and the exit code is 4. */
async function orOffline<T>(
  session: CliSession,
  ask: () => Promise<T>,
  left: () => T | undefined,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof CommandEnd) || error.exit !== exitCodes.unreachable) throw error;
    const found = left();
    if (found === undefined) throw error;
    if (!session.json) sayOffline(error.message);
    process.exitCode = exitCodes.unreachable;
    return found;
  }
}

function offlineDoctor(): DoctorReport {
  return {
    node: lastStatus()?.answeredBy ?? "this node",
    findings: [
      {
        severity: "blocks",
        node: "",
        code: "GEMEL-4007",
        message: "The daemon does not answer; running guests and their replication go on without it.",
        next: "Start it: systemctl start gemel",
      },
    ],
  };
}
