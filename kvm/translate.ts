// SPDX-License-Identifier: Apache-2.0
// libvirt's definition ↔ what Gemel knows of a VM. Reading is here; the two rewritings (into a module's
// folder and back out of it) are in definition/. Gemel's own facts travel inside the definition, as
// <metadata> of our namespace: so the folder's domain.xml alone says where each file came from, and unprotect
// works on either node with the peer gone.

import { bytes, type Bytes } from "../core/base/units.js";
import type { VmDetails } from "../core/ports/hypervisor.js";
import { Element } from "./definition/document.js";

export const metadataNamespace = "urn:gemel:module:1";
const metadataName = "gemel:module";

export interface DiskFacts {
  readonly element: Element;
  readonly target: string;
  readonly device: "disk" | "cdrom" | "floppy";
  /** "file", "block", "network", "volume" … */
  readonly type: string;
  /** A file's or device's path, else in words (rbd:pool/image). Empty: a drive without a medium. */
  readonly path: string;
  readonly format: string;
  readonly readOnly: boolean;
  readonly shareable: boolean;
}

export type VmFacts = Pick<
  VmDetails,
  | "id"
  | "name"
  | "memory"
  | "vcpus"
  | "firmware"
  | "tpm"
  | "networks"
  | "hostDevices"
  | "machine"
  | "cpuModel"
  | "definition"
> & { readonly root: Element; readonly disks: readonly DiskFacts[] };

/** Undefined for anything but the definition of a domain. */
export function readDefinition(definition: string): VmFacts | undefined {
  const root = Element.parse(definition);
  const id = root?.find("uuid")?.text();
  const name = root?.find("name")?.text();
  if (root?.name !== "domain" || id === undefined || name === undefined) return undefined;
  const tpm = tpmOf(root);
  return {
    root,
    id,
    name,
    definition,
    memory: memoryOf(root.find("memory")),
    vcpus: Number(root.find("vcpu")?.text() ?? "1"),
    disks: disksOf(root),
    firmware: firmwareOf(root),
    ...(tpm === undefined ? {} : { tpm }),
    networks: networksOf(root),
    hostDevices: hostDevicesOf(root),
    machine: root.find("os/type")?.get("machine") ?? "",
    cpuModel: cpuModelOf(root.find("cpu")),
  };
}

export function disksOf(root: Element): readonly DiskFacts[] {
  return (root.find("devices")?.children("disk") ?? []).map((element) => {
    const device = element.get("device") ?? "disk";
    const source = element.find("source");
    return {
      element,
      target: element.find("target")?.get("dev") ?? "",
      device: device === "cdrom" || device === "floppy" ? device : "disk",
      type: element.get("type") ?? "file",
      path: source === undefined ? "" : placeOf(source),
      format: element.find("driver")?.get("type") ?? "raw",
      readOnly: device === "cdrom" || element.find("readonly") !== undefined,
      shareable: element.find("shareable") !== undefined,
    };
  });
}

/** A source without a word in it is an empty drive. */
function placeOf(source: Element): string {
  const path = source.get("file") ?? source.get("dev") ?? source.get("dir") ?? source.get("path");
  if (path !== undefined) return path;
  const { pool, volume, protocol, name } = {
    pool: source.get("pool"),
    volume: source.get("volume"),
    protocol: source.get("protocol"),
    name: source.get("name"),
  };
  if (pool !== undefined) return `${pool}/${volume ?? ""}`;
  const host = source.find("host");
  const at = host?.get("name") ?? host?.get("socket");
  if (protocol !== undefined) return `${protocol}:${name ?? ""}${at === undefined ? "" : `@${at}`}`;
  if (name !== undefined) return name;
  const words = [...source.attributeNames(), ...source.children().map((child) => child.name)];
  return words.filter((word) => word !== "startupPolicy" && word !== "index").length === 0
    ? ""
    : words.join(" ");
}

const unitSizes: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1e3,
  k: 1024,
  KiB: 1024,
  MB: 1e6,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1e9,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  TB: 1e12,
  T: 1024 ** 4,
  TiB: 1024 ** 4,
};

function memoryOf(memory: Element | undefined): Bytes {
  const unit = unitSizes[memory?.get("unit") ?? "KiB"] ?? 1024;
  return bytes(Number(memory?.text() ?? "0") * unit);
}

function firmwareOf(root: Element): VmDetails["firmware"] {
  const loader = root.find("os/loader");
  const nvram = nvramPath(root);
  const efi = root.find("os")?.get("firmware") === "efi" || loader?.get("type") === "pflash";
  const path = loader?.text();
  return {
    kind: efi ? "efi" : "bios",
    ...(path === undefined || path === "" ? {} : { loader: path }),
    ...(nvram === undefined || nvram === "" ? {} : { nvram }),
  };
}

/** A firmware that writes nothing down has no NVRAM, and libvirt refuses to be given one. */
export function keepsNvram(root: Element): boolean {
  const loader = root.find("os/loader");
  return (
    firmwareOf(root).kind === "efi" && loader?.get("stateless") !== "yes" && loader?.get("type") !== "rom"
  );
}

/** libvirt knows two ways to say it: as text, and as the source of a disk. */
export function nvramPath(root: Element): string | undefined {
  const nvram = root.find("os/nvram");
  return nvram?.find("source")?.get("file") ?? nvram?.text();
}

export function setNvramPath(root: Element, path: string): void {
  const nvram = root.find("os/nvram");
  const source = nvram?.find("source");
  if (source !== undefined) source.set("file", path);
  else if (nvram !== undefined) nvram.setText(path);
  else {
    const made = Element.create("nvram");
    made.setText(path);
    root.find("os")?.append(made);
  }
}

function tpmOf(root: Element): VmDetails["tpm"] {
  const backend = root.find("devices/tpm/backend");
  if (backend === undefined) return undefined;
  const statePath = backend.find("source")?.get("path");
  return { kind: backend.get("type") ?? "", ...(statePath === undefined ? {} : { statePath }) };
}

function networksOf(root: Element): VmDetails["networks"] {
  return (root.find("devices")?.children("interface") ?? []).map((one) => {
    const source = one.find("source");
    return {
      kind: one.get("type") ?? "",
      source: source?.get("network") ?? source?.get("bridge") ?? source?.get("dev") ?? "",
      mac: one.find("mac")?.get("address") ?? "",
    };
  });
}

/** Everything of the host that the VM holds in its hands and that cannot be on the other node. */
function hostDevicesOf(root: Element): readonly string[] {
  const devices = root.find("devices");
  if (devices === undefined) return [];
  return devices.children().flatMap((device) => hostDevices[device.name]?.(device) ?? []);
}

/** By element: what the host gives of itself, undefined for a device that is the VM's own. */
const hostDevices: Readonly<Record<string, (device: Element) => string | undefined>> = {
  hostdev: (one) => `host device (${one.get("type") ?? ""})`,
  interface: (one) =>
    ["hostdev", "vdpa"].includes(one.get("type") ?? "")
      ? `network card ${one.find("mac")?.get("address") ?? ""}`
      : undefined,
  filesystem: (one) => `shared folder ${one.find("source")?.get("dir") ?? ""}`,
  memory: (one) => (one.get("model") === "dimm" ? undefined : `memory device (${one.get("model") ?? ""})`),
  shmem: (one) => `shared memory '${one.get("name") ?? ""}'`,
  lease: (one) => `lock lease '${one.find("key")?.text() ?? ""}'`,
  input: (one) =>
    ["passthrough", "evdev"].includes(one.get("type") ?? "")
      ? `input device ${one.find("source")?.get("dev") ?? one.find("source")?.get("evdev") ?? ""}`
      : undefined,
  smartcard: (one) => ((one.get("mode") ?? "host").startsWith("host") ? "smartcard reader" : undefined),
  serial: hostPort,
  parallel: hostPort,
  console: hostPort,
};

function hostPort(one: Element): string | undefined {
  return one.get("type") === "dev" ? `port ${one.find("source")?.get("path") ?? ""}` : undefined;
}

function cpuModelOf(cpu: Element | undefined): string {
  if (cpu === undefined) return "";
  const mode = cpu.get("mode") ?? "custom";
  return mode === "custom" ? (cpu.find("model")?.text() ?? "") : mode;
}

/** What Gemel keeps inside the definition of a protected VM. */
export interface ModuleMetadata {
  readonly folder: string;
  /** The node on which it was protected: disks that were left out are there and only there. */
  readonly home: string;
  readonly autostart: boolean;
  /** Name in the folder and where it came from; `copied`: the original stayed where it was (an ISO). */
  readonly files: readonly ModuleFile[];
  readonly excluded: readonly ExcludedDisk[];
}

export interface ModuleFile {
  readonly name: string;
  readonly from: string;
  readonly copied: boolean;
  readonly format?: string;
}

export interface ExcludedDisk {
  readonly target: string;
  readonly how: "detach" | "empty";
  readonly path: string;
  readonly format: string;
  readonly size: number;
  /** The whole <disk>, since the other node may run without it and must not forget it. */
  readonly disk: Element;
}

export function readMetadata(root: Element): ModuleMetadata | undefined {
  const element = moduleElement(root);
  const folder = element?.get("folder");
  if (element === undefined || folder === undefined) return undefined;
  return {
    folder,
    home: element.get("home") ?? "",
    autostart: element.get("autostart") === "yes",
    files: element.children("gemel:file").map(readFile),
    excluded: element.children("gemel:excluded").flatMap(readExcluded),
  };
}

function readFile(file: Element): ModuleFile {
  const format = file.get("format");
  return {
    name: file.get("name") ?? "",
    from: file.get("from") ?? "",
    copied: file.get("copied") === "yes",
    ...(format === undefined ? {} : { format }),
  };
}

function readExcluded(one: Element): readonly ExcludedDisk[] {
  const disk = one.children("disk")[0];
  if (disk === undefined) return [];
  return [
    {
      target: one.get("target") ?? "",
      how: one.get("how") === "empty" ? "empty" : "detach",
      path: one.get("path") ?? "",
      format: one.get("format") ?? "raw",
      size: Number(one.get("size") ?? "0"),
      disk,
    },
  ];
}

export function writeMetadata(root: Element, metadata: ModuleMetadata): void {
  removeMetadata(root);
  const element = Element.create(metadataName, {
    "xmlns:gemel": metadataNamespace,
    folder: metadata.folder,
    home: metadata.home,
    autostart: metadata.autostart ? "yes" : "no",
  });
  for (const { name, from, copied, format } of metadata.files) {
    const facts = { ...(copied ? { copied: "yes" } : {}), ...(format === undefined ? {} : { format }) };
    element.append(Element.create("gemel:file", { name, from, ...facts }));
  }
  for (const { target, how, path, format, size, disk } of metadata.excluded) {
    const one = Element.create("gemel:excluded", { target, how, path, format, size: String(size) });
    one.append(disk.copy());
    element.append(one);
  }
  root.ensure("metadata").append(element);
}

export function removeMetadata(root: Element): void {
  const element = moduleElement(root);
  const metadata = root.find("metadata");
  if (element === undefined || metadata === undefined) return;
  metadata.remove(element);
  if (metadata.children().length === 0) root.remove(metadata);
}

function moduleElement(root: Element): Element | undefined {
  return root.find("metadata")?.children(metadataName)[0];
}
