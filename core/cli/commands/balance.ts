// SPDX-License-Identifier: Apache-2.0
// Which swaps would balance the hosts, and whether everything fits on one of them. Looking changes nothing;
// `--apply` swaps one module after the other, each only when the one before it is protected again, and stops
// at the first that is refused or late, saying what was done.

import type { Command } from "commander";
import type { Capacity, Move, Placement } from "../../api/contract.js";
import { bytesOfText, bytesText, coresText } from "../../describe/words/words.js";
import { timeoutOption } from "../options.js";
import { CommandEnd, ended } from "../outcome.js";
import { moduleIn, reached, type CliSession } from "../session.js";
import { table } from "../show.js";
import { watchReturn } from "../swap.js";

interface BalanceOptions {
  readonly apply?: boolean;
  readonly timeout: number;
}

export function balanceCommands(program: Command, session: CliSession): void {
  program
    .command("balance")
    .description("which swaps would balance the hosts, and why; does everything fit on one of them?")
    .option("--apply", "swap them, one after the other, each when the one before is protected again")
    .addOption(timeoutOption(600, "of each swap, with --apply (exit 3)"))
    .action((options: BalanceOptions) => balance(session, options));
}

async function balance(session: CliSession, { apply = false, timeout }: BalanceOptions): Promise<void> {
  const placement = await session.ask("GET /placement");
  const capacity = await session.ask("GET /capacity");
  if (!apply) {
    session.print({ ...placement, capacity }, shown(placement) + fits(capacity));
    return;
  }
  session.say(shown(placement));
  const done: Move[] = [];
  for (const move of placement.moves) {
    try {
      await carryOut(session, move, timeout);
    } catch (error) {
      throw error instanceof CommandEnd ? stoppedAt(error, move, done, placement.moves.length) : error;
    }
    done.push(move);
    session.say(`${move.module}: runs on ${move.to}, protected.\n`);
  }
  session.print({ ...placement, done }, done.length === 0 ? "" : `${doneText(done)}\n`);
}

async function carryOut(session: CliSession, { module: id, from, to }: Move, seconds: number): Promise<void> {
  const { active } = moduleIn(await session.ask("GET /status"), id);
  if (active !== from) {
    const message = `It runs on ${active ?? "no node"} by now, not on ${from}.`;
    throw ended("refused", "GEMEL-1005", message, id, "Look again with: gemel balance");
  }
  await session.ask("POST /modules/:module/commands", { module: id }, { verb: "swap" });
  const lookForReturn = watchReturn(from);
  await session.until(`swap ${id}`, seconds, (status) => {
    const module = moduleIn(status, id);
    lookForReturn(module);
    return (module.active === to && module.protected && reached(module, "Ready", undefined)) || undefined;
  });
}

/** The refusal as it is, with what was done before it. */
function stoppedAt({ exit, error }: CommandEnd, move: Move, done: readonly Move[], all: number): CommandEnd {
  const before = done.length === 0 ? "Nothing was moved." : doneText(done);
  const left = all - done.length - 1;
  const rest =
    left === 0 ? "" : left === 1 ? " One more left as it was." : ` ${left} more left as they were.`;
  const message = `${error.message} ${before}${rest}`;
  return new CommandEnd(exit, { ...error, where: error.where === "" ? move.module : error.where, message });
}

const doneText = (done: readonly Move[]): string =>
  `Done: ${done.map(({ module, to }) => `${module} to ${to}`).join(", ")}.`;

function shown({ sentence, moves, held, before, after }: Placement): string {
  const loads = before.map(({ node, cpu, memory }) => {
    const then = after.find((one) => one.node === node);
    const isSame = then === undefined || (then.cpu === cpu && then.memory === memory);
    const now = [node, coresText(cpu), bytesText(memory)];
    return isSame ? now : [...now, `→ ${coresText(then.cpu)}, ${bytesText(then.memory)}`];
  });
  return [
    `${sentence}\n`,
    table(moves.map(({ module, from, to, why }) => [module, `${from} → ${to}`, why])),
    held.length === 0 ? "" : "Stay, although moving them would help:\n",
    table(held.map(({ module, why }) => [module, why])),
    loads.length === 0 ? "" : "What VMs use on each host:\n",
    table(loads),
  ].join("");
}

function fits({ hosts }: Capacity): string {
  if (hosts.length === 0) return "";
  const rows = hosts.map(({ node, sentence, disk }) => {
    const space = disk.total === 0 ? "" : `disk ${bytesOfText(disk.total - disk.free, disk.total)} used`;
    return [node, sentence, space];
  });
  return `If one host had to run everything:\n${table(rows)}`;
}
