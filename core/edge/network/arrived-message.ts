// SPDX-License-Identifier: Apache-2.0
// The messages of core/decide/mirror/message.ts as they arrive from the other node: one shape, which refuses
// what is not whole. A kind or a word that this version does not know is a newer node's, and refused too:
// whoever sent it repeats it or does without.

import { choice, count, flag, name, oneOf, optional, parse, text, type Parsed } from "../../base/shape.js";
import type { ModuleId, NodeName } from "../../base/units.js";
import type { Command } from "../../decide/mirror/command.js";
import type { PeerMessage } from "../../decide/mirror/types.js";

const module = name<ModuleId>();
const scope = oneOf("node", "both");

const command = choice<Command, "do">("do", {
  start: { module, scope },
  stop: { module, scope, force: flag },
  restart: { module },
  stopstart: { module },
  swap: { module },
  prim: { module, force: flag },
  second: { module, force: flag },
  resolve: { module, keep: name<NodeName>() },
  shutdown: { back: optional(flag) },
});

const message = choice<PeerMessage, "kind">("kind", {
  "word-request": {
    module,
    request: text,
    generation: text,
    why: oneOf("frozen", "cold-start", "forced"),
    rank: count,
  },
  word: { module, request: optional(text), generation: text, session: count },
  "word-refused": { module, request: text, because: oneOf("runs", "current", "busy"), generation: text },
  "word-taken": { module, generation: text },
  goodbye: { module, generation: text, session: count, both: flag },
  "goodbye-taken": { module, generation: text },
  "hand-over": { module, session: count },
  claim: { module, claim: text, session: count, rank: count },
  "claim-agreed": { module, claim: text },
  "claim-refused": { module, claim: text, because: oneOf("runs", "prefers-itself", "busy", "not-paired") },
  command: { module, command, by: text },
});

export const arrivedMessage = (value: unknown): Parsed<PeerMessage> => parse(message, value, "message");
