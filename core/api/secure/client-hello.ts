// SPDX-License-Identifier: Apache-2.0
// The first message of TLS, read for one thing: the name that is asked for (SNI). It comes in the clear and
// from anybody, so every length in it is held against what is really there. What the name is good for, and
// why it must be known before TLS begins, says port.ts.
//
//     record (22, version, length) ─┬─ handshake (1, length) ── version, random, session, ciphers,
//     record (22, version, length) ─┘  perhaps over several records   compressions, extensions ── 0: names

import { helloBytesMax } from "../../base/limits/access.js";

export type ClientHello =
  /** Not whole before so many bytes are there. */
  | { readonly kind: "more"; readonly bytes: number }
  | { readonly kind: "whole"; readonly serverName: string | undefined }
  | { readonly kind: "refused"; readonly why: string };

const recordHead = 5;
const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;

export function readClientHello(data: Buffer): ClientHello {
  const parts: Buffer[] = [];
  let gathered = 0;
  for (let at = 0; ;) {
    if (data.length < at + recordHead) return more(at + recordHead);
    const length = data.readUInt16BE(at + 3);
    if (data[at] !== handshakeRecord || data[at + 1] !== 3) return refuse("This is not TLS.");
    if (length === 0) return refuse("An empty record.");
    const end = at + recordHead + length;
    if (data.length < end) return more(end);
    parts.push(data.subarray(at + recordHead, end));
    gathered += length;
    at = end;
    if (gathered < 4) continue;
    const message = Buffer.concat(parts);
    if (message[0] !== clientHello) return refuse("TLS does not begin like this.");
    const whole = 4 + message.readUIntBE(1, 3);
    if (whole > helloBytesMax) return refuse("The first message is too long.");
    if (gathered >= whole) return named(message.subarray(4, whole));
  }
}

const refuse = (why: string): ClientHello => ({ kind: "refused", why });
const more = (bytes: number): ClientHello =>
  bytes > helloBytesMax ? refuse("The first message is too long.") : { kind: "more", bytes };

function named(body: Buffer): ClientHello {
  try {
    return { kind: "whole", serverName: serverNameOf(body) };
  } catch (error) {
    // What Node's own readers say to a length that leads beyond the end.
    if (error instanceof RangeError) return refuse("A length leads beyond the message.");
    throw error;
  }
}

function serverNameOf(body: Buffer): string | undefined {
  const [, afterSession] = block(body, 2 + 32, 1);
  const [, afterCiphers] = block(body, afterSession, 2);
  const [, afterCompressions] = block(body, afterCiphers, 1);
  if (afterCompressions === body.length) return undefined;
  const [extensions] = block(body, afterCompressions, 2);
  for (let at = 0; at < extensions.length;) {
    const kind = extensions.readUInt16BE(at);
    const [value, next] = block(extensions, at + 2, 2);
    if (kind === serverNameExtension) return hostNameOf(value);
    at = next;
  }
  return undefined;
}

/** The first name is the only one that anybody sends. */
function hostNameOf(value: Buffer): string | undefined {
  const [names] = block(value, 0, 2);
  const [name] = block(names, 1, 2);
  return names.readUInt8(0) === 0 ? name.toString("latin1") : undefined;
}

/** What a length of so many bytes announces at `at`, and where it ends. */
function block(data: Buffer, at: number, lengthBytes: number): readonly [Buffer, number] {
  const begin = at + lengthBytes;
  const end = begin + data.readUIntBE(at, lengthBytes);
  if (end > data.length) throw new RangeError("too short");
  return [data.subarray(begin, end), end];
}
