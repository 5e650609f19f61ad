// SPDX-License-Identifier: Apache-2.0
// What a hypervisor must be able to do beyond what every workload does (workload.ts). kvm/ and hyperv/
// implement it with the same file names; the contract suite (test/contract) holds for both. Every call ends
// within its limit, also while a guest's storage is frozen (R33); "unknown" means: read the state again,
// never guess.

import type { Bytes } from "../base/units.js";
import type { Outcome, Workload, WorkloadEvent, WorkloadId, WorkloadSummary } from "./workload.js";

export type { GuestProcess, Outcome, StopHow } from "./workload.js";

/** The hypervisor's stable id of a VM (libvirt UUID, Hyper-V VMId). */
export type VmId = WorkloadId;

/** In the module's folder, replicated with the data: how the VM is defined, and how it was before. */
export const definitionFile = "domain.xml";
export const originalFile = "original.xml";

/** Also there: who ran last on these disks, and memory that was saved at an orderly stop. */
export const lastRunFile = "last-run";

export type VmPower = "off" | "running" | "paused" | "saved" | "crashed" | "unknown";

/** `name` is the VM's own: it may contain spaces, umlauts, Hangul. */
export interface VmSummary extends WorkloadSummary {
  /** As the hypervisor words it, for people; what counts for a module is `run`. */
  readonly power: VmPower;
  readonly memory: Bytes;
  readonly vcpus: number;
  readonly autostart: boolean;
}

export interface VmDisk {
  readonly target: string;
  readonly path: string;
  readonly format: string;
  readonly device: "disk" | "cdrom" | "floppy";
  readonly readOnly: boolean;
  readonly size: Bytes;
  readonly allocated: Bytes;
  readonly backing?: string;
}

/** Everything that protecting a VM must know about it. */
export interface VmDetails extends VmSummary {
  readonly definition: string;
  readonly disks: readonly VmDisk[];
  readonly firmware: { readonly kind: "bios" | "efi"; readonly loader?: string; readonly nvram?: string };
  readonly tpm?: { readonly kind: string; readonly statePath?: string };
  readonly networks: readonly { readonly kind: string; readonly source: string; readonly mac: string }[];
  readonly hostDevices: readonly string[];
  readonly machine: string;
  readonly cpuModel: string;
  readonly hasSnapshots: boolean;
  /**
   * Of the host that inspected it: what the other host is compared with. `own` is for the same adapter there:
   * handed on, never read.
   */
  readonly host: { readonly cpuModel: string; readonly own: string };
}

export interface Finding {
  readonly severity: "blocks" | "warns";
  readonly node: string;
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** How a VM's definition is changed when it moves into (or out of) its module's folder. */
export interface ProtectPlan {
  readonly vm: VmId;
  readonly folder: string;
  readonly exclude: readonly { readonly target: string; readonly how: "detach" | "empty" }[];
  /** Media in CD drives: taken along as copies, or taken out of the drive. */
  readonly isos: "copy" | "eject";
}

export interface FileMove {
  readonly from: string;
  readonly to: string;
  readonly bytes: Bytes;
  /** The original stays where it is (an ISO that others use too). */
  readonly keep?: true;
  /** Of a disk image; absent for what is none (NVRAM, ISO). */
  readonly format?: string;
}

export interface PreparedPlan {
  readonly vm: VmId;
  readonly folder: string;
  readonly moves: readonly FileMove[];
  /** Definition with new paths, cache=none, error policies stop, autostart off. */
  readonly definition: string;
  /** The definition as it was, kept in the folder for unprotect. */
  readonly original: string;
  /** What autostart was (prepare), or shall be (release). */
  readonly autostart: boolean;
}

/** Of a running VM; cumulative where it says nothing else. */
export interface VmFigures {
  readonly id: VmId;
  readonly cpuNanos: number;
  /** What the guest has now. */
  readonly memory: Bytes;
  /** Size of its disks as the guest sees them, now. */
  readonly diskCapacity: Bytes;
  readonly diskReadBytes: Bytes;
  readonly diskWriteBytes: Bytes;
  readonly netInBytes: Bytes;
  readonly netOutBytes: Bytes;
}

export interface HostFigures {
  readonly memoryTotal: Bytes;
  readonly memoryFree: Bytes;
  readonly cpus: number;
  /** Time for which the host's cores were busy, all cores together, cumulative. */
  readonly cpuNanosBusy: number;
  readonly cpuModel: string;
  readonly machines: readonly string[];
  readonly version: string;
}

export type VmEvent =
  | Exclude<WorkloadEvent, { kind: "power" }>
  | { readonly kind: "power"; readonly id: VmId; readonly power: VmPower; readonly reason: string };

/** Why R31 refuses to let a VM run: a disk that is not on the module's mount. */
export interface DiskProof {
  readonly protected: boolean;
  readonly elsewhere: readonly { readonly path: string; readonly why: string }[];
}

export interface Hypervisor extends Workload {
  readonly kind: "kvm" | "hyperv" | "fake" | "none";
  /** What this platform lacks: listed, never a silent skip. */
  readonly lacks: readonly ("save" | "live-migration" | "events" | "guest-agent")[];

  connect(): Promise<Outcome<HostFigures>>;
  list(): Promise<Outcome<readonly VmSummary[]>>;
  look(vm: VmId): Promise<Outcome<VmSummary>>;
  inspect(vm: VmId): Promise<Outcome<VmDetails>>;
  /**
   * Findings of this node: `here` = the VM lives here, `there` = whether it could run here, `standby` = the
   * same of a VM whose module is here already.
   */
  preflight(
    details: VmDetails,
    folder: string,
    role: "here" | "there" | "standby",
    /** Targets of disks and drives that stay behind. */
    leftOut?: readonly string[],
  ): Promise<Outcome<readonly Finding[]>>;
  prepare(plan: ProtectPlan): Promise<Outcome<PreparedPlan>>;
  /**
   * The way back: from the module's folder to where the files came from. `definition` and `original` are
   * the folder's.
   */
  release(definition: string, original: string): Promise<Outcome<PreparedPlan>>;
  /**
   * After the files of a plan have moved: what inside them names paths (backing chains) names the new ones.
   */
  relink(moves: readonly FileMove[], direction: "moved" | "undone"): Promise<Outcome<void>>;
  /**
   * Also from the other node's folder: disks left out are settled for this host (detached, or made empty).
   */
  define(definition: string): Promise<Outcome<VmSummary>>;
  /** Whether define() would take it and a start could use it on this host; changes nothing. */
  validate(definition: string): Promise<Outcome<void>>;
  undefine(vm: VmId): Promise<Outcome<void>>;
  /** The definition as the hypervisor has it now (inactive form). */
  definition(vm: VmId): Promise<Outcome<string>>;
  proveDisks(vm: VmId, mountPoint: string): Promise<Outcome<DiskProof>>;
  /** Only a VM that the hypervisor paused for a failed write goes on; true when it was one. */
  goOnAfterDiskError(vm: VmId): Promise<Outcome<boolean>>;
  figures(): Promise<Outcome<{ readonly host: HostFigures; readonly vms: readonly VmFigures[] }>>;
  setAutostart(vm: VmId, on: boolean): Promise<Outcome<void>>;
  /** The start guard (R32): who is protected, hook installed and verified to be called. One at a time. */
  guard(
    vms: readonly { readonly id: VmId; readonly module: string }[],
    /** Modules of which no more is known than that they are there: their marks stay as they are. */
    unknown?: readonly string[],
  ): Promise<Outcome<{ readonly called: boolean; readonly note: string }>>;
  events(listener: (event: VmEvent) => void): () => void;
}
