// SPDX-License-Identifier: Apache-2.0
// From rounds to what people read: medians, ratios, the verdict on suspicious rivals, a table and bench.json.

import { cpus, release, totalmem } from "node:os";

import type { Measurement } from "./fio.js";
import type { TargetName, Work } from "./work.js";

export interface Row extends Measurement {
  readonly target: TargetName;
  readonly work: Work["name"];
  readonly rounds: number;
  readonly command: string;
}

export interface Report {
  readonly rows: readonly Row[];
  readonly skipped: readonly { readonly target: TargetName; readonly reason: string }[];
  /** Rivals outside the band in which they are known to be: no ratio is given against them. */
  readonly suspicious: readonly { readonly target: TargetName; readonly reason: string }[];
  readonly machine: {
    readonly cores: number;
    readonly cpu: string;
    readonly memoryMiB: number;
    readonly kernel: string;
    readonly node: string;
  };
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
};

export function row(target: TargetName, work: Work, rounds: readonly Measurement[], command: string): Row {
  const of = (pick: (round: Measurement) => number): number =>
    Math.round(median(rounds.map(pick)) * 100) / 100;
  return {
    target,
    work: work.name,
    iops: of((round) => round.iops),
    mibPerSecond: of((round) => round.mibPerSecond),
    p50Us: of((round) => round.p50Us),
    p99Us: of((round) => round.p99Us),
    cpuUs: of((round) => round.cpuUs),
    sleeps: of((round) => round.sleeps),
    rounds: rounds.length,
    command,
  };
}

export const find = (rows: readonly Row[], target: TargetName, work: Work["name"]): Row | undefined =>
  rows.find((candidate) => candidate.target === target && candidate.work === work);

/**
 * QD1 p50 of a rival over raw must lie in its known band; else its set-up is wrong or the machine was
 * disturbed.
 */
const bands: readonly { readonly target: TargetName; readonly least: number; readonly most: number }[] = [
  { target: "qemu-mirror", least: 3, most: 9 },
  { target: "gluster", least: 5, most: 20 },
];

export function suspicions(rows: readonly Row[]): Report["suspicious"] {
  const raw = find(rows, "raw", "randwrite-4k-qd1");
  return bands.flatMap(({ target, least, most }) => {
    const rival = find(rows, target, "randwrite-4k-qd1");
    if (raw === undefined || rival === undefined) return [];
    const ratio = rival.p50Us / raw.p50Us;
    if (ratio >= least && ratio <= most) return [];
    return [{ target, reason: `QD1 p50 is ${ratio.toFixed(1)} × raw, known band ${least} to ${most} ×` }];
  });
}

/** What issue and documentation ask for: IOPS of Gemel over the QEMU mirror's. */
export const goals: readonly {
  readonly target: TargetName;
  readonly work: Work["name"];
  readonly times: number;
}[] = [
  { target: "gemel-written", work: "randwrite-4k-qd1", times: 1.3 },
  { target: "gemel-received", work: "randwrite-4k-qd1", times: 1.7 },
  { target: "gemel-written", work: "randwrite-4k-qd32", times: 15 },
  { target: "gemel-written", work: "write-1m-qd4", times: 1.3 },
];

export function machine(): Report["machine"] {
  const list = cpus();
  return {
    cores: list.length,
    cpu: list[0]?.model ?? "unknown",
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    node: process.version,
  };
}

function against(
  rows: readonly Row[],
  one: Row,
  other: TargetName,
  suspicious: Report["suspicious"],
): string {
  if (suspicious.some((entry) => entry.target === other || entry.target === one.target)) return "suspicious";
  const base = find(rows, other, one.work);
  if (base === undefined || base.iops === 0) return "–";
  return `${(one.iops / base.iops).toFixed(2)} ×`;
}

export function table(report: Report): string {
  const head = [
    "work",
    "target",
    "IOPS",
    "MiB/s",
    "p50 µs",
    "p99 µs",
    "CPU µs/op",
    "sleeps/op",
    "of raw",
    "of QEMU mirror",
  ];
  const lines = [...report.rows]
    .sort((left, right) => left.work.localeCompare(right.work))
    .map((one) => [
      one.work,
      one.target,
      one.iops.toFixed(0),
      one.mibPerSecond.toFixed(1),
      one.p50Us.toFixed(0),
      one.p99Us.toFixed(0),
      one.cpuUs === 0 ? "–" : one.cpuUs.toFixed(0),
      one.cpuUs === 0 ? "–" : one.sleeps.toFixed(2),
      against(report.rows, one, "raw", []),
      against(report.rows, one, "qemu-mirror", report.suspicious),
    ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const text = [head, ...lines].map((line) =>
    line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "),
  );
  const notes = [
    ...report.skipped.map(({ target, reason }) => `skipped ${target}: ${reason}`),
    ...report.suspicious.map(({ target, reason }) => `suspicious ${target}: ${reason}; no ratio is given`),
    ...goals.map((goal) => goalLine(report, goal)),
  ];
  return [...text, "", ...notes].join("\n");
}

function goalLine(report: Report, goal: (typeof goals)[number]): string {
  const ours = find(report.rows, goal.target, goal.work);
  const base = find(report.rows, "qemu-mirror", goal.work);
  const label = `goal ${goal.target} ${goal.work}: at least ${goal.times} × the QEMU mirror`;
  if (ours === undefined || base === undefined) return `${label}: not measured`;
  if (report.suspicious.some((entry) => entry.target === base.target))
    return `${label}: no ratio, suspicious`;
  const reached = ours.iops / base.iops;
  return `${label}: ${reached.toFixed(2)} × ${reached >= goal.times ? "reached" : "not reached"}`;
}
