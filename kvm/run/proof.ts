// SPDX-License-Identifier: Apache-2.0
// R31: what QEMU writes to is on the module's mount, judged by the descriptors that it really has open. The
// mount is never touched: a descriptor tells its mount's id, and that process's own mountinfo tells which
// file system that is. So a QEMU in another mount namespace, under which the bare folder lies, is found out,
// and so is an external snapshot.

import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DiskProof, Outcome, VmId } from "../../core/ports/hypervisor.js";
import { done, refused } from "../errors.js";
import { findProcess, mountsOf, openFiles, type Mount, type OpenFile } from "../host/process.js";
import { callLimits, type LibvirtSession } from "../session.js";
import { readDefinition, readMetadata, type VmFacts } from "../translate.js";

export interface ProofPlaces {
  readonly status: string;
  /** What kinds of file system a module's mount may be. */
  readonly mountType: RegExp;
}

export async function proveDisks(
  session: LibvirtSession,
  places: ProofPlaces,
  vm: VmId,
  mountPoint: string,
): Promise<Outcome<DiskProof>> {
  const process = await findProcess(places.status, vm);
  if (process === undefined) return refused("GEMEL-3002", "The VM does not run.");
  // The folder above is ours to look at; the mount itself may be frozen.
  const point = join(
    await realpath(dirname(mountPoint)).catch(() => dirname(mountPoint)),
    basename(mountPoint),
  );
  const mount = (await mountsOf("self")).filter((one) => one.point === point).at(-1);
  if (mount === undefined || !places.mountType.test(mount.type)) {
    return refused("GEMEL-3004", `The module is not mounted at ${mountPoint}.`);
  }
  const live = await session.ask<string>({ do: "definition", vm, inactive: false }, callLimits.read);
  if (!live.ok) return live;
  const facts = readDefinition(live.value);
  if (facts === undefined)
    return refused("GEMEL-3009", "libvirt's definition of the running VM cannot be read.");
  const files = await openFiles(process);
  if (files === undefined) return refused("GEMEL-3002", "The VM has ended meanwhile.");
  const elsewhere = writablePaths(facts).flatMap((path) => {
    const inside = path.startsWith(`${mountPoint}/`) ? join(point, path.slice(mountPoint.length)) : path;
    const why = judge(inside, files, point, mount);
    return why === undefined ? [] : [{ path, why }];
  });
  return done({ protected: elsewhere.length === 0, elsewhere });
}

/** Disks that were left out knowingly are no finding; the module says *partly protected*. */
function writablePaths(facts: VmFacts): readonly string[] {
  const excluded = new Set(readMetadata(facts.root)?.excluded.map(({ target }) => target));
  const disks = facts.disks
    .filter(({ readOnly, path, target }) => !readOnly && path !== "" && !excluded.has(target))
    .map(({ path }) => path);
  const { nvram } = facts.firmware;
  return nvram === undefined ? disks : [...disks, nvram];
}

function judge(path: string, files: readonly OpenFile[], point: string, mount: Mount): string | undefined {
  if (!path.startsWith(`${point}/`)) return "it is not in the module's folder";
  const opened = files.filter((file) => file.path === path && file.writable);
  if (opened.length === 0) return "QEMU has not opened it under this name";
  const strange = opened.find((file) => file.mount?.device !== mount.device);
  if (strange === undefined) return undefined;
  return `QEMU writes past the module's mount, through ${strange.mount?.point ?? "an unknown mount"}`;
}
