// SPDX-License-Identifier: Apache-2.0
// The way back out of a module's folder (unprotect): every file to where the metadata says that it came from,
// cache and error policies as the original definition had them. What was changed since (memory, a new disk, a
// network) stays.

import { basename, dirname, join } from "node:path";
import { bytes } from "../../core/base/units.js";
import type { FileMove } from "../../core/ports/hypervisor.js";
import {
  disksOf,
  nvramPath,
  readMetadata,
  removeMetadata,
  setNvramPath,
  type ModuleMetadata,
} from "../translate.js";
import type { Element } from "./document.js";
import { splitTaken, withTaken } from "./taken.js";

export interface Left {
  readonly definition: string;
  readonly moves: readonly FileMove[];
  readonly autostart: boolean;
}

const guardAttributes = ["cache", "error_policy", "rerror_policy"] as const;

/**
 * `existing`: paths outside the folder that this host has. Undefined when the definition is not a module's.
 */
export function leaveFolder(
  current: Element,
  original: Element,
  existing: (path: string) => boolean,
): Left | undefined {
  const metadata = readMetadata(current);
  if (metadata === undefined) return undefined;
  const root = current.copy();
  const way = new WayBack(metadata, existing);
  const before = new Map(disksOf(original).map((disk) => [disk.target, disk]));
  for (const disk of disksOf(root)) {
    for (const source of disk.element.all("source")) way.redirect(source);
    const then = before.get(disk.target);
    if (disk.device === "disk") restoreDriver(disk.element, then?.element);
    else if (disk.path === "" && then !== undefined && existing(then.path)) {
      const medium = then.element.find("source");
      if (medium !== undefined) disk.element.append(medium.copy());
    }
  }
  const nvram = nvramPath(root);
  if (nvram !== undefined && nvram !== "") setNvramPath(root, way.back(nvram));
  const powerOff = original.find("on_poweroff")?.text();
  if (powerOff !== undefined) root.find("on_poweroff")?.setText(powerOff);
  removeMetadata(root);
  const taken = splitTaken(root);
  for (const { description } of taken.taken) leaveBehind(description, way);
  return {
    definition: withTaken(taken.root.toString(), taken.taken),
    moves: way.moves(),
    autostart: metadata.autostart,
  };
}

/** A snapshot holds the definition of its time: reverting to it must find the files where they are then. */
function leaveBehind(description: Element, way: WayBack): void {
  for (const source of description.all("source")) way.redirect(source);
  for (const root of [...description.children("domain"), ...description.children("inactiveDomain")]) {
    const nvram = nvramPath(root);
    if (nvram !== undefined && nvram !== "") setNvramPath(root, way.back(nvram));
    removeMetadata(root);
  }
}

class WayBack {
  readonly #metadata: ModuleMetadata;
  readonly #existing: (path: string) => boolean;
  readonly #moves = new Map<string, FileMove>();

  constructor(metadata: ModuleMetadata, existing: (path: string) => boolean) {
    this.#metadata = metadata;
    this.#existing = existing;
    // Backing files are named by images, not by the definition: all recorded files go back, named here or
    // not.
    for (const { name } of metadata.files) this.back(join(metadata.folder, name));
  }

  /** Where a path of the folder goes; a path outside stays. */
  back(path: string): string {
    const { folder, files } = this.#metadata;
    if (!path.startsWith(`${folder}/`)) return path;
    const name = path.slice(folder.length + 1);
    const known = files.find((file) => file.name === name);
    const home = dirname(files[0]?.from ?? "/var/lib/libvirt/images/disk");
    const to = known?.from ?? join(home, basename(path));
    if (!(known?.copied === true && this.#existing(to))) {
      const format = known?.format;
      this.#moves.set(path, { from: path, to, bytes: bytes(0), ...(format === undefined ? {} : { format }) });
    }
    return to;
  }

  redirect(source: Element): void {
    const file = source.get("file");
    if (file !== undefined) source.set("file", this.back(file));
  }

  moves(): readonly FileMove[] {
    return [...this.#moves.values()];
  }
}

function restoreDriver(disk: Element, original: Element | undefined): void {
  const driver = disk.find("driver");
  if (driver === undefined || original === undefined) return;
  for (const attribute of guardAttributes) {
    const then = original.find("driver")?.get(attribute);
    if (then === undefined) driver.unset(attribute);
    else driver.set(attribute, then);
  }
}
