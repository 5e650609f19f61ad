// SPDX-License-Identifier: Apache-2.0
// A start in three steps that the caller puts together: order and paused start here, the proof that QEMU's
// disks are on the module's mount (proof.ts, R31), then let it run. A paused guest has executed nothing and
// written nothing.
//
// A protected VM whose memory was saved at its stop (into its own folder, so that it was replicated) is
// restored from there. The file is gone before the guest runs: restored a second time, old memory would meet
// newer disks. libvirt's own managed-save images stay on one host and are used only by whoever ran last
// (saved-memory.ts).

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Outcome, VmId } from "../../core/ports/hypervisor.js";
import { savedStateFile } from "../definition/enter.js";
import { done, refused } from "../errors.js";
import { findProcess, type VmProcess } from "../host/process.js";
import { putTpm, type TpmPlaces } from "../host/tpm.js";
import { callLimits, run, type LibvirtSession } from "../session.js";
import type { HeldMarks } from "./held.js";
import { fitsTheDisks, isSaved, keepAside, noteRun, type SavePlaces } from "./saved-memory.js";
import { killVm } from "./stop.js";

export interface StartPlaces extends TpmPlaces, SavePlaces {
  /** /run/gemel/start */
  readonly orders: string;
  readonly held: HeldMarks;
}

export interface Start {
  readonly vm: VmId;
  readonly name: string;
  /** Of a protected VM. */
  readonly folder: string | undefined;
  /** It has a TPM whose state is in the folder. */
  readonly tpm: boolean;
  /** What a person should know. */
  readonly tell: (sentence: string, detail: string) => void;
}

export async function startHeld(
  session: LibvirtSession,
  places: StartPlaces,
  start: Start,
): Promise<Outcome<VmProcess>> {
  const { vm, folder, tpm } = start;
  const running = await findProcess(places.status, vm);
  if (running !== undefined) return refused("GEMEL-3002", `The VM runs already (process ${running.pid}).`);
  const put = tpm && folder !== undefined ? await putTpm(places, vm, folder) : done(undefined);
  if (!put.ok) return put;
  await places.held.set(vm);
  const started =
    folder === undefined
      ? await began(places, vm, await boot(session, places, vm, []))
      : await startPaused(session, places, { ...start, folder });
  if (started.ok) await places.held.set(vm, started.value);
  else if ((await findProcess(places.status, vm)) === undefined) await places.held.clear(vm);
  return started;
}

async function startPaused(
  session: LibvirtSession,
  places: StartPlaces,
  start: Start & { readonly folder: string },
): Promise<Outcome<VmProcess>> {
  const { vm, folder } = start;
  const resumed = await resume(session, places, start);
  const restored = resumed.ok && !resumed.value ? await restore(session, places, vm, folder) : resumed;
  if (!restored.ok) return restored;
  const started = restored.value ? done("") : await boot(session, places, vm, ["--force-boot"]);
  // Before the guest executes anything: from here on other saved memory fits these disks no more.
  const noted = started.ok ? await noteRun(places, vm, folder) : started;
  if (noted.ok) return began(places, vm, noted);
  await killVm(places.status, vm);
  return noted;
}

const boot = (
  session: LibvirtSession,
  places: StartPlaces,
  vm: VmId,
  words: readonly string[],
): Promise<Outcome<string>> =>
  withOrder(places, vm, () =>
    session.monitor(vm, ["start", vm, "--paused", ...words], callLimits.start, "GEMEL-3002"),
  );

async function began(places: StartPlaces, vm: VmId, started: Outcome<unknown>): Promise<Outcome<VmProcess>> {
  if (!started.ok) return started;
  const process = await findProcess(places.status, vm);
  return process === undefined ? refused("GEMEL-3002", "Its process ended at once.") : done(process);
}

/** True when the VM came back with memory that somebody had libvirt save (managed save). */
async function resume(
  session: LibvirtSession,
  places: StartPlaces,
  { vm, name, folder, tell }: Start & { readonly folder: string },
): Promise<Outcome<boolean>> {
  if (!isSaved(places, name)) return done(false);
  const fits = await fitsTheDisks(places, vm, folder);
  const started = fits ? await boot(session, places, vm, []) : undefined;
  if (started?.ok === true) {
    tell("The VM goes on with the memory that was saved.", "nobody has run on its disks since");
    return done(true);
  }
  if (await findProcess(places.status, vm)) return done(true);
  const kept = await keepAside(session, places, { id: vm, name });
  if (!kept.ok) return kept;
  const why = started === undefined ? "its disks have been written to since" : started.message;
  tell("Saved memory of the VM could not be used; it boots.", `${why}; kept as ${kept.value ?? "nothing"}`);
  return done(false);
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
