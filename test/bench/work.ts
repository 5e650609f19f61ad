// SPDX-License-Identifier: Apache-2.0
// What is measured, on what: the works (fio jobs) and the shape of a target.

export interface Work {
  readonly name: "randwrite-4k-qd1" | "randwrite-4k-qd32" | "write-1m-qd4" | "randread-4k-qd1";
  readonly rw: "randwrite" | "write" | "randread";
  readonly block: "4k" | "1m";
  readonly depth: number;
}

export const works: readonly Work[] = [
  { name: "randwrite-4k-qd1", rw: "randwrite", block: "4k", depth: 1 },
  { name: "randwrite-4k-qd32", rw: "randwrite", block: "4k", depth: 32 },
  { name: "write-1m-qd4", rw: "write", block: "1m", depth: 4 },
  { name: "randread-4k-qd1", rw: "randread", block: "4k", depth: 1 },
];

export type TargetName = "raw" | "gemel-written" | "gemel-received" | "qemu-mirror" | "gluster";

/** Size of the test disk; overwritten once before measuring, so that every block is allocated. */
export const diskBytes = 256 * 1024 * 1024;

/** A disk that runs: how fio reaches it, and how it was set up. */
export interface RunningTarget {
  /** fio arguments that name engine and disk. */
  readonly fio: readonly string[];
  /** Command lines that made this target, kept in the report. */
  readonly commands: readonly string[];
  /** Whose processor time is counted per operation; none for the raw disk, and where they are many. */
  readonly processes: readonly number[];
  stop(): Promise<void>;
}

export interface Target {
  readonly name: TargetName;
  /** A reason when this target cannot be had on this machine. */
  missing(): string | undefined;
  start(dir: string): Promise<RunningTarget>;
}
