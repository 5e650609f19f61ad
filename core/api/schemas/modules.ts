// SPDX-License-Identifier: Apache-2.0
// Modules: what is configured, what a person may ask of them, and what is looked at before that.

import { Type } from "@sinclair/typebox";
import { moduleVerbs } from "../../base/vocabulary.js";
import {
  closed,
  each,
  moduleParams,
  nodeQuery,
  oneOfPart,
  optionalPart,
  orNull,
  said,
  word,
} from "./parts.js";
import { stateName } from "./status.js";

const moduleVerb = oneOfPart(...moduleVerbs);

export const commandRequest = Type.Object(
  {
    verb: moduleVerb,
    /** Only on this node; absent: where it belongs (start and stop: both). */
    node: optionalPart(word),
    force: optionalPart(Type.Boolean()),
    /** resolve: whose copy goes on. */
    keep: optionalPart(word),
  },
  closed,
);

export const commandReply = Type.Object({
  node: Type.String(),
  sentence: Type.String(),
  /** Finished when the module's state on `node` is one of these and no work is going on. */
  until: Type.Array(stateName),
});

export const verifyRequest = Type.Object(
  {
    repair: optionalPart(Type.Boolean()),
  },
  closed,
);

export const moduleSettingsView = Type.Object({
  id: Type.String(),
  xml: Type.String(),
  warnings: Type.Array(Type.String()),
  settings: Type.Object({
    vm: Type.Object({
      id: Type.String(),
      name: Type.String(),
      folder: Type.String(),
    }),
    nodes: Type.Array(Type.String()),
    index: Type.Number(),
    defaultPrim: Type.String(),
    failover: Type.Boolean(),
    boot: Type.Boolean(),
    maxLoop: Type.Number(),
    loopIntervalHours: Type.Number(),
    /** Bytes per second; 0: none. */
    resyncCap: Type.Number(),
    stop: oneOfPart("shutdown", "save", "off"),
    niceStopSeconds: Type.Number(),
    forceStopSeconds: Type.Number(),
    /** When those inside have switched the VM off. */
    powerOff: oneOfPart("stop", "restart"),
    acknowledge: oneOfPart("written", "received"),
    /** Where `balance` leaves it; the VM's group of which no two shall share a host. */
    pin: orNull(Type.String()),
    apart: orNull(Type.String()),
  }),
});

/** What `module set` changes; everything else is edited in userconfig.xml. */
export const moduleChange = Type.Object(
  {
    defaultPrim: optionalPart(word),
    failover: optionalPart(Type.Boolean()),
    boot: optionalPart(Type.Boolean()),
    maxLoop: optionalPart(Type.Integer({ minimum: 0, maximum: 1000 })),
    loopIntervalHours: optionalPart(Type.Integer({ minimum: 1, maximum: 24 * 365 })),
    acknowledge: optionalPart(oneOfPart("written", "received")),
    resyncCap: optionalPart(Type.Integer({ minimum: 0, maximum: 1e12 })),
    stop: optionalPart(oneOfPart("shutdown", "save", "off")),
    niceStopSeconds: optionalPart(Type.Integer({ minimum: 1, maximum: 86_400 })),
    forceStopSeconds: optionalPart(Type.Integer({ minimum: 1, maximum: 86_400 })),
    powerOff: optionalPart(oneOfPart("stop", "restart")),
    /** Node name, or "" for none. */
    pin: optionalPart(Type.String({ maxLength: 255 })),
    /** Group name, or "" for none. */
    apart: optionalPart(Type.String({ pattern: "^([a-z][a-z0-9-]{0,30})?$" })),
  },
  closed,
);

/** What a mirror process counts (native/index.ts MirrorFigures). */
export const mirrorCounts = Type.Object({
  writeLatency: each(["whole", "local", "peer"], Type.Array(Type.Number())),
  writes: Type.Number(),
  reads: Type.Number(),
  flushes: Type.Number(),
  bytesWritten: Type.Number(),
  bytesRead: Type.Number(),
  inFlight: Type.Number(),
  dirtyBytes: Type.Number(),
  hotExtents: Type.Number(),
  resyncBytesSent: Type.Number(),
  resyncBytesHashed: Type.Number(),
  resyncBytesDiffering: Type.Number(),
  resyncBytesHot: Type.Number(),
  guestPauseMaxMs: Type.Number(),
});

export const figures = Type.Object({
  module: Type.String(),
  node: Type.String(),
  /** Absent while it does not run. */
  mirror: orNull(mirrorCounts),
  status: orNull(Type.Record(Type.String(), Type.Unknown())),
});

/** GET /modules/:module/preview?verb=…&node=…&keep=…: what a command would do, before it is given. */
export const commandPreview = Type.Object({
  module: Type.String(),
  verb: Type.String(),
  allowed: Type.Boolean(),
  /** Why not. */
  why: Type.String(),
  guestRestarts: Type.Boolean(),
  /** null: cannot be told (never measured). */
  downtimeSeconds: orNull(Type.Number()),
  /** In order, for a person: what happens, what is protected meanwhile, what would be lost. */
  sentences: Type.Array(Type.String()),
});

/** One copy in GET /modules/:module/copies: what a person needs to decide between two. */
export const copyView = Type.Object({
  node: Type.String(),
  live: Type.Boolean(),
  state: Type.String(),
  upToDate: Type.Boolean(),
  generation: Type.String(),
  session: Type.Number(),
  /** It ran alone from … to …; absent: never since the copies were last equal. */
  alone: optionalPart(
    Type.Object({
      from: Type.String(),
      to: optionalPart(Type.String()),
    }),
  ),
  lastWrite: optionalPart(Type.String()),
  /** Of its files; null: cannot be told from here. */
  sizeBytes: orNull(Type.Number()),
  /** Regions marked as possibly differing from the other copy; null: cannot be told from here. */
  differingBytes: orNull(Type.Number()),
  /** What is lost when this copy is the one that goes on. */
  ifKept: Type.String(),
});

export const copies = Type.Object({
  module: Type.String(),
  conflict: Type.Boolean(),
  copies: Type.Array(copyView),
  /** Where the losing copy is kept, or that it is not. */
  afterwards: Type.String(),
});

export const previewQuery = Type.Object(
  { verb: moduleVerb, node: optionalPart(word), keep: optionalPart(word) },
  closed,
);
const userconfig = Type.Object({ xml: Type.String({ maxLength: 256 * 1024 }) }, closed);

export const moduleSchemas = {
  "GET /modules": { answer: Type.Array(moduleSettingsView) },
  "GET /modules/:module": { params: moduleParams, answer: moduleSettingsView },
  "PATCH /modules/:module": { params: moduleParams, body: moduleChange, answer: moduleSettingsView },
  "PUT /modules/:module/userconfig": { params: moduleParams, body: userconfig, answer: moduleSettingsView },
  "GET /modules/:module/figures": { params: moduleParams, query: nodeQuery, answer: figures },
  "GET /modules/:module/preview": { params: moduleParams, query: previewQuery, answer: commandPreview },
  "GET /modules/:module/copies": { params: moduleParams, answer: copies },
  "POST /modules/:module/commands": { params: moduleParams, body: commandRequest, answer: commandReply },
  "POST /modules/:module/verify": {
    params: moduleParams,
    body: verifyRequest,
    answer: Type.Object({ started: Type.Literal(true) }),
  },
  "POST /shutdown": { answer: said },
  "DELETE /shutdown": { answer: said },
} as const;
