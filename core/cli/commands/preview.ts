// SPDX-License-Identifier: Apache-2.0
// --dry-run: what a command would do, in the API's words; for a conflict both copies side by side first.

import type { Copies, CopyView, Preview, PreviewQuery } from "../../api/contract.js";
import type { ModuleVerb } from "../../base/vocabulary.js";
import { conflictWords } from "../../base/conflict-words.js";
import { bytesText, timeText, verbWords } from "../../describe/words/words.js";
import { ended, exitCodes, type CommandEnd } from "../outcome.js";
import type { CliSession } from "../session.js";
import { paint, table } from "../show.js";

/** Exit 1 when the command would be refused. */
export async function dryRun(session: CliSession, id: string, asked: PreviewQuery): Promise<void> {
  const isDeciding = ["resolve", "prim", "second"].includes(asked.verb);
  const copies = isDeciding ? await session.ask("GET /modules/:module/copies", { module: id }) : undefined;
  const sideBySide = copies === undefined ? "" : showCopies(copies);
  if (asked.verb === "resolve" && asked.keep === undefined) {
    session.print({ copies }, sideBySide);
    return;
  }
  const preview = await session.ask("GET /modules/:module/preview", { module: id, ...asked });
  session.print({ preview, copies }, sideBySide + showPreview(preview));
  if (!preview.allowed) process.exitCode = exitCodes.refused;
}

function showPreview({ module, verb, allowed, why, sentences }: Preview): string {
  const label = verb in verbWords ? verbWords[verb as ModuleVerb].label : verb;
  const head = `${paint(module, "bold")}: ${label}\n`;
  const refusal = allowed ? "" : `${paint("Refused now:", "red")} ${why}\n`;
  return head + refusal + sentences.map((sentence) => `  ${sentence}\n`).join("");
}

function showCopies({ module, copies, afterwards, conflict }: Copies): string {
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

export const keepMissing = (): CommandEnd => {
  const next = "See what each choice loses with: gemel resolve MODULE --dry-run";
  return ended("usage", "GEMEL-4008", "--keep <node> says whose copy goes on.", "", next);
};
