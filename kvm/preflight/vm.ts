// SPDX-License-Identifier: Apache-2.0
// Preflight of the VM itself, on the node where it lives: what of it can be moved into a folder and
// replicated.

import type { Image } from "../host/images.js";
import type { DiskFacts, VmFacts } from "../translate.js";
import { definitionFindings } from "./definition.js";
import { blocks, quoted, warns, when, type Unplaced } from "./finding.js";

export interface VmSituation {
  readonly facts: VmFacts;
  readonly autostart: boolean;
  readonly saved: boolean;
  readonly snapshots: boolean;
  /** For each disk that is a file: its chain of images, top first; missing when it could not be read. */
  readonly chains: ReadonlyMap<string, readonly Image[]>;
  /** Files that other VMs of this host use → the other VM's name. */
  readonly usedByOthers: ReadonlyMap<string, string>;
}

/** `leftOut`: targets that stay behind, whatever they are. */
export function vmFindings(situation: VmSituation, leftOut: readonly string[]): readonly Unplaced[] {
  const { facts } = situation;
  return [
    ...definitionFindings(facts, leftOut),
    ...facts.disks
      .filter(({ target }) => !leftOut.includes(target))
      .flatMap((disk) => diskFindings(disk, situation)),
    ...stateFindings(situation),
    ...facts.hostDevices.map((device) =>
      blocks(
        "GEMEL-5001",
        `The VM uses a ${device} of this host, which the other host does not have.`,
        "Remove it from the VM's definition.",
      ),
    ),
    ...tpmFindings(facts),
  ];
}

function stateFindings({ facts, autostart, saved, snapshots }: VmSituation): readonly Unplaced[] {
  return [
    ...when(snapshots, () =>
      blocks(
        "GEMEL-5001",
        "The VM has snapshots; their descriptions stay on one host and would not follow.",
        `Delete them: virsh snapshot-list ${quoted(facts.name)} and virsh snapshot-delete`,
      ),
    ),
    ...when(saved, () =>
      blocks(
        "GEMEL-5001",
        "The VM's memory was saved at its last stop; it would be lost.",
        `Start it and shut it down, or drop the memory: virsh managedsave-remove ${quoted(facts.name)}`,
      ),
    ),
    ...when(autostart, () =>
      warns(
        "GEMEL-5001",
        "libvirt starts this VM at boot; this is switched off, since Gemel decides where it runs.",
        "Nothing to do; unprotect switches it on again.",
      ),
    ),
  ];
}

function diskFindings(disk: DiskFacts, situation: VmSituation): readonly Unplaced[] {
  if (disk.path === "") return [];
  if (disk.device !== "disk") return mediumFindings(disk);
  const empty = isSized(situation, disk) ? ` or --exclude ${disk.target}=empty` : "";
  const exclude = `Leave it out: --exclude ${disk.target}=detach${empty}`;
  if (disk.type !== "file") {
    return [
      blocks(
        "GEMEL-5001",
        `Disk ${disk.target} is not a file but of type ${disk.type} (${disk.path}).`,
        `Convert it to a file (qemu-img convert), or: ${exclude}`,
      ),
    ];
  }
  const chain = situation.chains.get(disk.path);
  if (chain === undefined) {
    return [
      blocks(
        "GEMEL-5001",
        `Disk ${disk.target} (${disk.path}) cannot be read.`,
        `Bring it back, or: ${exclude}`,
      ),
    ];
  }
  return [
    ...when(disk.shareable, () =>
      blocks("GEMEL-5001", `Disk ${disk.target} is shared with other VMs.`, exclude),
    ),
    ...chain.flatMap((image) => imageFindings(disk, image, situation)),
  ];
}

/** An empty disk for the other host is as big as this one, so its size must be known. */
const isSized = ({ chains }: VmSituation, { path }: DiskFacts): boolean =>
  (chains.get(path)?.[0]?.size ?? 0) > 0;

function imageFindings(disk: DiskFacts, image: Image, situation: VmSituation): readonly Unplaced[] {
  const other = situation.usedByOthers.get(image.path);
  return [
    ...when(other !== undefined, () =>
      blocks(
        "GEMEL-5001",
        `${image.path} (disk ${disk.target}) also belongs to the VM '${other ?? ""}'.`,
        "Give this VM an image of its own: qemu-img convert -O qcow2 OLD NEW",
      ),
    ),
    ...when(image.backing !== undefined && image.backing.format === undefined, () =>
      blocks(
        "GEMEL-5001",
        `${image.path} does not say of which format its backing file is, so reading it would mean guessing.`,
        `qemu-img rebase -u -b ${quoted(image.backing?.path ?? "")} -F FORMAT ${quoted(image.path)}`,
      ),
    ),
    ...when(!["raw", "qcow2"].includes(image.format), () =>
      blocks(
        "GEMEL-5001",
        `${image.path} is of format ${image.format}; raw and qcow2 are known to be safe here.`,
        "Convert it: qemu-img convert -O qcow2 OLD NEW",
      ),
    ),
  ];
}

function mediumFindings(disk: DiskFacts): readonly Unplaced[] {
  if (disk.type !== "file") {
    return [
      blocks(
        "GEMEL-5001",
        `Drive ${disk.target} holds ${disk.path}, a device of this host.`,
        "Take it out, or run protect with --eject.",
      ),
    ];
  }
  return [
    warns(
      "GEMEL-5001",
      `Drive ${disk.target} holds ${disk.path}; it is copied into the module's folder.`,
      "Nothing to do; with --eject the drive is emptied instead.",
    ),
  ];
}

function tpmFindings({ tpm }: VmFacts): readonly Unplaced[] {
  if (tpm === undefined) return [];
  return [
    blocks(
      "GEMEL-5001",
      `The VM has a TPM (${tpm.kind}); this version cannot take the TPM's state along.`,
      "Suspend the guest's disk encryption and remove the TPM, or wait for a version that can.",
    ),
  ];
}
