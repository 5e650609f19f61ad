// SPDX-License-Identifier: Apache-2.0
// R31: what QEMU itself says that it writes to: its graph of block nodes. It shows what no descriptor does, a
// disk that is reached over the network, and what the definition does not say, a disk that was given past
// libvirt.

import type { Outcome, VmId } from "../../core/ports/hypervisor.js";
import { done, refused } from "../errors.js";
import { callLimits, type LibvirtSession } from "../session.js";

export interface BlockNode {
  readonly name: string;
  readonly driver: string;
  /** What it opened, as QEMU words it; of a format the file below it. */
  readonly file: string;
}

interface NamedNode {
  readonly "node-name"?: string;
  readonly drv?: string;
  readonly file?: string;
  readonly ro?: boolean;
}

const question = JSON.stringify({ execute: "query-named-block-nodes", arguments: { flat: true } });

/** They keep nothing themselves: what they write goes to another node. */
const passing: readonly string[] = [
  "raw",
  "qcow2",
  "luks",
  "throttle",
  "copy-on-read",
  "copy-before-write",
  "compress",
  "preallocate",
  "mirror_top",
  "commit_top",
];

/** Nodes that are open for writing and keep what they are given, each with where. */
export async function writtenNodes(
  session: LibvirtSession,
  vm: VmId,
): Promise<Outcome<readonly BlockNode[]>> {
  const said = await session.monitor(vm, ["qemu-monitor-command", vm, question], callLimits.monitor);
  if (!said.ok) return said;
  const nodes = (JSON.parse(said.value) as { readonly return?: readonly NamedNode[] }).return;
  if (nodes === undefined) return refused("GEMEL-3009", "QEMU does not tell its block nodes.");
  return done(
    nodes
      .filter(({ ro, drv = "" }) => ro !== true && !passing.includes(drv))
      .map((node) => ({ name: node["node-name"] ?? "", driver: node.drv ?? "", file: node.file ?? "" })),
  );
}

/** libvirt numbers a disk's sources and names QEMU's nodes by it: libvirt-3-format, libvirt-3-storage. */
export const sourceIndexOf = ({ name }: BlockNode): string | undefined => /^libvirt-(\d+)-/.exec(name)?.[1];
