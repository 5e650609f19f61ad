// SPDX-License-Identifier: Apache-2.0
// A definition as libvirt itself judges it, without defining it: it is made into QEMU's command line and
// thrown away. That reads and checks all of it, as define does, and fills in what a start would need, so what
// passes here is not refused when the files have moved.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome } from "../../core/ports/hypervisor.js";
import { settleExcluded } from "../definition/enter.js";
import { done, refused } from "../errors.js";
import { callLimits, type LibvirtSession } from "../session.js";
import { readDefinition } from "../translate.js";

export async function validateDefinition(
  session: LibvirtSession,
  definition: string,
  node: string,
): Promise<Outcome<void>> {
  const facts = readDefinition(definition);
  if (facts === undefined) return refused("GEMEL-3008", "It is not a libvirt definition.");
  // Only root may read it: a definition may hold passwords.
  const folder = await mkdtemp(join(tmpdir(), "gemel-definition-"));
  try {
    const file = join(folder, "domain.xml");
    await writeFile(file, settleExcluded(facts.root, node), { mode: 0o600 });
    const args = ["domxml-to-native", "qemu-argv", "--xml", file];
    const said = await session.virsh(args, callLimits.capabilities, "GEMEL-3008");
    return said.ok ? done(undefined) : said;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
