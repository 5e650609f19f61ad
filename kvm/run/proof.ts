// SPDX-License-Identifier: Apache-2.0
// R31: what QEMU writes to is on the module's mount, judged three times, since each look sees what the others
// do not:
//
//   the definition     a disk that it names and that QEMU has not opened there
//   the descriptors    any file or block device open for writing, whatever the definition says
//   the block graph    a disk without a descriptor of its own: over the network, through VFIO
//
// The mount is never touched: a descriptor tells its mount's id, and that process's own mountinfo tells which
// file system that is. So a QEMU in another mount namespace, under which the bare folder lies, is found out,
// and so is an external snapshot.

import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DiskProof, Outcome, VmId } from "../../core/ports/hypervisor.js";
import { done, refused } from "../errors.js";
import { findProcess, mountsOf, openFiles, type Mount, type OpenFile } from "../host/process.js";
import { callLimits, type LibvirtSession } from "../session.js";
import { hasTpmState, tpmElsewhere, type TpmPlaces } from "../host/tpm.js";
import { readDefinition, readMetadata, type DiskFacts, type VmFacts } from "../translate.js";
import { sourceIndexOf, writtenNodes, type BlockNode } from "./block-graph.js";

export interface ProofPlaces extends TpmPlaces {
  /** What kinds of file system a module's mount may be. */
  readonly mountType: RegExp;
}

type Elsewhere = DiskProof["elsewhere"][number];

export async function proveDisks(
  session: LibvirtSession,
  places: ProofPlaces,
  vm: VmId,
  mountPoint: string,
): Promise<Outcome<DiskProof>> {
  const process = await findProcess(places.status, vm);
  if (process === undefined) return refused("GEMEL-3002", "The VM does not run.");
  // The folder above is ours to look at; the mount itself may be frozen.
  const point = join(
    await realpath(dirname(mountPoint)).catch(() => dirname(mountPoint)),
    basename(mountPoint),
  );
  const mount = (await mountsOf("self")).filter((one) => one.point === point).at(-1);
  if (mount === undefined || !places.mountType.test(mount.type)) {
    return refused("GEMEL-3004", `The module is not mounted at ${mountPoint}.`);
  }
  const live = await session.ask<string>({ do: "definition", vm, inactive: false }, callLimits.read);
  if (!live.ok) return live;
  const facts = readDefinition(live.value);
  if (facts === undefined)
    return refused("GEMEL-3009", "libvirt's definition of the running VM cannot be read.");
  const nodes = await writtenNodes(session, vm);
  if (!nodes.ok) return nodes;
  const files = await openFiles(process);
  if (files === undefined) return refused("GEMEL-3002", "The VM has ended meanwhile.");
  const left = await leftOutIn(facts);
  const inside = (path: string): string =>
    path.startsWith(`${mountPoint}/`) ? join(point, path.slice(mountPoint.length)) : path;
  const tpm = hasTpmState(facts) ? await tpmElsewhere(places, vm, mount.device) : undefined;
  const elsewhere = unique([
    ...found(join(places.tpms, vm), tpm),
    ...writablePaths(facts).flatMap((path) => found(path, judge(inside(path), files, point, mount))),
    ...files.flatMap((file) => found(file.path, judgeFile(file, mount, left))),
    ...nodes.value.flatMap((node) => found(node.file, judgeNode(node, inside(node.file), point, left))),
  ]);
  return done({ protected: elsewhere.length === 0, elsewhere });
}

const found = (path: string, why: string | undefined): readonly Elsewhere[] =>
  why === undefined ? [] : [{ path, why }];

/** A place is named once, by who saw it first. */
const unique = (all: readonly Elsewhere[]): readonly Elsewhere[] =>
  all.filter(({ path }, index) => all.findIndex((other) => other.path === path) === index);

/** Disks that were left out knowingly are no finding; the module says *partly protected*. */
function writablePaths(facts: VmFacts): readonly string[] {
  const excluded = excludedDisks(facts);
  const disks = facts.disks
    .filter((disk) => !disk.readOnly && disk.path !== "" && !excluded.includes(disk))
    .map(({ path }) => path);
  const { nvram } = facts.firmware;
  return nvram === undefined ? disks : [...disks, nvram];
}

function excludedDisks(facts: VmFacts): readonly DiskFacts[] {
  const targets = new Set(readMetadata(facts.root)?.excluded.map(({ target }) => target));
  return facts.disks.filter(({ target }) => targets.has(target));
}

interface LeftOut {
  readonly paths: ReadonlySet<string>;
  /** libvirt's numbers of their sources, by which QEMU's nodes are called. */
  readonly sources: ReadonlySet<string>;
}

/** What may lie elsewhere: disks left out, and what a console prints. */
async function leftOutIn(facts: VmFacts): Promise<LeftOut> {
  const disks = excludedDisks(facts);
  const paths = disks.map(({ path }) => path).filter((path) => path.startsWith("/"));
  // A link to a device: the descriptor names the device.
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  const printed = (facts.root.find("devices")?.children() ?? []).flatMap((device) => [
    ...(device.get("type") === "file" ? [device.find("source")?.get("path") ?? ""] : []),
    device.find("log")?.get("file") ?? "",
  ]);
  const sources = disks.flatMap(({ element }) =>
    [...element.all("source"), ...element.all("backingStore")].flatMap((one) => one.get("index") ?? []),
  );
  return { paths: new Set([...paths, ...real, ...printed]), sources: new Set(sources) };
}

function judge(path: string, files: readonly OpenFile[], point: string, mount: Mount): string | undefined {
  if (!path.startsWith(`${point}/`)) return "it is not in the module's folder";
  const opened = files.filter((file) => file.path === path && file.writable);
  if (opened.length === 0) return "QEMU has not opened it under this name";
  const strange = opened.find((file) => file.mount?.device !== mount.device);
  if (strange === undefined) return undefined;
  return `QEMU writes past the module's mount, through ${strange.mount?.point ?? "an unknown mount"}`;
}

/** File systems that forget: what is there is memory, a socket or a pid, never a disk that is to be kept. */
const forgetful = /^(tmpfs|devtmpfs|ramfs|hugetlbfs|proc|sysfs|cgroup2?|mqueue)$/;
/** What libvirt itself gives to QEMU: its log, and memory of the guest that lies in files. */
const ofLibvirt: readonly string[] = ["/var/log/libvirt/", "/var/lib/libvirt/qemu/ram/"];
/** Memory that looks like a file: it has a name and no place. */
const nameOnly = /^\/(memfd:|\[|SYSV|anon_hugepage|dev\/zero)/;

function judgeFile(file: OpenFile, mount: Mount, left: LeftOut): string | undefined {
  const { path, writable, mount: through, device } = file;
  if (!writable || device === "character" || through?.device === mount.device) return undefined;
  if (left.paths.has(path) || ofLibvirt.some((folder) => path.startsWith(folder))) return undefined;
  if (through === undefined)
    return nameOnly.test(path) ? undefined : "QEMU writes to it through no mount of its own";
  if (device === "block") return "QEMU writes to this device of the host";
  return forgetful.test(through.type) ? undefined : "QEMU writes to it outside the module's folder";
}

function judgeNode(node: BlockNode, path: string, point: string, left: LeftOut): string | undefined {
  const index = sourceIndexOf(node);
  if (index !== undefined && left.sources.has(index)) return undefined;
  if (left.paths.has(path)) return undefined;
  if (node.driver !== "file") return `QEMU writes to it by its driver ${node.driver}`;
  return path.startsWith(`${point}/`) ? undefined : "QEMU writes to it outside the module's folder";
}
