// SPDX-License-Identifier: Apache-2.0
/**
 * The lab finds its processes by what they are (their command line and namespace), never by a remembered
 * number: a number may have been given to somebody else, and a lab that crashed remembered nothing.
 */
import { readFileSync, readdirSync, readlinkSync } from "node:fs";

export type ProcessEntry = {
  /** The number seen from outside the lab. */
  readonly pid: number;
  /** The number that the process has in its own pid namespace. */
  readonly innerPid: number;
  readonly argv: readonly string[];
  /** One letter of /proc/PID/stat: R, S, D, T, Z … */
  readonly state: string;
};

function readProcess(pid: number): ProcessEntry | undefined {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const inner = /^NSpid:\s.*?(\d+)$/m.exec(status)?.[1];
    const state = /^State:\s+(\S)/m.exec(status)?.[1];
    if (inner === undefined || state === undefined) return undefined;
    return { pid, innerPid: Number(inner), argv, state };
  } catch {
    return undefined; // It ended while we looked.
  }
}

function processNumbers(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Every process that has not ended; a zombie has. */
export function allProcesses(): ProcessEntry[] {
  return processNumbers()
    .map(readProcess)
    .filter((entry) => entry !== undefined)
    .filter((entry) => entry.state !== "Z");
}

export function isAlive(pid: number): boolean {
  const entry = readProcess(pid);
  return entry !== undefined && entry.state !== "Z";
}

function namespaceOf(pid: number, kind: "pid" | "mnt" | "net"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** The processes of the pid namespace that `pid` belongs to. */
export function processesBeside(pid: number): ProcessEntry[] {
  const namespace = namespaceOf(pid, "pid");
  if (namespace === undefined) return [];
  return allProcesses().filter((entry) => namespaceOf(entry.pid, "pid") === namespace);
}

/** Processes, ours or not, that still hold one of these namespaces open (a waiting nsenter, for one). */
export function processesInNamespaces(namespaces: readonly string[]): ProcessEntry[] {
  return allProcesses().filter((entry) =>
    (["pid", "mnt", "net"] as const).some((kind) => namespaces.includes(namespaceOf(entry.pid, kind) ?? "")),
  );
}

export function namespacesOf(pid: number): string[] {
  return (["pid", "mnt", "net"] as const)
    .map((kind) => namespaceOf(pid, kind))
    .filter((name) => name !== undefined);
}
