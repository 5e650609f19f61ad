// SPDX-License-Identifier: Apache-2.0
// Preflight of the VM itself, on the node where it lives: what of it can be moved into a folder and
// replicated.

import type { Image } from "../host/images.js";
import type { DiskFacts, VmFacts } from "../translate.js";
import { definitionFindings, hostDeviceFindings } from "./definition.js";
import { blocks, quoted, warns, when, type Unplaced } from "./finding.js";
import { imageAlignment } from "../../core/base/limits/kvm.js";

export interface VmSituation {
  readonly facts: VmFacts;
  readonly autostart: boolean;
  readonly saved: boolean;
  readonly snapshots: boolean;
  /** For each disk that is a file: its chain of images, top first; missing when it could not be read. */
  readonly chains: ReadonlyMap<string, readonly Image[]>;
  /** The stored definition goes with the VM's process: libvirt calls it transient. */
  readonly isTransient: boolean;
}

/** What preflight alone wants to know, since it takes a look at all VMs of the host. */
export interface Neighbours {
  /** Files that other VMs of this host use, their images' chains included → the other VM's name. */
  readonly usedByOthers: ReadonlyMap<string, string>;
  readonly checkpoints: readonly string[];
  /** Where something is mounted on this host. */
  readonly mountPoints: ReadonlySet<string>;
}

type Judged = VmSituation & Neighbours;

/** `leftOut`: targets that stay behind, whatever they are. */
export function vmFindings(situation: Judged, leftOut: readonly string[]): readonly Unplaced[] {
  const { facts } = situation;
  return [
    ...definitionFindings(facts, leftOut),
    ...facts.disks
      .filter(({ target }) => !leftOut.includes(target))
      .flatMap((disk) => diskFindings(disk, situation)),
    ...stateFindings(situation),
    ...nvramFindings(situation),
    ...hostDeviceFindings(facts),
  ];
}

function stateFindings(situation: Judged): readonly Unplaced[] {
  const { facts, autostart, saved, snapshots, checkpoints, isTransient } = situation;
  const name = quoted(facts.name);
  return [
    ...when(isTransient, () =>
      blocks(
        "GEMEL-5001",
        "libvirt has this VM only while it runs (transient): it would be gone once it is off.",
        `Make it persistent: virsh dumpxml --security-info ${name} > vm.xml && virsh define vm.xml`,
      ),
    ),
    ...when(checkpoints.length > 0, () =>
      blocks(
        "GEMEL-5001",
        `The VM has checkpoints (${checkpoints.join(", ")}); their descriptions would not follow.`,
        `Delete them: virsh checkpoint-delete ${name} NAME`,
      ),
    ),
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

function diskFindings(disk: DiskFacts, situation: Judged): readonly Unplaced[] {
  if (disk.path === "") return [];
  if (disk.device !== "disk") return mediumFindings(disk, situation);
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

function imageFindings(disk: DiskFacts, image: Image, situation: Judged): readonly Unplaced[] {
  const other = situation.usedByOthers.get(image.path) ?? situation.usedByOthers.get(image.leadsTo ?? "");
  const aligned = Math.ceil(image.size / imageAlignment) * imageAlignment;
  return [
    ...placeFindings(image.path, image.leadsTo, situation),
    ...when(image.format === "raw" && !disk.readOnly && aligned !== image.size, () =>
      blocks(
        "GEMEL-5001",
        `${image.path} has ${image.size} bytes; QEMU writes past the host's cache only to multiples of 4096.`,
        `Shut the VM down, then: qemu-img resize -f raw ${quoted(image.path)} ${aligned}`,
      ),
    ),
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

/** What a rename would not move: a link goes, its file stays; what is mounted at a name stays there. */
function placeFindings(
  path: string,
  leadsTo: string | undefined,
  { mountPoints }: Judged,
): readonly Unplaced[] {
  return [
    ...when(leadsTo !== undefined, () =>
      blocks(
        "GEMEL-5001",
        `${path} is a symbolic link; the link would move and its file stay.`,
        `Name the file itself in the VM's definition (virsh edit): ${leadsTo ?? ""}`,
      ),
    ),
    ...when(mountPoints.has(path), () =>
      blocks(
        "GEMEL-5001",
        `${path} is itself a mount point, so it cannot be moved.`,
        "Name the file that is mounted there in the VM's definition (virsh edit).",
      ),
    ),
  ];
}

function mediumFindings(disk: DiskFacts, situation: VmSituation): readonly Unplaced[] {
  if (disk.type !== "file") {
    return [
      blocks(
        "GEMEL-5001",
        `Drive ${disk.target} holds ${disk.path}, a device of this host.`,
        "Take it out, or run protect with --eject.",
      ),
    ];
  }
  if (!situation.chains.has(disk.path)) {
    return [
      blocks(
        "GEMEL-5001",
        `Drive ${disk.target} holds ${disk.path}, which is not there.`,
        "Take it out (virsh change-media --eject), or run protect with --eject.",
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

function nvramFindings({ facts: { root, firmware }, mountPoints }: Judged): readonly Unplaced[] {
  const kind = root.find("os/nvram")?.get("type") ?? "file";
  return [
    ...when(kind !== "file", () =>
      blocks(
        "GEMEL-5001",
        `The VM's NVRAM is not a file but of type ${kind}.`,
        "Make it a file in the VM's definition: <nvram>/var/lib/libvirt/qemu/nvram/NAME.fd</nvram>",
      ),
    ),
    ...when(firmware.nvram !== undefined && mountPoints.has(firmware.nvram), () =>
      blocks("GEMEL-5001", `${firmware.nvram ?? ""} is itself a mount point.`, "Choose another file for it."),
    ),
  ];
}
