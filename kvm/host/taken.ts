// SPDX-License-Identifier: Apache-2.0
// Snapshots and checkpoints as libvirt describes them on this host: read for the folder, and described again
// where the VM is defined next. Only descriptions: their content is in the disks.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takenBytesMax } from "../../core/base/limits/kvm.js";
import type { Outcome, VmId } from "../../core/ports/hypervisor.js";
import { Element } from "../definition/document.js";
import { nameOf, takenKinds, type Taken, type TakenKind } from "../definition/taken.js";
import { done, refused } from "../errors.js";
import { callLimits, type LibvirtSession } from "../session.js";

/** virsh's word for each. */
const words: Readonly<Record<TakenKind, string>> = {
  domainsnapshot: "snapshot",
  domaincheckpoint: "checkpoint",
};

export async function readTaken(session: LibvirtSession, vm: VmId): Promise<Outcome<readonly Taken[]>> {
  const all: Taken[] = [];
  let size = 0;
  for (const kind of takenKinds) {
    const names = await namesOf(session, vm, kind);
    if (!names.ok) return names;
    const current = kind === "domainsnapshot" && names.value.length > 0 ? await currentOf(session, vm) : "";
    for (const name of names.value) {
      const args = [`${words[kind]}-dumpxml`, vm, "--security-info", "--", name];
      const said = await session.virsh(args, callLimits.read);
      if (!said.ok) return said;
      size += said.value.length;
      const description = Element.parse(said.value);
      if (description !== undefined) all.push({ kind, description, isCurrent: name === current });
    }
  }
  if (size <= takenBytesMax) return done(all);
  return refused(
    "GEMEL-3009",
    `Its ${all.length} snapshots and checkpoints take ${size} bytes, at most ${takenBytesMax} travel.`,
    "Delete snapshots that nobody needs: virsh snapshot-list VM, then virsh snapshot-delete VM NAME",
  );
}

/** What this host does not know yet; what it knows, it knows as well as the folder. */
export async function describeTaken(
  session: LibvirtSession,
  vm: VmId,
  taken: readonly Taken[],
): Promise<Outcome<void>> {
  if (taken.length === 0) return done(undefined);
  const folder = await mkdtemp(join(tmpdir(), "gemel-taken-"));
  try {
    for (const kind of takenKinds) {
      const known = await namesOf(session, vm, kind);
      if (!known.ok) return known;
      const missing = taken.filter((one) => one.kind === kind && !known.value.includes(nameOf(one)));
      for (const one of missing) {
        const said = await describe(session, vm, one, join(folder, "one.xml"));
        if (!said.ok) return said;
      }
    }
    return done(undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Only root may read the file: a description may hold passwords. */
async function describe(
  session: LibvirtSession,
  vm: VmId,
  { kind, description, isCurrent }: Taken,
  file: string,
): Promise<Outcome<string>> {
  await writeFile(file, description.toString(), { mode: 0o600 });
  const current = isCurrent ? ["--current"] : [];
  const args = [`${words[kind]}-create`, vm, "--xmlfile", file, "--redefine", ...current];
  return session.virsh(args, callLimits.define, "GEMEL-3009");
}

async function namesOf(
  session: LibvirtSession,
  vm: VmId,
  kind: TakenKind,
): Promise<Outcome<readonly string[]>> {
  const said = await session.virsh([`${words[kind]}-list`, vm, "--name", "--topological"], callLimits.read);
  return said.ok ? done(said.value.split("\n").filter((name) => name.trim() !== "")) : said;
}

/** None is current after a start from another one was undone, for instance. */
async function currentOf(session: LibvirtSession, vm: VmId): Promise<string> {
  const said = await session.virsh(["snapshot-current", vm, "--name"], callLimits.read);
  return said.ok ? said.value.trim() : "";
}
