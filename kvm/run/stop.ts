// SPDX-License-Identifier: Apache-2.0
// Ending a VM. "Done" always means that its process is verified dead, whatever libvirt says: the module's
// mount is demoted next, and the other node may start the VM.

import { join } from "node:path";
import { milliseconds, type Milliseconds } from "../../core/base/units.js";
import type { Outcome, StopHow, VmId } from "../../core/ports/hypervisor.js";
import { savedStateFile } from "../definition/enter.js";
import { done, refused } from "../errors.js";
import { findProcess, killProcess, waitForDeath, type VmProcess } from "../host/process.js";
import { callLimits, type LibvirtSession } from "../session.js";
import { isPausedByDiskError } from "./disk-error.js";
import { powerButtonAgain } from "../../core/base/limits/kvm.js";

export interface StopRequest {
  readonly vm: VmId;
  readonly how: StopHow;
  readonly limit: Milliseconds;
  /** Of a protected VM: where its memory is saved to. */
  readonly folder: string | undefined;
}

export async function stopVm(
  session: LibvirtSession,
  statusDir: string,
  request: StopRequest,
): Promise<Outcome<void>> {
  const process = await findProcess(statusDir, request.vm);
  if (process === undefined) return done(undefined);
  switch (request.how) {
    case "shutdown":
      return shutDown(session, process, request);
    case "save":
      return save(session, process, request);
    case "off":
      return powerOff(session, process, request);
  }
}

/**
 * SIGKILL, also for a QEMU that no longer answers its monitor; a failure says that it is not verified dead.
 */
export async function killVm(statusDir: string, vm: VmId): Promise<Outcome<void>> {
  const process = await findProcess(statusDir, vm);
  if (process === undefined || (await killProcess(process, callLimits.death))) return done(undefined);
  return refused("GEMEL-3006", `Process ${process.pid} still exists; the kernel holds it.`);
}

async function shutDown(
  session: LibvirtSession,
  process: VmProcess,
  request: StopRequest,
): Promise<Outcome<void>> {
  const { vm, limit } = request;
  const waits = await isPausedByDiskError(session, vm);
  if (waits.ok && waits.value)
    return refused("GEMEL-3003", "The guest waits for its disk and hears nothing.");
  const until = performance.now() + limit;
  for (let left: number = limit; left > 0; left = until - performance.now()) {
    const pressed = await session.monitor(
      vm,
      ["shutdown", vm, "--mode", "acpi"],
      milliseconds(Math.min(left, callLimits.monitor)),
      "GEMEL-3003",
    );
    const rest = Math.max(0, Math.min(powerButtonAgain, until - performance.now()));
    if (await waitForDeath(process, milliseconds(rest))) return done(undefined);
    if (!pressed.ok && pressed.code !== "GEMEL-3001") return pressed;
  }
  return refused("GEMEL-3003", `The guest did not shut down within ${limit / 1000} s.`);
}

async function save(
  session: LibvirtSession,
  process: VmProcess,
  request: StopRequest,
): Promise<Outcome<void>> {
  const { vm, limit, folder } = request;
  const how = folder === undefined ? ["managedsave", vm] : ["save", vm, join(folder, savedStateFile)];
  const saved = await session.monitor(vm, how, limit, "GEMEL-3003");
  if (!saved.ok) return saved;
  return (await waitForDeath(process, callLimits.death)) ? done(undefined) : stillThere(process);
}

async function powerOff(
  session: LibvirtSession,
  process: VmProcess,
  request: StopRequest,
): Promise<Outcome<void>> {
  // Not behind the monitor's gate: destroy is allowed on a frozen VM (R33), and is what ends it.
  const destroyed = await session.virsh(["destroy", request.vm], request.limit, "GEMEL-3003");
  if (await waitForDeath(process, destroyed.ok ? callLimits.death : milliseconds(0))) return done(undefined);
  return destroyed.ok ? stillThere(process) : destroyed;
}

const stillThere = (process: VmProcess): Outcome<void> =>
  refused("GEMEL-3006", `Process ${process.pid} still exists; the kernel holds it.`);
