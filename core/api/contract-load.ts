// SPDX-License-Identifier: Apache-2.0
// The contract's part about figures and places: how loaded hosts and VMs are, whether everything fits on one
// host, and which moves would balance them. Types alone, like contract.ts. CPU is counted in cores: 1.5 means
// one and a half cores busy.

/** One second's picture of one node, in the live stream and the answer of GET /figures. */
export interface LiveFigures {
  readonly node: string;
  readonly at: string;
  readonly host: { readonly cpu: number; readonly memoryUsed: number } | null;
  readonly modules: readonly ModuleFigures[];
}

/**
 * Of a module on the node where its VM runs; latencies are medians of the last interval. A module whose
 * mirror has just started, or did not answer, is left out: it has no rate for that interval.
 */
export interface ModuleFigures {
  readonly module: string;
  /** null: the hypervisor could not tell in time. */
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly writesPerSecond: number;
  readonly bytesWrittenPerSecond: number;
  readonly bytesReadPerSecond: number;
  /** What the guest waits for a write, microseconds; null: no write in that interval. */
  readonly writeP50Us: number | null;
  readonly writeP99Us: number | null;
  /** Its two legs: the disk here, and wire and disk of the peer. */
  readonly localP50Us: number | null;
  readonly peerP50Us: number | null;
  readonly dirtyBytes: number;
  readonly inFlight: number;
}

export type SeriesName =
  | "cpu"
  | "memory"
  | "writesPerSecond"
  | "bytesWrittenPerSecond"
  | "bytesReadPerSecond"
  | "writeP50Us"
  | "writeP99Us"
  | "localP50Us"
  | "peerP50Us"
  | "dirtyBytes";

export type SeriesRange = "1h" | "24h" | "30d";

/** GET /series?module=ID or ?host=NAME, &range=…: columns of equal length, as uPlot wants them. */
export interface Series {
  readonly subject: string;
  readonly range: SeriesRange;
  readonly stepSeconds: number;
  /** Unix seconds, rising. */
  readonly at: readonly number[];
  /** Of a module: the node where the VM ran. */
  readonly node: readonly string[];
  readonly values: Readonly<Partial<Record<SeriesName, readonly (number | null)[]>>>;
}

/** Of the last two minutes, what small charts show; columns as long as `at`. */
export interface Trend {
  /** A host's name, a module's id. */
  readonly subject: string;
  readonly values: Series["values"];
}

/** GET /trends: all hosts and modules at once, so that a page just opened has a past to draw. */
export interface Trends {
  readonly stepSeconds: number;
  /** Unix seconds, rising. */
  readonly at: readonly number[];
  /** cpu */
  readonly hosts: readonly Trend[];
  /** cpu, writeP50Us and dirtyBytes */
  readonly modules: readonly Trend[];
}

export interface Need {
  readonly cpu: number;
  readonly memory: number;
  /** Used bytes of the file system that holds the modules' folders. */
  readonly disk: number;
}

export interface HostCapacity {
  readonly node: string;
  /** False: as last known. */
  readonly live: boolean;
  readonly at: string;
  readonly cpus: number;
  readonly memory: number;
  readonly disk: { readonly path: string; readonly total: number; readonly free: number };
  /** What is in use now: VMs that run here (protected or not), and the host's own reserve of memory. */
  readonly used: Need;
  /** If all modules ran here: memory as configured, thin disks grown to their full size. */
  readonly ifEverything: Need;
  readonly fits: boolean;
  /** "Everything would fit on beta: 12 of 32 GiB, 3.1 of 16 cores." */
  readonly sentence: string;
}

/** GET /capacity */
export interface Capacity {
  readonly at: string;
  readonly hosts: readonly HostCapacity[];
}

export interface Move {
  readonly module: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** GET /placement: what `balance` would do. Nothing happens before somebody swaps the modules named here. */
export interface Placement {
  readonly at: string;
  readonly moves: readonly Move[];
  readonly sentence: string;
  /** Why a module stays where it is although moving it would help. */
  readonly held: readonly { readonly module: string; readonly why: string }[];
  readonly before: readonly { readonly node: string; readonly cpu: number; readonly memory: number }[];
  readonly after: readonly { readonly node: string; readonly cpu: number; readonly memory: number }[];
}

/** GET /modules/:module/preview?verb=…&node=…&keep=…: what a command would do, before it is given. */
export interface Preview {
  readonly module: string;
  readonly verb: string;
  readonly allowed: boolean;
  /** Why not. */
  readonly why: string;
  readonly guestRestarts: boolean;
  /** null: cannot be told (never measured). */
  readonly downtimeSeconds: number | null;
  /** In order, for a person: what happens, what is protected meanwhile, what would be lost. */
  readonly sentences: readonly string[];
}

/** One copy in GET /modules/:module/copies: what a person needs to decide between two. */
export interface CopyView {
  readonly node: string;
  readonly live: boolean;
  readonly state: string;
  readonly upToDate: boolean;
  readonly generation: string;
  readonly session: number;
  /** It ran alone from … to …; absent: never since the copies were last equal. */
  readonly alone?: { readonly from: string; readonly to?: string };
  readonly lastWrite?: string;
  /** Of its files; null: cannot be told from here. */
  readonly sizeBytes: number | null;
  /** Regions marked as possibly differing from the other copy; null: cannot be told from here. */
  readonly differingBytes: number | null;
  /** What is lost when this copy is the one that goes on. */
  readonly ifKept: string;
}

export interface Copies {
  readonly module: string;
  readonly conflict: boolean;
  readonly copies: readonly CopyView[];
  /** Where the losing copy is kept, or that it is not. */
  readonly afterwards: string;
}
