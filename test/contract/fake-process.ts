// SPDX-License-Identifier: Apache-2.0
// The fake hypervisor's "guests": sleeping processes, so that pids, SIGSTOP, SIGKILL and death are real.

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Run } from "../../core/ports/workload.js";
import type { VmProcess } from "../../kvm/host/process.js";

export interface FakeVm {
  definition: string;
  autostart: boolean;
  saved: boolean;
  paused: boolean;
  /** Started by Gemel and not yet let run. */
  held: boolean;
  process: { readonly pid: number; readonly startTime: string; readonly child: ChildProcess } | undefined;
}

export const newVm = {
  autostart: false,
  saved: false,
  paused: false,
  held: false,
  process: undefined,
} as const;

export const identity = ({ pid, startTime }: Pick<VmProcess, "pid" | "startTime">): VmProcess => ({
  pid,
  startTime,
});

export function runOf(vm: FakeVm | undefined): Run {
  if (vm?.process === undefined) return { kind: "off" };
  const instance = `${vm.process.pid} ${vm.process.startTime}`;
  return vm.held ? { kind: "held", instance } : { kind: "on", paused: vm.paused, instance };
}

/** From the state on: a command's name may contain spaces and parentheses. */
function statFields(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** A process's own CPU time; the fake host's is that of the daemon it is part of. */
export function cpuNanos(pid: number): number {
  const [user = "0", system = "0"] = statFields(pid).slice(11, 13);
  return (Number(user) + Number(system)) * 10_000_000;
}

export const startTimeOf = (pid: number): string => statFields(pid)[19] ?? "";

export async function end(vm: FakeVm): Promise<void> {
  const child = vm.process?.child;
  if (child === undefined) return;
  const over = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await over;
}
