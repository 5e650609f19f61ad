// SPDX-License-Identifier: Apache-2.0
// What must not be missed, as a pure function of what a node knows: one alarm per cause, with an id that is
// the same as long as the cause lasts and on whichever node it is seen. Each node finds its own; both nodes
// show both nodes' (merged). Since when, and who acknowledged, is added by alarm-book.ts.

import { certificateDaysMin } from "../../base/limits/access.js";
import type { Alarm, ModuleStatus, NodeStatus } from "../../api/contract.js";
import { durationText, percentText } from "../words/words.js";
import { clockDifferenceMax, diskUsedShareMax } from "../../base/limits.js";
import type { Failure } from "../../base/errors.js";
import { isMarked } from "../../base/reasons.js";
import type { MirrorStatus } from "../../../native/index.js";
import { nextStep } from "../module/next-step.js";

/** An alarm as its finder knows it. */
export type FoundAlarm = Omit<Alarm, "since" | "acknowledged">;

export interface DiskFact {
  /** The file system, and a module whose folder is on it. */
  readonly fileSystem: string;
  readonly module: string;
  readonly usedShare: number;
}

export interface CertificateFact {
  readonly use: string;
  readonly daysLeft: number;
}

export interface PeerNodeFact {
  readonly node: string;
  readonly version: string;
  /** Its wall clock minus ours; how far that can be wrong (half the round trip). Shown, never decided on. */
  readonly clockMs: number;
  readonly clockErrorMs: number;
}

export interface AlarmFacts {
  readonly self: string;
  readonly version: string;
  readonly arbiter: "none" | "lease" | "lease-and-fence";
  readonly nodes: readonly NodeStatus[];
  readonly modules: readonly ModuleStatus[];
  /** "03:12 UTC by admin (maintenance)"; undefined: not paused. */
  readonly pause: string | undefined;
  readonly hypervisorLost: boolean;
  readonly disks: readonly DiskFact[];
  readonly certificates: readonly CertificateFact[];
  readonly peers: readonly PeerNodeFact[];
  /** Network → this host's address there, which it no longer has. */
  readonly addressesGone: ReadonlyMap<string, string>;
  /** What cannot be written here, and why: history, figures. */
  readonly unwritable: readonly { readonly what: string; readonly why: string }[];
  /** Configuration files that cannot be read and the like. */
  readonly troubles: readonly Failure[];
}

export function alarmsOf(facts: AlarmFacts): FoundAlarm[] {
  const all = [
    ...clusterAlarms(facts),
    ...facts.nodes.filter(({ name }) => name !== facts.self).flatMap((node) => nodeAlarms(facts, node)),
    ...facts.modules.flatMap(moduleAlarm),
    ...facts.modules.flatMap(standbyAlarm),
    ...hostAlarms(facts),
    ...facts.peers.flatMap((peer) => peerAlarms(facts, peer)),
  ];
  return all.sort(byWeight);
}

/** Red before amber, then by id: the order never jumps. */
export const byWeight = (a: FoundAlarm, b: FoundAlarm): number =>
  a.severity === b.severity ? (a.id < b.id ? -1 : 1) : a.severity === "red" ? -1 : 1;

/** The same cause seen from two nodes has the same id: once for both. */
export const pairId = (kind: string, a: string, b: string): string => [kind, ...[a, b].sort()].join(":");

function clusterAlarms({ arbiter, nodes, modules, pause }: AlarmFacts): FoundAlarm[] {
  const found: FoundAlarm[] = [];
  if (arbiter === "none" && nodes.length > 1 && modules.length > 0) {
    found.push({
      id: "no-arbiter",
      severity: "red",
      code: "no-arbiter",
      sentence: "No arbiter: when every network between the hosts is cut, both run the VMs.",
      next: "Use two separate networks, and never cut both at once.",
    });
  }
  if (pause !== undefined) {
    found.push({
      id: "paused",
      severity: "red",
      code: "paused",
      sentence: `Automatic failover is paused since ${pause}: nothing takes over by itself.`,
      next: "gemel resume",
    });
  }
  return found;
}

function nodeAlarms({ self, addressesGone }: AlarmFacts, node: NodeStatus): FoundAlarm[] {
  const { name, reachable, daemon, networks } = node;
  if (!reachable && daemon === "silent") {
    return [
      {
        id: `node:${name}`,
        severity: "red",
        code: "node-down",
        sentence: `${name} is down: no sign of life on any network.`,
        next: `Look at ${name}: power, cables, switch. When it is back it catches up by itself.`,
        node: name,
      },
    ];
  }
  // Where this host has no address the cable is not to blame (hostAlarms).
  const silent = networks.filter((one) => !one.heard && !addressesGone.has(one.name));
  const daemonAlarm: FoundAlarm = {
    id: `daemon:${name}`,
    severity: "amber",
    code: "daemon-silent",
    sentence: `The Gemel daemon on ${name} does not answer; VMs and copies go on, failover needs it.`,
    next: `On ${name}: systemctl restart gemel`,
    node: name,
  };
  // A daemon that is gone is not heard anywhere: the networks are not to blame.
  if (daemon === "silent") return [daemonAlarm];
  return silent.map((network) => ({
    id: `${pairId("network", self, name)}:${network.name}`,
    severity: "amber" as const,
    code: "network-down",
    sentence: `Network ${network.name} between ${[self, name].sort().join(" and ")} is down.`,
    next: "Check cable, switch and firewall (7411/udp). One network less stands between this and a split.",
    node: name,
  }));
}

function moduleAlarm(module: ModuleStatus): FoundAlarm[] {
  const { id, nodes, conflict, colour, active, sentence } = module;
  const base = { module: id, sentence: `${id}: ${sentence}.` };
  if (conflict) {
    const next = `Compare both copies, then: gemel resolve ${id} --keep NODE`;
    return [{ ...base, id: `conflict:${id}`, severity: "red", code: "GEMEL-1007", next }];
  }
  const live = nodes.filter((node) => node.live);
  if (
    module.protected ||
    live.every(({ reason, state }) => state === "STOP" && isMarked(reason, "intended"))
  ) {
    return partlyAlarm(module);
  }
  if (live.some(({ reason }) => isMarked(reason, "brief")) && colour !== "red") return [];
  if (active === null) {
    const next = nextStep(module);
    return [{ ...base, id: `not-ready:${id}`, severity: "red", code: "not-ready", next }];
  }
  const isCopying = module.reintegration !== null && colour !== "red";
  const next = isCopying ? "Nothing: it catches up by itself." : nextStep(module);
  return [
    { ...base, id: `unprotected:${id}`, severity: isCopying ? "amber" : "red", code: "unprotected", next },
  ];
}

/** The data is on both hosts; whether the VM is, nobody knew before it was asked again. */
function standbyAlarm({ id, troubles }: ModuleStatus): FoundAlarm[] {
  const found = troubles.find(({ code }) => code === "GEMEL-3011");
  if (found === undefined) return [];
  const { code, message, next } = found;
  return [{ id: `standby:${id}`, severity: "amber", code, sentence: `${id}: ${message}`, next, module: id }];
}

function partlyAlarm({ id, partly }: ModuleStatus): FoundAlarm[] {
  if (!partly) return [];
  return [
    {
      id: `partly:${id}`,
      severity: "amber",
      code: "partly-protected",
      sentence: `${id}: disks of this VM were left out when it was protected; they die with their host.`,
      next: `gemel module show ${id}`,
      module: id,
    },
  ];
}

function hostAlarms(facts: AlarmFacts): FoundAlarm[] {
  const { self, hypervisorLost, disks, certificates, addressesGone, unwritable, troubles } = facts;
  const lost: FoundAlarm = {
    id: `hypervisor:${self}`,
    severity: "red",
    code: "GEMEL-3001",
    sentence: `The hypervisor on ${self} does not answer: no VM can be started there.`,
    next: `On ${self}: systemctl restart libvirtd; gemel doctor`,
    node: self,
  };
  return [
    ...(hypervisorLost ? [lost] : []),
    ...diskAlarms(self, disks),
    ...certificates
      .filter(({ daysLeft }) => daysLeft < certificateDaysMin)
      .map((one) => certificateAlarm(self, one)),
    ...[...addressesGone].map(([network, address]) => ({
      id: `address:${self}:${network}`,
      severity: "red" as const,
      code: "address-gone",
      sentence: `${self} no longer has ${address}, its address in network ${network}.`,
      next: `Give ${self} the address back, or write its new one into cluster.xml on both hosts.`,
      node: self,
    })),
    ...unwritable.map(({ what, why }) => ({
      id: `unwritable:${self}:${what}`,
      severity: "amber" as const,
      code: "unwritable",
      sentence: `On ${self} the ${what} cannot be written: ${why}.`,
      next: "Free space on /var/lib/gemel. VMs and failover go on; what happens is not recorded.",
      node: self,
    })),
    ...troubles.map(({ code, where, message, next }) => ({
      id: `trouble:${self}:${code}:${where}`,
      severity: "red" as const,
      code,
      sentence: `${where}: ${message}`,
      next,
      node: self,
    })),
  ];
}

/** As a module's mirror process tells of the file system that its folder is on (R33). */
export function diskFacts(module: string, status: MirrorStatus | undefined): DiskFact[] {
  const { fileSystem = "", bytesUsed = 0, bytesFree = 0 } = status ?? {};
  const total = bytesUsed + bytesFree;
  return total === 0 ? [] : [{ fileSystem, module, usedShare: bytesUsed / total }];
}

/** One per file system, whichever module told of it. */
function diskAlarms(self: string, disks: readonly DiskFact[]): FoundAlarm[] {
  const full = disks.filter(({ usedShare }) => usedShare > diskUsedShareMax);
  const byFileSystem = new Map(full.map((disk) => [disk.fileSystem, disk]));
  return [...byFileSystem.values()].map(({ fileSystem, usedShare }) => ({
    id: `disk:${self}:${fileSystem}`,
    severity: "red",
    code: "disk-filling",
    sentence: `On ${self} the file system of the VMs is ${percentText(usedShare)} full.`,
    next: `Free space on ${self} or enlarge the volume: a full disk pauses its VMs.`,
    node: self,
  }));
}

function certificateAlarm(self: string, { use, daysLeft }: CertificateFact): FoundAlarm {
  const when = daysLeft < 0 ? "has expired" : `expires in ${daysLeft} days`;
  return {
    id: `certificate:${self}:${use}`,
    severity: daysLeft < 0 ? "red" : "amber",
    code: "certificate-expires",
    sentence: `The ${use} certificate of ${self} ${when}; the hosts go on trusting each other all the same.`,
    next: "Check the host's clock; else install a new certificate: gemel cert",
    node: self,
  };
}

function peerAlarms({ self, version }: AlarmFacts, peer: PeerNodeFact): FoundAlarm[] {
  const found: FoundAlarm[] = [];
  const apart = Math.max(0, Math.abs(peer.clockMs) - peer.clockErrorMs);
  if (apart > clockDifferenceMax) {
    found.push({
      id: pairId("clock", self, peer.node),
      severity: "red",
      code: "clock-difference",
      sentence:
        `The clocks of ${[self, peer.node].sort().join(" and ")} are ${durationText(apart / 1000)} apart. ` +
        "Nothing is decided by them, but logs and recordings disagree.",
      next: "Let both hosts take their time from the same server (chrony or systemd-timesyncd).",
    });
  }
  if (peer.version !== version) {
    found.push({
      id: pairId("version", self, peer.node),
      severity: "amber",
      code: "version-difference",
      sentence: `${self} runs Gemel ${version}, ${peer.node} runs ${peer.version}.`,
      next: "Install the same version on both hosts.",
    });
  }
  return found;
}
