// SPDX-License-Identifier: Apache-2.0
// A TPM's state (swtpm) belongs to the module like a disk (R108), but libvirt wants it at one place that no
// setting moves: /var/lib/libvirt/swtpm/UUID. So for the time of a run the module's own folder for it is
// mounted there (docs/decisions/0025): put there before the start, taken away once QEMU is verified dead and
// before libvirt forgets the VM, since it would delete what it finds there.
//
// The mount above may be frozen: what touches it runs in a child with a limit (R33).

import { mkdir, readdir, readFile, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { tpmAgain } from "../../core/base/limits/kvm.js";
import { bytes } from "../../core/base/units.js";
import type { FileMove, Outcome, VmId } from "../../core/ports/hypervisor.js";
import { done } from "../errors.js";
import { callLimits, run } from "../session.js";
import type { VmFacts } from "../translate.js";
import { mountsOf } from "./process.js";

/** In the module's folder: what libvirt finds at its own place. */
export const tpmFolder = "tpm";

export interface TpmPlaces {
  /** /var/lib/libvirt/swtpm */
  readonly tpms: string;
  /** /run/libvirt/qemu */
  readonly status: string;
}

/** A TPM whose state is files; any other kind is a thing of one host. */
export const hasTpmState = ({ tpm }: VmFacts): boolean => tpm?.kind === "emulator";

export async function putTpm(places: TpmPlaces, vm: VmId, folder: string): Promise<Outcome<void>> {
  // Of a mirror process that has ended: it leads nowhere.
  const freed = await takeTpmAway(places, vm);
  if (!freed.ok) return freed;
  const [from, to] = [join(folder, tpmFolder), join(places.tpms, vm)];
  const made = await run("mkdir", ["-p", "--", from], callLimits.image, "GEMEL-3012");
  if (!made.ok) return made;
  await mkdir(to, { recursive: true, mode: 0o711 });
  const bound = await run("mount", ["--bind", "--", from, to], callLimits.image, "GEMEL-3012");
  return bound.ok ? done(undefined) : bound;
}

/** Its swtpm ends when QEMU has ended; until then it holds the mount. */
export async function takeTpmAway(places: TpmPlaces, vm: VmId): Promise<Outcome<void>> {
  const to = join(places.tpms, vm);
  const until = performance.now() + callLimits.death;
  while ((await mountsOf("self")).some(({ point }) => point === to)) {
    const gone = await run("umount", ["-i", "-c", "--", to], callLimits.image, "GEMEL-3012");
    if (gone.ok) continue;
    if (performance.now() > until) return gone;
    await pause(tpmAgain);
  }
  // What libvirt once made for the mount; not empty, it is a TPM of before, and stays.
  await rmdir(to).catch(() => undefined);
  return done(undefined);
}

/** R31: why the TPM's state is not on the module's mount, seen from swtpm; undefined when it is. */
export async function tpmElsewhere(places: TpmPlaces, vm: VmId, device: string): Promise<string | undefined> {
  const place = join(places.tpms, vm);
  const pid = await swtpmOf(places, place);
  if (pid === undefined) return "no swtpm works there";
  const mounts = await mountsOf(pid);
  const mount = mounts.filter(({ point }) => point === place).at(-1);
  return mount?.device === device ? undefined : "swtpm writes past the module's mount";
}

async function swtpmOf({ status }: TpmPlaces, place: string): Promise<string | undefined> {
  const folder = join(status, "swtpm");
  for (const file of await readdir(folder).catch(() => [])) {
    if (!file.endsWith("-swtpm.pid")) continue;
    const pid = (await readFile(join(folder, file), "utf8").catch(() => "")).trim();
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (/^\d+$/.test(pid) && words.includes(`dir=${place}/`)) return pid;
  }
  return undefined;
}

/** Every file of the state, by its name below the folder. */
export async function tpmFilesIn(folder: string): Promise<readonly { name: string; size: number }[]> {
  const found: { name: string; size: number }[] = [];
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    const status = await stat(join(folder, name));
    if (status.isFile()) found.push({ name, size: status.size });
  }
  return found;
}

export async function tpmMoves(from: string, to: string): Promise<readonly FileMove[]> {
  const files = await tpmFilesIn(from);
  return files.map(({ name, size }) => ({ from: join(from, name), to: join(to, name), bytes: bytes(size) }));
}

/** libvirt before 8.9 deletes a TPM's state with the definition, whatever it is asked. */
export function keepsTpm(version: string): boolean {
  const [major = 0, minor = 0] = version.trim().split(".").map(Number);
  return major > 8 || (major === 8 && minor >= 9);
}
