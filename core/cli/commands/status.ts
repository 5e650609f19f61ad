// SPDX-License-Identifier: Apache-2.0
// status, log, explain, doctor, wait: looking. All but `wait` also work, read-only and from what was written
// down last, while the daemon is silent.

import type { Command } from "commander";
import type { DoctorReport, HistoryEntry, Status } from "../../api/contract.js";
import { lastHistory, lastStatus, sayOffline } from "../offline.js";
import { timeoutOption } from "../options.js";
import { CommandEnd, exitCodes, usage, type ExitCode } from "../outcome.js";
import { moduleIn, reached, type CliSession } from "../session.js";
import { showFindings, showHistory, showStatus } from "../show.js";

const goals = ["STOP", "WAIT", "ALONE", "PRIM", "SECOND", "Ready", "protected"];

export function lookingCommands(program: Command, session: CliSession): void {
  program
    .command("status")
    .description(
      "nodes, modules and what they do; exit 0 all Ready, 10 something unprotected, 11 something NotReady",
    )
    .option("--watch", "go on showing changes until interrupted")
    .action(async ({ watch = false }: { readonly watch?: boolean }) => {
      if (watch) await goOnShowing(session);
      else process.exitCode = await once(session);
    });
  program
    .command("wait <module>")
    .description("wait until a module has reached a state")
    .requiredOption("--for <state>", goals.join(", "))
    .option("--node <name>", "on this node")
    .addOption(timeoutOption(300, "give up after this time (exit 3)"))
    .action(
      session.says(
        (id: string, { for: goal, node, timeout }: WaitOptions) => {
          if (!goals.includes(goal)) throw usage(`--for must be one of ${goals.join(", ")}`);
          return session.until(`${id} ${goal}`, timeout, (status) => {
            const module = moduleIn(status, id);
            return reached(module, goal, node) ? module : undefined;
          });
        },
        ({ id, sentence }) => `${id}: ${sentence}\n`,
      ),
    );
  historyCommand(program, session, "log", "what happened: events, commands, decisions");
  historyCommand(
    program,
    session,
    "explain",
    "why: each decision with its rule and its evidence",
    "decision",
  );
  program
    .command("doctor")
    .description("what is not as it should be on this node, and what to do about it")
    .action(
      session.says(
        () => orOffline(session, () => session.ask("GET /doctor"), offlineDoctor),
        ({ node, findings }) => showFindings(findings, false) || `${node}: nothing found.\n`,
      ),
    );
}

interface WaitOptions {
  readonly for: string;
  readonly node?: string;
  readonly timeout: number;
}

function historyCommand(
  program: Command,
  session: CliSession,
  name: string,
  description: string,
  kind?: HistoryEntry["kind"],
): void {
  program
    .command(`${name} [module]`)
    .description(description)
    .option("-n, --limit <count>", "how many entries", "50")
    .action(
      session.says(
        (module: string | undefined, options: { readonly limit: string }) => {
          const limit = Number(options.limit);
          if (!(limit >= 1 && limit <= 1000)) throw usage("--limit must be 1 to 1000");
          const asked = { limit, ...(module && { module }), ...(kind && { kind }) };
          const left = (): readonly HistoryEntry[] => lastHistory(asked);
          return orOffline(session, () => session.ask("GET /history", asked), left);
        },
        (entries) => showHistory(entries, kind === "decision"),
      ),
    );
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

async function goOnShowing(session: CliSession): Promise<void> {
  await session.connection.follow((event) => {
    if (event.kind !== "status") return;
    if (process.stdout.isTTY && !session.json) process.stdout.write("\u001b[H\u001b[2J");
    session.print(event.status, showStatus(event.status));
  });
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
  const node = lastStatus()?.answeredBy ?? "this node";
  const message = "The daemon does not answer; running guests and their replication go on without it.";
  const next = "Start it: systemctl start gemel";
  return { node, findings: [{ severity: "blocks", node: "", code: "GEMEL-4007", message, next }] };
}
