// SPDX-License-Identifier: Apache-2.0
// Status, history and procedures for a person: aligned columns, colours only on a terminal, the sentence
// first.

import { stripVTControlCharacters } from "node:util";
import type {
  FindingView,
  HistoryEntry,
  ModuleOnNode,
  ModuleStatus,
  NodeStatus,
  ProcedureStatus,
  Reintegration,
  Status,
} from "../api/contract.js";
import {
  alarmLooks,
  bytesText,
  clockText,
  copyingWords,
  donePart,
  durationText,
  lastKnownLook,
  rateText,
  stateLooks,
  timeText,
  type LookColour,
} from "../describe/words/words.js";

const paints: Readonly<Record<LookColour | "dim" | "bold", number>> = {
  green: 32,
  amber: 33,
  red: 31,
  grey: 2,
  dim: 2,
  bold: 1,
};

export function paint(text: string, colour: keyof typeof paints): string {
  return process.stdout.isTTY ? `\u001b[${paints[colour]}m${text}\u001b[0m` : text;
}

/** Columns as wide as their widest cell; colour codes do not count. */
export function table(rows: readonly (readonly string[])[], indent = "  "): string {
  const width = (cell: string): number => stripVTControlCharacters(cell).length;
  const widths = rows.reduce<number[]>(
    (found, row) => row.map((cell, column) => Math.max(found[column] ?? 0, width(cell))),
    [],
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell))).join("  ");
  return rows.map((row) => `${indent}${line(row).trimEnd()}\n`).join("");
}

export function showStatus(status: Status): string {
  const seen = `as ${status.answeredBy} sees it at ${clockText(status.at)}`;
  const head = `Gemel ${status.version} · ${status.cluster ?? "no cluster"} · ${seen}\n`;
  const procedures = status.procedures.filter(({ state }) => state === "running").map(showProcedure);
  return [
    head,
    `${status.sentence}\n`,
    showAlarms(status),
    status.nodes.length === 0 ? "" : `\n${table(status.nodes.map(nodeRow))}`,
    ...status.modules.map(showModule),
    procedures.length === 0 ? "" : `\n${procedures.join("")}`,
  ].join("");
}

/** What an older daemon left behind has warnings only. */
function showAlarms({ alarms, warnings }: Partial<Pick<Status, "alarms" | "warnings">>): string {
  if (alarms === undefined) return (warnings ?? []).map((text) => `${paint("!", "red")} ${text}\n`).join("");
  return alarms
    .map(({ id, severity, sentence, next, since, acknowledged }) => {
      const by = acknowledged === undefined ? "" : `, acknowledged by ${acknowledged.by}`;
      const mark = paint("!", alarmLooks[severity].colour);
      return `${mark} ${sentence}\n    since ${clockText(since)}${by} [${id}]\n    next: ${next}\n`;
    })
    .join("");
}

function nodeRow(node: NodeStatus): string[] {
  const networks = node.networks.map(({ name, heard }) => (heard ? name : paint(`${name} silent`, "amber")));
  return [
    paint(node.name, "bold"),
    node.reachable ? paint("reachable", "green") : paint("silent", "red"),
    `since ${clockText(node.since)}`,
    networks.join(", "),
    node.daemon === "answers" ? "" : paint("daemon does not answer", "amber"),
  ];
}

function showModule(module: ModuleStatus): string {
  const name = module.vm === module.id ? "" : ` (${module.vm})`;
  const mark = module.partly ? paint(" partly protected", "amber") : "";
  const rows = module.nodes.map((one) => [
    one.node,
    paint(one.state, colourOf(one)),
    one.stability,
    one.upToDate ? "up to date" : paint("not up to date", "amber"),
    one.vm === "on" ? "VM runs" : "",
    one.reason === "none" ? "" : one.reason,
    one.live ? "" : paint(`(last seen ${clockText(one.since)})`, "dim"),
  ]);
  const copying = module.reintegration === null ? "" : `    ${showReintegration(module.reintegration)}\n`;
  const troubles = module.troubles.map(
    ({ code, message, next }) => `    ${code} ${message}\n      next: ${next}\n`,
  );
  return (
    `\n${paint(module.id, "bold")}${name}${mark}: ${paint(module.sentence, module.colour)}\n` +
    table(rows, "    ") +
    copying +
    troubles.join("")
  );
}

const colourOf = ({ live, state, stability }: ModuleOnNode): LookColour =>
  live ? stateLooks[state][stability].colour : lastKnownLook.colour;

function showReintegration(copy: Reintegration): string {
  const part = donePart(copy);
  const cells = Math.round(part * 20);
  const bar = `[${"#".repeat(cells)}${".".repeat(20 - cells)}]`;
  const eta = copy.etaSeconds === undefined ? "" : `, about ${durationText(copy.etaSeconds)} left`;
  const percent = `${(part * 100).toFixed(1)} % of ${bytesText(copy.bytesTotal)}`;
  return `${copyingWords[copy.kind]} ${bar} ${percent}, ${rateText(copy.bytesPerSecond)}${eta}`;
}

export function showProcedure(procedure: ProcedureStatus): string {
  const { progress } = procedure;
  const done =
    progress === undefined ? "" : ` ${bytesText(progress.bytesDone)} of ${bytesText(progress.bytesTotal)}`;
  const what = `${procedure.kind} ${procedure.subject} on ${procedure.node}`;
  return `${what}: ${procedure.step}${done} (${procedure.state})\n`;
}

export function showHistory(entries: readonly HistoryEntry[], evidence: boolean): string {
  return entries
    .toReversed()
    .map((entry) => {
      const module = entry.module === null ? "" : ` ${paint(entry.module, "bold")}`;
      const rule = entry.rule === "" ? "" : ` [${entry.rule}]`;
      const line = `${timeText(entry.at)} ${entry.node}${module}${rule} ${entry.sentence}`;
      const outcome = entry.outcome === "" ? "" : ` → ${entry.outcome}`;
      const inputs = Object.entries(entry.inputs).map(([key, value]) => `${key}=${String(value)}`);
      const because = evidence && inputs.length > 0 ? `\n    because ${inputs.join(", ")}` : "";
      return `${line}${outcome}${because}\n`;
    })
    .join("");
}

/** What stands in the way, and what to do about it; `named`: on which node, where there are several. */
export function showFindings(findings: readonly FindingView[], named: boolean): string {
  const lines = findings.map(({ severity, node, code, message, next }) => {
    const mark = severity === "blocks" ? paint("✗", "red") : paint("!", "amber");
    return `${mark} ${named ? `${node}: ` : ""}${code} ${message}\n    next: ${next}\n`;
  });
  return lines.join("");
}
