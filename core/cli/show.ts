// SPDX-License-Identifier: Apache-2.0
// Status, history and procedures for a person: aligned columns, colours only on a terminal, the sentence
// first.

import type {
  HistoryEntry,
  ModuleStatus,
  NodeStatus,
  ProcedureStatus,
  Reintegration,
  Status,
} from "../api/contract.js";

const colours = { green: 32, amber: 33, red: 31, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof colours;

export function paint(text: string, colour: Colour): string {
  return process.stdout.isTTY ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text;
}

/** Columns as wide as their widest cell; colour codes do not count. */
export function table(rows: readonly (readonly string[])[], indent = "  "): string {
  // eslint-disable-next-line no-control-regex -- our own colour codes have no width
  const width = (cell: string): number => cell.replace(/\u001b\[\d+m/g, "").length;
  const widths = rows.reduce<number[]>(
    (found, row) => row.map((cell, column) => Math.max(found[column] ?? 0, width(cell))),
    [],
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell))).join("  ");
  return rows.map((row) => `${indent}${line(row).trimEnd()}\n`).join("");
}

export function showStatus(status: Status): string {
  const seen = `as ${status.answeredBy} sees it at ${clock(status.at)}`;
  const head = `Gemel ${status.version} · ${status.cluster ?? "no cluster"} · ${seen}\n`;
  const warnings = status.warnings.map((text) => `${paint("!", "red")} ${text}\n`).join("");
  const procedures = status.procedures
    .filter(({ state }) => state === "running")
    .map(showProcedure)
    .join("");
  return [
    head,
    `${status.sentence}\n`,
    warnings,
    status.nodes.length === 0 ? "" : `\n${table(status.nodes.map(nodeRow))}`,
    status.modules.map(showModule).join(""),
    procedures === "" ? "" : `\n${procedures}`,
  ].join("");
}

function nodeRow(node: NodeStatus): string[] {
  const networks = node.networks.map(({ name, heard }) => (heard ? name : paint(`${name} silent`, "amber")));
  return [
    paint(node.name, "bold"),
    node.reachable ? paint("reachable", "green") : paint("silent", "red"),
    `since ${clock(node.since)}`,
    networks.join(", "),
    node.daemon === "answers" ? "" : paint("daemon does not answer", "amber"),
  ];
}

function showModule(module: ModuleStatus): string {
  const name = module.vm === module.id ? "" : ` (${module.vm})`;
  const mark = module.partly ? paint(" partly protected", "amber") : "";
  const rows = module.nodes.map((one) => [
    one.node,
    paint(one.state, one.stability === "Ready" ? "green" : one.stability === "Transient" ? "amber" : "red"),
    one.stability,
    one.upToDate ? "up to date" : paint("not up to date", "amber"),
    one.vm === "on" ? "VM runs" : "",
    one.reason === "none" ? "" : one.reason,
    one.live ? "" : paint(`(last seen ${clock(one.since)})`, "dim"),
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

export function showReintegration(copy: Reintegration): string {
  const part = copy.bytesTotal === 0 ? 1 : copy.bytesDone / copy.bytesTotal;
  const cells = Math.round(part * 20);
  const bar = `[${"#".repeat(cells)}${".".repeat(20 - cells)}]`;
  const eta = copy.etaSeconds === undefined ? "" : `, about ${duration(copy.etaSeconds)} left`;
  const percent = `${(part * 100).toFixed(1)} % of ${size(copy.bytesTotal)}`;
  return `${copy.kind} ${bar} ${percent}, ${size(copy.bytesPerSecond)}/s${eta}`;
}

export function showProcedure(procedure: ProcedureStatus): string {
  const { progress } = procedure;
  const done = progress === undefined ? "" : ` ${size(progress.bytesDone)} of ${size(progress.bytesTotal)}`;
  const what = `${procedure.kind} ${procedure.subject} on ${procedure.node}`;
  return `${what}: ${procedure.step}${done} (${procedure.state})\n`;
}

export function showHistory(entries: readonly HistoryEntry[], evidence: boolean): string {
  return [...entries]
    .reverse()
    .map((entry) => {
      const module = entry.module === null ? "" : ` ${paint(entry.module, "bold")}`;
      const rule = entry.rule === "" ? "" : ` [${entry.rule}]`;
      const line = `${clock(entry.at)} ${entry.node}${module}${rule} ${entry.sentence}`;
      const outcome = entry.outcome === "" ? "" : ` → ${entry.outcome}`;
      const inputs = Object.entries(entry.inputs).map(([key, value]) => `${key}=${String(value)}`);
      const because = evidence && inputs.length > 0 ? `\n    because ${inputs.join(", ")}` : "";
      return `${line}${outcome}${because}\n`;
    })
    .join("");
}

export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? "B"}`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function clock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : date.toLocaleTimeString("en-GB");
}
