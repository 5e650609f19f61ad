// SPDX-License-Identifier: Apache-2.0
// How a VM comes to libvirt on this host and goes from it. What is of this host alone (memory that libvirt
// saved, a TPM's state at libvirt's own place, descriptions of snapshots) is brought along or kept, never
// dropped (R108).

import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Outcome, VmId, VmSummary } from "../../core/ports/hypervisor.js";
import { emptyDiskPath, settleExcluded } from "../definition/enter.js";
import { splitTaken } from "../definition/taken.js";
import { done, refused } from "../errors.js";
import { createImage } from "../host/images.js";
import { findProcess } from "../host/process.js";
import { describeTaken } from "../host/taken.js";
import { takeTpmAway, type TpmPlaces } from "../host/tpm.js";
import { sizeOf } from "../inspect.js";
import { callLimits, type LibvirtSession } from "../session.js";
import { readDefinition, readMetadata, type VmFacts } from "../translate.js";
import { keepAside, type SavePlaces } from "./saved-memory.js";

export interface DefineEdge {
  readonly node: string;
  readonly session: LibvirtSession;
  readonly places: TpmPlaces & SavePlaces;
  readonly look: (vm: VmId) => Promise<Outcome<VmSummary>>;
  readonly tell: (vm: VmId, sentence: string, detail: string) => void;
}

export async function defineVm(edge: DefineEdge, definition: string): Promise<Outcome<VmId>> {
  const { session, node } = edge;
  const facts = readDefinition(definition);
  if (facts === undefined) return refused("GEMEL-3008", "It is not a libvirt definition.");
  const made = await makeEmptyDisks(facts, node);
  if (!made.ok) return made;
  const { root, taken } = splitTaken(facts.root);
  const xml = settleExcluded(root, node);
  const defined = await session.ask<string>({ do: "define", xml }, callLimits.define);
  if (!defined.ok) return defined;
  const described = await describeTaken(session, defined.value, taken);
  // A VM without the names of its snapshots beats none: its disks still hold them.
  if (!described.ok) edge.tell(facts.id, "Snapshots are not described on this host.", described.message);
  return defined;
}

export async function undefineVm(edge: DefineEdge, vm: VmId): Promise<Outcome<void>> {
  const { session, places } = edge;
  const process = await findProcess(places.status, vm);
  if (process !== undefined) return refused("GEMEL-3009", `The VM runs (process ${process.pid}).`);
  // libvirt would delete what it finds at the TPM's place: first ours goes, and what is there stays.
  const taken = await takeTpmAway(places, vm);
  if (!taken.ok) return taken;
  const memory = await keepMemory(edge, vm);
  if (!memory.ok) return memory;
  const tpm = existsSync(join(places.tpms, vm)) ? ["--keep-tpm"] : [];
  const kept = ["--keep-nvram", ...tpm, "--snapshots-metadata", "--checkpoints-metadata"];
  const said = await session.virsh(["undefine", vm, "--managed-save", ...kept], callLimits.define);
  return said.ok || said.code === "GEMEL-3005" ? done(undefined) : said;
}

/** Saved by libvirt, of this host alone: undefining would drop it. */
async function keepMemory({ session, places, look, tell }: DefineEdge, vm: VmId): Promise<Outcome<unknown>> {
  const names = await readdir(places.saves).catch(() => []);
  if (!names.some((name) => name.endsWith(".save"))) return done(undefined);
  const seen = await look(vm);
  if (!seen.ok) return seen.code === "GEMEL-3005" ? done(undefined) : seen;
  const kept = await keepAside(session, places, seen.value);
  if (kept.ok && kept.value !== undefined)
    tell(vm, "Saved memory of the VM stays on this host.", `kept as ${kept.value}`);
  return kept;
}

async function makeEmptyDisks(facts: VmFacts, node: string): Promise<Outcome<void>> {
  const metadata = readMetadata(facts.root);
  for (const disk of metadata?.excluded ?? []) {
    if (metadata?.home === node || disk.how === "detach") continue;
    const path = emptyDiskPath(facts.id, disk);
    if ((await sizeOf(path)) !== undefined) continue;
    await mkdir(dirname(path), { recursive: true });
    const made = await createImage(path, disk.format, disk.size);
    if (!made.ok) return made;
  }
  return done(undefined);
}
