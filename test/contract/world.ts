// SPDX-License-Identifier: Apache-2.0
// What the contract suite needs beside the port: a host with nothing on it but what a test makes, and
// somebody who works past Gemel (virsh, virt-manager). Each adapter brings its own.

import type { Hypervisor, VmId } from "../../core/ports/hypervisor.js";

export interface World {
  readonly hypervisor: Hypervisor;
  /** A module's mount on which disks count as protected (R31). */
  readonly mountPoint: string;
  /** Defines a VM that is off; its one disk lies in `folder` (absent: outside of every module). */
  createVm(name: string, folder?: string): Promise<VmId>;
  /** True when a start past Gemel worked. */
  startOutside(vm: VmId): Promise<boolean>;
  /** Changes the stored definition past Gemel: its description becomes this. */
  describeOutside(vm: VmId, text: string): Promise<void>;
  /** The hypervisor's process gets SIGSTOP or SIGCONT. */
  freeze(vm: VmId, frozen: boolean): Promise<void>;
  /** Ends the hypervisor's process as a crash would. */
  crash(vm: VmId): Promise<void>;
  /** The hypervisor's service goes away and comes back; running VMs stay. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  /** Whether the kernel still knows this process. */
  alive(process: { readonly pid: number; readonly startTime: string }): Promise<boolean>;
  /** Every VM off and gone. */
  reset(): Promise<void>;
  close(): Promise<void>;
}
