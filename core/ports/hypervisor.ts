// SPDX-License-Identifier: Apache-2.0
// What a hypervisor must be able to do. kvm/ and hyperv/ implement it with the same file names; the
// contract suite (test/contract) holds for both. Every call ends within its limit, also while a guest's
// storage is frozen (R33); "unknown" means: read the state again, never guess.

import type { Bytes, Milliseconds } from "../base/units.js";

/** The hypervisor's stable id of a VM (libvirt UUID, Hyper-V VMId). */
export type VmId = string;

export type VmPower = "off" | "running" | "paused" | "saved" | "crashed" | "unknown";

export interface VmSummary {
  readonly id: VmId;
  /** The VM's own name: may contain spaces, umlauts, Hangul. */
  readonly name: string;
  readonly power: VmPower;
  readonly memory: Bytes;
  readonly vcpus: number;
  /**
   * Hypervisor process of a running VM, with its start time (field 22 of /proc/PID/stat): a pid alone can
   * be reused.
   */
  readonly process?: { readonly pid: number; readonly startTime: string };
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
  /** Of the host that inspected it: what the other host is compared with. */
  readonly host: { readonly qemuUid: number; readonly qemuGid: number; readonly cpuModel: string };
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

export type StopHow = "shutdown" | "save" | "off";

export type VmEvent =
  | { readonly kind: "power"; readonly id: VmId; readonly power: VmPower; readonly reason: string }
  | { readonly kind: "definition"; readonly id: VmId }
  | { readonly kind: "io-error"; readonly id: VmId; readonly reason: string }
  | { readonly kind: "lost" }
  | { readonly kind: "back" };

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly next: string };

/** Why R31 refuses to let a VM run: a disk that is not on the module's mount. */
export interface DiskProof {
  readonly protected: boolean;
  readonly elsewhere: readonly { readonly path: string; readonly why: string }[];
}

export interface Hypervisor {
  readonly kind: "kvm" | "hyperv" | "fake";
  /** What this platform lacks: listed, never a silent skip. */
  readonly lacks: readonly ("save" | "live-migration" | "events" | "guest-agent")[];

  connect(): Promise<Outcome<HostFigures>>;
  close(): Promise<void>;
  list(): Promise<Outcome<readonly VmSummary[]>>;
  inspect(vm: VmId): Promise<Outcome<VmDetails>>;
  /** Findings of this node: `here` = the VM lives here, else whether it could run here. */
  preflight(
    details: VmDetails,
    folder: string,
    role: "here" | "there",
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
  undefine(vm: VmId): Promise<Outcome<void>>;
  /** The definition as the hypervisor has it now (inactive form). */
  definition(vm: VmId): Promise<Outcome<string>>;
  /** Writes this start's order (R32), starts paused, returns the process; `letRun` after the proof (R31). */
  startPaused(vm: VmId): Promise<Outcome<{ readonly pid: number; readonly startTime: string }>>;
  proveDisks(vm: VmId, mountPoint: string): Promise<Outcome<DiskProof>>;
  letRun(vm: VmId): Promise<Outcome<void>>;
  /** Only a VM that the hypervisor paused for a failed write goes on; true when it was one. */
  goOnAfterDiskError(vm: VmId): Promise<Outcome<boolean>>;
  /** Ends when the VM is verified off, or with a failure at the limit. */
  stop(vm: VmId, how: StopHow, limit: Milliseconds): Promise<Outcome<void>>;
  /** SIGKILL of the hypervisor's process, verified dead by pidfd. */
  kill(vm: VmId): Promise<Outcome<void>>;
  power(vm: VmId): Promise<Outcome<VmSummary>>;
  health(vm: VmId): Promise<Outcome<{ readonly healthy: boolean; readonly reason: string }>>;
  figures(): Promise<Outcome<{ readonly host: HostFigures; readonly vms: readonly VmFigures[] }>>;
  setAutostart(vm: VmId, on: boolean): Promise<Outcome<void>>;
  /** The start guard (R32): who is protected, hook installed and verified to be called. One at a time. */
  guard(
    vms: readonly { readonly id: VmId; readonly module: string }[],
  ): Promise<Outcome<{ readonly called: boolean; readonly note: string }>>;
  events(listener: (event: VmEvent) => void): () => void;
}
