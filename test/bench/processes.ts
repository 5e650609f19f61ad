// SPDX-License-Identifier: Apache-2.0
// What a mirror's own processes used during one fio run, from /proc: processor time, and how often one of
// their threads went to sleep. A synchronous write waits for every one of these wakes in turn, so they
// explain its latency better than any profile.

import { readdirSync, readFileSync } from "node:fs";

export interface Used {
  readonly cpuMicros: number;
  readonly sleeps: number;
}

/** Ticks of /proc/PID/stat: always a hundredth of a second for user space. */
const tickMicros = 10_000;

/** Sums over processes and all their threads since they started; what is gone counts nothing. */
export function used(processes: readonly number[]): Used {
  const sums = processes.map((pid) => ({ cpuMicros: cpuMicros(pid), sleeps: sleeps(pid) }));
  return {
    cpuMicros: sums.reduce((sum, one) => sum + one.cpuMicros, 0),
    sleeps: sums.reduce((sum, one) => sum + one.sleeps, 0),
  };
}

function cpuMicros(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces; user and system time are the fields 14 and 15 of the line.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickMicros;
}

function sleeps(pid: number): number {
  let sum = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    const found = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`/proc/${pid}/task/${thread}/status`));
    sum += Number(found?.[1] ?? 0);
  }
  return sum;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
