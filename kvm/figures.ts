// SPDX-License-Identifier: Apache-2.0
// CPU, disk and network figures of the running VMs: one `virsh domstats --nowait`, which skips what a frozen
// VM cannot tell, and of running VMs only (for others libvirtd would open their images: R33).

import { milliseconds } from "../core/base/units.js";
import { bytes } from "../core/base/units.js";
import type { Outcome, VmFigures, VmSummary } from "../core/ports/hypervisor.js";
import { done } from "./errors.js";
import { callLimits, type LibvirtSession } from "./session.js";

const groups = ["--cpu-total", "--balloon", "--block", "--interface"];

export async function readFigures(
  session: LibvirtSession,
  vms: readonly VmSummary[],
): Promise<Outcome<readonly VmFigures[]>> {
  const limit = milliseconds(callLimits.monitor);
  const said = await session.virsh(["domstats", "--nowait", "--list-active", ...groups], limit);
  if (!said.ok) return said;
  const ids = new Map(vms.map(({ name, id }) => [name, id]));
  return done(
    said.value.split(/^Domain: /m).flatMap((part) => {
      const name = /^'(.*)'$/m.exec(part.split("\n")[0] ?? "")?.[1];
      const id = ids.get(name ?? "");
      return id === undefined ? [] : [figuresOf(id, part)];
    }),
  );
}

function figuresOf(id: string, part: string): VmFigures {
  const sum = (key: RegExp): number => {
    let total = 0;
    for (const line of part.split("\n")) {
      const [name = "", value = "0"] = line.trim().split("=");
      if (key.test(name)) total += Number(value);
    }
    return total;
  };
  return {
    id,
    cpuNanos: sum(/^cpu\.time$/),
    memory: bytes(sum(/^balloon\.current$/) * 1024),
    diskCapacity: bytes(sum(/^block\.\d+\.capacity$/)),
    diskReadBytes: bytes(sum(/^block\.\d+\.rd\.bytes$/)),
    diskWriteBytes: bytes(sum(/^block\.\d+\.wr\.bytes$/)),
    netInBytes: bytes(sum(/^net\.\d+\.rx\.bytes$/)),
    netOutBytes: bytes(sum(/^net\.\d+\.tx\.bytes$/)),
  };
}
