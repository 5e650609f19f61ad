// SPDX-License-Identifier: Apache-2.0
// --dry-run: what a command would do, in the API's words; for a conflict both copies side by side first.

import type { Copies, CopyView, Preview, PreviewQuery } from "../../api/contract.js";
import type { ModuleVerb } from "../../base/vocabulary.js";
import { conflictWords } from "../../base/conflict-words.js";
import { bytesText, timeText, verbWords } from "../../describe/words/words.js";
import { CommandEnd, exitCodes } from "../outcome.js";
import type { CliSession } from "../session.js";
import { paint, table } from "../show.js";

/** Exit 1 when the command would be refused. */
export async function dryRun(session: CliSession, id: string, asked: PreviewQuery): Promise<void> {
  const isDeciding = ["resolve", "prim", "second"].includes(asked.verb);
  const copies = isDeciding ? await session.ask("GET /modules/:module/copies", { module: id }) : undefined;
  if (asked.verb === "resolve" && asked.keep === undefined) {
    session.print({ copies }, copies === undefined ? "" : showCopies(copies));
    return;
  }
  const preview = await session.ask("GET /modules/:module/preview", { module: id, ...asked });
  const value = { preview, ...(copies !== undefined && { copies }) };
  session.print(value, (copies === undefined ? "" : showCopies(copies)) + showPreview(preview));
  if (preview.allowed) return;
  process.exitCode = exitCodes.refused;
}

function showPreview({ module, verb, allowed, why, sentences }: Preview): string {
  const label = verb in verbWords ? verbWords[verb as ModuleVerb].label : verb;
  const head = `${paint(module, "bold")}: ${label}\n`;
  const refusal = allowed ? "" : `${paint("Refused now:", "red")} ${why}\n`;
  return head + refusal + sentences.map((sentence) => `  ${sentence}\n`).join("");
}

export function showCopies({ module, copies, afterwards, conflict }: Copies): string {
  const row = (name: string, of: (copy: CopyView) => string): string[] => [name, ...copies.map(of)];
  const moment = (at: string | undefined): string => (at === undefined ? "not known" : timeText(at));
  const rows = [
    row("", ({ node, live }) => (live ? paint(node, "bold") : `${node} (as last heard)`)),
    row("state", ({ state, upToDate }) => `${state}, ${upToDate ? "up to date" : "not up to date"}`),
    row("generation", ({ generation, session }) =>
      generation === "" ? "not known" : `${generation} (${session})`,
    ),
    row("ran alone", ({ alone }) =>
      alone === undefined
        ? "no"
        : `${timeText(alone.from)} to ${alone.to === undefined ? "now" : timeText(alone.to)}`,
    ),
    row("last write", ({ lastWrite }) => moment(lastWrite)),
    row("size", ({ sizeBytes }) => bytesText(sizeBytes)),
    row("may differ", ({ differingBytes }) => bytesText(differingBytes)),
  ];
  const losses = copies.map(({ node, ifKept }) => `  If ${node} goes on: ${ifKept}\n`).join("");
  const title = conflict ? paint(conflictWords.inBrief, "red") : "both copies";
  return `${paint(module, "bold")}: ${title}\n${table(rows)}${losses}  ${afterwards}\n`;
}

export const keepMissing = (): CommandEnd =>
  new CommandEnd(exitCodes.usage, {
    code: "GEMEL-4008",
    message: "--keep <node> says whose copy goes on.",
    where: "",
    next: "See what each choice loses with: gemel resolve MODULE --dry-run",
  });
