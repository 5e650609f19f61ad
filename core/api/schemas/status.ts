// SPDX-License-Identifier: Apache-2.0
// What is: nodes, modules and what they do, what is wrong and what must not be missed. And the live stream,
// which tells the same whenever it changes.

import { Type } from "@sinclair/typebox";
import { procedureNotesMax, procedureStepsMax } from "../../base/limits/edge.js";
import { stateNames } from "../../base/vocabulary.js";
import { historyEntry } from "./history.js";
import { liveFigures } from "./load.js";
import { apiError, closed, moduleParams, oneOfPart, optionalPart, orNull, said, word } from "./parts.js";

export const stateName = oneOfPart(...stateNames);

const stability = oneOfPart("NotReady", "Transient", "Ready");

export const nodeStatus = Type.Object({
  name: Type.String(),
  reachable: Type.Boolean(),
  /** Wall time at which that began, as far as this daemon knows. */
  since: Type.String(),
  networks: Type.Array(
    Type.Object({
      name: Type.String(),
      heard: Type.Boolean(),
    }),
  ),
  /** Its daemon answers on the control connection. */
  daemon: oneOfPart("answers", "silent"),
  /** Of its Gemel, as it last said; null: it has not said so yet. */
  version: orNull(Type.String()),
  /** Where its console is, best first. */
  urls: Type.Array(Type.String()),
});

export const action = Type.Object({
  verb: Type.String(),
  allowed: Type.Boolean(),
  why: Type.String(),
});

export const moduleOnNode = Type.Object({
  node: Type.String(),
  state: stateName,
  stability,
  upToDate: Type.Boolean(),
  generation: Type.String(),
  session: Type.Number(),
  reason: Type.String(),
  since: Type.String(),
  vm: oneOfPart("off", "on", "unknown"),
  /** False: this is what the node last said before it fell silent. */
  live: Type.Boolean(),
});

export const reintegration = Type.Object({
  node: Type.String(),
  kind: oneOfPart("first-copy", "tracked", "by-hash", "verify"),
  direction: oneOfPart("source", "target"),
  bytesTotal: Type.Number(),
  bytesDone: Type.Number(),
  bytesSent: Type.Number(),
  bytesHashed: Type.Number(),
  bytesPerSecond: Type.Number(),
  etaSeconds: optionalPart(Type.Number()),
});

export const statusOfModule = Type.Object({
  id: Type.String(),
  vm: Type.String(),
  sentence: Type.String(),
  /** Both copies are up to date: any single failure is survived (P1). */
  protected: Type.Boolean(),
  /** Disks were left out when the VM was protected. */
  partly: Type.Boolean(),
  colour: oneOfPart("green", "amber", "red"),
  /** The node on which the VM runs, as far as is known. */
  active: orNull(Type.String()),
  /** "If alpha died now: back in about 20 s on beta." */
  ifHostDied: Type.Object({
    sentence: Type.String(),
    seconds: orNull(Type.Number()),
    node: orNull(Type.String()),
  }),
  nodes: Type.Array(moduleOnNode),
  reintegration: orNull(reintegration),
  conflict: Type.Boolean(),
  /** What is wrong here and what to do next, newest first. */
  troubles: Type.Array(apiError),
  actions: Type.Array(action),
  diskFull: optionalPart(
    Type.Object({
      neededBytes: Type.Number(),
    }),
  ),
  freeze: optionalPart(
    Type.Object({
      reason: Type.String(),
      ageMs: Type.Number(),
      guestPaused: Type.Boolean(),
    }),
  ),
  lastVerify: optionalPart(
    Type.Object({
      at: Type.String(),
      differingBytes: Type.Number(),
      repairedBytes: Type.Number(),
    }),
  ),
});

/** Protect, unprotect: many steps, each journaled, continued after a crash. */
export const procedureStatus = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  subject: Type.String(),
  node: Type.String(),
  step: Type.String(),
  /** All its steps in order; `step` is one of them, or says that everything is put back. */
  steps: optionalPart(Type.Array(Type.String(), { maxItems: procedureStepsMax })),
  progress: optionalPart(
    Type.Object({
      bytesDone: Type.Number(),
      bytesTotal: Type.Number(),
    }),
  ),
  state: oneOfPart("running", "done", "failed", "undone"),
  failure: optionalPart(apiError),
  notes: Type.Array(Type.String(), { maxItems: procedureNotesMax }),
});

/** Why, in the words of whoever pauses. */
export const pauseRequest = Type.Object({ why: Type.String({ maxLength: 200 }) }, closed);

/** Automatic failover is paused on the whole cluster: nobody takes over, commands of a person still work. */
export const pause = Type.Object({
  since: Type.String(),
  by: Type.String(),
  why: Type.String(),
});

/** What must not be missed: a red banner until it is over, its sound until somebody has acknowledged it. */
export const alarm = Type.Object({
  /** Stable while the cause lasts: code, and module, node or network. */
  id: Type.String(),
  severity: oneOfPart("red", "amber"),
  /** GEMEL-nnnn where an error code says the same, else a word. */
  code: Type.String(),
  sentence: Type.String(),
  next: Type.String(),
  module: optionalPart(Type.String()),
  node: optionalPart(Type.String()),
  since: Type.String(),
  acknowledged: optionalPart(
    Type.Object({
      by: Type.String(),
      at: Type.String(),
    }),
  ),
});

export const status = Type.Object({
  format: Type.Literal(1),
  /** The node that answers, and when. */
  answeredBy: Type.String(),
  at: Type.String(),
  version: Type.String(),
  cluster: orNull(Type.String()),
  arbiter: oneOfPart("none", "lease", "lease-and-fence"),
  nodes: Type.Array(nodeStatus),
  modules: Type.Array(statusOfModule),
  procedures: Type.Array(procedureStatus),
  warnings: Type.Array(Type.String()),
  alarms: Type.Array(alarm),
  /** Automatic failover is paused; null: it is not. */
  pause: orNull(pause),
  sentence: Type.String(),
});

export const findingView = Type.Object({
  severity: oneOfPart("blocks", "warns"),
  node: Type.String(),
  code: Type.String(),
  message: Type.String(),
  next: Type.String(),
});

export const doctorReport = Type.Object({
  node: Type.String(),
  findings: Type.Array(findingView),
});

/** Live stream: `event:` is the kind, `data:` this value, `id:` counts up. */
export const liveEvent = Type.Union([
  Type.Object({
    kind: Type.Literal("status"),
    status: status,
  }),
  Type.Object({
    kind: Type.Literal("history"),
    entry: historyEntry,
  }),
  Type.Object({
    kind: Type.Literal("figures"),
    figures: Type.Array(liveFigures),
  }),
]);

export const statusSchemas = {
  "GET /status": { answer: status },
  "GET /doctor": { answer: doctorReport },
  "GET /events": { answer: liveEvent },
  "GET /ready/:module": { params: moduleParams, answer: Type.Object({ active: Type.Boolean() }) },
  "PUT /pause": { body: pauseRequest, answer: said },
  "DELETE /pause": { answer: said },
  "POST /alarms/:id/acknowledge": { params: Type.Object({ id: word }), answer: said },
} as const;
