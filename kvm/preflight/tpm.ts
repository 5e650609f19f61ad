// SPDX-License-Identifier: Apache-2.0
// Preflight of a VM's TPM, asked of both hosts: its state goes along when swtpm keeps it in files, and the
// other host must have swtpm, too.

import { existsSync } from "node:fs";
import { keepsTpm } from "../host/tpm.js";
import { callLimits, type LibvirtSession } from "../session.js";
import type { VmFacts } from "../translate.js";
import { blocks, when, type Unplaced } from "./finding.js";

/** What libvirt calls at a start; `swtpm_setup` makes a TPM that is not there yet. */
const programs = ["swtpm", "swtpm_setup"] as const;
const folders = ["/usr/bin", "/usr/local/bin", "/bin"] as const;

export async function tpmFindings(session: LibvirtSession, { tpm }: VmFacts): Promise<readonly Unplaced[]> {
  if (tpm === undefined) return [];
  if (tpm.kind !== "emulator") {
    return [
      blocks(
        "GEMEL-5001",
        `The VM's TPM is of type ${tpm.kind}: what it keeps is in one host and does not go along.`,
        "Suspend the guest's disk encryption, then choose an emulated TPM, or remove it.",
      ),
    ];
  }
  const missing = programs.filter((name) => !folders.some((folder) => existsSync(`${folder}/${name}`)));
  const said = await session.virsh(["--version"], callLimits.read);
  return [
    ...when(missing.length > 0, () =>
      blocks(
        "GEMEL-5001",
        `The VM has a TPM, and this host has no ${missing.join(", ")}; the VM could not start here.`,
        "apt install swtpm swtpm-tools",
      ),
    ),
    ...when(said.ok && !keepsTpm(said.value), () =>
      blocks(
        "GEMEL-5001",
        `This host's libvirt (${said.ok ? said.value.trim() : ""}) deletes a TPM's state with its VM.`,
        "Bring libvirt to 8.9 or newer.",
      ),
    ),
  ];
}
