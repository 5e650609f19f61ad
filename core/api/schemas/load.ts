// SPDX-License-Identifier: Apache-2.0
// How loaded hosts and VMs are, now and in the past; whether everything fits on one host; which swaps would
// balance them. CPU is counted in cores: 1.5 means one and a half cores busy.

import { seriesNames } from "../../base/vocabulary.js";
import { Type } from "@sinclair/typebox";
import { closed, each, moduleName, oneOfPart, optionalPart, orNull, word } from "./parts.js";

/**
 * Of a module on the node where its VM runs; latencies are medians of the last interval. A module whose
 * mirror has just started, or did not answer, is left out: it has no rate for that interval.
 */
export const moduleFigures = Type.Object({
  module: Type.String(),
  /** null: the hypervisor could not tell in time. */
  cpu: orNull(Type.Number()),
  memory: orNull(Type.Number()),
  writesPerSecond: Type.Number(),
  bytesWrittenPerSecond: Type.Number(),
  bytesReadPerSecond: Type.Number(),
  /** What the guest waits for a write, microseconds; null: no write in that interval. */
  writeP50Us: orNull(Type.Number()),
  writeP99Us: orNull(Type.Number()),
  /** Its two legs: the disk here, and wire and disk of the peer. */
  localP50Us: orNull(Type.Number()),
  peerP50Us: orNull(Type.Number()),
  dirtyBytes: Type.Number(),
  inFlight: Type.Number(),
});

/** One second's picture of one node, in the live stream and the answer of GET /figures. */
export const liveFigures = Type.Object({
  node: Type.String(),
  at: Type.String(),
  host: orNull(
    Type.Object({
      cpu: Type.Number(),
      memoryUsed: Type.Number(),
    }),
  ),
  modules: Type.Array(moduleFigures),
});

export const seriesName = oneOfPart(...seriesNames);

export const seriesRange = oneOfPart("1h", "24h", "30d");

const seriesValues = Type.Partial(each(seriesNames, Type.Array(orNull(Type.Number()))));

/** GET /series?module=ID or ?host=NAME, &range=…: columns of equal length, as uPlot wants them. */
export const series = Type.Object({
  subject: Type.String(),
  range: seriesRange,
  stepSeconds: Type.Number(),
  /** Unix seconds, rising. */
  at: Type.Array(Type.Number()),
  /** Of a module: the node where the VM ran. */
  node: Type.Array(Type.String()),
  values: seriesValues,
});

/** Of the last two minutes, what small charts show; columns as long as `at`. */
export const trend = Type.Object({
  /** A host's name, a module's id. */
  subject: Type.String(),
  values: seriesValues,
});

/** GET /trends: all hosts and modules at once, so that a page just opened has a past to draw. */
export const trends = Type.Object({
  stepSeconds: Type.Number(),
  /** Unix seconds, rising. */
  at: Type.Array(Type.Number()),
  /** cpu */
  hosts: Type.Array(trend),
  /** cpu, writeP50Us and dirtyBytes */
  modules: Type.Array(trend),
});

export const need = Type.Object({
  cpu: Type.Number(),
  memory: Type.Number(),
  /** Used bytes of the file system that holds the modules' folders. */
  disk: Type.Number(),
});

export const hostCapacity = Type.Object({
  node: Type.String(),
  /** False: as last known. */
  live: Type.Boolean(),
  at: Type.String(),
  cpus: Type.Number(),
  memory: Type.Number(),
  disk: Type.Object({
    path: Type.String(),
    total: Type.Number(),
    free: Type.Number(),
  }),
  /** What is in use now: VMs that run here (protected or not), and the host's own reserve of memory. */
  used: need,
  /** If all modules ran here: memory as configured, thin disks grown to their full size. */
  ifEverything: need,
  fits: Type.Boolean(),
  /** "Everything would fit on beta: 12 of 32 GiB, 3.1 of 16 cores." */
  sentence: Type.String(),
});

/** GET /capacity */
export const capacity = Type.Object({
  at: Type.String(),
  hosts: Type.Array(hostCapacity),
});

export const move = Type.Object({
  module: Type.String(),
  from: Type.String(),
  to: Type.String(),
  why: Type.String(),
});

const hostLoads = Type.Array(
  Type.Object({
    node: Type.String(),
    cpu: Type.Number(),
    memory: Type.Number(),
  }),
);

/** GET /placement: what `balance` would do. Nothing happens before somebody swaps the modules named here. */
export const balancePlan = Type.Object({
  at: Type.String(),
  moves: Type.Array(move),
  sentence: Type.String(),
  /** Why a module stays where it is although moving it would help. */
  held: Type.Array(
    Type.Object({
      module: Type.String(),
      why: Type.String(),
    }),
  ),
  before: hostLoads,
  after: hostLoads,
});

const seriesQuery = Type.Object(
  { module: optionalPart(moduleName), host: optionalPart(word), range: seriesRange },
  closed,
);

export const loadSchemas = {
  "GET /figures": { answer: Type.Array(liveFigures) },
  "GET /series": { query: seriesQuery, answer: series },
  "GET /trends": { answer: trends },
  "GET /capacity": { answer: capacity },
  "GET /placement": { answer: balancePlan },
} as const;
