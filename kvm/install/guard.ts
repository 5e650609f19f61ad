// SPDX-License-Identifier: Apache-2.0
// The start guard (R32): a mark per protected VM, the hook script in libvirt's folder, and the proof that
// libvirtd really calls it. libvirtd looks for hooks only when it starts, so a hook may be installed and yet
// never be asked; the proof is a start that must be refused: a tiny VM without disks, marked as protected,
// without an order. The hook refuses it before any QEMU exists; if nobody refuses, it comes up paused and is
// destroyed at once.

import { chmodSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readText, writeWhole } from "../../core/edge/record/durable-file.js";
import type { Outcome, VmId } from "../../core/ports/hypervisor.js";
import { done, refused } from "../errors.js";
import { callLimits, type LibvirtSession } from "../session.js";

export interface GuardPlaces {
  /** /etc/libvirt/hooks */
  readonly hooks: string;
  /** /etc/gemel/protected */
  readonly marks: string;
}

/** A random id of ours; its mark exists only while the proof runs. */
const probe = { id: "9c3b0d1e-57a4-4b0a-9a60-9e1f6d2c7a10", name: "gemel-guard-probe" } as const;
const signature = "gemel-hook: the start guard";
// From dist/kvm/install to the script, which is not compiled.
const script = fileURLToPath(new URL("../../../kvm/install/gemel-hook", import.meta.url));

/**
 * Marks exactly these VMs, and those that are marked for an unknown module (R103); a mark says to which
 * module its VM belongs.
 */
export async function writeMarks(
  places: GuardPlaces,
  vms: readonly { readonly id: VmId; readonly module: string }[],
  unknown: readonly string[] = [],
): Promise<void> {
  for (const { id, module } of vms) {
    const [mark, text] = [join(places.marks, id), `${module}\n`];
    if (readText(mark) !== text) writeWhole(mark, text, 0o644);
  }
  await mkdir(places.marks, { recursive: true, mode: 0o755 });
  const wanted = new Set<string>(vms.map(({ id }) => id));
  for (const name of await readdir(places.marks)) {
    const isUnknown = (): boolean => unknown.includes(readText(join(places.marks, name))?.trim() ?? "");
    if (!wanted.has(name) && !isUnknown()) await rm(join(places.marks, name), { force: true });
  }
}

/** Never overwrites a file that is not ours. */
export function installHook(places: GuardPlaces): Outcome<void> {
  const path = join(places.hooks, "qemu.d", "gemel");
  const present = readText(path);
  if (present !== undefined && !present.includes(signature)) {
    return refused(
      "GEMEL-3007",
      `${path} is not Gemel's and is left alone.`,
      `Move ${path} away, then try again.`,
    );
  }
  const wanted = readFileSync(script, "utf8");
  if (present !== wanted) writeWhole(path, wanted, 0o644);
  // Not before it has its name: libvirtd calls every program of this folder, one that was left half made too.
  chmodSync(path, 0o755);
  return done(undefined);
}

/** Whether libvirtd asks the hook, by a start that it must refuse. */
export async function proveCalled(
  places: GuardPlaces,
  session: LibvirtSession,
  domainType: string,
): Promise<Outcome<{ readonly called: boolean; readonly note: string }>> {
  const mark = join(places.marks, probe.id);
  const definition = join(places.marks, `${probe.id}.xml`);
  await writeFile(mark, "gemel-guard-probe\n");
  await writeFile(definition, probeDefinition(domainType));
  try {
    const started = await session.virsh(["create", definition, "--paused"], callLimits.start);
    if (started.ok) {
      await session.virsh(["destroy", probe.id], callLimits.monitor);
      return done({
        called: false,
        note: "libvirtd has been running since before Gemel's hook was installed and does not call it",
      });
    }
    // Two proofs at the same time: the other one's VM is there. Nothing is known; ask again.
    if (started.code === "GEMEL-3007") return done({ called: true, note: "libvirtd calls the hook" });
    return started;
  } finally {
    await rm(mark, { force: true });
    await rm(definition, { force: true });
  }
}

const probeDefinition = (type: string): string => `<domain type="${type}">
  <name>${probe.name}</name>
  <uuid>${probe.id}</uuid>
  <memory unit="MiB">16</memory>
  <vcpu>1</vcpu>
  <os><type>hvm</type></os>
  <devices/>
</domain>
`;
