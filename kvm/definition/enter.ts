// SPDX-License-Identifier: Apache-2.0
// A definition as it is while its module's folder holds the VM: new paths, cache=none (a write that the guest
// was told is on both copies, not in one host's page cache), error policies "stop" (R14: a guest is paused or
// killed, it never sees an error), and Gemel's facts in the metadata. Everything else stays as the
// administrator wrote it.

import { basename, dirname, join } from "node:path";
import {
  definitionFile,
  lastRunFile,
  originalFile,
  type FileMove,
  type ProtectPlan,
} from "../../core/ports/hypervisor.js";
import { bytes } from "../../core/base/units.js";
import type { Image } from "../host/images.js";
import { tpmFolder } from "../host/tpm.js";
import {
  disksOf,
  keepsNvram,
  readMetadata,
  setNvramPath,
  writeMetadata,
  type DiskFacts,
  type ExcludedDisk,
  type VmFacts,
} from "../translate.js";
import { Element } from "./document.js";

/** Names in the folder that are Gemel's own. */
export const savedStateFile = "saved-state";
const reserved: readonly string[] = [definitionFile, originalFile, savedStateFile, lastRunFile, tpmFolder];

export interface EnteredDefinition {
  readonly definition: string;
  readonly moves: readonly FileMove[];
}

/**
 * What prepare() read beside the definition: for each disk its chain of images, the NVRAM's size if it
 * exists.
 */
export interface Surroundings {
  readonly node: string;
  readonly autostart: boolean;
  readonly chains: ReadonlyMap<string, readonly Image[]>;
  readonly nvramBytes: number | undefined;
}

export function enterFolder(facts: VmFacts, plan: ProtectPlan, around: Surroundings): EnteredDefinition {
  const root = facts.root.copy();
  const names = new FolderNames();
  const excluded: ExcludedDisk[] = [];
  const disks = root.find("devices")?.children("disk") ?? [];
  for (const [index, disk] of facts.disks.entries()) {
    const element = disks[index];
    if (element === undefined || disk.path === "") continue;
    const exclusion = plan.exclude.find(({ target }) => target === disk.target);
    if (disk.device === "disk" && exclusion !== undefined) {
      excluded.push(excludedDisk(disk, exclusion.how, around.chains.get(disk.path)?.[0]));
    } else if (disk.device === "disk") {
      for (const image of around.chains.get(disk.path) ?? [])
        names.add(disk.target, {
          from: image.path,
          size: image.allocated,
          copied: false,
          format: image.format,
        });
      guardDisk(element);
    } else if (plan.isos === "eject" || exclusion !== undefined) {
      eject(element);
    } else {
      const size = around.chains.get(disk.path)?.[0]?.size ?? 0;
      names.add(disk.target, { from: disk.path, size, copied: true });
    }
  }
  const left = new Set(excluded.map(({ target }) => target));
  for (const [index, disk] of facts.disks.entries()) {
    if (!left.has(disk.target)) redirect(disks[index], names, plan.folder);
  }
  moveNvram(root, facts, plan, names, around.nvramBytes);
  root.find("on_poweroff")?.setText("destroy");
  const { node: home, autostart } = around;
  const files = names.entries.map(({ file: { from, copied, format }, name }) => ({
    from,
    name,
    copied,
    ...(format === undefined ? {} : { format }),
  }));
  writeMetadata(root, { folder: plan.folder, home, autostart, files, excluded });
  return { definition: root.toString(), moves: names.moves(plan.folder) };
}

interface EnteringFile {
  readonly from: string;
  /** Below zero: not there yet, but its place in the folder is fixed. */
  readonly size: number;
  readonly copied: boolean;
  readonly format?: string;
}

/** Files of one folder: two disks that had the same name in different folders get different ones. */
class FolderNames {
  readonly entries: { readonly file: EnteringFile; readonly name: string }[] = [];

  add(target: string, file: EnteringFile): void {
    if (this.find(file.from) !== undefined) return;
    const taken = (name: string) =>
      reserved.includes(name) || this.entries.some((entry) => entry.name === name);
    let name = basename(file.from);
    for (let count = 1; taken(name); count++) {
      name = `${target}${count === 1 ? "" : `-${count}`}-${basename(file.from)}`;
    }
    this.entries.push({ file, name });
  }

  find(from: string): string | undefined {
    return this.entries.find(({ file }) => file.from === from)?.name;
  }

  moves(folder: string): readonly FileMove[] {
    return this.entries
      .filter(({ file }) => file.size >= 0)
      .map(({ file, name }) => ({
        from: file.from,
        to: join(folder, name),
        bytes: bytes(file.size),
        ...(file.copied ? { keep: true } : {}),
        ...(file.format === undefined ? {} : { format: file.format }),
      }));
  }
}

function guardDisk(disk: Element): void {
  const present = disk.find("driver");
  const driver = present ?? Element.create("driver", { name: "qemu", type: "raw" });
  if (present === undefined) disk.insertFirst(driver);
  driver.set("cache", "none");
  driver.set("error_policy", "stop");
  driver.set("rerror_policy", "stop");
}

function eject(disk: Element): void {
  for (const source of disk.children("source")) disk.remove(source);
}

/**
 * Every file that moved, in the disk's own source and in the backing chain that the definition may spell
 * out.
 */
function redirect(disk: Element | undefined, names: FolderNames, folder: string): void {
  for (const source of disk?.all("source") ?? []) {
    const name = names.find(source.get("file") ?? "");
    if (name !== undefined) source.set("file", join(folder, name));
  }
}

function moveNvram(
  root: Element,
  facts: VmFacts,
  plan: ProtectPlan,
  names: FolderNames,
  size: number | undefined,
): void {
  if (!keepsNvram(root)) return;
  const from = facts.firmware.nvram ?? `/var/lib/libvirt/qemu/nvram/${facts.name}_VARS.fd`;
  // A VM that was never started has none yet.
  names.add("nvram", { from, size: size ?? -1, copied: false });
  setNvramPath(root, join(plan.folder, names.find(from) ?? "nvram.fd"));
}

function excludedDisk(disk: DiskFacts, how: "detach" | "empty", image: Image | undefined): ExcludedDisk {
  return {
    target: disk.target,
    how,
    path: disk.path,
    // What an empty one can be made as; at home the disk stays what it is.
    format: disk.format === "qcow2" ? "qcow2" : "raw",
    size: image?.size ?? 0,
    disk: disk.element.copy(),
  };
}

/**
 * Where another node than the home keeps the empty disk: where the file is at home; for what is no file in
 * libvirt's own folder. Never a path that something else there may use.
 */
export function emptyDiskPath(vm: string, disk: ExcludedDisk): string {
  const folder =
    (disk.disk.get("type") ?? "file") === "file" ? dirname(disk.path) : "/var/lib/libvirt/images";
  return join(folder, `gemel-${vm}-${disk.target}.${disk.format}`);
}

/** What says where and how a disk's content is kept: nothing of it holds for the empty one. */
const contentElements = ["source", "backingStore", "mirror", "auth", "encryption", "transient", "shareable"];
const contentAttributes = ["rawio", "sgio"];

/** The same disk for the guest as an empty file: no device of this host is opened for it. */
function emptyDisk(excluded: ExcludedDisk, path: string): Element {
  const disk = excluded.disk.copy();
  for (const name of contentElements) for (const element of disk.children(name)) disk.remove(element);
  for (const name of contentAttributes) disk.unset(name);
  disk.set("type", "file");
  disk.set("device", "disk");
  disk.append(Element.create("source", { file: path }));
  const driver = disk.find("driver") ?? Element.create("driver", { name: "qemu" });
  driver.set("type", excluded.format);
  if (disk.find("driver") === undefined) disk.insertFirst(driver);
  return disk;
}

/**
 * The definition as this host can run it: at home with the disks that were left out, on the other node
 * without them (detach) or with empty ones (which the caller has made).
 */
export function settleExcluded(root: Element, node: string): string {
  const settled = root.copy();
  const devices = settled.find("devices");
  const metadata = readMetadata(settled);
  for (const excluded of metadata?.excluded ?? []) {
    for (const other of devices?.children("disk") ?? []) {
      if (other.find("target")?.get("dev") === excluded.target) devices?.remove(other);
    }
    if (metadata?.home === node) devices?.append(excluded.disk.copy());
    else if (excluded.how === "empty") {
      devices?.append(emptyDisk(excluded, emptyDiskPath(settled.find("uuid")?.text() ?? "", excluded)));
    }
  }
  if (metadata !== undefined) for (const disk of disksOf(settled)) loosenMedium(disk, metadata.folder);
  return settled.toString();
}

/**
 * A medium that lies outside the folder may be on one host only: where it is missing libvirt starts the VM
 * with an empty drive.
 */
function loosenMedium({ device, path, element }: DiskFacts, folder: string): void {
  if (device === "disk" || path.startsWith(`${folder}/`)) return;
  element.find("source")?.set("startupPolicy", "optional");
}
