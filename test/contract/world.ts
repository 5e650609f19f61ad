// SPDX-License-Identifier: Apache-2.0
// What the contract suites need beside the port: a host with nothing on it but what a test makes, and
// somebody who works past Gemel (virsh, virt-manager). Each adapter brings its own.

import type { Hypervisor, VmId } from "../../core/ports/hypervisor.js";
import type { GuestProcess, Run, Workload, WorkloadId } from "../../core/ports/workload.js";
import type { VmProcess } from "../../kvm/host/process.js";

/** What the tests that hold for every workload need. */
export interface WorkloadWorld {
  readonly workload: Workload;
  /** Makes one that is off. */
  create(name: string): Promise<WorkloadId>;
  /** Its process gets SIGSTOP or SIGCONT. */
  freeze(id: WorkloadId, frozen: boolean): Promise<void>;
  /** Ends its process as a crash would. */
  crash(id: WorkloadId): Promise<void>;
  /** A person pauses it with other tools. */
  pauseOutside(id: WorkloadId): Promise<void>;
  /** The adapter's service goes away and comes back; what runs stays. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  /** Whether the kernel still knows this process. */
  alive(process: GuestProcess): Promise<boolean>;
}

/** Both adapters word an instance as pid and start time, as the mirror process takes them. */
export function processOf(run: Run): VmProcess | undefined {
  const [pid, startTime] = "instance" in run ? (run.instance ?? "").split(" ") : [];
  return pid === undefined || startTime === undefined ? undefined : { pid: Number(pid), startTime };
}

export interface World extends WorkloadWorld {
  readonly hypervisor: Hypervisor;
  /** A module's mount on which disks count as protected (R31). */
  readonly mountPoint: string;
  /** Defines a VM that is off; its one disk lies in `folder` (absent: outside of every module). */
  createVm(name: string, folder?: string): Promise<VmId>;
  /** True when a start past Gemel worked. */
  startOutside(vm: VmId): Promise<boolean>;
  /** Changes the stored definition past Gemel: its description becomes this. */
  describeOutside(vm: VmId, text: string): Promise<void>;
  /** Every VM off and gone. */
  reset(): Promise<void>;
  close(): Promise<void>;
}
