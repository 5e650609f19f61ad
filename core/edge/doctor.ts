// SPDX-License-Identifier: Apache-2.0
// What is not as it should be on this node, in plain words with the way out. Reads only; changes nothing.

import { accessSync, constants, readFileSync } from "node:fs";
import { release } from "node:os";
import type { CertificateView, DoctorReport, FindingView, Status } from "../api/contract.js";
import type { Failure } from "../base/errors.js";
import { certificateWarnDays } from "../base/limits/access.js";
import type { Hypervisor } from "../ports/hypervisor.js";
import type { Protection } from "../procedure/services.js";
import type { Modules } from "./config/modules.js";
import type { ClusterNetwork } from "./network/cluster-network.js";
import type { Refusals } from "./refusals.js";

/** What is examined of the running node. */
export interface ExaminedRooms {
  readonly hypervisor: Pick<Hypervisor, "connect">;
  readonly modules: Pick<Modules, "ids">;
  readonly protection: Pick<Protection, "guarded">;
  readonly network: Pick<ClusterNetwork, "refusedHeartbeats" | "addressesGone">;
  readonly refusals: Pick<Refusals, "all">;
}

/** What a kernel before this version lacks, and what follows from it for the mount (docs/rules.md). */
const kernelFacts: readonly (readonly [number, string])[] = [
  [
    6.6,
    "coherent direct I/O: direct writes to one file are done one after another, and on the secondary " +
      "a file cannot be mapped shared (ENODEV)",
  ],
];
const kernelMin = 6.1;

export interface DoctorInputs {
  readonly node: string;
  readonly status: Status;
  readonly running: ExaminedRooms | undefined;
  readonly certificates: readonly CertificateView[];
  /** Files that people write and that cannot be read (R103): their modules may not be in the status. */
  readonly clusterFault: Failure | undefined;
  readonly troubles: readonly Failure[];
}

export async function examine(inputs: DoctorInputs): Promise<DoctorReport> {
  const { node, clusterFault, troubles } = inputs;
  const unread = [...troubles, ...(clusterFault === undefined ? [] : [clusterFault])];
  const shown = inputs.status.modules.flatMap((module) => module.troubles);
  const findings = [
    ...kernelFindings(),
    ...unread
      .filter(({ message }) => !shown.some((one) => one.message === message))
      .map((one) => ({ severity: "blocks" as const, ...one })),
    ...networkFindings(inputs),
    ...refusalFindings(inputs),
    ...certificateFindings(inputs),
    ...shown.map((trouble) => ({ severity: "blocks" as const, ...trouble })),
    ...(await hypervisorFindings(inputs)),
  ];
  const named = findings.map(({ severity, code, message, next }) => ({
    severity,
    node,
    code,
    message,
    next,
  }));
  return { node, findings: named };
}

type Found = Omit<FindingView, "node">;

function found(severity: Found["severity"], code: string, message: string, next: string): Found {
  return { severity, code, message, next };
}

/** `version` as uname(2) says it. */
export function kernelVersionFindings(version: string): Found[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  // 6.18 is newer than 6.9: compared by parts, not as a fraction.
  const isBefore = (needed: number): boolean => {
    const [wanted = 0, part = 0] = String(needed).split(".").map(Number);
    return major < wanted || (major === wanted && minor < part);
  };
  const lacking = kernelFacts.filter(([needed]) => isBefore(needed)).map(([, what]) => what);
  const kernel = `The kernel ${version}`;
  const next = "Nothing is unsafe with it. Linux 6.6 or newer has it.";
  return present(
    isBefore(kernelMin) && blocks(`${kernel} is older than ${kernelMin}.`, "Install a newer kernel."),
    lacking.length > 0 && found("warns", "GEMEL-9003", `${kernel} lacks ${lacking.join(", and ")}.`, next),
  );
}

function kernelFindings(): Found[] {
  const disabled = readFirst("/proc/sys/kernel/io_uring_disabled") === "2";
  return [
    ...kernelVersionFindings(release()),
    ...present(
      disabled && blocks("io_uring is disabled.", "sysctl kernel.io_uring_disabled=0"),
      !canOpen("/dev/fuse") && blocks("/dev/fuse cannot be opened.", "modprobe fuse"),
    ),
  ];
}

const present = (...findings: readonly (false | Found)[]): Found[] => findings.filter((one) => one !== false);
const blocks = (message: string, next: string): Found => found("blocks", "GEMEL-9003", message, next);

function networkFindings({ node, status, running }: DoctorInputs): Found[] {
  const gone = running?.network.addressesGone ?? new Map<string, string>();
  const back = `Give ${node} the address back, or write its new one into cluster.xml on both hosts.`;
  const silent = status.nodes.flatMap(({ name, networks }) =>
    networks.flatMap((network) =>
      network.heard || gone.has(network.name) ? [] : [`${name} is not heard on network ${network.name}.`],
    ),
  );
  const reason = "not of this cluster";
  const count = running?.network.refusedHeartbeats.get(reason);
  const strange = count === undefined ? [] : [`${count} heartbeats were refused: ${reason}.`];
  return [
    ...[...gone].map(([network, address]) =>
      found(
        "blocks",
        "GEMEL-1009",
        `${node} no longer has ${address}, its address in network ${network}.`,
        back,
      ),
    ),
    ...silent.map((text) => found("warns", "GEMEL-1009", text, "Check cable, switch, firewall.")),
    ...strange.map((text) => found("warns", "GEMEL-4004", text, "Look who sends to port 7411.")),
  ];
}

function refusalFindings({ running }: DoctorInputs): Found[] {
  const next = "Let both nodes and their mirror processes run the same version: gemel status --all";
  return [...(running?.refusals.all ?? [])].map(([why, count]) => {
    const what = `${count} times something was said to this daemon that it does not understand`;
    return found("warns", "GEMEL-9003", `${what}: ${why}.`, next);
  });
}

function certificateFindings({ certificates }: DoctorInputs): Found[] {
  return certificates.flatMap(({ use, daysLeft }) => {
    if (daysLeft > certificateWarnDays) return [];
    if (use === "console") {
      const message = `The console's own certificate ends in ${daysLeft} days; browsers then refuse it.`;
      return [found("warns", "GEMEL-4022", message, "Install the next one: gemel cert install")];
    }
    const message = `The certificate ${use} ends in ${daysLeft} days (dates never lock a member out).`;
    return [found("warns", "GEMEL-4004", message, "Check the clock; else issue new certificates.")];
  });
}

async function hypervisorFindings({ running }: DoctorInputs): Promise<Found[]> {
  if (running === undefined) return [];
  const { hypervisor, modules, protection } = running;
  const connected = await hypervisor.connect();
  if (!connected.ok) return [found("blocks", connected.code, connected.message, connected.next)];
  // R105: as the daemon has found out itself: to find out marks are written and a VM is tried.
  const guard = protection.guarded();
  if (guard === undefined) return [];
  if (!guard.ok) return [found("blocks", guard.code, guard.message, guard.next)];
  if (guard.value.called || modules.ids().length === 0) return [];
  const next = "Restart libvirtd once so that it reads its hooks.";
  return [found("warns", "GEMEL-3007", guard.value.note, next)];
}

function readFirst(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

function canOpen(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
