// SPDX-License-Identifier: Apache-2.0
// The disks of the VMs that run here: whether each is still on its module's mount (R31), and whether a VM
// that a full disk has paused can go on.

import { failure, type Failure } from "../../base/errors.js";
import { moduleId, type ModuleId } from "../../base/units.js";
import type { Hypervisor } from "../../ports/hypervisor.js";
import type { Modules } from "../config/modules.js";
import type { MirrorSupervisor } from "../mirror/supervisor.js";

/** What it needs of the running node. */
export interface DiskRooms {
  readonly hypervisor: Pick<Hypervisor, "proveDisks" | "goOnAfterDiskError">;
  readonly modules: Pick<Modules, "expect">;
  readonly mirrors: Pick<MirrorSupervisor, "lastStatus">;
  isRunning(module: ModuleId): boolean;
  log(module: string, sentence: string, outcome: string): void;
}

export class DiskWatch {
  /** R31: modules whose VM has a disk elsewhere, as seen in the last round. */
  private readonly unproven = new Map<string, Failure>();

  constructor(
    private readonly running: DiskRooms,
    private readonly changed: () => void,
  ) {}

  /** What was seen here says nothing once the VM runs elsewhere. */
  elsewhere(): ReadonlyMap<string, Failure> {
    return new Map([...this.unproven].filter(([module]) => this.running.isRunning(moduleId(module))));
  }

  /** R31, with every round: a disk that left the mount (an external snapshot) is shown in red. */
  async prove(module: ModuleId): Promise<void> {
    const { hypervisor, modules } = this.running;
    const { vm } = modules.expect(module);
    const proof = await hypervisor.proveDisks(vm.id, vm.folder);
    // A QEMU that ends closes its disks first.
    if (!proof.ok || !this.running.isRunning(module)) return;
    const detail = proof.value.elsewhere.map(({ path, why }) => `${path}: ${why}`).join("; ");
    const before = this.unproven.get(module);
    if (proof.value.protected) this.unproven.delete(module);
    else this.unproven.set(module, failure("GEMEL-3004", module, detail));
    if (before?.message === this.unproven.get(module)?.message) return;
    const outcome = proof.value.protected ? "all on the mount" : detail;
    this.running.log(module, "The VM's disks were looked at.", outcome);
    this.changed();
  }

  /** QEMU paused the guest when its disk was full; it goes on once the engine has room again. */
  async goOnWithRoom(module: ModuleId): Promise<void> {
    const { hypervisor, mirrors, modules } = this.running;
    const status = mirrors.lastStatus(module);
    if (status === undefined || status.freeze !== undefined) return;
    if (status.diskFull !== undefined || status.diskError !== undefined) return;
    const went = await hypervisor.goOnAfterDiskError(modules.expect(module).vm.id);
    if (went.ok && went.value) this.running.log(module, "There is room on the disk again.", "the VM goes on");
  }
}
