// SPDX-License-Identifier: Apache-2.0
// What both procedures do with the VM itself: off, as it was, marked, and waiting for a state with a limit.

import { setTimeout as pause } from "node:timers/promises";
import { GemelError } from "../base/errors.js";
import type { Milliseconds } from "../base/units.js";
import { valueOf } from "../loop/vm-effects.js";
import type { Hypervisor, VmId } from "../ports/hypervisor.js";
import type { ProcedureServices } from "../procedure/services.js";
import { protectLookEveryMs } from "../base/limits/edge.js";

/** Off and verified dead; a guest that ignores its power button is left running, and that is a failure. */
export async function powerOff(
  hypervisor: Hypervisor,
  vm: string,
  where: string,
  limit: Milliseconds,
): Promise<void> {
  const summary = await hypervisor.look(vm);
  // Not defined any more: a repeated step.
  if (!summary.ok && summary.code === "GEMEL-3005") return;
  if (valueOf(summary, where).power === "off") return;
  valueOf(await hypervisor.stop(vm, "shutdown", limit), where);
}

/** Past any module: only for a VM that is not (or not any more) protected. */
export async function startAsBefore(hypervisor: Hypervisor, vm: string, where: string): Promise<void> {
  if (valueOf(await hypervisor.look(vm), where).power !== "off") return;
  valueOf(await hypervisor.startHeld(vm), where);
  valueOf(await hypervisor.letRun(vm), where);
}

/** From now on nobody starts the VM past the module (R32); a guard that is not called is a refusal. */
export async function markGuarded(
  { guard, node }: ProcedureServices,
  vm: VmId,
  module: string,
): Promise<void> {
  const { called, note } = valueOf(await guard.mark(vm, module), node);
  if (!called) throw new GemelError("GEMEL-3007", node, note);
}

export async function until(what: string, limit: Milliseconds, holds: () => boolean): Promise<void> {
  const end = performance.now() + limit;
  while (!holds()) {
    if (performance.now() > end) {
      throw new GemelError("GEMEL-5006", "", `It was waited ${limit / 1000} s in vain until ${what}.`);
    }
    await pause(protectLookEveryMs);
  }
}
