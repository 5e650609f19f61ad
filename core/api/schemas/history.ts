// SPDX-License-Identifier: Apache-2.0
// Why things are as they are: decisions with rule and evidence, audit, log (P9).

import { Type } from "@sinclair/typebox";
import { closed, moduleName, oneOfPart, optionalPart, orNull, word } from "./parts.js";

const historyKind = oneOfPart("decision", "audit", "log");

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
    module: optionalPart(moduleName),
    kind: optionalPart(historyKind),
    /** The other node's history; absent: of the one that answers. */
    node: optionalPart(word),
    /** Text in sentence, outcome, rule, module or evidence. */
    search: optionalPart(Type.String({ minLength: 1, maxLength: 200 })),
    /** Not before, not after: ISO 8601. */
    from: optionalPart(Type.String({ maxLength: 40 })),
    to: optionalPart(Type.String({ maxLength: 40 })),
    after: optionalPart(Type.Integer({ minimum: 0 })),
    /** Older than this entry: the next page. */
    before: optionalPart(Type.Integer({ minimum: 1 })),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  closed,
);

export const historySchemas = {
  "GET /history": { query: historyQuery, answer: Type.Array(historyEntry) },
} as const;
