// SPDX-License-Identifier: Apache-2.0
// events, audit: the history with filters, for reading, for a spreadsheet, and as it happens.

import type { Command } from "commander";
import type { HistoryEntry, HistoryQuery } from "../../api/contract.js";
import { given } from "../options.js";
import { usage } from "../outcome.js";
import type { CliSession } from "../session.js";
import { paint, showHistory } from "../show.js";
import { timeText } from "../../describe/words/words.js";
import { csvHead, csvOf } from "../../describe/words/csv.js";
import { eventsPageMax, eventsCountMax } from "../../base/limits/access.js";

type EventOptions = Pick<HistoryQuery, "module" | "kind" | "node" | "search"> & {
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly follow?: boolean;
  readonly csv?: boolean;
};

const kinds: readonly HistoryEntry["kind"][] = ["decision", "audit", "log"];

export function eventCommands(program: Command, session: CliSession): void {
  const events = filters(program.command("events").description("what happened: decisions, commands, log"));
  events
    .option("--kind <kind>", kinds.join(", "))
    .action((options: EventOptions) => show(session, options, showHistory));
  filters(program.command("audit").description("who did what from where")).action((options: EventOptions) =>
    show(session, { ...options, kind: "audit" }, showAudit),
  );
}

function filters(command: Command): Command {
  return command
    .option("--module <id>", "of this module")
    .option("--node <name>", "of this node (default: the one that answers)")
    .option("--search <text>", "with this text in it")
    .option("--since <when>", "not before: 90m, 12h, 3d ago, or a time (2026-11-21T03:00)")
    .option("--until <when>", "not after")
    .option("-n, --limit <count>", "how many, newest ones", "100")
    .option("--follow", "go on with what happens, until interrupted")
    .option("--csv", "output for a spreadsheet");
}

type Shown = (entries: readonly HistoryEntry[], evidence: boolean) => string;

async function show(session: CliSession, options: EventOptions, text: Shown): Promise<void> {
  if (options.kind !== undefined && !kinds.includes(options.kind))
    throw usage(`--kind must be one of ${kinds.join(", ")}`);
  const follows = options.follow === true;
  if (follows && options.node !== undefined) throw usage("--follow shows the node that answers: use --host");
  const entries = await read(session, options);
  const isCsv = options.csv === true && !session.json;
  const written = (some: readonly HistoryEntry[]): string =>
    isCsv ? csvOf(some.toReversed()) : text(some, false);
  if (isCsv) process.stdout.write(csvHead);
  if (session.json && follows) for (const entry of entries.toReversed()) session.print(entry, "");
  else session.print(entries, written(entries));
  if (!follows) return;
  const wanted = matcher(options);
  await session.connection.follow((event) => {
    if (event.kind === "history" && wanted(event.entry)) session.print(event.entry, written([event.entry]));
  });
}

/** Page by page, newest first. */
async function read(session: CliSession, options: EventOptions): Promise<readonly HistoryEntry[]> {
  const wanted = Number(options.limit);
  if (!(Number.isInteger(wanted) && wanted >= 1 && wanted <= eventsCountMax))
    throw usage(`--limit must be 1 to ${eventsCountMax}`);
  const { since, until } = options;
  const found: HistoryEntry[] = [];
  while (found.length < wanted) {
    const last = found.at(-1);
    const page = await session.ask("GET /history", {
      limit: Math.min(eventsPageMax, wanted - found.length),
      ...given(options, "module", "kind", "node", "search"),
      from: since === undefined ? undefined : momentOf(since),
      to: until === undefined ? undefined : momentOf(until),
      before: last?.id,
    });
    found.push(...page);
    if (page.length < Math.min(eventsPageMax, wanted)) break;
  }
  return found;
}

const spans: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 };

/** "90m" is that long ago; anything else is a time as ISO 8601 writes it. */
export function momentOf(text: string): string {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const span = spans[unit];
  const at = span === undefined ? new Date(text) : new Date(Date.now() - Number(count) * span);
  if (Number.isNaN(at.getTime())) throw usage(`"${text}" is no time: 90m, 12h, 3d, or 2026-11-21T03:00`);
  return at.toISOString();
}

/** What the API does for the past, for what comes in live. */
function matcher({ module, kind, search }: EventOptions): (entry: HistoryEntry) => boolean {
  const text = search?.toLowerCase();
  return (entry) =>
    (module === undefined || entry.module === module) &&
    (kind === undefined || entry.kind === kind) &&
    (text === undefined || JSON.stringify(entry).toLowerCase().includes(text));
}

function showAudit(entries: readonly HistoryEntry[]): string {
  return entries
    .toReversed()
    .map(({ at, node, module, sentence, inputs, outcome }) => {
      const who = `${String(inputs["by"] ?? "")} from ${String(inputs["from"] ?? "")}`;
      const what = module === null ? sentence : `${paint(module, "bold")} ${sentence}`;
      return `${timeText(at)} ${node} ${who}: ${what} → ${outcome}\n`;
    })
    .join("");
}
