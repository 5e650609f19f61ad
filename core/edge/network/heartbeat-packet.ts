// SPDX-License-Identifier: Apache-2.0
// One heartbeat as bytes, and the judgement of what comes in. Pure: no socket, no clock.
//
//   "GMLH" | version 1 | HMAC-SHA256 (32) over the rest | deflated JSON {from, network, incarnation,
//   sequence, echo, …}
//
// Safe against replay: the sequence rises within an incarnation, and a heartbeat counts as life only when it
// echoes the *receiver's* present incarnation, which nobody could have recorded before that incarnation
// began. One that does not echo it yet is a hello: it teaches us whom to echo, nothing else. Bound to its
// network: what was heard on one cannot be played on another.

import { Type, type Static } from "@sinclair/typebox";
import { createHmac, timingSafeEqual } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { without } from "../../base/fields.js";
import { anything, count, name, parse, quantity, text } from "../../base/shape.js";
import { datagramMax, heartbeatPayloadMax } from "../../base/limits/edge.js";
import type { Instant, NodeName } from "../../base/units.js";

const magic = Buffer.from("GMLH\u0001", "latin1");
const headerLength = magic.length + 32;

const heartbeat = Type.Object({
  from: name<NodeName>(),
  network: text,
  /** This run of the sending daemon. */
  incarnation: text,
  sequence: count,
  /** The receiver's incarnation as the sender last heard it. */
  echo: text,
  /** The sender's own clock: makes the instants in `views` readable elsewhere. */
  now: quantity<Instant>(),
  /** Compact picture of every module; absent when it would not fit. */
  views: Type.Optional(anything),
});
export type Heartbeat = Readonly<Static<typeof heartbeat>>;

export function encode(beat: Heartbeat, key: Uint8Array): Buffer {
  const whole = seal(beat, key);
  return whole.length <= datagramMax || beat.views === undefined ? whole : seal(without(beat, "views"), key);
}

function seal(beat: Heartbeat, key: Uint8Array): Buffer {
  const payload = deflateRawSync(JSON.stringify(beat));
  return Buffer.concat([magic, createHmac("sha256", key).update(payload).digest(), payload]);
}

/** The heartbeat, or why it is none. */
export function decode(datagram: Buffer, key: Uint8Array): Heartbeat | string {
  if (datagram.length <= headerLength) return "too short";
  if (!datagram.subarray(0, magic.length).equals(magic)) return "not a heartbeat of this version";
  const payload = datagram.subarray(headerLength);
  const seal = createHmac("sha256", key).update(payload).digest();
  if (!timingSafeEqual(seal, datagram.subarray(magic.length, headerLength))) return "not of this cluster";
  try {
    const inflated = inflateRawSync(payload, { maxOutputLength: heartbeatPayloadMax }).toString("utf8");
    const said = parse(heartbeat, JSON.parse(inflated), "heartbeat");
    return said.ok ? said.value : said.why;
  } catch {
    return "garbage";
  }
}

/** What a receiver remembers of one sender. */
export interface Heard {
  readonly incarnation: string;
  /** Highest sequence per network. */
  readonly sequences: Readonly<Record<string, number>>;
}

export type Judgement =
  | { readonly kind: "alive"; readonly heard: Heard }
  /** Authentic but not proven fresh: only worth echoing. */
  | { readonly kind: "hello"; readonly heard: Heard }
  | { readonly kind: "ignored"; readonly reason: string };

export function judgeHeartbeat(
  beat: Heartbeat,
  where: { readonly self: NodeName; readonly network: string; readonly incarnation: string },
  heard: Heard | undefined,
): Judgement {
  if (beat.from === where.self) return { kind: "ignored", reason: "own heartbeat" };
  if (beat.network !== where.network) return { kind: "ignored", reason: "meant for another network" };
  const same = heard?.incarnation === beat.incarnation;
  const last = same ? (heard.sequences[beat.network] ?? 0) : 0;
  if (beat.sequence <= last) return { kind: "ignored", reason: "heard before" };
  const sequences = { ...(same ? heard.sequences : {}), [beat.network]: beat.sequence };
  const next: Heard = { incarnation: beat.incarnation, sequences };
  if (beat.echo === where.incarnation) return { kind: "alive", heard: next };
  // An old recording must not make us forget whom we really hear.
  return { kind: "hello", heard: heard !== undefined && !same ? heard : next };
}
