// SPDX-License-Identifier: Apache-2.0
// What a definition names of its host, looked for on this one. The table says which places name what
// (rows.ts); here is how each kind is looked for. A VM that names what is not there fails at its start, so
// each blocks.

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { isIP } from "node:net";
import { cpus, networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { mountAbove, mountsOf, type Mount } from "../../host/process.js";
import { callLimits, type LibvirtSession } from "../../session.js";
import { blocks, quoted, type Unplaced } from "../finding.js";
import type { Thing, ThingKind } from "./rows.js";

interface Host {
  readonly session: LibvirtSession;
  readonly mounts: readonly Mount[];
}

interface Missing {
  readonly what: string;
  readonly next: string;
}

type Look = (host: Host, value: string) => Missing | undefined | Promise<Missing | undefined>;

const looks: Readonly<Record<ThingKind, Look>> = {
  file: ({ mounts }, path) =>
    isThere(mounts, path)
      ? undefined
      : { what: `file ${path}`, next: `Copy it to this host under the same name: ${path}` },
  folder: ({ mounts }, path) =>
    isThere(mounts, dirname(path))
      ? undefined
      : { what: `folder ${dirname(path)}`, next: `mkdir -p ${quoted(dirname(path))}` },
  address: (_, address) =>
    isOwnAddress(address)
      ? undefined
      : {
          what: `address ${address}`,
          next: "Let the VM listen on an address that both hosts have, e.g. 127.0.0.1 or 0.0.0.0.",
        },
  cpus: (_, set) =>
    highestOf(set) < cpus().length
      ? undefined
      : { what: `CPU ${highestOf(set)}`, next: "Pin the VM to CPUs that both hosts have." },
  nodes: async (_, set) => {
    const nodes = (await readdir("/sys/devices/system/node").catch(() => ["node0"])).filter((name) =>
      /^node\d+$/.test(name),
    );
    return highestOf(set) < nodes.length
      ? undefined
      : { what: `NUMA node ${highestOf(set)}`, next: "Choose NUMA nodes that both hosts have." };
  },
  network: async ({ session }, name) =>
    (await listed(session, ["net-list", "--name"])).includes(name)
      ? undefined
      : {
          what: `libvirt network '${name}' (defined and active)`,
          next: `virsh net-start ${quoted(name)}`,
        },
  secret: async ({ session }, uuid) =>
    (await listed(session, ["secret-list"])).some((line) => line.startsWith(uuid))
      ? undefined
      : {
          what: `libvirt secret ${uuid}, with which a disk or the TPM is opened`,
          next: "Define it here with the same UUID and value: virsh secret-define, secret-set-value",
        },
  filter: async ({ session }, name) =>
    (await listed(session, ["nwfilter-list"])).some((line) => line.split(/\s+/)[1] === name)
      ? undefined
      : {
          what: `network filter '${name}'`,
          next: `There: virsh nwfilter-dumpxml ${quoted(name)}, here: virsh nwfilter-define FILE`,
        },
};

/** `inside`: the module's folder; what lies in it comes along. */
export async function thingFindings(
  session: LibvirtSession,
  things: readonly Thing[],
  inside: string,
): Promise<readonly Unplaced[]> {
  const host = { session, mounts: await mountsOf("self") };
  const seen = new Set<string>();
  const findings: Unplaced[] = [];
  for (const { kind, value, path } of things) {
    const key = `${kind} ${value}`;
    if (seen.has(key) || value === "" || value.startsWith(`${inside}/`)) continue;
    seen.add(key);
    const missing = await looks[kind](host, value);
    if (missing === undefined) continue;
    const where = `the VM's definition (${path}) needs it, so the VM could not start here`;
    findings.push(blocks("GEMEL-5001", `This host has no ${missing.what}; ${where}.`, missing.next));
  }
  return findings;
}

/** What lies below a FUSE mount is not asked for: it may be one of ours, and frozen (R33). */
const isThere = (mounts: readonly Mount[], path: string): boolean =>
  mountAbove(mounts, path)?.type.startsWith("fuse") === true || existsSync(path);

function isOwnAddress(address: string): boolean {
  if (isIP(address) === 0 || address === "0.0.0.0" || address === "::") return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}

/** Of "0-3,^2,8": 8; below zero when it names none. */
function highestOf(set: string): number {
  const named = set.split(",").filter((part) => !part.startsWith("^"));
  return Math.max(-1, ...named.flatMap((part) => part.split("-").map(Number)).filter(Number.isInteger));
}

async function listed(session: LibvirtSession, args: readonly string[]): Promise<readonly string[]> {
  const said = await session.virsh(args, callLimits.read);
  return said.ok ? said.value.split("\n").map((line) => line.trim()) : [];
}
