// SPDX-License-Identifier: Apache-2.0
// Which of the paused VMs Gemel has started and not yet let run. libvirt calls both "paused, by the user",
// and asking QEMU itself would need its monitor (R33), so a mark says it: one file per VM in /run, which a
// boot empties.
//
//   1. before the start       the mark is there, empty: whatever process comes is held
//   2. the process is known   the mark names it: another start of the VM is not meant
//   3. it was let run         the mark goes
//
// A crash between two steps: after 1 or 2 the guest stands still and is held, as the mark says. After the
// resume and before 3 it runs, and a mark of a VM that is seen running is stale: it goes then.

import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../core/edge/record/durable-file.js";
import type { VmId } from "../../core/ports/hypervisor.js";
import { instanceOf, type VmProcess } from "../host/process.js";

export class HeldMarks {
  readonly #folder: string;

  /** /run/gemel/held */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async set(vm: VmId, process?: VmProcess): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    writeWhole(this.#path(vm), process === undefined ? "" : instanceOf(process));
  }

  async clear(vm: VmId): Promise<void> {
    await rm(this.#path(vm), { force: true });
  }

  async has(vm: VmId, process: VmProcess): Promise<boolean> {
    const mark = await readFile(this.#path(vm), "utf8").catch(() => undefined);
    return mark === "" || mark === instanceOf(process);
  }

  #path(vm: VmId): string {
    return join(this.#folder, vm);
  }
}
