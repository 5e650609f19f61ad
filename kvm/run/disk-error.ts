// SPDX-License-Identifier: Apache-2.0
// A guest whose disk was full stands paused by QEMU (werror stop), its write unanswered; resumed, QEMU tries
// the write again, so nothing is lost by waiting. Who was paused by a person or for a migration is left
// alone. The question is one that needs no monitor (R33).

import type { Outcome, VmId } from "../../core/ports/hypervisor.js";
import { done } from "../errors.js";
import { callLimits, type LibvirtSession } from "../session.js";

/** libvirt's VIR_DOMAIN_PAUSED and VIR_DOMAIN_PAUSED_IOERROR, as domstats prints them. */
const pausedState = "3";
const pausedByDiskError = "5";

export async function goOnAfterDiskError(session: LibvirtSession, vm: VmId): Promise<Outcome<boolean>> {
  const waits = await isPausedByDiskError(session, vm);
  if (!waits.ok || !waits.value) return waits;
  const resumed = await session.monitor(vm, ["resume", vm], callLimits.monitor, "GEMEL-3002");
  return resumed.ok ? done(true) : resumed;
}

export async function isPausedByDiskError(session: LibvirtSession, vm: VmId): Promise<Outcome<boolean>> {
  const said = await session.virsh(["domstats", "--nowait", "--state", vm], callLimits.read, "GEMEL-3009");
  if (!said.ok) return said;
  const field = (name: string): string | undefined =>
    new RegExp(`^ *state\\.${name}=(\\d+)$`, "m").exec(said.value)?.[1];
  return done(field("state") === pausedState && field("reason") === pausedByDiskError);
}
