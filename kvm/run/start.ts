// SPDX-License-Identifier: Apache-2.0
// A start in three steps that the caller puts together: order and paused start here, the proof that QEMU's
// disks are on the module's mount (proof.ts, R31), then let it run. A paused guest has executed nothing and
// written nothing.
//
// A protected VM whose memory was saved at its stop (into its own folder, so that it was replicated) is
// restored from there. The file is gone before the guest runs: restored a second time, old memory would meet
// newer disks. For the same reason libvirt's own managed-save images, which stay on one host, are never used
// for a protected VM (--force-boot).

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Outcome, VmId } from "../../core/ports/hypervisor.js";
import { savedStateFile } from "../definition/enter.js";
import { done, refused } from "../errors.js";
import { findProcess, type VmProcess } from "../host/process.js";
import { callLimits, run, type LibvirtSession } from "../session.js";
import type { HeldMarks } from "./held.js";
import { killVm } from "./stop.js";

export interface StartPlaces {
  /** /run/gemel/start */
  readonly orders: string;
  /** /run/libvirt/qemu */
  readonly status: string;
  readonly held: HeldMarks;
}

/** `folder`: of a protected VM. */
export async function startHeld(
  session: LibvirtSession,
  places: StartPlaces,
  vm: VmId,
  folder: string | undefined,
): Promise<Outcome<VmProcess>> {
  const running = await findProcess(places.status, vm);
  if (running !== undefined) return refused("GEMEL-3002", `The VM runs already (process ${running.pid}).`);
  await places.held.set(vm);
  const started = await startPaused(session, places, vm, folder);
  if (started.ok) await places.held.set(vm, started.value);
  else if ((await findProcess(places.status, vm)) === undefined) await places.held.clear(vm);
  return started;
}

async function startPaused(
  session: LibvirtSession,
  places: StartPlaces,
  vm: VmId,
  folder: string | undefined,
): Promise<Outcome<VmProcess>> {
  const restored = folder === undefined ? done(false) : await restore(session, places, vm, folder);
  if (!restored.ok) return restored;
  if (!restored.value) {
    const started = await withOrder(places, vm, () =>
      session.monitor(
        vm,
        ["start", vm, "--paused", ...(folder === undefined ? [] : ["--force-boot"])],
        callLimits.start,
        "GEMEL-3002",
      ),
    );
    if (!started.ok) return started;
  }
  const process = await findProcess(places.status, vm);
  return process === undefined ? refused("GEMEL-3002", "Its process ended at once.") : done(process);
}

export async function letRun(session: LibvirtSession, held: HeldMarks, vm: VmId): Promise<Outcome<void>> {
  const said = await session.monitor(vm, ["resume", vm], callLimits.monitor, "GEMEL-3002");
  if (!said.ok) return said;
  await held.clear(vm);
  return done(undefined);
}

/** The hook takes the order away when it lets the start pass; what is left of a failed start goes here. */
async function withOrder<T>(places: StartPlaces, vm: VmId, start: () => Promise<T>): Promise<T> {
  const order = join(places.orders, vm);
  await mkdir(places.orders, { recursive: true, mode: 0o700 });
  await writeFile(order, "");
  try {
    return await start();
  } finally {
    await rm(order, { force: true });
  }
}

/** True when the VM came back with its memory; false when it must boot. */
async function restore(
  session: LibvirtSession,
  places: StartPlaces,
  vm: VmId,
  folder: string,
): Promise<Outcome<boolean>> {
  const saved = join(folder, savedStateFile);
  const restored = await withOrder(places, vm, () =>
    session.monitor(vm, ["restore", saved, "--paused"], callLimits.start, "GEMEL-3002"),
  );
  if (restored.ok) return forget(saved, places, vm);
  if (/no such file/i.test(restored.message)) return done(false);
  if (await findProcess(places.status, vm)) return restored;
  // Another CPU, another QEMU: the disks are as after a power cut, and a VM that boots beats one that does
  // not.
  const kept = await run("mv", ["-f", "--", saved, `${saved}.unusable`], callLimits.image, "GEMEL-3002");
  return kept.ok ? done(false) : restored;
}

async function forget(saved: string, places: StartPlaces, vm: VmId): Promise<Outcome<boolean>> {
  // In a process with a limit of its own: the folder is below a mount (R33).
  const removed = await run("rm", ["-f", "--", saved], callLimits.image, "GEMEL-3002");
  if (removed.ok) return done(true);
  await killVm(places.status, vm);
  return removed;
}
