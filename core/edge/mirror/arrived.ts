// SPDX-License-Identifier: Apache-2.0
// What a mirror process says, as it arrives: replies, events and statuses of native/index.ts, each by one
// shape. The process may be of an older or newer version than the daemon (it outlives it): fields that are
// not known here are passed over, a status that is not whole is not believed at all.

import { Type } from "@sinclair/typebox";
import { generationHistoryMax } from "../../base/limits/edge.js";
import {
  anything,
  choice,
  count,
  flag,
  list,
  oneOf,
  optional,
  parse,
  objectOf,
  text,
  type Parsed,
} from "../../base/shape.js";
import type {
  Currency,
  FreezeId,
  MirrorEvent,
  MirrorReply,
  MirrorStatus,
  ResyncStatus,
} from "../../../native/index.js";

const problem = objectOf<{ readonly code: string; readonly message: string; readonly next: string }>({
  code: text,
  message: text,
  next: text,
});
const freeze = objectOf<FreezeId>({ session: count, counter: count });
const freezeReason = oneOf("link-lost", "stalled", "host-slept");

const resync = objectOf<ResyncStatus>({
  kind: oneOf("first-copy", "tracked", "by-hash", "verify"),
  direction: oneOf("source", "target"),
  bytesTotal: count,
  bytesDone: count,
  bytesSent: count,
  bytesHashed: count,
  bytesPerSecond: count,
  etaSeconds: optional(count),
  pass: count,
});

const current = choice<Currency, "kind">("kind", {
  session: { session: count },
  handshake: {},
  record: { basis: oneOf("word", "goodbye", "silence", "lease", "forced", "first") },
  none: { why: text },
});

const link = choice<MirrorStatus["link"], "kind">("kind", {
  off: {},
  down: { reason: text, quietMs: optional(count) },
  handshake: {},
  paired: { row: text, peerUpToDate: flag },
  refused: {
    row: text,
    outcome: oneOf("conflict", "unrelated", "unknown", "refuse", "denied"),
    message: text,
  },
});

const status = objectOf<MirrorStatus>({
  module: text,
  node: text,
  pid: count,
  process: text,
  role: oneOf("primary", "secondary"),
  mounted: flag,
  copy: oneOf("absent", "empty", "unknown", "inconsistent", "consistent"),
  dataProblem: optional(problem),
  generation: text,
  history: list(text, generationHistoryMax),
  session: count,
  right: oneOf("none", "paired", "alone", "outdated", "gave-up"),
  current,
  link,
  inSync: flag,
  freeze: optional(
    objectOf<NonNullable<MirrorStatus["freeze"]>>({
      session: count,
      counter: count,
      reason: freezeReason,
      ageMs: count,
      guestPaused: flag,
    }),
  ),
  peerKeptOutMs: optional(count),
  resync: optional(resync),
  lastVerify: optional(
    objectOf<NonNullable<MirrorStatus["lastVerify"]>>({
      at: text,
      differingBytes: count,
      repairedBytes: count,
    }),
  ),
  guest: oneOf("none", "running", "paused", "dead"),
  openForWriting: count,
  diskFull: optional(objectOf<NonNullable<MirrorStatus["diskFull"]>>({ neededBytes: count })),
  diskError: optional(objectOf<NonNullable<MirrorStatus["diskError"]>>({ errno: count, file: text })),
  fileSystem: text,
  fuseConnection: optional(count),
  bytesUsed: count,
  bytesFree: count,
});

const event = choice<MirrorEvent, "event">("event", {
  status: { status },
  frozen: { freeze, reason: freezeReason },
  thawed: { freeze, by: oneOf("peer", "grant", "deny") },
  guest: { state: oneOf("paused", "resumed", "killed", "dead"), why: text },
  handshake: { row: text, outcome: text, evidence: text },
  "in-sync": {},
  "peer-lost": { reason: text },
  resync: { resync },
  verified: { differingBytes: count, repairedBytes: count },
  "refused-write": { pid: count, command: text },
  trouble: { code: text, message: text, next: text },
});

type Done = Extract<MirrorReply, { readonly ok: true }>;
type Refused = Extract<MirrorReply, { readonly ok: false }>;

const done = objectOf<Done>({
  ok: Type.Unsafe<true>(Type.Literal(true)),
  id: count,
  result: optional(anything),
});
const refused = objectOf<Refused>({ ok: Type.Unsafe<false>(Type.Literal(false)), id: count, error: problem });

export const arrivedEvent = (value: unknown): Parsed<MirrorEvent> => parse(event, value, "event");
export const arrivedStatus = (value: unknown): Parsed<MirrorStatus> => parse(status, value, "status");

export const arrivedReply = (value: object): Parsed<MirrorReply> =>
  "ok" in value && value.ok === true ? parse(done, value, "reply") : parse(refused, value, "refusal");
