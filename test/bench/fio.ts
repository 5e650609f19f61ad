// SPDX-License-Identifier: Apache-2.0
// One fio run and what it measured.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { used } from "./processes.js";
import { diskBytes, type RunningTarget, type Work } from "./work.js";

const run = promisify(execFile);

export interface Measurement {
  readonly iops: number;
  readonly mibPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Per operation, of the target's own processes: processor time, and sleeps of their threads. */
  readonly cpuUs: number;
  readonly sleeps: number;
}

interface FioSide {
  readonly iops: number;
  readonly bw_bytes: number;
  readonly total_ios: number;
  readonly lat_ns: { readonly percentile?: Readonly<Record<string, number>> };
}

export function fioArguments(target: RunningTarget, work: Work, seconds: number): string[] {
  return [
    "--name=bench",
    "--output-format=json",
    ...target.fio,
    `--rw=${work.rw}`,
    `--bs=${work.block}`,
    `--iodepth=${work.depth}`,
    `--size=${diskBytes}`,
    `--runtime=${seconds}`,
    "--time_based",
    "--randrepeat=0",
    "--norandommap",
    // From the call to the result: a disk may do most of its work inside the call already.
    "--lat_percentiles=1",
    "--clat_percentiles=0",
  ];
}

export async function measure(target: RunningTarget, work: Work, seconds: number): Promise<Measurement> {
  const before = used(target.processes);
  const { stdout } = await run("fio", fioArguments(target, work, seconds), {
    maxBuffer: 1 << 24,
    timeout: (seconds + 60) * 1000,
    killSignal: "SIGKILL",
  });
  const after = used(target.processes);
  const report = JSON.parse(stdout.slice(stdout.indexOf("{"))) as {
    jobs: { read: FioSide; write: FioSide }[];
  };
  const job = report.jobs[0];
  if (job === undefined) throw new Error("fio reported no job");
  const side = work.rw === "randread" ? job.read : job.write;
  const at = (percent: string): number => (side.lat_ns.percentile?.[percent] ?? 0) / 1000;
  return {
    iops: side.iops,
    mibPerSecond: side.bw_bytes / 1024 / 1024,
    p50Us: at("50.000000"),
    p99Us: at("99.000000"),
    cpuUs: (after.cpuMicros - before.cpuMicros) / Math.max(side.total_ios, 1),
    sleeps: (after.sleeps - before.sleeps) / Math.max(side.total_ios, 1),
  };
}

/** Fills the disk once, so that no target pays for allocation while it is measured. */
export async function fill(target: RunningTarget): Promise<void> {
  const argv = [
    "--name=fill",
    ...target.fio,
    "--rw=write",
    "--bs=1m",
    "--iodepth=4",
    `--size=${diskBytes}`,
    "--end_fsync=1",
  ];
  await run("fio", argv, { maxBuffer: 1 << 24, timeout: 120_000, killSignal: "SIGKILL" });
}
