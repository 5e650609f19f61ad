// SPDX-License-Identifier: Apache-2.0
// Why things are as they are: decisions with rule and evidence, audit, log (P9).

import { Type } from "@sinclair/typebox";
import { closed, moduleName, oneOf, optional, orNull, word } from "./parts.js";

const historyKind = oneOf("decision", "audit", "log");

/** Decision, audit or log entry as history.db holds it. */
export const historyEntry = Type.Object({
  id: Type.Number(),
  at: Type.String(),
  node: Type.String(),
  kind: historyKind,
  module: orNull(Type.String()),
  rule: Type.String(),
  sentence: Type.String(),
  inputs: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  outcome: Type.String(),
});

export const historyQuery = Type.Object(
  {
    module: optional(moduleName),
    kind: optional(historyKind),
    /** The other node's history; absent: of the one that answers. */
    node: optional(word),
    /** Text in sentence, outcome, rule, module or evidence. */
    search: optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** Not before, not after: ISO 8601. */
    from: optional(Type.String({ maxLength: 40 })),
    to: optional(Type.String({ maxLength: 40 })),
    after: optional(Type.Integer({ minimum: 0 })),
    /** Older than this entry: the next page. */
    before: optional(Type.Integer({ minimum: 1 })),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  closed,
);

export const historySchemas = {
  "GET /history": { query: historyQuery, answer: Type.Array(historyEntry) },
} as const;
