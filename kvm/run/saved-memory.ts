// SPDX-License-Identifier: Apache-2.0
// A managed save (virt-manager's Save, virsh managedsave): libvirt keeps the VM's memory in one host's folder
// and resumes it at the next start, whatever has become of the disks meanwhile. Of a protected VM it is used
// only when nobody has run on these disks since, and never dropped in silence (R108, docs/decisions/0027).
//
// Who ran last is said by a file in the module's folder, replicated with the disks and written anew at each
// start, on whichever host, before the guest executes anything:
//
//   1. start on alpha    last-run = R1 in the folder, and R1 beside it in alpha's /run
//   2. Save on alpha     alpha has the memory of R1
//   3. start on alpha    the folder says R1, alpha's own record says R1: the memory belongs to the disks
//   or start on beta     last-run = R2: what alpha has fits nothing any more, and is kept aside there

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../core/edge/record/durable-file.js";
import { lastRunFile, type Outcome, type VmId } from "../../core/ports/hypervisor.js";
import { done } from "../errors.js";
import { callLimits, run, type LibvirtSession } from "../session.js";

export interface SavePlaces {
  /** /var/lib/libvirt/qemu/save */
  readonly saves: string;
  /** /run/gemel/ran: a boot empties it, and what was saved before is kept aside then. */
  readonly ran: string;
}

/** In children with a limit: the folder is below a mount (R33). */
export async function noteRun(places: SavePlaces, vm: VmId, folder: string): Promise<Outcome<void>> {
  const token = randomUUID();
  await mkdir(places.ran, { recursive: true, mode: 0o700 });
  const file = join(folder, lastRunFile);
  const script = 'printf %s "$1" >"$2.new" && mv -f -- "$2.new" "$2"';
  const written = await run("sh", ["-c", script, "sh", token, file], callLimits.image, "GEMEL-3002");
  if (!written.ok) return written;
  writeWhole(join(places.ran, vm), token);
  return done(undefined);
}

export async function fitsTheDisks(places: SavePlaces, vm: VmId, folder: string): Promise<boolean> {
  const own = await readFile(join(places.ran, vm), "utf8").catch(() => undefined);
  const last = await run("cat", ["--", join(folder, lastRunFile)], callLimits.image);
  return own !== undefined && own !== "" && last.ok && last.value === own;
}

const saveOf = ({ saves }: SavePlaces, name: string): string => join(saves, `${name}.save`);

export const isSaved = (places: SavePlaces, name: string): boolean => existsSync(saveOf(places, name));

/** Where it is kept; undefined when nothing was saved. libvirt forgets it, the file stays. */
export async function keepAside(
  session: LibvirtSession,
  places: SavePlaces,
  vm: { readonly id: VmId; readonly name: string },
): Promise<Outcome<string | undefined>> {
  if (!isSaved(places, vm.name)) return done(undefined);
  const file = saveOf(places, vm.name);
  const kept = freeName(`${file}.kept-by-gemel`);
  await link(file, kept);
  const removed = await session.virsh(["managedsave-remove", vm.id], callLimits.define, "GEMEL-3002");
  return removed.ok ? done(kept) : removed;
}

function freeName(path: string): string {
  for (let count = 1; ; count++) if (!existsSync(`${path}-${count}`)) return `${path}-${count}`;
}
